"""Derivatives over the whole surface against differences: nothing that moves with its arguments is a constant."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm

SPEC = importlib.util.spec_from_file_location("surface_cases", Path(__file__).with_name("test_surface.py"))
surface = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(surface)

#: Cases at which a function has no derivative, or differences are not it.
EXCEPTIONS = {
    "unique": "equal elements", "unique_values": "equal elements", "unique_counts": "equal elements",
    "unique_all": "equal elements", "unique_inverse": "equal elements", "intersect1d": "equal elements",
    "setdiff1d": "equal elements", "setxor1d": "equal elements", "trim_zeros": "zeros",
    "unwrap": "steps of exactly half a period", "linalg-qr-mode": "columns that are arbitrary, which raises",
    "interp-3": "the points themselves, where the slope jumps",
    "linalg-cholesky": "reads one triangle", "linalg-eigh": "reads one triangle",
    "linalg-eigvalsh": "reads one triangle",
    "astype": "single precision", "array-dtype": "single precision", "sum-axis-dtype": "single precision",
}  # fmt: skip


def numbers(x):
    """An array of numbers; None for anything else."""
    return x if isinstance(x, np.ndarray) and x.dtype.kind in "fc" and x.size else None


def weighed(y):
    """One number in which every number of a result has another weight; nan and infinite ones have none."""
    if isinstance(y, (list, tuple)):
        return sum((weighed(e) for e in y), 0.0)
    kind = getattr(getattr(y, "dtype", None), "kind", "")
    if kind not in ("f", "c"):
        return 1.3 * y if isinstance(y, float) else 0.0
    if kind == "c":
        return weighed(y.real) + 0.7 * weighed(y.imag)
    weights = np.cos(np.arange(y.size) + 0.3).reshape(y.shape)
    return np.sum(np.where(np.isfinite(y), y, 0.0) * weights)


@pytest.mark.parametrize("case", surface.CASES, ids=map(surface.name_of, surface.CASES))
def test_derivatives_are_those_of_differences(case):
    name = surface.name_of(case)
    room, (function, arguments, keywords) = case
    arrays = []
    arguments, keywords = surface.taken(arguments, arrays, numbers), surface.taken(keywords, arrays, numbers)
    if not arrays or any(name.startswith(n) for n in EXCEPTIONS):
        return
    f = getattr(getattr(np, room) if room else np, function)

    def call(*arrays):
        return weighed(f(*surface.filled(arguments, arrays), **surface.filled(keywords, arrays)))

    rng = np.random.default_rng(3)
    directions = [rng.normal(size=a.shape) * (1 + 1j if a.dtype.kind == "c" else 1) for a in arrays]
    with np.errstate(all="ignore"):
        up, down = (call(*(a + h * d for a, d in zip(arrays, directions, strict=True))) for h in (1e-6, -1e-6))
        wanted = (up - down) / 2e-6
        forward = dm.jvp(call, tuple(arrays), tuple(directions))[1]
        gradients = dm.grad(call, argnums=tuple(range(len(arrays))))(*arrays)
    reverse = sum(np.sum((np.conj(g) * d).real) for g, d in zip(gradients, directions, strict=True))
    np.testing.assert_allclose(forward, wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(reverse, wanted, rtol=1e-4, atol=1e-5)
