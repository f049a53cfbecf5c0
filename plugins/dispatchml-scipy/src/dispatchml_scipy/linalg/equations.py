"""Matrix equations, and systems of Toeplitz and circulant matrices."""

from typing import Any

import numpy as np
import scipy.linalg

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly, replaces
from dispatchml.rules import nondifferentiable, rule
from dispatchml.rules.adjoints import add_known

from ..arguments import adjoint, array, finite, is_complex, unsupported
from .structured import toeplitz

# ---- a x + x b = q ---------------------------------------------------------------------------------------------------


@operation(family="linalg")
def sylvester(a: Any, b: Any, q: Any) -> Any:
    """x with a x + x b = q."""


@sylvester.register
@plainly
def sylvester_of_arrays(a: np.ndarray, b: np.ndarray, q: np.ndarray) -> Any:
    return scipy.linalg.solve_sylvester(a, b, q)


@rule(sylvester).jvp
def sylvester_jvp(y: Any, tangents: Any, a: Any, b: Any, q: Any) -> Any:
    """The solution for dq - da y - y db."""
    da, db, dq = tangents
    right = add_known(dq, None if da is None else -(da @ y), None if db is None else -(y @ db))
    return sylvester(a, b, right)


@rule(sylvester).vjp
def sylvester_vjp(y: Any, a: Any, b: Any, q: Any, *, needs: Any) -> Any:
    def sylvester_pullback(ct: Any) -> Any:
        gq = sylvester(adjoint(a), adjoint(b), ct)
        return -(gq @ adjoint(y)) if needs[0] else None, -(adjoint(y) @ gq) if needs[1] else None, gq

    return sylvester_pullback


@replaces("scipy.linalg.solve_sylvester")
def solve_sylvester(a, b, q):
    """x with a x + x b = q."""
    return sylvester(finite(a), finite(b), finite(q))


@replaces("scipy.linalg.solve_continuous_lyapunov")
def solve_continuous_lyapunov(a, q):
    """x with a x + x a^H = q."""
    a = finite(a)
    return sylvester(a, adjoint(a), finite(q))


@replaces("scipy.linalg.solve_lyapunov")
def solve_lyapunov(a, q):
    """x with a x + x a^H = q."""
    return solve_continuous_lyapunov(a, q)


@replaces("scipy.linalg.solve_discrete_lyapunov")
def solve_discrete_lyapunov(a, q, method=None):
    """x with a x a^H - x + q = 0, by the bilinear transformation or the Kronecker product, as SciPy does."""
    a, q = finite(a), finite(q)
    n = ops.shape(a)[0]
    if method not in (None, "direct", "bilinear"):
        raise ValueError(f"Unknown solver {method!r}")
    if method == "direct" or method is None and n < 10:
        x = ops.solve(np.eye(n * n) - np.kron(a, np.conj(a)), ops.reshape(q, shape=(-1,)))
        return ops.reshape(x, shape=(n, n))
    inverse = ops.inv(adjoint(a) + np.eye(n))
    b = (adjoint(a) - np.eye(n)) @ inverse
    c = 2 * (ops.inv(a + np.eye(n)) @ q @ inverse)
    return sylvester(adjoint(b), b, -c)


# ---- Riccati ---------------------------------------------------------------------------------------------------------


@operation(family="linalg", strips=("meaning", "transform"))
def riccati_solution(a: Any, b: Any, q: Any, r: Any, s: Any, *, discrete: bool = False) -> Any:
    """What SciPy finds, without derivatives."""


@riccati_solution.register
def riccati_solution_of_arrays(
    a: np.ndarray, b: np.ndarray, q: np.ndarray, r: np.ndarray, s: np.ndarray, *, discrete: bool = False
) -> Any:
    solve = scipy.linalg.solve_discrete_are if discrete else scipy.linalg.solve_continuous_are
    return solve(a, b, q, r, None, s if np.any(s) else None)


nondifferentiable(riccati_solution)


def refined(x: Any, a: Any, b: Any, q: Any, r: Any, s: Any, discrete: bool) -> Any:
    """One step of Newton's method (Kleinman 1968): at a solution it makes derivatives of one order more exact."""
    if discrete:
        gain = ops.solve(r + adjoint(b) @ x @ b, adjoint(b) @ x @ a + adjoint(s))
        rest = adjoint(a) @ x @ a - x - (adjoint(a) @ x @ b + s) @ gain + q
        closed = a - b @ gain
        return x + solve_discrete_lyapunov(adjoint(closed), rest)
    gain = ops.solve(r, adjoint(b) @ x + adjoint(s))
    rest = adjoint(a) @ x + x @ a - (x @ b + s) @ gain + q
    closed = a - b @ gain
    return x - sylvester(adjoint(closed), closed, rest)


def declare_riccati(name: str, discrete: bool) -> None:
    """A Riccati equation: SciPy's solution, and two steps from it, exact for derivatives up to the third."""

    @replaces(f"scipy.linalg.{name}")
    def solution(a, b, q, r, e=None, s=None, balanced=True):
        if e is not None:
            raise unsupported(f"scipy.linalg.{name} with e", "Multiply the equation by the inverse of e.")
        a, b, q, r = (finite(np.atleast_2d(array(x))) for x in (a, b, q, r))
        s = np.zeros(ops.shape(b)) if s is None else finite(s)
        x = riccati_solution(a, b, q, r, s, discrete=discrete)
        for _ in range(2):
            x = refined(x, a, b, q, r, s, discrete)
        return x


