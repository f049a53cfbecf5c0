"""Fourier transforms against NumPy, over lengths, axes, norms and dtypes."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch.errors import ShapeError

RNG = np.random.default_rng(0)
ONE_AXIS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
SEVERAL = ("fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128], ids=lambda d: d.__name__)
@pytest.mark.parametrize("name", ONE_AXIS + SEVERAL)
def test_against_numpy(name, dtype):
    if np.dtype(dtype).kind == "c" and name in ("rfft", "ihfft", "rfft2", "rfftn"):
        pytest.skip("takes real input")
    x = RNG.standard_normal((3, 4, 5)).astype(dtype)
    choices = (
        [{}, {"n": 3}, {"n": 8, "axis": 0}, {"axis": 1}]
        if name in ONE_AXIS
        else [{}, {"axes": (0, 1)}, {"s": (4, 3), "axes": (0, 2)}, {"axes": (2, 0)}]
    )
    for keywords in choices:
        for norm in (None, "backward", "ortho", "forward"):
            found = getattr(ops, name)(x, norm=norm, **keywords)
            wanted = getattr(np.fft, name)(x, norm=norm, **keywords)
            np.testing.assert_array_equal(found, wanted)
            assert found.dtype == wanted.dtype


def test_shifts():
    x = RNG.standard_normal((4, 5))
    for axes in (None, 0, (1,), (0, 1)):
        np.testing.assert_array_equal(ops.fftshift(x, axes=axes), np.fft.fftshift(x, axes=axes))
        np.testing.assert_array_equal(ops.ifftshift(ops.fftshift(x, axes=axes), axes=axes), x)


def test_what_does_not_fit():
    for keywords in ({"n": 0}, {"axis": 3}, {"norm": "half"}):
        with pytest.raises(ShapeError, match=r"^fft\(numpy.ndarray\[float64, shape \(4,\)\]\)"):
            ops.fft(np.ones(4), **keywords)
