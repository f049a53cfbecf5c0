"""Operations that are exact: equal to NumPy's, bit for bit, at every kind's corners and on random numbers."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.compile.scalars.resolution import UFUNCS
from dispatchml.testing import scalar_loops

EXACT = """
add subtract multiply divide negative positive absolute sqrt square reciprocal copysign equal not_equal less
less_equal greater greater_equal logical_and logical_or logical_xor logical_not isnan isinf isfinite signbit sign
maximum minimum fmax fmin floor_divide remainder fmod bitwise_and bitwise_or bitwise_xor bitwise_invert
bitwise_left_shift bitwise_right_shift bitwise_count floor ceil trunc rint nextafter spacing heaviside deg2rad rad2deg
gcd lcm
""".split()
CHARACTERS = "?bBhHiIlLqQefd"


def corners(dtype):
    """Extremes, zeros, small numbers, and for floating point infinities, nan and subnormals."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    small = [0, 1, 2, 3, 7, 31, 32, 63, 64, 100]
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        more = [limits.max, limits.max - 1, limits.min, limits.min + 1]
        return np.array(small + more + ([-1, -2, -3, -7, -100] if dtype.kind == "i" else []), dtype)
    limits = np.finfo(dtype)
    special = [0.5, 1.5, 2.5, limits.max, limits.tiny, limits.smallest_subnormal, np.inf]
    positive = np.array(small + special, dtype)
    return np.concatenate([positive, -positive, np.array([np.nan], dtype)])


def random_bits(dtype, n=300):
    """Numbers of random bits, so of all magnitudes."""
    dtype = np.dtype(dtype)
    random = np.random.default_rng(4)
    if dtype.kind == "b":
        return random.integers(0, 2, n).astype(bool)
    return random.integers(0, 256, n * dtype.itemsize, dtype=np.uint8).view(dtype)


def operands(characters):
    """Each corner with each, and random numbers."""
    if len(characters) == 1:
        return [np.concatenate([corners(characters), random_bits(characters)])]
    a, b = (corners(c) for c in characters)
    first, second = np.repeat(a, len(b)), np.tile(b, len(a))
    return [
        np.concatenate([first, random_bits(characters[0])]),
        np.concatenate([second, random_bits(characters[1])[::-1]]),
    ]


def same(a, b):
    """Equal bit for bit, any nan being equal to any other."""
    if a.dtype != b.dtype:
        return np.zeros(len(a), bool)
    both = np.isnan(a) & np.isnan(b) if a.dtype.kind == "f" else np.zeros(len(a), bool)
    bits = np.dtype(f"u{a.dtype.itemsize}")
    return (a.view(bits) == b.view(bits)) | both


def loops(name):
    """The loops of a ufunc over kinds that there is code for."""
    ufunc = getattr(np, UFUNCS.get(name, name))
    for signature in dict.fromkeys(ufunc.types):
        inputs, _ = signature.split("->")
        if set(inputs) <= set(CHARACTERS):
            yield inputs


@pytest.mark.parametrize("name", EXACT)
def test_equal_to_numpy_on_every_loop(name):
    ufunc = getattr(np, UFUNCS.get(name, name))
    checked = 0
    for inputs in loops(name):
        scalar = scalars.find(name, inputs)
        assert scalar is not None, (name, inputs)
        arrays = operands(inputs)
        with np.errstate(all="ignore"):
            want = ufunc(*arrays)
        got = scalar_loops.run(scalar, *arrays)
        wrong = ~same(got, want)
        if name in ("fmax", "fmin"):  # NumPy's choice between zeros of both signs depends on their place in the array
            wrong &= ~((got == 0) & (want == 0))
        assert not wrong.any(), (name, inputs, [a[wrong][:5] for a in arrays], got[wrong][:5], want[wrong][:5])
        checked += 1
    assert checked


@pytest.mark.parametrize("character", "BHIL")
def test_powers_of_unsigned_numbers(character):
    a, b = operands(2 * character)
    got = scalar_loops.run(scalars.find("power", 2 * character), a, b)
    assert np.array_equal(got, np.power(a, b))
