"""How far results are from the exact ones, in units in the last place, and the numbers to try."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


def arguments(dtype: Any, count: int = 20_000, seed: int = 0) -> Array:
    """Corners, numbers of random bits (all magnitudes), and numbers where functions do something."""
    dtype = np.dtype(dtype)
    limits, random = np.finfo(dtype), np.random.default_rng(seed)
    corners = np.array([0, 1, 2, 0.5, limits.max, limits.tiny, limits.smallest_subnormal, np.inf], dtype)
    bits = random.integers(0, 256, count * dtype.itemsize, dtype=np.uint8).view(dtype)
    ordinary = [random.normal(size=count), random.uniform(-2, 2, count), random.uniform(-50, 50, count)]
    ordinary += [random.uniform(-750, 750, count), 1 + 1e-3 * random.normal(size=count)]
    ordinary += [1e-3 * random.normal(size=count), np.exp(random.uniform(-40, 40, count))]
    return np.concatenate([corners, -corners, [dtype.type(np.nan)], bits, *(x.astype(dtype) for x in ordinary)])


def units_in_the_last_place(got: Array, exact: Array) -> Array:
    """|got - exact| in units in the last place of `exact`, which has more digits; inf where a nan, an infinity or the
    sign of a zero is not as it must be.
    """
    dtype = got.dtype
    with np.errstate(all="ignore"):
        rounded = exact.astype(dtype)
        largest = np.finfo(dtype).max
        unit = np.spacing(np.minimum(np.abs(np.where(np.isfinite(rounded), rounded, largest)), largest))
        finite = np.isfinite(got) & np.isfinite(exact)
        error = np.where(finite, np.abs(got.astype(exact.dtype) - exact) / unit.astype(exact.dtype), 0)
    wrong = np.isnan(got) != np.isnan(rounded)
    wrong |= (np.isinf(got) != np.isinf(rounded)) & ~(error <= 2)
    wrong |= ~np.isnan(got) & ~np.isnan(rounded) & (np.signbit(got) != np.signbit(rounded))
    return np.where(wrong, np.inf, error.astype(np.float64))
