"""Toeplitz and circulant matrices."""

from __future__ import annotations

from typing import Any

import attrs
import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError, at_user_line
from dispatchml.rules import beside

from .base import Structure, as_array, column, conj, dense, square_size
from .convolutions import SMALL, by_transforms, dense_sums, gathered, lags, toeplitz_product
from .diagonal import sign_and_log_of
from .levinson import toeplitz_slogdet, toeplitz_solve, transposed_pair
from .pieces import nonzero

__all__ = ["Circulant", "Toeplitz"]


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Toeplitz(Structure):
    """The Toeplitz matrix with first column (..., m) and first row (..., n), whose first number is not looked at.

    `Toeplitz.symmetric(column)` is symmetric, and Hermitian for a complex column. Products cost O(n log n), by fast
    Fourier transforms, which spread inf and nan over the whole result; linear systems and determinants cost O(n^2), by
    Levinson's recursion.

    >>> import numpy as np
    >>> from dispatchml_structured import Toeplitz
    >>> t = Toeplitz.symmetric([2.0, 1.0, 0.0])
    >>> t @ np.ones(3), np.linalg.solve(t, np.array([3.0, 4.0, 3.0]))
    (array([3., 4., 3.]), array([1., 1., 1.]))
    """

    column: dm.Array = attrs.field(converter=as_array)
    row: dm.Array = attrs.field(converter=as_array)

    payload_names = ("column", "row")
    cores = (1, 1)
    holds_matrices = reads_dense = False

    def __attrs_post_init__(self) -> None:
        if min(ops.ndim(self.column), ops.ndim(self.row)) < 1:
            raise ShapeError(f"Toeplitz takes two vectors{at_user_line()}.")

    @staticmethod
    def symmetric(column: Any) -> Any:
        """The symmetric (Hermitian) Toeplitz matrix with this first column."""
        column = as_array(column)
        return Toeplitz(column, conj(column))

    @property
    def shape(self) -> tuple[int, ...]:
        c, r = ops.shape(self.column), ops.shape(self.row)
        return (*np.broadcast_shapes(c[:-1], r[:-1]), c[-1], r[-1])

    @property
    def dtype(self) -> Any:
        return np.result_type(ops.dtype(self.column), ops.dtype(self.row))

    def fields(self) -> tuple[Any, ...]:
        return (self.column, self.row)

    def like(self, column: Any, row: Any) -> Any:
        return Toeplitz(column, row)

    def scaled(self, factor: Any) -> Any:
        factor = column(factor) if ops.ndim(factor) else factor
        return self.mapped(lambda x: ops.multiply(x, factor))

    def materialise(self) -> Any:
        return gathered(self.column, self.row)

    def project(self, ct: Any) -> Any:
        """The nearest Toeplitz matrix to a dense one: the mean along each diagonal."""
        return Toeplitz(*self.entries(ct, (ops.shape(self.column), ops.shape(self.row))))

    @staticmethod
    def entries(ct: Any, shapes: Any) -> tuple[Any, ...]:
        m, n = shapes[0][-1], shapes[1][-1]
        sums = dense_sums(dense(ct))
        means = ops.divide(sums, beside(np.concatenate((counts(m, n)[1][:0:-1], counts(m, n)[0])), sums))
        row = ops.flip(ops.getitem(means, index=(..., slice(0, n))), axis=-1)
        return ops.getitem(means, index=(..., slice(max(n - 1, 0), None))), row

    @staticmethod
    def weights(shapes: Any) -> tuple[Any, ...]:
        columns, rows = counts(shapes[0][-1], shapes[1][-1])
        rows = rows.copy()
        rows[:1] = 0
        return columns, rows

    @staticmethod
    def tangent_statics() -> dict[str, Any]:
        return {}

    def transposed(self) -> Any:
        return Toeplitz(*transposed_pair(self.column, self.row))

    def times(self, x: Any) -> Any:
        return toeplitz_product(self.column, self.row, x)

    def diagonal_vector(self) -> Any:
        count = min(self.shape[-2:])
        first = ops.getitem(self.column, index=(..., slice(0, 1)))
        return ops.broadcast_to(first, shape=(*ops.shape(first)[:-1], count))

    def solved(self, b: Any) -> Any:
        return toeplitz_solve(self.column, self.row, b)

    def determinant(self) -> Any:
        """Exact to every order for small matrices; for others its logarithm is what is computed."""
        if not by_transforms(square_size(self, "det") ** 2, self.column, self.row):
            return ops.det(self.materialise())
        sign, log = self.sign_and_log()
        return ops.multiply(sign, ops.exp(log))

    def sign_and_log(self) -> tuple[Any, Any]:
        return toeplitz_slogdet(self.column, self.row)


def counts(m: int, n: int) -> tuple[Any, Any]:
    """How many entries each number of first column and first row stands for."""
    return np.minimum(np.arange(m, 0, -1), n).astype(float), np.minimum(np.arange(n, 0, -1), m).astype(float)


