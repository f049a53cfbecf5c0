"""The operations of linear filters along the last axis; they are closed under derivatives.

fir(b, x)           y[n] = sum of b[k] x[n-k]
allpole(a, w)       y[n] = w[n] - sum of a[k] y[n-k] for k > 0; a[0] is not read and taken as 1
lags(u, v, count=m) the sums of u[n] v[n-k] over n and all other axes, for k below m
"""

from typing import Any

import numpy as np
import scipy.signal

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.lift import plainly
from dispatchml.rules import batch, rule
from dispatchml.rules.adjoints import add_known


@operation(family="linalg")
def fir(b: Any, x: Any) -> Any:
    """y[n] = sum of b[k] x[n-k] along the last axis of x."""


@operation(family="linalg")
def allpole(a: Any, w: Any) -> Any:
    """y[n] = w[n] - sum of a[k] y[n-k] for k > 0 along the last axis of w; a[0] is taken as 1."""


@operation(family="linalg")
def lags(u: Any, v: Any, *, count: int = 1) -> Any:
    """The sums of u[n] v[n-k] over n and all other axes, for k < count."""


@fir.register
@plainly
def fir_of_arrays(b: np.ndarray, x: np.ndarray) -> Any:
    return scipy.signal.lfilter(b, np.ones(1, b.dtype), x)


@allpole.register
@plainly
def allpole_of_arrays(a: np.ndarray, w: np.ndarray) -> Any:
    unit = np.concatenate((np.ones(1, a.dtype), a[1:]))
    return scipy.signal.lfilter(np.ones(1, a.dtype), unit, w)


@lags.register
def lags_of_arrays(u: np.ndarray, v: np.ndarray, *, count: int = 1) -> Any:
    n = u.shape[-1]
    parts = [np.sum(u[..., k:] * v[..., : max(n - k, 0)]) if k < n else 0 for k in range(count)]
    return np.array(parts, np.result_type(u, v))


def reversed_in_time(x: Any) -> Any:
    """The last axis from its end."""
    return ops.flip(x, axis=-1)


def conj(x: Any) -> Any:
    """The conjugate; real numbers as they are."""
    return ops.conj(x) if ops.dtype(x).kind == "c" else x


def without_first(a: Any) -> Any:
    """a with zero for a[0]."""
    return a * (np.arange(ops.shape(a)[0]) > 0)


@rule(fir).jvp
def fir_jvp(y: Any, tangents: Any, b: Any, x: Any) -> Any:
    db, dx = tangents
    return add_known(None if db is None else fir(db, x), None if dx is None else fir(b, dx))


@rule(fir).vjp
def fir_vjp(y: Any, b: Any, x: Any, *, needs: Any) -> Any:
    def fir_pullback(ct: Any) -> Any:
        gb = lags(ct, conj(x), count=ops.shape(b)[0]) if needs[0] else None
        return gb, reversed_in_time(fir(conj(b), reversed_in_time(ct))) if needs[1] else None

    return fir_pullback


@rule(allpole).jvp
def allpole_jvp(y: Any, tangents: Any, a: Any, w: Any) -> Any:
    da, dw = tangents
    return allpole(a, add_known(dw, None if da is None else -fir(without_first(da), y)))


@rule(allpole).vjp
def allpole_vjp(y: Any, a: Any, w: Any, *, needs: Any) -> Any:
    def allpole_pullback(ct: Any) -> Any:
        gw = reversed_in_time(allpole(conj(a), reversed_in_time(ct)))
        return -without_first(lags(gw, conj(y), count=ops.shape(a)[0])) if needs[0] else None, gw

    return allpole_pullback


@rule(lags).jvp
def lags_jvp(y: Any, tangents: Any, u: Any, v: Any, *, count: int) -> Any:
    du, dv = tangents
    first = None if du is None else lags(du, v, count=count)
    return add_known(first, None if dv is None else lags(u, dv, count=count))


@rule(lags).vjp
def lags_vjp(y: Any, u: Any, v: Any, *, needs: Any, count: int) -> Any:
    def lags_pullback(ct: Any) -> Any:
        gu = fir(ct, conj(v)) if needs[0] else None
        return gu, reversed_in_time(fir(ct, reversed_in_time(conj(u)))) if needs[1] else None

    return lags_pullback


def batched_signal(function: Any) -> None:
    """A batch of signals with one filter is a longer stack; with a filter each, one runs after the other."""

    @batch(function)
    def batched_filter(arguments: Any, batched: Any, size: int) -> Any:
        if not batched[0]:
            return function(*arguments)
        coefficients, x = arguments
        each = (x[k] if batched[1] else x for k in range(size))
        return ops.stack(tuple(function(coefficients[k], v) for k, v in enumerate(each)), axis=0)


batched_signal(fir)
batched_signal(allpole)
