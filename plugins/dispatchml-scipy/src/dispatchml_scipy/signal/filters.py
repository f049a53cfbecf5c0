"""Filtering by coefficients and by sections of second order, forward and in both directions."""

from typing import Any

import numpy as np

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import array, decided, floating, unsupported
from .recursions import allpole, fir


def padded(x: Any, before: int, after: int) -> Any:
    """Zeros before and after the last axis."""
    return ops.pad_constant(x, pad_width=((0, 0),) * (ops.ndim(x) - 1) + ((before, after),))


def filtered(b: Any, a: Any, x: Any, zi: Any) -> tuple[Any, Any]:
    """The filter along the last axis, and its state afterwards.

    In direct form II transposed the state is what is still to be added: y is the all-pole filter of b * x plus zi, and
    the final state is what b * x + zi - a * y would be behind the end.
    """
    b, a = b / a[0], a / a[0]
    nb, na = ops.shape(b)[0], ops.shape(a)[0]
    order, n = max(na, nb) - 1, ops.shape(x)[-1]
    w = fir(b, x)
    if zi is not None and order:
        w = w + (padded(zi, 0, n - order) if n >= order else zi[..., :n])
    y = allpole(a, w) if na > 1 else w
    if zi is None:
        return y, None
    last = fir(b, padded(x, 0, order))[..., n:] - fir(a, padded(y, 0, order))[..., n:]
    if n < order:
        last = last + padded(zi[..., n:], 0, n)
    return y, last


def one_kind(*arrays: Any) -> tuple[Any, ...]:
    """Arrays of one dtype of floating-point or complex numbers."""
    arrays = tuple(floating(x) for x in arrays)
    kind = np.result_type(*(ops.dtype(x) for x in arrays))
    return tuple(x if ops.dtype(x) == kind else ops.astype(x, dtype=kind) for x in arrays)


@replaces("scipy.signal.lfilter")
def lfilter(b, a, x, axis=-1, zi=None):
    """A filter with coefficients b and a; with zi also the final state."""
    b, a, x = one_kind(np.atleast_1d(array(b)), np.atleast_1d(array(a)), array(x))
    x = np.moveaxis(x, axis, -1)
    if zi is not None:
        zi = np.moveaxis(floating(zi), axis, -1)
        order = max(ops.shape(a)[0], ops.shape(b)[0]) - 1
        zi = np.broadcast_to(zi, (*ops.shape(x)[:-1], order))
    y, zf = filtered(b, a, x, zi)
    y = np.moveaxis(y, -1, axis)
    return y if zi is None else (y, np.moveaxis(zf, -1, axis))


@replaces("scipy.signal.lfilter_zi")
def lfilter_zi(b, a):
    """The state of a filter in the steady response to a step of 1."""
    b, a = one_kind(np.atleast_1d(array(b)), np.atleast_1d(array(a)))
    b, a = b / a[0], a / a[0]
    size = max(ops.shape(a)[0], ops.shape(b)[0])
    b, a = padded(b, 0, size - ops.shape(b)[0]), padded(a, 0, size - ops.shape(a)[0])
    if size == 1:
        return b[1:]
    shifts = np.eye(size - 1, k=-1)
    companion = np.concatenate((-a[1:][None, :], shifts[1:]), axis=0) if size > 1 else shifts
    return ops.solve(np.eye(size - 1) - np.swapaxes(companion, 0, 1), b[1:] - a[1:] * b[0])


@replaces("scipy.signal.lfiltic")
def lfiltic(b, a, y, x=None):
    """The state of a filter after outputs y and inputs x, the latest first."""
    b, a, y = one_kind(np.atleast_1d(array(b)), np.atleast_1d(array(a)), np.atleast_1d(array(y)))
    m, n = ops.shape(b)[0] - 1, ops.shape(a)[0] - 1
    x = np.zeros(m, ops.dtype(b)) if x is None else floating(x)
    x = padded(x, 0, max(0, m - ops.shape(x)[0]))
    y = padded(y, 0, max(0, n - ops.shape(y)[0]))
    b, a = b / a[0], a / a[0]
    parts = []
    for k in range(max(m, n)):
        inputs = np.sum(b[k + 1 :] * x[: m - k]) if k < m else 0
        outputs = np.sum(a[k + 1 :] * y[: n - k]) if k < n else 0
        parts.append(inputs - outputs)
    return np.stack(parts)