declare_riccati("solve_continuous_are", False)
declare_riccati("solve_discrete_are", True)


# ---- Toeplitz --------------------------------------------------------------------------------------------------------


@operation(family="linalg")
def toeplitz_system(c: Any, r: Any, b: Any) -> Any:
    """x with toeplitz(c, r) x = b for columns b, by Levinson's recursion."""


@toeplitz_system.register
@plainly
def toeplitz_system_of_arrays(c: np.ndarray, r: np.ndarray, b: np.ndarray) -> Any:
    return scipy.linalg.solve_toeplitz((c, r), b)


@rule(toeplitz_system).jvp
def toeplitz_system_jvp(y: Any, tangents: Any, c: Any, r: Any, b: Any) -> Any:
    dc, dr, db = tangents
    change = None
    if dc is not None or dr is not None:
        dc = ops.zeros_like(c) if dc is None else dc
        dr = ops.zeros_like(r) if dr is None else dr
        change = -(toeplitz(dc, dr) @ y)
    return toeplitz_system(c, r, add_known(db, change))


@rule(toeplitz_system).vjp
def toeplitz_system_vjp(y: Any, c: Any, r: Any, b: Any, *, needs: Any) -> Any:
    """The transposed matrix has c and r exchanged, with the corner that c gives."""

    def toeplitz_system_pullback(ct: Any) -> Any:
        first = np.conj(c)[:1]
        gb = toeplitz_system(np.concatenate((first, np.conj(r)[1:])), np.conj(c), ct)
        gc = gr = None
        if needs[0] or needs[1]:
            outer = -(gb @ adjoint(y))
            n = ops.shape(c)[0]
            gc = np.stack([np.trace(outer, offset=-k) for k in range(n)])
            gr = np.stack([np.trace(outer, offset=k) * (k > 0) for k in range(n)])
        return gc if needs[0] else None, gr if needs[1] else None, gb

    return toeplitz_system_pullback


@replaces("scipy.linalg.solve_toeplitz")
def solve_toeplitz(c_or_cr, b, check_finite=True):
    """x with toeplitz(c, r) x = b."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    c = ops.reshape(finite(c, check_finite), shape=(-1,))
    r = np.conj(c) if r is None else ops.reshape(finite(r, check_finite), shape=(-1,))
    b = finite(b, check_finite)
    columns = ops.reshape(b, shape=(ops.shape(b)[0], -1))
    kind = np.result_type(ops.dtype(c), ops.dtype(r), ops.dtype(b), np.float64)
    c, r, columns = (ops.astype(x, dtype=kind) if ops.dtype(x) != kind else x for x in (c, r, columns))
    return ops.reshape(toeplitz_system(c, r, columns), shape=ops.shape(b))


@replaces("scipy.linalg.matmul_toeplitz")
def matmul_toeplitz(c_or_cr, x, check_finite=False, workers=None):
    """toeplitz(c, r) @ x, by Fourier transforms."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    c = ops.reshape(finite(c, check_finite), shape=(-1,))
    r = np.conj(c) if r is None else ops.reshape(finite(r, check_finite), shape=(-1,))
    x = finite(x, check_finite)
    m, n = ops.shape(c)[0], ops.shape(r)[0]
    columns = ops.reshape(x, shape=(n, -1))
    column = np.concatenate((c, np.flip(r[1:])))
    count = m + n - 1
    if any(map(is_complex, (c, r, x))):
        y = np.fft.ifft(np.fft.fft(column)[:, None] * np.fft.fft(columns, n=count, axis=0), axis=0)[:m]
    else:
        y = np.fft.irfft(np.fft.rfft(column)[:, None] * np.fft.rfft(columns, n=count, axis=0), n=count, axis=0)[:m]
    return ops.reshape(y, shape=(m, *ops.shape(x)[1:]))


@replaces("scipy.linalg.solve_circulant")
def solve_circulant(c, b, singular="raise", tol=None, caxis=-1, baxis=0, outaxis=0):
    """x with circulant(c) x = b, by Fourier transforms."""
    c, b = np.atleast_1d(finite(c)), np.atleast_1d(finite(b))
    size, others = ops.shape(c)[caxis], ops.shape(b)[baxis]
    if size != others:
        raise ValueError(f"Shapes of c {ops.shape(c)} and b {ops.shape(b)} are incompatible")
    spectrum = np.fft.fft(np.moveaxis(c, caxis, -1), axis=-1)
    large = np.absolute(spectrum)
    limit = np.max(large, axis=-1, keepdims=True) * size * np.finfo(float).eps if tol is None else tol
    zero = large <= limit
    if np.any(zero):
        if singular == "raise":
            raise np.linalg.LinAlgError("near singular circulant matrix.")
        spectrum = np.where(zero, 1, spectrum)
    y = np.fft.fft(np.moveaxis(b, baxis, -1), axis=-1) / spectrum
    y = np.fft.ifft(np.where(zero, 0, y), axis=-1)
    y = y if is_complex(c) or is_complex(b) else np.real(y)
    return np.moveaxis(y, -1, outaxis) if outaxis != -1 else y
