"""Functions of matrices."""

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import finite, is_complex, without_rule


@replaces("scipy.linalg.expm")
def expm(A):
    """The exponential."""
    return ops.expm(finite(A, False))


@replaces("scipy.linalg.expm_frechet")
def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    """The exponential and its derivative in a direction, which may be traced, too."""
    a, e = finite(A, check_finite), finite(E, check_finite)
    change = ops.frechet((a, e), function="exp")
    return (ops.expm(a), change) if compute_expm else change


def complex_where_needed(function: Any, a: Any) -> Any:
    """A function of a real matrix, complex where there is no real result."""
    try:
        return function(a)
    except np.linalg.LinAlgError:
        if is_complex(a):
            raise
        return function(ops.astype(a, dtype=np.result_type(ops.dtype(a), np.complex64)))


@replaces("scipy.linalg.logm")
def logm(A, disp=np._NoValue):
    """The principal logarithm."""
    y = complex_where_needed(ops.logm, finite(A))
    return y if disp is np._NoValue or disp else (y, residual(ops.expm(y), A))


@replaces("scipy.linalg.sqrtm")
def sqrtm(A, disp=np._NoValue, blocksize=np._NoValue):
    """The principal square root."""
    y = complex_where_needed(ops.sqrtm, finite(A))
    return y if disp is np._NoValue or disp else (y, residual(y @ y, A))


def residual(y: Any, a: Any) -> Any:
    """The relative difference of two matrices, a constant."""
    y, a = ops.stop_gradient(y), ops.stop_gradient(a)
    return np.linalg.norm(y - a, 1) / np.linalg.norm(a, 1)


@replaces("scipy.linalg.fractional_matrix_power")
def fractional_matrix_power(A, t):
    """A power; the exponent may be traced, too."""
    a = finite(A)
    if isinstance(t, (int, np.integer)) or isinstance(t, float) and t.is_integer():
        return ops.matrix_power(a, n=int(t))
    power = complex_where_needed(ops.logm, a) * t
    return ops.expm(power)


def rotation(a: Any) -> Any:
    """exp(i a)."""
    return ops.expm(1j * a)


@replaces("scipy.linalg.cosm")
def cosm(A):
    """The cosine."""
    a = finite(A)
    return (rotation(a) + rotation(-a)) / 2 if is_complex(a) else np.real(rotation(a))


@replaces("scipy.linalg.sinm")
def sinm(A):
    """The sine."""
    a = finite(A)
    return -0.5j * (rotation(a) - rotation(-a)) if is_complex(a) else np.imag(rotation(a))


@replaces("scipy.linalg.tanm")
def tanm(A):
    """The tangent."""
    return ops.solve(cosm(A), sinm(A))


@replaces("scipy.linalg.coshm")
def coshm(A):
    """The hyperbolic cosine."""
    a = finite(A)
    return (ops.expm(a) + ops.expm(-a)) / 2


@replaces("scipy.linalg.sinhm")
def sinhm(A):
    """The hyperbolic sine."""
    a = finite(A)
    return (ops.expm(a) - ops.expm(-a)) / 2


@replaces("scipy.linalg.tanhm")
def tanhm(A):
    """The hyperbolic tangent."""
    return ops.solve(coshm(A), sinhm(A))


@replaces("scipy.linalg.signm")
def signm(A, disp=np._NoValue):
    """The sign: a (a a)^(-1/2)."""
    a = finite(A)
    return ops.solve(ops.sqrtm(a @ a), a)  # whatever `disp` is: SciPy has an estimate for defective matrices only


without_rule("scipy.linalg", "funm expm_cond", "There is no rule for it.")
