"""Kronecker products (Van Loan, J. Comput. Appl. Math. 123, 2000)."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError, at_user_line

from .base import Structure, as_array, conj, dense, densify

__all__ = ["Kronecker"]


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Kronecker(Structure):
    """The Kronecker product of left (..., m, n) and right (..., p, q): a matrix (..., m p, n q) that is never formed.

    A factor is a dense array or a structured matrix, another Kronecker product included. Products, inverses, Cholesky
    factors, determinants and eigenvalues are those of the factors. The entries are not linear in the fields: gradients
    and tangents are a KroneckerTangent with one number for each number of the factors.

    >>> import numpy as np
    >>> from dispatchml_structured import Diagonal, Kronecker
    >>> k = Kronecker(Diagonal([1.0, 2.0]), [[0.0, 1.0], [1.0, 0.0]])
    >>> k @ np.arange(4.0)
    array([1., 0., 6., 4.])
    >>> (k @ k).left
    Diagonal(diag=array([1., 4.]))
    """

    left: dm.Array = attrs.field(converter=as_array)
    right: dm.Array = attrs.field(converter=as_array)

    payload_names = ("left", "right")
    cores = (2, 2)
    holds_matrices = True
    is_linear = False

    def __attrs_post_init__(self) -> None:
        if min(ops.ndim(self.left), ops.ndim(self.right)) < 2:
            raise ShapeError(
                f"Kronecker takes two matrices, not shapes {ops.shape(self.left)} and {ops.shape(self.right)}"
                f"{at_user_line()}."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        a, b = ops.shape(self.left), ops.shape(self.right)
        return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2] * b[-2], a[-1] * b[-1])

    @property
    def dtype(self) -> Any:
        return np.result_type(ops.dtype(self.left), ops.dtype(self.right))

    def fields(self) -> tuple[Any, ...]:
        return (self.left, self.right)

    def like(self, left: Any, right: Any) -> Any:
        return Kronecker(left, right)

    def scaled(self, factor: Any) -> Any:
        return Kronecker(ops.multiply(self.left, factor), self.right)

    def materialise(self) -> Any:
        a, b = dense(self.left), dense(self.right)
        products = ops.multiply(ops.expand_dims(a, axis=(-3, -1)), ops.expand_dims(b, axis=(-4, -2)))
        return ops.reshape(products, shape=self.shape)

    def project(self, ct: Any) -> Any:
        """The gradient with respect to the factors of one with respect to the entries."""
        return KroneckerTangent(*self.pull_dense(ct, self.left, self.right))

    @staticmethod
    def pull_dense(ct: Any, left: Any, right: Any) -> tuple[Any, ...]:
        (m, n), (p, q) = ops.shape(left)[-2:], ops.shape(right)[-2:]
        g = ops.reshape(ct, shape=(*ops.shape(ct)[:-2], m, p, n, q))
        a, b = conj(dense(left)), conj(dense(right))
        return (
            ops.einsum((g, b), subscripts="...mpnq,...pq->...mn"),
            ops.einsum((g, a), subscripts="...mpnq,...mn->...pq"),
        )

    def transposed(self) -> Any:
        return Kronecker(ops.swapaxes(self.left, axis1=-2, axis2=-1), ops.swapaxes(self.right, axis1=-2, axis2=-1))

    def are_square(self) -> bool:
        """Whether both factors are square."""
        (m, n), (p, q) = ops.shape(self.left)[-2:], ops.shape(self.right)[-2:]
        return m == n and p == q

    def applied(self, operation: Any, x: Any) -> Any:
        """operation(left, .) and operation(right, .) on the two axes that the rows of x (..., n q, k) are made of."""
        lead, k = ops.shape(x)[:-2], ops.shape(x)[-1]
        n, q = ops.shape(self.left)[-1], ops.shape(self.right)[-1]
        x = ops.reshape(x, shape=(*lead, n, q, k))
        x = ops.reshape(ops.swapaxes(x, axis1=-3, axis2=-2), shape=(*lead, q, n * k))
        x = operation(self.right, x)
        lead, p = ops.shape(x)[:-2], ops.shape(x)[-2]
        x = ops.swapaxes(ops.reshape(x, shape=(*lead, p, n, k)), axis1=-3, axis2=-2)
        x = operation(self.left, ops.reshape(x, shape=(*lead, n, p * k)))
        return ops.reshape(x, shape=(*ops.shape(x)[:-2], ops.shape(x)[-2] * p, k))

    def times(self, x: Any) -> Any:
        return self.applied(ops.matmul, x)

    def diagonal_vector(self) -> Any:
        if not self.are_square():
            return ops.diagonal(densify("diagonal", self, " with factors that are not square"), axis1=-2, axis2=-1)
        return flat_outer(*(ops.diagonal(x, axis1=-2, axis2=-1) for x in self.fields()))

    def solved(self, b: Any) -> Any:
        if not self.are_square():
            return ops.solve(densify("solve", self, " with factors that are not square"), b)
        return self.applied(ops.solve, b)

    def inverse(self) -> Any:
        if not self.are_square():
            return ops.inv(densify("inv", self, " with factors that are not square"))
        return Kronecker(ops.inv(self.left), ops.inv(self.right))

    def determinant(self) -> Any:
        if not self.are_square():
            return ops.det(densify("det", self, " with factors that are not square"))
        n, q = ops.shape(self.left)[-1], ops.shape(self.right)[-1]
        return ops.multiply(ops.power(ops.det(self.left), q), ops.power(ops.det(self.right), n))

    def sign_and_log(self) -> tuple[Any, Any]:
        if not self.are_square():
            return ops.slogdet(densify("slogdet", self, " with factors that are not square"))
        n, q = ops.shape(self.left)[-1], ops.shape(self.right)[-1]
        (s, x), (t, y) = ops.slogdet(self.left), ops.slogdet(self.right)
        sign = ops.multiply(ops.power(s, q), ops.power(t, n))
        return sign, ops.add(ops.multiply(x, q), ops.multiply(y, n))

    def root(self) -> Any:
        return Kronecker(ops.cholesky(self.left), ops.cholesky(self.right))

    def eigen(self) -> tuple[Any, Any]:
        """(w, V) with V a Kronecker product: eigenvalues and eigenvectors of Hermitian factors, in the factors' order.

        `numpy.linalg.eigh` sorts the eigenvalues, for which the eigenvectors have to be a dense matrix.
        """
        (w, v), (z, u) = ops.eigh(self.left), ops.eigh(self.right)
        return flat_outer(w, z), Kronecker(v, u)


def flat_outer(a: Any, b: Any) -> Any:
    """All products of a number of one vector with one of another, as a vector."""
    products = ops.multiply(ops.expand_dims(a, axis=-1), ops.expand_dims(b, axis=-2))
    shape = ops.shape(products)
    return ops.reshape(products, shape=(*shape[:-2], shape[-2] * shape[-1]))


from .spaces import tangent_class  # noqa: E402  the tangent needs the class

KroneckerTangent = tangent_class(Kronecker)
