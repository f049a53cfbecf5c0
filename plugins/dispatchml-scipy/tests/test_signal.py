"""Functions of scipy.signal on traced values."""

import numpy as np
import pytest
import scipy.signal

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError
from dispatchml.lift.replacing import REPLACEMENTS

rng = np.random.default_rng(7)
X = rng.normal(size=13)
XX = rng.normal(size=(2, 13))
B = np.array([0.3, 0.5, 0.2])
A = np.array([1.5, -0.4, 0.2, 0.1])
SOS = np.array([[0.3, 0.5, 0.2, 1.0, -0.4, 0.2], [0.7, 0.1, 0.0, 1.0, 0.3, 0.1]])
Z = X + 1j * rng.normal(size=13)
IMAGE, J = rng.normal(size=(4, 5)), rng.normal(size=(2, 3))

CASES = [
    ("lfilter", (B, A, X), {}),
    ("lfilter", (B, A, XX.T.copy()), {"axis": 0}),
    ("lfilter", (B, A, X, -1, np.array([0.1, 0.2, 0.3])), {}),
    ("lfilter", (B, A, X[:2], -1, np.array([0.1, 0.2, 0.3])), {}),
    ("lfilter", (A, B, XX, -1, np.full((2, 3), 0.1)), {}),
    ("lfilter", (B, 1.0, X), {}),
    ("lfilter", (B + 0.1j, A, X), {}),
    ("lfilter_zi", (B, A), {}),
    ("lfiltic", (B, A, X[:3], X[3:5]), {}),
    ("filtfilt", (B, A, X), {}),
    ("filtfilt", (B, A, XX), {"padtype": "even", "padlen": 5}),
    ("filtfilt", (B, A, X), {"padtype": None}),
    ("filtfilt", (B, A, X), {"padtype": "constant"}),
    ("sosfilt", (SOS, X), {"traced": (1,)}),
    ("sosfilt", (SOS, XX, -1, np.full((2, 2, 2), 0.1)), {"traced": (1, 3)}),
    ("sosfilt_zi", (SOS,), {}),
    ("sosfiltfilt", (SOS, np.tile(XX, 2)), {"traced": (1,)}),
    ("sosfiltfilt", (SOS, X), {"padtype": "constant", "padlen": 3, "traced": (1,)}),
    *(
        (name, (X, B), {"mode": mode})
        for name in ("convolve", "correlate", "fftconvolve", "oaconvolve")
        for mode in ("full", "same", "valid")
    ),
    *(
        (name, (IMAGE, J), {"mode": mode})
        for name in ("convolve", "correlate", "fftconvolve", "convolve2d", "correlate2d")
        for mode in ("full", "valid")
    ),
    ("convolve", (B, X), {"mode": "valid"}),
    ("correlate", (B, X), {"mode": "valid"}),
    ("correlate", (Z, B + 0.2j), {"mode": "same"}),
    ("convolve", (X, B), {"method": "fft"}),
    ("fftconvolve", (IMAGE, J[:1]), {"axes": 1}),
    *(("convolve2d", (IMAGE, J), {"mode": "same", "boundary": b, "fillvalue": 0.3}) for b in ("fill", "wrap", "symm")),
    *(("convolve2d", (IMAGE, J), {"mode": "full", "boundary": b, "fillvalue": 0.3}) for b in ("fill", "wrap", "symm")),
    ("correlate2d", (IMAGE, J[:, :3][:1]), {"mode": "same", "boundary": "wrap"}),
    ("hilbert", (X,), {}),
    ("hilbert", (XX,), {"N": 10, "axis": 0}),
    ("detrend", (XX,), {}),
    ("detrend", (XX,), {"type": "constant", "axis": 0}),
    ("detrend", (X,), {"bp": 6}),
    *(("resample", (x, n), {}) for x in (X, X[:12]) for n in (7, 8, 12, 13, 17, 18)),
    ("resample", (X, 7), {"t": np.arange(13.0)}),
    *(("resample", (x, n), {}) for x in (Z, Z[:12]) for n in (7, 8, 17, 18)),
    ("resample_poly", (X, 3, 2), {}),
    ("resample_poly", (XX, 2, 3), {"axis": 1}),
    ("upfirdn", (B, X), {"up": 3, "down": 2}),
    ("savgol_filter", (X, 5, 2), {}),
    ("savgol_filter", (X, 5, 3), {"deriv": 1, "delta": 0.5}),
    ("savgol_filter", (X, 4, 2), {}),
    ("savgol_filter", (X, 4, 2), {"mode": "wrap"}),
    *(("savgol_filter", (X, 5, 2), {"mode": mode, "cval": 0.3}) for mode in ("mirror", "constant", "nearest", "wrap")),
    ("medfilt", (X,), {}),
    ("medfilt", (IMAGE,), {"kernel_size": 3}),
    ("medfilt2d", (IMAGE,), {"kernel_size": [3, 1]}),
    ("welch", (XX,), {"nperseg": 5}),
    ("welch", (X,), {"fs": 2.0, "nperseg": 4, "noverlap": 1, "nfft": 6, "detrend": "linear", "scaling": "spectrum"}),
    ("welch", (X,), {"nperseg": 4, "average": "median", "return_onesided": False, "detrend": False}),
    ("welch", (Z,), {"nperseg": 4}),
    ("csd", (X, X[::-1].copy()), {"nperseg": 5}),
    ("periodogram", (X,), {}),
    ("periodogram", (XX,), {"axis": 0, "nfft": 8, "window": "hann"}),
    ("coherence", (X, X[::-1].copy()), {"nperseg": 5}),
    ("spectrogram", (X,), {"nperseg": 5}),
    ("spectrogram", (XX,), {"nperseg": 4, "noverlap": 2}),
    ("stft", (X,), {"nperseg": 4}),
    ("stft", (XX,), {"nperseg": 5, "boundary": None, "padded": False, "scaling": "psd"}),
]


