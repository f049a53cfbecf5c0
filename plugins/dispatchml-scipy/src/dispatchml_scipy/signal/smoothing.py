"""Smoothing: polynomials in windows, medians."""

from typing import Any

import numpy as np
import scipy.signal

from dispatchml import ops
from dispatchml.lift import plainly, replaces

from ..arguments import decided, floating, unsupported, without_rule
from ..implicit import detached, traced_in, with_value

#: NumPy's names of SciPy's continuations.
PADS = {"mirror": "reflect", "nearest": "edge", "wrap": "wrap", "constant": "constant"}


@replaces("scipy.signal.savgol_filter")
def savgol_filter(x, window_length, polyorder, deriv=0, delta=1.0, axis=-1, mode="interp", cval=0.0):
    """Least-squares polynomials in moving windows; at the ends, in the mode "interp", those of the first and last."""
    if mode not in (*PADS, "interp"):
        raise ValueError("mode must be 'mirror', 'constant', 'nearest' 'wrap' or 'interp'.")
    x = np.moveaxis(floating(x), axis, -1)
    n, half = ops.shape(x)[-1], window_length // 2
    kind = np.empty(0, ops.dtype(x)).real.dtype
    weights = scipy.signal.savgol_coeffs(window_length, polyorder, deriv=deriv, delta=delta, use="dot").astype(kind)
    even = 1 - window_length % 2
    if mode == "interp":
        if window_length > n:
            raise ValueError("If mode is 'interp', window_length must be less than or equal to the size of x.")
        fits = scipy.signal.savgol_filter(np.eye(window_length), window_length, polyorder, deriv, delta, axis=0)
        first, last = fits[:half].astype(kind), fits[window_length - half :].astype(kind)
        middle = in_windows(x, weights)[..., even:]
        parts = (x[..., :window_length] @ first.T, middle, x[..., n - window_length :] @ last.T)
        y = np.concatenate(parts, axis=-1)
    else:
        extra = {"constant_values": cval} if mode == "constant" else {}
        width = ((0, 0),) * (ops.ndim(x) - 1) + ((half - even, window_length - half - 1 + even),)
        y = in_windows(np.pad(x, width, mode=PADS[mode], **extra), weights)
    return np.moveaxis(y, -1, axis)


def in_windows(x: Any, weights: np.ndarray) -> Any:
    """The inner products of weights with every window of the last axis."""
    count = ops.shape(x)[-1] - len(weights) + 1
    total = None
    for k, w in enumerate(weights):
        part = x[..., k : k + count] * w
        total = part if total is None else total + part
    return total


@replaces("scipy.signal.medfilt")
def medfilt(volume, kernel_size=None):
    """The medians of windows, with zeros outside; ties share the derivative."""
    x = floating(volume)
    sizes = np.broadcast_to(3 if kernel_size is None else np.asarray(kernel_size), (ops.ndim(x),))
    if any(n % 2 == 0 for n in sizes):
        raise ValueError("Each element of kernel_size should be odd.")
    shape = ops.shape(x)
    x = np.pad(x, tuple((int(n) // 2,) * 2 for n in sizes))
    parts = [x[tuple(slice(i, i + n) for i, n in zip(at, shape, strict=True))] for at in np.ndindex(*sizes)]
    return np.median(np.stack(parts), axis=0)


@replaces("scipy.signal.medfilt2d")
def medfilt2d(input, kernel_size=3):
    """The medians of windows of an image."""
    return medfilt(input, np.broadcast_to(kernel_size, (2,)))


@replaces("scipy.signal.windows.tukey")
def tukey(M, alpha=0.5, sym=True, *, xp=None, device=None):
    """A box with the flanks of a cosine, of so much of its length."""
    share = np.asarray(decided(alpha))
    if xp is not None or device is not None or share.ndim or share <= 0 or share >= 1 or M <= 1:
        raise unsupported("scipy.signal.windows.tukey with alpha outside of (0, 1), xp or device", "Inside it is.")
    length = M if sym else M + 1
    n = np.arange(length)
    distance = np.minimum(n, length - 1 - n) * 2.0 / (length - 1)
    inside = int(np.floor(share * (length - 1) / 2.0))
    flank = np.minimum(n, length - 1 - n) <= inside
    w = np.where(flank, 0.5 * (1 + np.cos(np.pi * (distance / alpha - 1))), 1.0)
    return w[:M]


def recursive(name: str) -> None:
    """A filter that runs to and fro with mirrored ends: linear in the signal, so that a matrix does the same."""
    own = getattr(scipy.signal, name)

    def filtered(signal, *parameters, **keywords):
        if traced_in((parameters, keywords)):
            raise unsupported(f"scipy.signal.{name}, differentiated in its parameters,", "In the signal it is.")
        x = floating(signal)
        size = ops.shape(x)[-1] if ops.ndim(x) else 0
        run = plainly(own)
        columns = [run(row, *parameters, **keywords) for row in np.eye(size)]
        plain = detached((x,), call=lambda given: run(np.ascontiguousarray(given[0]), *parameters, **keywords))
        return with_value(plain, x @ np.array(columns))

    filtered.__name__ = name
    replaces(f"scipy.signal.{name}")(filtered)


for name in ("symiirorder1", "symiirorder2"):
    recursive(name)
without_rule("scipy.signal", "order_filter sepfir2d", "There is no rule for it.")
