"""Functions of scipy.fft on traced values."""

import numpy as np
import pytest

rng = np.random.default_rng(5)
X = rng.normal(size=(3, 5))
Z = X + 1j * rng.normal(size=(3, 5))
HALF = np.concatenate((X[:, :1], Z[:, 1:]), axis=1)

CASES = [(name, x, {}) for name, x in [("fft", X), ("ifft", Z), ("rfft", X), ("irfft", Z), ("hfft", Z), ("ihfft", X)]]
CASES += [
    (f"{name}{k}", x, {})
    for k in "2n"
    for name, x in [("fft", X), ("ifft", Z), ("rfft", X), ("irfft", Z), ("hfft", Z), ("ihfft", X)]
]
CASES += [
    ("fft", X, {"n": 4, "axis": 0, "norm": "ortho", "workers": 1}),
    ("fftn", X, {"s": (4, 4), "norm": "forward"}),
    ("hfftn", Z, {"s": (4, 6), "axes": (1, 0)}),
]
CASES += [("fftshift", X, {}), ("ifftshift", X, {"axes": 1})]
CASES += [
    (name, X, {"type": type, "norm": norm})
    for name in ("dct", "dst", "idct", "idst")
    for type in (1, 2, 3, 4)
    for norm in (None, "ortho", "forward")
]
CASES += [
    ("dct", X, {"n": 7, "axis": 0}),
    ("dct", Z, {"type": 3}),
    ("idst", X, {"orthogonalize": True}),
    ("dct", X, {"norm": "ortho", "orthogonalize": False}),
]
CASES += [(f"{name}n", X, {"type": 2}) for name in ("dct", "dst", "idct", "idst")] + [
    ("dctn", X, {"s": (4, 4), "axes": (1, 0)})
]


@pytest.mark.parametrize(
    ("name", "x", "keywords"), CASES, ids=lambda x: str(x) if not isinstance(x, np.ndarray) else ""
)
def test_derivatives(name, x, keywords, compare):
    compare(f"fft.{name}", x, second=0, **keywords)