@pytest.mark.parametrize(("name", "arguments", "keywords"), CASES, ids=lambda x: x if isinstance(x, str) else "")
def test_derivatives(name, arguments, keywords, compare):
    compare(
        f"signal.{name}",
        *arguments,
        second=1e-4 if name in ("lfilter", "filtfilt", "sosfiltfilt", "coherence") else 0,
        **keywords,
    )


@pytest.mark.parametrize(
    ("name", "arguments", "keywords"),
    [
        ("filtfilt", (B, A), {"method": "gust"}),
        ("resample", (), {"num": 5, "window": "hann"}),
        ("spectrogram", (), {"mode": "phase"}),
    ],
)
def test_what_has_no_rule_says_so(name, arguments, keywords):
    function = REPLACEMENTS[f"scipy.signal.{name}"].function
    with pytest.raises(LiftError, match=rf"scipy\.signal\.{name}.*not supported with traced values"):
        dm.grad(lambda x: np.sum(function(*arguments, x, **keywords)))(X)


def test_sections_have_derivatives_by_their_coefficients():
    function = REPLACEMENTS["scipy.signal.sosfilt"].function
    direction = np.cos(np.arange(12.0)).reshape(2, 6) * (np.arange(6) != 3)
    number = lambda sos: np.sum(function(sos, X) ** 2)  # noqa: E731
    change = (number(SOS + 1e-6 * direction) - number(SOS - 1e-6 * direction)) / 2e-6
    np.testing.assert_allclose(np.sum(dm.grad(number)(SOS) * direction), change, rtol=1e-7)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("symiirorder1", (0.7, 0.4)), ("symiirorder2", (0.4, 0.9)), ("qspline2d", ()), ("cspline2d", ())],
)
def test_recursive_splines_are_linear_in_the_signal(name, arguments):
    function = getattr(scipy.signal, name)
    x = np.sin(np.arange(40.0))
    x = np.outer(x[:12], x[4:16]) if name.endswith("2d") else x
    dm.lift.enable("scipy")
    try:
        value, change = dm.jvp(lambda t: function(t * x, *arguments), (1.3,), (1.0,))
        np.testing.assert_array_equal(value, function(1.3 * x, *arguments))
        np.testing.assert_allclose(change, function(x, *arguments), rtol=1e-9)
        gradient = dm.grad(lambda x: np.sum(function(x, *arguments)))(x)
        assert np.sum(gradient * x) == pytest.approx(np.sum(function(x, *arguments)))
    finally:
        dm.lift.disable("scipy")


@pytest.mark.parametrize("b", [[1.0], [1.0, 0.3, 2.0, 0.7]])
def test_residue(b):
    def f(p):
        residues, poles, direct = scipy.signal.residue(np.array(b) * p[1], np.stack([p[0], p[1], p[0] * 2.0]))
        return sum(np.sum(np.real(x) + 2 * np.imag(x) * np.arange(len(x))) for x in (residues, poles, direct))

    p, direction, step = np.array([1.0, 0.8]), np.array([0.7, -0.4]), 1e-6
    value, gradient = dm.value_and_grad(f)(p)
    change = (f(p + step * direction) - f(p - step * direction)) / (2 * step)
    assert value == pytest.approx(f(p))
    assert gradient @ direction == pytest.approx(change, rel=1e-6)
    assert dm.jvp(f, (p,), (direction,))[1] == pytest.approx(change, rel=1e-6)


def test_residue_refuses_poles_of_higher_order():
    with pytest.raises(LiftError, match="higher order"):
        dm.grad(lambda a: np.sum(scipy.signal.residue([1.0], np.stack([1.0, 2 * a, a * a]))[0]))(1.0)
