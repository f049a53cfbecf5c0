"""Conversions between all kinds: as numpy.ndarray.astype, out of range too."""

import warnings

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops

CHARACTERS = "?bBhHiIlLefdFD"


def numbers(character):
    dtype = np.dtype(character)
    if dtype.kind == "b":
        return np.array([True, False])
    random = np.random.default_rng(1)
    bits = random.integers(0, 256, 200 * dtype.itemsize, dtype=np.uint8).view(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return np.concatenate([bits, np.array([0, 1, limits.max, limits.min, limits.max // 2], dtype)])
    powers = [2.0**k for k in (7, 8, 15, 16, 31, 32, 63, 64)]
    near = [0.0, 0.5, 1.5, 2.5, 300.7, 65504.0, 65519.9, 65520.0, 5.9e-8, 2.98e-8, 6e-8, np.inf, 1e300, 1e-300]
    with np.errstate(over="ignore"):
        real = np.array([*near, *powers, *(p - 1 for p in powers), 1.00048828125, 1.000488281250001])
        real = np.concatenate([real, -real, [np.nan]]).astype(dtype)
        scaled = np.exp(random.uniform(-15, 15, 500)).astype(dtype)
    found = np.concatenate([bits, real, scaled])
    return found + 1j * found[::-1] if dtype.kind == "c" else found


@pytest.mark.parametrize("source", CHARACTERS)
def test_equal_to_astype(source):
    x = numbers(source)
    for target in CHARACTERS:
        scalar = scalars.find("astype", (source, target))
        assert scalar is not None, (source, target)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
            want = x.astype(target)
        got = scalar_loops.run(scalar, x)
        assert got.dtype == want.dtype
        right = (got == want) | ((got != got) & (want != want))
        if target == "I" and np.dtype(source).kind in "fc":  # beyond the range NumPy's own answer depends on the stride
            real = x.real
            right |= ~(np.abs(real) < 2.0**31)
        assert right.all(), (source, target, x[~right][:5], got[~right][:5], want[~right][:5])
        if np.dtype(target).kind == "f":
            assert np.array_equal(np.signbit(got[got == got]), np.signbit(want[want == want]))
