"""Functions of complex numbers: NumPy's corners, and few units in the last place of each part."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops

PARTS = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.5, -2.5, 1e30, 1e-30, 80.0, -80.0, 710.0]
#: Largest error of a part in units in the last place; None: NumPy's own formula loses digits in one part.
FUNCTIONS = {
    "exp": 3, "log": 3, "sqrt": 3, "sinh": 3, "cosh": 3, "sin": 3, "cos": 3, "log2": 3, "log10": 3, "sign": 3,
    "tanh": 6, "tan": 6, "exp2": None, "log1p": None, "expm1": None,
}  # fmt: skip


def equal_or_close(got, want, eps):
    same = (got == want) & (np.signbit(got) == np.signbit(want))
    return same | (np.isnan(got) & np.isnan(want)) | (np.abs(got - want) <= 4 * eps * np.abs(want))


@pytest.mark.parametrize("character", "FD")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_corners(name, character):
    z = np.empty(len(PARTS) ** 2, character)
    z.real, z.imag = np.repeat(PARTS, len(PARTS)), np.tile(PARTS, len(PARTS))
    eps = np.finfo(character).eps
    got = scalar_loops.run(scalars.find(name, character), z)
    with np.errstate(all="ignore"):
        want = getattr(np, name)(z)
        right = equal_or_close(got.real, want.real, eps) & equal_or_close(got.imag, want.imag, eps)
        if name == "log1p":  # of which NumPy loses the real part near 0
            right |= np.abs(got - want) <= eps
    assert right.all(), (z[~right][:5], got[~right][:5], want[~right][:5])


def log1p(z):
    """numpy.log1p loses the real part near 0."""
    x, y = z.real, z.imag
    return 0.5 * np.log1p(2 * x + x * x + y * y) + 1j * np.arctan2(y, 1 + x)


@pytest.mark.parametrize("character", "FD")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_accuracy(name, character):
    random, n = np.random.default_rng(0), 5000
    angles = np.exp(1j * random.uniform(-4, 4, n))
    z = [random.normal(size=n) + 1j * random.normal(size=n), np.exp(random.uniform(-8, 4, n)) * angles]
    z = np.concatenate([*z, angles * (1 + 1e-9 * random.normal(size=n))]).astype(character)
    exact = getattr(np, name)(z.astype("G")) if name != "log1p" else log1p(z.astype("G"))
    got = scalar_loops.run(scalars.find(name, character), z)
    limit = FUNCTIONS[name]
    if limit is None:
        assert np.max(np.abs(got - exact) / np.abs(exact)) < 64 * np.finfo(character).eps
        return
    part = "d" if character == "D" else "f"
    for one, other in ((got.real, exact.real), (got.imag, exact.imag)):
        assert np.max(np.abs(one - other) / np.spacing(np.abs(other).astype(part))) <= limit
