"""Matrices of low rank, and diagonal matrices plus one of them (Woodbury 1950; Hager, SIAM Review 31, 1989)."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError, at_user_line
from dispatchml.rules import beside

from .base import Structure, as_array, column, conj, dense, densify, floating, inverted, swap
from .diagonal import Diagonal, sign_and_log_of
from .pieces import has_zero, log_of_zero

__all__ = ["DiagonalPlusLowRank", "LowRank"]


def check_factors(left: Any, right: Any, name: str) -> None:
    """Refuse factors that do not fit."""
    u, v = ops.shape(left), ops.shape(right)
    if len(u) < 2 or len(v) < 2 or u[-1] != v[-1]:
        raise ShapeError(
            f"{name} takes matrices (..., m, r) and (..., n, r) of one rank r, not shapes {u} and {v}{at_user_line()}."
        )


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class LowRank(Structure):
    """left @ right.T, without conjugation: (..., m, r) and (..., n, r) make (..., m, n), at the cost of (m + n) r.

    Its entries are not linear in its fields: gradients and tangents are a LowRankTangent with one number for each
    number of the factors.

    >>> import numpy as np
    >>> from dispatchml_structured import LowRank
    >>> LowRank([[1.0], [2.0]], [[3.0], [1.0]]) @ np.array([1.0, 1.0])
    array([4., 8.])
    """

    left: dm.Array = attrs.field(converter=as_array)
    right: dm.Array = attrs.field(converter=as_array)

    payload_names = ("left", "right")
    cores = (2, 2)
    holds_matrices = is_linear = False

    def __attrs_post_init__(self) -> None:
        check_factors(self.left, self.right, "LowRank")

    @property
    def shape(self) -> tuple[int, ...]:
        u, v = ops.shape(self.left), ops.shape(self.right)
        return (*np.broadcast_shapes(u[:-2], v[:-2]), u[-2], v[-2])

    @property
    def dtype(self) -> Any:
        return np.result_type(ops.dtype(self.left), ops.dtype(self.right))

    @property
    def rank(self) -> int:
        """The number of columns of the factors, which the rank cannot exceed."""
        return ops.shape(self.left)[-1]

    def fields(self) -> tuple[Any, ...]:
        return (self.left, self.right)

    def like(self, left: Any, right: Any) -> Any:
        return LowRank(left, right)

    def scaled(self, factor: Any) -> Any:
        return LowRank(ops.multiply(self.left, factor), self.right)

    def materialise(self) -> Any:
        return ops.matmul(self.left, swap(self.right))

    def project(self, ct: Any) -> Any:
        """The gradient with respect to the factors of one with respect to the entries."""
        return LowRankTangent(*self.pull_dense(ct, self.left, self.right))

    @staticmethod
    def pull_dense(ct: Any, left: Any, right: Any) -> tuple[Any, ...]:
        return ops.matmul(ct, conj(right)), ops.matmul(swap(ct), conj(left))

    def transposed(self) -> Any:
        return LowRank(self.right, self.left)

    def times(self, x: Any) -> Any:
        return ops.matmul(self.left, ops.matmul(swap(self.right), x))

    def diagonal_vector(self) -> Any:
        n = min(self.shape[-2:])
        u, v = (ops.getitem(x, index=(..., slice(0, n), slice(None))) for x in (self.left, self.right))
        return ops.sum(ops.multiply(u, v), axis=-1)

    def solved(self, b: Any) -> Any:
        if self.rank < self.shape[-1]:
            raise np.linalg.LinAlgError(
                f"Singular matrix: its rank is at most {self.rank}, its size {self.shape[-1]}{at_user_line()}"
            )
        return ops.solve(self.materialise(), b)

    def inverse(self) -> Any:
        n = self.shape[-1]
        return self.solved(beside(np.eye(n, dtype=self.dtype if self.dtype.kind in "fcO" else float), self.left))

    def determinant(self) -> Any:
        """0 whatever the factors are, where the rank is smaller than the size."""
        if self.rank < self.shape[-1]:
            return ops.multiply(ops.prod(floating(self.diagonal_vector()), axis=-1), 0)
        return ops.det(self.materialise())

    def sign_and_log(self) -> tuple[Any, Any]:
        if self.rank < self.shape[-1]:
            trace = ops.sum(floating(self.diagonal_vector()), axis=-1)
            return ops.multiply(trace, 0), log_of_zero(ops.real(trace))
        return ops.slogdet(self.materialise())


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class DiagonalPlusLowRank(Structure):
    """diag + left @ right.T of shape (..., n, n): vectors (..., n) and factors (..., n, r).

    Linear systems, determinants and the inverse cost n r^2, by the formulas of Woodbury and Sylvester. Where a number
    of the diagonal is 0 these do not apply, and a dense array is used, with a warning.

    >>> import numpy as np
    >>> from dispatchml_structured import Diagonal, LowRank
    >>> m = Diagonal([1.0, 2.0]) + LowRank([[1.0], [1.0]], [[1.0], [1.0]])
    >>> np.linalg.det(m)
    np.float64(5.0)
    """

    diag: dm.Array = attrs.field(converter=as_array)
    left: dm.Array = attrs.field(converter=as_array)
    right: dm.Array = attrs.field(converter=as_array)

    payload_names = ("diag", "left", "right")
    cores = (1, 2, 2)
    holds_matrices = is_linear = False

    def __attrs_post_init__(self) -> None:
        check_factors(self.left, self.right, "DiagonalPlusLowRank")
        sizes = {ops.shape(self.diag)[-1:], ops.shape(self.left)[-2:-1], ops.shape(self.right)[-2:-1]}
        if len(sizes) != 1:
            raise ShapeError(
                f"DiagonalPlusLowRank: a diagonal of shape {ops.shape(self.diag)} does not fit factors of shapes "
                f"{ops.shape(self.left)} and {ops.shape(self.right)}{at_user_line()}."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        d, u, v = ops.shape(self.diag), ops.shape(self.left), ops.shape(self.right)
        return (*np.broadcast_shapes(d[:-1], u[:-2], v[:-2]), d[-1], d[-1])

    @property
    def dtype(self) -> Any:
        return np.result_type(*map(ops.dtype, self.fields()))

    @property
    def low_rank(self) -> Any:
        """The part of low rank."""
        return LowRank(self.left, self.right)

    def fields(self) -> tuple[Any, ...]:
        return (self.diag, self.left, self.right)

    def like(self, diag: Any, left: Any, right: Any) -> Any:
        return DiagonalPlusLowRank(diag, left, right)

    def scaled(self, factor: Any) -> Any:
        return self.like(ops.multiply(self.diag, factor), ops.multiply(self.left, factor), self.right)

    def materialise(self) -> Any:
        return ops.add(dense(Diagonal(self.diag)), dense(self.low_rank))  # by operations: both may be in units

    def project(self, ct: Any) -> Any:
        """The gradient with respect to the fields of one with respect to the entries."""
        return DiagonalPlusLowRankTangent(*self.pull_dense(ct, *self.fields()))

    @staticmethod
    def pull_dense(ct: Any, diag: Any, left: Any, right: Any) -> tuple[Any, ...]:
        return (ops.diagonal(ct, axis1=-2, axis2=-1), *LowRank.pull_dense(ct, left, right))

    def transposed(self) -> Any:
        return self.like(self.diag, self.right, self.left)

    def times(self, x: Any) -> Any:
        return ops.add(ops.multiply(column(self.diag), x), ops.matmul(self.low_rank, x))

    def diagonal_vector(self) -> Any:
        return ops.add(self.diag, ops.diagonal(self.low_rank, axis1=-2, axis2=-1))

    def capacitance(self) -> tuple[Any, Any]:
        """D^-1 U, and I + V^T D^-1 U."""
        scaled = ops.divide(self.left, column(self.diag))
        product = ops.matmul(swap(self.right), scaled)
        kind = ops.dtype(product)
        one = np.eye(ops.shape(self.left)[-1], dtype=kind if kind.kind in "fcO" else float)
        return scaled, ops.add(beside(one, product), product)

    def solved(self, b: Any) -> Any:
        if has_zero(self.diag):
            return ops.solve(densify("solve", self, " with a zero on its diagonal part"), b)
        scaled, small = self.capacitance()
        y = ops.divide(b, column(self.diag))
        return ops.subtract(y, ops.matmul(scaled, ops.solve(small, ops.matmul(swap(self.right), y))))

    def inverse(self) -> Any:
        if has_zero(self.diag):
            return ops.inv(densify("inv", self, " with a zero on its diagonal part"))
        scaled, small = self.capacitance()
        left = ops.negative(swap(ops.solve(swap(small), swap(scaled))))
        return self.like(inverted(self.diag), left, ops.divide(self.right, column(self.diag)))

    def determinant(self) -> Any:
        if has_zero(self.diag):
            return ops.det(densify("det", self, " with a zero on its diagonal part"))
        return ops.multiply(ops.prod(self.diag, axis=-1), ops.det(self.capacitance()[1]))

    def sign_and_log(self) -> tuple[Any, Any]:
        if has_zero(self.diag):
            return ops.slogdet(densify("slogdet", self, " with a zero on its diagonal part"))
        (s, x), (t, y) = sign_and_log_of(self.diag), ops.slogdet(self.capacitance()[1])
        return ops.multiply(s, t), ops.add(x, y)


from .spaces import tangent_class  # noqa: E402  the tangents need the classes

LowRankTangent = tangent_class(LowRank)
DiagonalPlusLowRankTangent = tangent_class(DiagonalPlusLowRank)