def extended(x: Any, kind: Any, count: int) -> Any:
    """The last axis with `count` numbers more on each side."""
    if kind is None or count == 0:
        return x
    front, back = x[..., count:0:-1], x[..., -2 : -(count + 2) : -1]
    if kind == "odd":
        front, back = 2 * x[..., :1] - front, 2 * x[..., -1:] - back
    elif kind == "constant":
        front, back = (np.repeat(end, count, axis=-1) for end in (x[..., :1], x[..., -1:]))
    elif kind != "even":
        raise ValueError(
            f"Unknown value '{kind}' given to padtype.  padtype must be 'even', 'odd', 'constant', or None."
        )
    return np.concatenate((front, x, back), axis=-1)


def both_ways(x: Any, kind: Any, count: Any, usual: int, run: Any) -> Any:
    """A filter forward and back over the extended last axis; run(x, first) starts it in the steady state of `first`."""
    count = 0 if kind is None else usual if count is None else int(count)
    if count < 0 or count >= ops.shape(x)[-1]:
        raise ValueError(
            f"The length of the input vector x must be greater than padlen, which is {count}."
            if count >= 0
            else "padlen must be non-negative"
        )
    ext = extended(x, kind, count)
    y = run(ext, ext[..., :1])
    back = run(np.flip(y, -1), y[..., -1:])
    y = np.flip(back, -1)
    return y[..., count : ops.shape(y)[-1] - count] if count else y


@replaces("scipy.signal.filtfilt")
def filtfilt(b, a, x, axis=-1, padtype="odd", padlen=None, method="pad", irlen=None):
    """A filter forward and back, without delay."""
    if method != "pad":
        raise unsupported(f"scipy.signal.filtfilt(method={method!r})", "method='pad' is.")
    b, a, x = one_kind(np.atleast_1d(array(b)), np.atleast_1d(array(a)), array(x))
    x = np.moveaxis(x, axis, -1)
    zi = lfilter_zi(b, a)
    usual = 3 * max(ops.shape(a)[0], ops.shape(b)[0])
    y = both_ways(x, padtype, padlen, usual, lambda v, first: filtered(b, a, v, zi * first)[0])
    return np.moveaxis(y, -1, axis)


# ---- sections of second order ----------------------------------------------------------------------------------------


@replaces("scipy.signal.sosfilt")
def sosfilt(sos, x, axis=-1, zi=None):
    """A cascade of sections of second order; with zi also the final states."""
    sos, x = one_kind(sos, x)
    x = np.moveaxis(x, axis, -1)
    states = []
    if zi is not None:
        zi = np.moveaxis(floating(zi), axis if axis < 0 else axis + 1, -1)
    for k in range(ops.shape(sos)[0]):
        x, last = filtered(sos[k, :3], sos[k, 3:], x, None if zi is None else zi[k])
        states.append(last)
    y = np.moveaxis(x, -1, axis)
    return y if zi is None else (y, np.moveaxis(np.stack(states), -1, axis if axis < 0 else axis + 1))


@replaces("scipy.signal.sosfilt_zi")
def sosfilt_zi(sos):
    """The states of a cascade in the steady response to a step of 1."""
    sos = floating(sos)
    scale, states = 1.0, []
    for k in range(ops.shape(sos)[0]):
        b, a = sos[k, :3], sos[k, 3:]
        states.append(scale * lfilter_zi(b, a))
        scale = scale * np.sum(b) / np.sum(a)
    return np.stack(states)


@replaces("scipy.signal.sosfiltfilt")
def sosfiltfilt(sos, x, axis=-1, padtype="odd", padlen=None):
    """A cascade forward and back, without delay."""
    sos, x = one_kind(sos, x)
    x = np.moveaxis(x, axis, -1)
    zi = sosfilt_zi(sos)
    sections = ops.shape(sos)[0]
    plain = np.asarray(decided(sos))
    zeros = min(int(np.sum(plain[:, 2] == 0)), int(np.sum(plain[:, 5] == 0)))

    def run(v: Any, first: Any) -> Any:
        states = np.reshape(zi, (sections,) + (1,) * (ops.ndim(v) - 1) + (2,)) * first
        return sosfilt(sos, v, zi=states)[0]

    y = both_ways(x, padtype, padlen, 3 * (2 * sections + 1 - zeros), run)
    return np.moveaxis(y, -1, axis)
