"""Analytic signals, resampling, trends."""

from typing import Any

import numpy as np
import scipy.signal

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import array, floating, unsupported
from .filters import padded
from .recursions import fir


@replaces("scipy.signal.hilbert")
def hilbert(x, N=None, axis=-1):
    """The analytic signal: twice its positive frequencies."""
    x = floating(x)
    if ops.dtype(x).kind == "c":
        raise ValueError("x must be real.")
    n = ops.shape(x)[axis] if N is None else int(N)
    weights = np.zeros(n, ops.dtype(x))
    weights[0] = 1
    weights[1 : (n + 1) // 2] = 2
    if n % 2 == 0:
        weights[n // 2] = 1
    shape = [1] * ops.ndim(x)
    shape[axis] = n
    return ops.ifft(ops.fft(x, n=n, axis=axis) * weights.reshape(shape), axis=axis)


@replaces("scipy.signal.detrend")
def detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):
    """The data without their mean, or without their least-squares lines between break points."""
    data = floating(data)
    if type in ("constant", "c"):
        return data - np.mean(data, axis=axis, keepdims=True)
    if type not in ("linear", "l"):
        raise ValueError("Trend type must be 'linear' or 'constant'.")
    x = np.moveaxis(data, axis, -1)
    n = ops.shape(x)[-1]
    kind = np.empty(0, ops.dtype(x)).real.dtype
    points = np.sort(np.unique(np.concatenate(np.atleast_1d(0, bp, n))))
    parts = []
    for start, end in zip(points[:-1], points[1:], strict=True):
        count = int(end - start)
        design = np.stack((np.arange(1, count + 1) / count, np.ones(count)), axis=1)
        rest = (np.eye(count) - design @ np.linalg.pinv(design)).astype(kind)
        parts.append(x[..., int(start) : int(end)] @ rest)  # symmetric
    return np.moveaxis(np.concatenate(parts, axis=-1), -1, axis)


@replaces("scipy.signal.resample")
def resample(x, num, t=None, axis=0, window=None, domain="time"):
    """num samples of a periodic signal, through its spectrum."""
    if window is not None or domain != "time":
        raise unsupported("scipy.signal.resample with window or domain", "Without them it is.")
    x = floating(x)
    n, num = ops.shape(x)[axis], int(num)
    x = np.moveaxis(x, axis, -1)
    least = min(n, num)
    if ops.dtype(x).kind == "c":
        spectrum = ops.fft(x)
        half = (least + 1) // 2
        low, high = spectrum[..., :half], spectrum[..., n - (least - half) :]
        if least % 2 == 0:  # the middle frequency stands for both signs
            middle = spectrum[..., n - least // 2 : n - least // 2 + 1] / 2 if num > n else None
            if num > n:
                low, high = np.concatenate((low, middle), axis=-1), np.concatenate((middle, high[..., 1:]), axis=-1)
            elif num < n:
                both = spectrum[..., least // 2 : least // 2 + 1] + spectrum[..., n - least // 2 : n - least // 2 + 1]
                high = np.concatenate((both, high[..., 1:]), axis=-1)
        missing = num - ops.shape(low)[-1] - ops.shape(high)[-1]
        y = ops.ifft(np.concatenate((padded(low, 0, missing), high), axis=-1))
    else:
        spectrum = ops.rfft(x)[..., : least // 2 + 1]
        if least % 2 == 0 and num != n:
            weights = np.ones(least // 2 + 1, ops.dtype(x))
            weights[-1] = 2 if num < n else 0.5
            spectrum = spectrum * weights
        y = ops.irfft(spectrum, n=num)
    y = np.moveaxis(y * (num / n), -1, axis)
    if t is None:
        return y
    t = floating(t)
    return y, np.arange(num) * (t[1] - t[0]) * n / num + t[0]


def up_fir_down(h: Any, x: Any, up: int, down: int) -> Any:
    """Zeros between the samples of the last axis, a filter, and every so many of what comes."""
    n, taps = ops.shape(x)[-1], ops.shape(h)[0]
    if up > 1:
        spread = np.stack((x, *(ops.zeros_like(x),) * (up - 1)), axis=-1)
        x = np.reshape(spread, (*ops.shape(x)[:-1], n * up))
    length = (n - 1) * up + taps
    x = padded(x, 0, length - n * up) if length >= n * up else x[..., :length]
    return fir(h, x)[..., ::down]


@replaces("scipy.signal.upfirdn")
def upfirdn(h, x, up=1, down=1, axis=-1, mode="constant", cval=0):
    """Upsample, filter, downsample."""
    if mode != "constant" or cval != 0:
        raise unsupported("scipy.signal.upfirdn with mode or cval", "Zeros outside are.")
    return np.moveaxis(up_fir_down(floating(h), np.moveaxis(floating(x), axis, -1), int(up), int(down)), -1, axis)


@replaces("scipy.signal.resample_poly")
def resample_poly(x, up, down, axis=0, window=("kaiser", 5.0), padtype="constant", cval=None):
    """Resampling by a ratio, through a filter against aliases."""
    if padtype != "constant" or cval is not None:
        raise unsupported("scipy.signal.resample_poly with padtype or cval", "Zeros outside are.")
    x = floating(x)
    n = ops.shape(x)[axis]
    divisor = int(np.gcd(int(up), int(down)))
    up, down = int(up) // divisor, int(down) // divisor
    if up == down == 1:
        return x
    count = n * up
    count = count // down + bool(count % down)
    if isinstance(window, (list, np.ndarray)) or not isinstance(window, (str, tuple)):
        h = array(window)
        half = (ops.shape(h)[0] - 1) // 2
    else:
        largest = max(up, down)
        half = 10 * largest
        h = scipy.signal.firwin(2 * half + 1, 1.0 / largest, window=window)
        h = h.astype(np.empty(0, ops.dtype(x)).real.dtype)
    h = h * up
    before = down - half % down
    remove = (half + before) // down
    after = 0
    while output_length(ops.shape(h)[0] + before + after, n, up, down) < count + remove:
        after += 1
    y = up_fir_down(padded(h, before, after), np.moveaxis(x, axis, -1), up, down)
    return np.moveaxis(y[..., remove : remove + count], -1, axis)


def output_length(taps: int, n: int, up: int, down: int) -> int:
    """How many samples upfirdn gives."""
    return ((n - 1) * up + taps - 1) // down + 1
