"""Triangular matrices."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.rules import beside

from .base import Structure, as_array, dense, floating
from .diagonal import sign_and_log_of
from .pieces import nonzero, square_stack, unit_where

__all__ = ["Triangular", "triangle"]


def triangle(x: Any, lower: bool, k: int = 0) -> Any:
    """The lower triangle without the k last diagonals, or the upper one without the k first; zeros elsewhere."""
    return ops.tril(x, k=-k) if lower else ops.triu(x, k=k)


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Triangular(Structure):
    """The lower (upper: lower=False) triangle of an array (..., n, n); what is in the other one is never looked at.

    unit=True: the diagonal is not looked at either and is 1. Gradients and tangents are Triangular with zeros where
    nothing is looked at.

    >>> import numpy as np
    >>> from dispatchml_structured import Triangular
    >>> t = Triangular([[2.0, np.nan], [1.0, 4.0]])
    >>> np.linalg.solve(t, np.array([2.0, 5.0]))
    array([1., 1.])
    """

    _data: dm.Array = attrs.field(converter=as_array)
    lower: bool = True
    unit: bool = False

    payload_names = ("_data",)
    cores = (2,)
    holds_matrices = False
    reads_dense = has_zeros = True

    def __attrs_post_init__(self) -> None:
        square_stack(self._data, "Triangular")

    @property
    def shape(self) -> tuple[int, ...]:
        return ops.shape(self._data)

    @property
    def dtype(self) -> Any:
        return ops.dtype(self._data)

    def fields(self) -> tuple[Any, ...]:
        return (self.materialise(),)

    def like(self, data: Any) -> Any:
        return Triangular(data, self.lower)

    def materialise(self) -> Any:
        if not self.unit:
            return triangle(self._data, self.lower)
        return unit_where(triangle(self._data, self.lower, 1))

    def project(self, ct: Any) -> Any:
        """The triangle of a dense matrix."""
        return Triangular(*self.entries(ct, (), lower=self.lower, unit=self.unit), self.lower)

    @staticmethod
    def entries(ct: Any, shapes: Any, *, lower: bool, unit: bool) -> tuple[Any, ...]:
        return (triangle(dense(ct), lower, int(unit)),)

    @staticmethod
    def weights(shapes: Any, *, lower: bool, unit: bool) -> tuple[Any, ...]:
        return (triangle(np.ones(shapes[0][-2:]), lower, int(unit)),)

    @staticmethod
    def tangent_statics(*, lower: bool, unit: bool) -> dict[str, Any]:
        return {"lower": lower, "unit": False}

    def transposed(self) -> Any:
        return Triangular(ops.swapaxes(self._data, axis1=-2, axis2=-1), not self.lower, self.unit)

    def times(self, x: Any) -> Any:
        return ops.matmul(self.materialise(), x)

    def diagonal_vector(self) -> Any:
        found = ops.diagonal(self._data, axis1=-2, axis2=-1)
        return ops.ones_like(found) if self.unit else found

    def solved(self, b: Any) -> Any:
        found = ops.dtype(self._data).kind
        if not self.unit:
            nonzero(self.diagonal_vector())
        if found == "O":  # elimination does what substitution would do, in whatever arithmetic the elements have
            return ops.solve(self.materialise(), b)
        return ops.solve_triangular(self._data, b, lower=self.lower, unit_diagonal=self.unit)

    def inverse(self) -> Any:
        n = ops.shape(self._data)[-1]
        one = beside(np.eye(n, dtype=self.number_dtype()), self._data)
        one = ops.broadcast_to(one, shape=ops.shape(self._data))
        return Triangular(self.solved(one), self.lower, self.unit)

    def number_dtype(self) -> Any:
        """The dtype of constants that change neither precision nor kind."""
        found = ops.dtype(self._data)
        return found if found.kind in "fcO" else np.dtype(np.float64)

    def determinant(self) -> Any:
        return ops.prod(floating(self.diagonal_vector()), axis=-1)

    def sign_and_log(self) -> tuple[Any, Any]:
        return sign_and_log_of(self.diagonal_vector())
