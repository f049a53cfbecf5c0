"""Kernels of the parts of complex numbers."""

import operator
from typing import Any

import numpy as np

from ... import ops
from .kernels import OBJECT, kernel


def parts(a: Any, name: str) -> Any:
    """The real or imaginary part, element by element for numbers of other libraries."""
    a = np.asanyarray(a)
    if a.dtype == OBJECT:
        return np.frompyfunc(operator.attrgetter(name), 1, 1)(a)
    return np.real(a) if name == "real" else np.imag(a)


def real_of_arrays(a: Any) -> Any:
    """The real part."""
    part = parts(a, "real")
    return part if getattr(part, "ndim", 0) else part[()] if isinstance(part, np.ndarray) else part


def imag_of_arrays(a: Any) -> Any:
    """The imaginary part."""
    part = parts(a, "imag")
    return part if getattr(part, "ndim", 0) else part[()] if isinstance(part, np.ndarray) else part


def complex_of_arrays(a: Any, b: Any) -> Any:
    """Real and imaginary part put side by side, without arithmetic."""
    a, b = np.asanyarray(a), np.asanyarray(b)
    dtype = np.result_type(a.dtype, b.dtype)
    if dtype.kind == "c":
        raise TypeError(f"make_complex takes two real parts, not {a.dtype} and {b.dtype}.")
    y = np.empty(np.broadcast_shapes(a.shape, b.shape), np.result_type(dtype, np.complex64))
    y.real, y.imag = a, b
    return y if y.ndim else y[()]


kernel(ops.real, real_of_arrays, operator.pos)
kernel(ops.imag, imag_of_arrays, lambda a: type(a)(0))
kernel(ops.conj, np.conjugate, operator.pos)
kernel(ops.angle, np.angle)
kernel(ops.make_complex, complex_of_arrays, complex)

ops.real.register(lambda a: a.real, complex)
ops.imag.register(lambda a: a.imag, complex)
ops.conj.register(lambda a: a.conjugate(), complex)
