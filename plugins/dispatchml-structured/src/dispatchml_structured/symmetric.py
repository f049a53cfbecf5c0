"""Symmetric and Hermitian matrices, given by one triangle."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops

from .base import Structure, adjoint, as_array, conj, dense, swap
from .pieces import real_diagonal, square_stack
from .triangular import Triangular, triangle

__all__ = ["Hermitian", "Symmetric"]


class OfOneTriangle(Structure):
    """What both share. The class of the result of an operation is that of the first argument."""

    __slots__ = ()

    payload_names = ("_data",)
    cores = (2,)
    holds_matrices = False
    reads_dense = True

    @property
    def shape(self) -> tuple[int, ...]:
        return ops.shape(self._data)  # type: ignore[attr-defined]

    @property
    def dtype(self) -> Any:
        return ops.dtype(self._data)  # type: ignore[attr-defined]

    def fields(self) -> tuple[Any, ...]:
        return (self.materialise(),)

    def project(self, ct: Any) -> Any:
        """The nearest matrix of the class to a dense one."""
        return self.like(*self.entries(ct, (), lower=self.lower))  # type: ignore[attr-defined]

    @staticmethod
    def weights(shapes: Any, *, lower: bool) -> tuple[Any, ...]:
        ones = np.ones(shapes[0][-2:])
        return (triangle(ones, lower) + triangle(ones, lower, 1),)

    @staticmethod
    def tangent_statics(*, lower: bool) -> dict[str, Any]:
        return {"lower": lower}

    def times(self, x: Any) -> Any:
        return ops.matmul(self.materialise(), x)

    def solved(self, b: Any) -> Any:
        return ops.solve(self.materialise(), b)

    def inverse(self) -> Any:
        return self.like(ops.inv(self.materialise()))

    def determinant(self) -> Any:
        return ops.det(self.materialise())

    def sign_and_log(self) -> tuple[Any, Any]:
        return ops.slogdet(self.materialise())

    def diagonal_vector(self) -> Any:
        return ops.diagonal(self._data, axis1=-2, axis2=-1)  # type: ignore[attr-defined]

    def root(self) -> Any:
        return Triangular(ops.cholesky(self.materialise()))


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Symmetric(OfOneTriangle):
    """The symmetric matrix with the lower (upper: lower=False) triangle of an array (..., n, n).

    The other triangle is never looked at. The gradient G with respect to a Symmetric is Symmetric, and pairs with
    directions as matrices do: df = sum(conj(G) * dS), so G = (g + g^T) / 2 where g is the gradient with respect to a
    dense matrix. The array that it was made of has the derivative of its own numbers: 2 G below the diagonal, G on it,
    0 above.

    >>> import numpy as np, dispatchml as dm
    >>> from dispatchml_structured import Symmetric
    >>> dm.grad(lambda s: s[0, 1])(Symmetric([[1.0, 0.0], [2.0, 3.0]])).materialise()
    array([[0. , 0.5],
           [0.5, 0. ]])
    """

    _data: dm.Array = attrs.field(converter=as_array)
    lower: bool = True

    def __attrs_post_init__(self) -> None:
        square_stack(self._data, "Symmetric")

    def like(self, data: Any) -> Any:
        return Symmetric(data, self.lower)

    def materialise(self) -> Any:
        part = triangle(self._data, self.lower)
        return ops.add(part, swap(triangle(self._data, self.lower, 1)))

    @staticmethod
    def entries(ct: Any, shapes: Any, *, lower: bool) -> tuple[Any, ...]:
        g = dense(ct)
        return (triangle(ops.divide(ops.add(g, swap(g)), 2), lower),)

    def transposed(self) -> Any:
        return self


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Hermitian(OfOneTriangle):
    """The Hermitian matrix with the lower (upper: lower=False) triangle of an array (..., n, n).

    Of the diagonal the real part is taken. Gradients are Hermitian and pair with directions as matrices do:
    df = sum(Re(conj(G) * dH)), so G = (g + g^H) / 2.

    >>> import numpy as np
    >>> from dispatchml_structured import Hermitian
    >>> np.linalg.eigvalsh(Hermitian([[2.0, 0.0], [1j, 2.0]]))
    array([1., 3.])
    """

    _data: dm.Array = attrs.field(converter=as_array)
    lower: bool = True

    def __attrs_post_init__(self) -> None:
        square_stack(self._data, "Hermitian")

    def like(self, data: Any) -> Any:
        return Hermitian(data, self.lower)

    def materialise(self) -> Any:
        part = triangle(self._data, self.lower, 1)
        return real_diagonal(ops.add(part, adjoint(part)), self._data)

    def scaled(self, factor: Any) -> Any:
        if ops.dtype(factor).kind == "c":  # times a complex number it is Hermitian no more
            return None
        return self.like(ops.multiply(self.materialise(), factor))

    @staticmethod
    def entries(ct: Any, shapes: Any, *, lower: bool) -> tuple[Any, ...]:
        g = dense(ct)
        return (triangle(ops.divide(ops.add(g, adjoint(g)), 2), lower),)

    def transposed(self) -> Any:
        return Hermitian(conj(self._data), self.lower)

    def diagonal_vector(self) -> Any:
        found = ops.real(ops.diagonal(self._data, axis1=-2, axis2=-1))
        return ops.astype(found, dtype=self.dtype) if self.dtype.kind == "c" else found
