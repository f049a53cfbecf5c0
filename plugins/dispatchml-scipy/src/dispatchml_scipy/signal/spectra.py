"""Spectra by averages over windowed segments."""

from typing import Any

import numpy as np
import scipy.signal

from dispatchml import ops
from dispatchml.lift import replaces

from ..arguments import floating, unsupported
from .filters import extended
from .sampling import detrend as without_trend


def segments_of(x: Any, size: int, step: int) -> Any:
    """Windows of the last axis, one behind the other."""
    count = (ops.shape(x)[-1] - size) // step + 1
    index = np.arange(count)[:, None] * step + np.arange(size)
    return x[..., index]


def windowed(window: Any, nperseg: Any, n: int) -> tuple[Any, int]:
    """The window and its length, as SciPy chooses them."""
    if isinstance(window, (str, tuple)) or isinstance(window, float):
        size = 256 if nperseg is None else int(nperseg)
        size = min(size, n)
        return scipy.signal.get_window(window, size), size
    window = np.asarray(window)
    return window, len(window)


def spectrum(
    name: str, x: Any, y: Any, fs: float, window: Any, nperseg: Any, noverlap: Any, nfft: Any, detrend: Any,
    return_onesided: bool, scaling: str, axis: int, products: bool, both: bool = True,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """(frequencies, times, products of spectra of segments), with the segments on the last axis but one."""
    if callable(detrend):
        raise unsupported(f"scipy.signal.{name}(detrend=a function)", "'constant', 'linear' and False are.")
    n = ops.shape(x)[axis]
    weights, size = windowed(window, nperseg, n)
    overlap = size // 2 if noverlap is None else int(noverlap)
    nfft = size if nfft is None else int(nfft)
    if nfft < size:
        raise ValueError("nfft must be greater than or equal to nperseg.")
    kinds = [ops.dtype(x)] if y is None else [ops.dtype(x), ops.dtype(y)]
    onesided = return_onesided and not any(k.kind == "c" for k in kinds)
    real = np.empty(0, np.result_type(*kinds)).real.dtype
    weights = weights.astype(real)
    scale = {"density": 1 / (fs * np.sum(weights**2)), "spectrum": 1 / np.sum(weights) ** 2}[scaling]

    def transformed(v: Any) -> Any:
        v = segments_of(np.moveaxis(v, axis, -1), size, size - overlap)
        if detrend:
            v = without_trend(v, type=detrend)
        v = v * weights
        return ops.rfft(v, n=nfft) if onesided else ops.fft(v, n=nfft)

    frequencies = scipy.fft.rfftfreq(nfft, 1 / fs) if onesided else scipy.fft.fftfreq(nfft, 1 / fs)
    first = transformed(x)
    count = ops.shape(first)[-2]
    times = (np.arange(count) * (size - overlap) + size / 2) / fs
    if not products:
        return frequencies, times, first * float(np.sqrt(scale))
    power = np.conj(first) * transformed(y) if y is not None else np.square(np.real(first)) + np.square(np.imag(first))
    power = power * float(scale)
    if onesided:
        factors = np.full(ops.shape(power)[-1], 2, real)
        factors[0] = 1
        if nfft % 2 == 0:
            factors[-1] = 1
        power = power * factors
    return frequencies, times, power


def averaged(power: Any, average: str) -> Any:
    """The mean over segments, or the median over its bias."""
    if ops.shape(power)[-2] == 1:
        return power[..., 0, :]
    if average == "mean":
        return np.mean(power, axis=-2)
    if average != "median":
        raise ValueError(f'average must be "median" or "mean", got {average}')
    count = ops.shape(power)[-2]
    odd = 2 * np.arange(1, (count - 1) // 2 + 1)
    bias = 1 + np.sum(1.0 / (odd + 1) - 1.0 / odd)
    if ops.dtype(power).kind == "c":
        return (np.median(np.real(power), axis=-2) + 1j * np.median(np.imag(power), axis=-2)) / bias
    return np.median(power, axis=-2) / bias


def cross(
    name, x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average
):  # fmt: skip
    """(frequencies, averaged spectrum)."""
    x = floating(x)
    if y is not None:
        y = floating(y)
        if ops.shape(x) != ops.shape(y):
            raise unsupported(f"scipy.signal.{name} of signals of two shapes", "Give them one shape.")
    f, _, power = spectrum(
        name, x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, True
    )
    return f, np.moveaxis(averaged(power, average), -1, axis)


@replaces("scipy.signal.welch")
def welch(
    x, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, average="mean",
):  # fmt: skip
    """The power spectrum by averages over segments."""
    return cross(
        "welch", x, None, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average
    )


@replaces("scipy.signal.csd")
def csd(
    x, y, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, average="mean",
):  # fmt: skip
    """The cross spectrum by averages over segments."""
    return cross("csd", x, y, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)


@replaces("scipy.signal.periodogram")
def periodogram(
    x, fs=1.0, window="boxcar", nfft=None, detrend="constant", return_onesided=True, scaling="density", axis=-1
):
    """The power spectrum of a whole signal."""
    x = floating(x)
    n = ops.shape(x)[axis]
    if nfft is not None and nfft < n:
        index = [slice(None)] * ops.ndim(x)
        index[axis] = slice(0, nfft)
        x, n = x[tuple(index)], nfft
    window = "boxcar" if window is None else window
    return cross("periodogram", x, None, fs, window, n, 0, nfft, detrend, return_onesided, scaling, axis, "mean")


@replaces("scipy.signal.coherence")
def coherence(x, y, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant", axis=-1):
    """The share of power that two signals have in common."""
    rest = {"fs": fs, "window": window, "nperseg": nperseg, "noverlap": noverlap, "nfft": nfft, "detrend": detrend}
    f, of_x = welch(x, axis=axis, **rest)
    _, of_y = welch(y, axis=axis, **rest)
    _, of_both = csd(x, y, axis=axis, **rest)
    return f, np.square(np.absolute(of_both)) / of_x / of_y


@replaces("scipy.signal.spectrogram")
def spectrogram(
    x, fs=1.0, window=("tukey", 0.25), nperseg=None, noverlap=None, nfft=None, detrend="constant",
    return_onesided=True, scaling="density", axis=-1, mode="psd",
):  # fmt: skip
    """The spectra of segments: their powers, or by `mode` what they are made of."""
    if mode not in ("psd", "complex", "magnitude"):
        raise unsupported(
            f"scipy.signal.spectrogram(mode={mode!r})",
            "Angles jump at the frequencies 0; take those of mode='complex'.",
        )
    x = floating(x)
    size = windowed(window, nperseg, ops.shape(x)[axis])[1]
    noverlap = size // 8 if noverlap is None else noverlap
    f, t, found = spectrum(
        "spectrogram", x, None, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis,
        mode == "psd",
    )  # fmt: skip
    found = times_last(found, axis, ops.ndim(x))
    return f, t, np.absolute(found) if mode == "magnitude" else found


def times_last(spectra: Any, axis: int, rank: int) -> Any:
    """Spectra of segments, one behind the other, with the frequencies in the place of an axis and the times last."""
    spectra = np.swapaxes(spectra, -2, -1)
    axis = axis if axis < 0 else axis - rank
    return np.moveaxis(spectra, -2, axis - 1) if axis != -1 else spectra


@replaces("scipy.signal.stft")
def stft(
    x, fs=1.0, window="hann", nperseg=256, noverlap=None, nfft=None, detrend=False, return_onesided=True,
    boundary="zeros", padded=True, axis=-1, scaling="spectrum",
):  # fmt: skip
    """The spectra of segments."""
    x = floating(x)
    if boundary not in ("even", "odd", "constant", "zeros", None):
        raise ValueError(f"Unknown boundary option '{boundary}', must be one of: even, odd, constant, zeros, None")
    x = np.moveaxis(x, axis, -1)
    size = windowed(window, nperseg, ops.shape(x)[-1])[1]
    overlap = size // 2 if noverlap is None else int(noverlap)
    front = ((0, 0),) * (ops.ndim(x) - 1)
    if boundary == "zeros":
        x = np.pad(x, (*front, (size // 2, size // 2)))
    elif boundary is not None:
        x = extended(x, boundary, size // 2)
    if padded:
        missing = (-(ops.shape(x)[-1] - size) % (size - overlap)) % size
        x = np.pad(x, (*front, (0, missing)))
    scaling = {"spectrum": "spectrum", "psd": "density"}[scaling]
    f, t, result = spectrum(
        "stft", x, None, fs, window, size, overlap, nfft, detrend, return_onesided, scaling, -1, False
    )
    if boundary is not None:
        t = t - size / 2 / fs
    return f, t, times_last(result, axis, ops.ndim(x))
