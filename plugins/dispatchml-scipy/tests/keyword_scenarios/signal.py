"""scipy.signal."""

import numpy as np

from .moving import moved

rng = np.random.default_rng(7)
X = rng.normal(size=13)
XX = rng.normal(size=(2, 13))
B = np.array([0.3, 0.5, 0.2])
A = np.array([1.5, -0.4, 0.2, 0.1])
SOS = np.array([[0.3, 0.5, 0.2, 1.0, -0.4, 0.2], [0.7, 0.1, 0.0, 1.0, 0.3, 0.1]])
Z = X + 1j * rng.normal(size=13)
IMAGE, J = rng.normal(size=(4, 5)), rng.normal(size=(2, 3))
KEEP = np.array([1.0, 1, 1, 0, 1, 1])
SPECTRA = {"fs": 2.0, "window": "hann", "nperseg": 6, "noverlap": 2, "nfft": 8, "axis": 0}


def sections(a):
    """Second-order sections, of which a coefficient is 1."""
    return SOS + (moved(SOS, a) - SOS) * KEEP


SCENARIOS = {
    "lfilter": lambda f, a: f.lfilter(
        moved(B, a), moved(A, a), moved(XX.T, a), axis=0, zi=moved(np.full((3, 2), 0.1), a)
    ),
    "lfilter complex": lambda f, a: f.lfilter(moved(B + 0.1j, a), moved(A, a), moved(X, a)),
    "lfilter without poles": lambda f, a: f.lfilter(moved(B, a), 1.0, moved(XX, a), -1, moved(np.full((2, 2), 0.1), a)),
    "lfilter_zi": lambda f, a: f.lfilter_zi(moved(B, a), moved(A, a)),
    "lfiltic": lambda f, a: f.lfiltic(moved(B, a), moved(A, a), moved(X[:3], a), x=moved(X[3:5], a)),
    **{
        f"filtfilt {kind}": lambda f, a, kind=kind: f.filtfilt(
            moved(B, a), moved(A, a), moved(XX.T, a), axis=0, padtype=kind, padlen=5, method="pad"
        )
        for kind in ("odd", "even", "constant", None)
    },
    "sosfilt": lambda f, a: f.sosfilt(sections(a), moved(XX.T, a), axis=0, zi=moved(np.full((2, 2, 2), 0.1), a)),
    "sosfilt_zi": lambda f, a: f.sosfilt_zi(sections(a)),
    **{
        f"sosfiltfilt {kind}": lambda f, a, kind=kind: f.sosfiltfilt(
            sections(a), moved(XX.T, a), axis=0, padtype=kind, padlen=4
        )
        for kind in ("odd", "even", "constant", None)
    },
    **{
        f"{name} {mode} {method}": lambda f, a, name=name, mode=mode, method=method: getattr(f, name)(
            moved(X, a), moved(B, a), mode=mode, method=method
        )
        for name in ("convolve", "correlate")
        for mode in ("full", "same", "valid")
        for method in ("direct", "fft")
    },
    **{
        f"{name} {mode}": lambda f, a, name=name, mode=mode: getattr(f, name)(
            moved(IMAGE, a), moved(J[:1], a), mode=mode, axes=1
        )
        for name in ("fftconvolve", "oaconvolve")
        for mode in ("full", "same", "valid")
    },
    **{
        f"{name} {mode} {boundary}": lambda f, a, name=name, mode=mode, boundary=boundary: getattr(f, name)(
            moved(IMAGE, a), moved(J, a), mode=mode, boundary=boundary, fillvalue=0.3
        )
        for name in ("convolve2d", "correlate2d")
        for mode in ("full", "same", "valid")
        for boundary in ("fill", "wrap", "symm")
    },
    "hilbert": lambda f, a: f.hilbert(moved(XX, a), N=10, axis=1),
    "detrend": lambda f, a: f.detrend(moved(XX.T, a), axis=0, type="linear", bp=6, overwrite_data=True),
    "detrend constant": lambda f, a: f.detrend(moved(XX, a), type="constant", bp=[3, 7]),
    "resample": lambda f, a: f.resample(moved(XX, a), 8, t=np.arange(13.0), axis=1),
    "resample_poly": lambda f, a: f.resample_poly(
        moved(XX, a), 2, 3, axis=1, window=("kaiser", 4.0), padtype="constant"
    ),
    "resample_poly with a filter": lambda f, a: f.resample_poly(moved(XX, a), 2, 3, axis=1, window=B),
    "upfirdn": lambda f, a: f.upfirdn(moved(B, a), moved(XX.T, a), up=3, down=2, axis=0, mode="constant", cval=0),
    **{
        f"savgol_filter {mode}": lambda f, a, mode=mode: f.savgol_filter(
            moved(XX.T, a), 5, 3, deriv=1, delta=0.5, axis=0, mode=mode, cval=0.3
        )
        for mode in ("interp", "mirror", "constant", "nearest", "wrap")
    },
    "medfilt": lambda f, a: f.medfilt(moved(IMAGE, a), kernel_size=[3, 1]),
    "medfilt2d": lambda f, a: f.medfilt2d(moved(IMAGE, a), kernel_size=3),
    "symiirorder1": lambda f, a: f.symiirorder1(moved(np.sin(np.arange(40.0)), a), 0.7, 0.4, precision=1e-10),
    "symiirorder2": lambda f, a: f.symiirorder2(moved(np.sin(np.arange(40.0)), a), 0.4, 0.9, precision=1e-10),
    "tukey": lambda f, a: f.windows.tukey(14, alpha=0.5 * a, sym=False),
    "residue": lambda f, a: f.residue(moved(B, a), moved(np.array([1.0, 3.1, 2.0]), a), tol=1e-4, rtype="min"),
    **{
        f"chirp {method}": lambda f, a, method=method: f.chirp(
            np.linspace(0.1, 1, 5) * a,
            1.1 * a,
            0.9 * a,
            2.3 * a,
            method=method,
            phi=20 * a,
            vertex_zero=False,
            complex=method == "linear",
        )
        for method in ("linear", "quadratic", "logarithmic", "hyperbolic")
    },
    **{
        f"welch {average} {detrend}": lambda f, a, average=average, detrend=detrend: f.welch(
            moved(XX.T, a),
            detrend=detrend,
            return_onesided=detrend == "linear",
            scaling="spectrum",
            average=average,
            **SPECTRA,
        )[1]
        for average, detrend in (("mean", "linear"), ("median", "constant"), ("mean", False))
    },
    "csd": lambda f, a: f.csd(
        moved(XX.T, a),
        moved(XX.T[::-1], a),
        detrend="linear",
        return_onesided=False,
        scaling="spectrum",
        average="median",
        **SPECTRA,
    )[1],
    "coherence": lambda f, a: f.coherence(moved(XX.T, a), moved(XX.T[::-1], a), detrend="linear", **SPECTRA)[1],
    "periodogram": lambda f, a: f.periodogram(
        moved(XX.T, a),
        fs=2.0,
        window="hann",
        nfft=16,
        detrend="linear",
        return_onesided=False,
        scaling="spectrum",
        axis=0,
    )[1],
    **{
        f"spectrogram {mode}": lambda f, a, mode=mode: f.spectrogram(
            moved(XX.T, a), detrend="linear", return_onesided=False, scaling="spectrum", mode=mode, **SPECTRA
        )[2]
        for mode in ("psd", "complex", "magnitude")
    },
    "stft without a border": lambda f, a: f.stft(moved(X, a), nperseg=5, boundary=None, padded=True)[2],
    **{
        f"stft {boundary}": lambda f, a, boundary=boundary: f.stft(
            moved(XX.T, a),
            detrend=False,
            return_onesided=False,
            boundary=boundary,
            padded=boundary == "odd",
            scaling="psd",
            **SPECTRA,
        )[2]
        for boundary in ("even", "odd", "constant", "zeros")
    },
}
REFUSED = {
    "spectrogram of angles": lambda f, a: f.spectrogram(moved(X, a), nperseg=4, mode="angle")[2],
    "resample_poly of a value outside": lambda f, a: f.resample_poly(moved(X, a), 2, 3, padtype="mean"),
    "resample_poly of a constant outside": lambda f, a: f.resample_poly(moved(X, a), 2, 3, cval=0.2),
    "upfirdn of a value outside": lambda f, a: f.upfirdn(B, moved(X, a), mode="constant", cval=0.2),
    "filtfilt gust": lambda f, a: f.filtfilt(B, A, moved(X, a), method="gust", irlen=10),
    "resample window": lambda f, a: f.resample(moved(X, a), 5, window="hann"),
    "resample of a spectrum": lambda f, a: f.resample(moved(X, a), 5, domain="freq"),
    "tukey namespace": lambda f, a: f.windows.tukey(14, 0.5 * a, xp=np, device=None),
}