@dm.layer(slot="structure", fieldwise=True, stacks=True)
@attrs.frozen(eq=False)
class Circulant(Structure):
    """The circulant matrix with first column (..., n): entry (i, j) is column[(i - j) mod n].

    Its eigenvectors are those of the discrete Fourier transform, so that everything costs O(n log n).

    >>> import numpy as np
    >>> from dispatchml_structured import Circulant
    >>> Circulant([1.0, 2.0, 3.0]) @ np.array([1.0, 0.0, 0.0])
    array([1., 2., 3.])
    """

    column: dm.Array = attrs.field(converter=as_array)

    payload_names = ("column",)
    cores = (1,)
    holds_matrices = reads_dense = False

    def __attrs_post_init__(self) -> None:
        if ops.ndim(self.column) < 1:
            raise ShapeError(f"Circulant takes a vector{at_user_line()}.")

    @property
    def shape(self) -> tuple[int, ...]:
        shape = ops.shape(self.column)
        return (*shape, shape[-1])

    @property
    def dtype(self) -> Any:
        return ops.dtype(self.column)

    def fields(self) -> tuple[Any, ...]:
        return (self.column,)

    def like(self, column: Any) -> Any:
        return Circulant(column)

    def scaled(self, factor: Any) -> Any:
        return Circulant(ops.multiply(self.column, column(factor) if ops.ndim(factor) else factor))

    def widened(self) -> Any:
        """The same matrix as a Toeplitz one."""
        return Toeplitz(self.column, self.first_row())

    def first_row(self) -> Any:
        """column[-j mod n]."""
        return ops.roll(ops.flip(self.column, axis=-1), shift=1, axis=-1)

    def materialise(self) -> Any:
        n = ops.shape(self.column)[-1]
        return ops.take(self.column, places(n), axis=-1) if n else ops.zeros_of(self.column, shape=self.shape)

    def project(self, ct: Any) -> Any:
        """The nearest circulant matrix to a dense one."""
        return Circulant(*self.entries(ct, (ops.shape(self.column),)))

    @staticmethod
    def entries(ct: Any, shapes: Any) -> tuple[Any, ...]:
        g, n = dense(ct), shapes[0][-1]
        sums = ops.scatter(g, index=(..., places(n)), shape=ops.shape(g)[:-1])
        return (ops.divide(sums, max(n, 1)),)

    @staticmethod
    def weights(shapes: Any) -> tuple[Any, ...]:
        return (float(shapes[0][-1]),)

    @staticmethod
    def tangent_statics() -> dict[str, Any]:
        return {}

    def transposed(self) -> Any:
        return Circulant(self.first_row())

    def is_transformed(self) -> bool:
        """Whether Fourier transforms are used: for floating-point numbers."""
        return ops.dtype(self.column).kind in "fc" and ops.shape(self.column)[-1] > 0

    def transform(self) -> Any:
        """The eigenvalues, of a real matrix those of the frequencies that are not negative."""
        return (ops.fft if ops.dtype(self.column).kind == "c" else ops.rfft)(self.column, axis=-1)

    def back(self, y: Any) -> Any:
        """The circulant matrix with these eigenvalues."""
        n = ops.shape(self.column)[-1]
        if ops.dtype(self.column).kind == "c":
            return Circulant(ops.ifft(y, axis=-1))
        return Circulant(ops.irfft(y, n=n, axis=-1))

    def eigenvalues(self) -> Any:
        """All eigenvalues, complex, in the order of the frequencies."""
        return ops.fft(self.column, axis=-1)

    def times(self, x: Any) -> Any:
        n = ops.shape(self.column)[-1]
        if n * n <= SMALL or not by_transforms(n * n, self.column, x):
            return ops.matmul(self.materialise(), x)
        if "c" in (ops.dtype(self.column).kind, ops.dtype(x).kind):
            product = ops.multiply(column(ops.fft(self.column, axis=-1)), ops.fft(x, axis=-2))
            return ops.ifft(product, axis=-2)
        product = ops.multiply(column(ops.rfft(self.column, axis=-1)), ops.rfft(x, axis=-2))
        return ops.irfft(product, n=n, axis=-2)

    def diagonal_vector(self) -> Any:
        return ops.broadcast_to(ops.getitem(self.column, index=(..., slice(0, 1))), shape=ops.shape(self.column))

    def inverse(self) -> Any:
        if not ops.shape(self.column)[-1]:
            return self
        if not self.is_transformed():
            return Circulant(ops.getitem(ops.inv(self.materialise()), index=(..., slice(None), 0)))
        return self.back(ops.reciprocal(nonzero(self.transform())))

    def solved(self, b: Any) -> Any:
        if not self.is_transformed() or ops.dtype(b).kind == "O":
            return ops.solve(self.materialise(), b)
        return self.inverse().times(b)

    def determinant(self) -> Any:
        if not self.is_transformed():
            return ops.det(self.materialise())
        found = ops.prod(self.eigenvalues(), axis=-1)
        return found if ops.dtype(self.column).kind == "c" else ops.real(found)

    def sign_and_log(self) -> tuple[Any, Any]:
        n = ops.shape(self.column)[-1]
        if not self.is_transformed():
            return ops.slogdet(self.materialise())
        if ops.dtype(self.column).kind == "c":
            return sign_and_log_of(self.eigenvalues())
        y = self.transform()
        single = [0] if n % 2 else [0, n // 2]  # eigenvalues that are real; the others come in conjugate pairs
        sign = ops.prod(ops.sign(ops.real(ops.take(y, np.array(single), axis=-1))), axis=-1)
        pairs = np.full(n // 2 + 1, 2.0, ops.dtype(self.column))
        pairs[single] = 1
        with np.errstate(divide="ignore"):
            logs = ops.log(ops.absolute(y))
        return sign, ops.sum(ops.multiply(logs, beside(pairs, logs)), axis=-1)


def places(n: int) -> Any:
    """(i - j) mod n."""
    return (lags(n, n) + 1) % max(n, 1)
