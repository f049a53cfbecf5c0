"""Complex arithmetic: NumPy's own results, corners included."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.compile.scalars.resolution import UFUNCS
from dispatchml.testing import scalar_loops

PARTS = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.5, 1e30, 1e-30]
TWO = "add subtract multiply divide equal not_equal less less_equal greater greater_equal logical_and logical_or"
TWO += " maximum minimum fmax fmin"
ONE = "negative square reciprocal conj isnan isinf isfinite logical_not rint nan_to_num round"


def numbers(dtype):
    corners = np.empty(len(PARTS) ** 2, dtype)
    corners.real, corners.imag = np.repeat(PARTS, len(PARTS)), np.tile(PARTS, len(PARTS))
    random = np.random.default_rng(0)
    return corners, (random.normal(size=1000) + 1j * random.normal(size=1000)).astype(dtype)


def same_parts(got, want):
    equal = [(g == w) | (np.isnan(g) & np.isnan(w)) for g, w in ((got.real, want.real), (got.imag, want.imag))]
    return equal[0] & equal[1]


@pytest.mark.parametrize("character", "FD")
@pytest.mark.parametrize("name", TWO.split())
def test_of_two(name, character):
    corners, random = numbers(character)
    a = np.concatenate([np.repeat(corners, len(corners)), random])
    b = np.concatenate([np.tile(corners, len(corners)), random[::-1]])
    with np.errstate(all="ignore"):
        want = getattr(np, UFUNCS.get(name, name))(a, b)
    got = scalar_loops.run(scalars.find(name, 2 * character), a, b)
    right = same_parts(got, want)
    if name == "multiply":  # NumPy adds one of the products without rounding only where its loops do
        right |= np.abs(got - want) <= 4 * np.finfo(character).eps * np.abs(a) * np.abs(b)
    assert right.all(), (a[~right][:5], b[~right][:5], got[~right][:5], want[~right][:5])


@pytest.mark.parametrize("character", "FD")
@pytest.mark.parametrize("name", ONE.split())
def test_of_one(name, character):
    x = np.concatenate(numbers(character))
    with np.errstate(all="ignore"):
        want = getattr(np, UFUNCS.get(name, name))(x)
        got = scalar_loops.run(scalars.find(name, character), x)
        right = same_parts(got, want)
        if name == "square":
            right |= np.abs(got - want) <= 4 * np.finfo(character).eps * np.abs(x) ** 2
    assert right.all(), (x[~right][:5], got[~right][:5], want[~right][:5])


@pytest.mark.parametrize("character", "FD")
@pytest.mark.parametrize("name", ["absolute", "angle"])
def test_moduli_and_arguments(name, character):
    x = np.concatenate(numbers(character))
    with np.errstate(all="ignore"):
        want = getattr(np, name)(x)
    got = scalar_loops.run(scalars.find(name, character), x)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=3 * np.finfo(character).eps)
    assert np.array_equal(np.signbit(got[got == 0]), np.signbit(want[want == 0]))
