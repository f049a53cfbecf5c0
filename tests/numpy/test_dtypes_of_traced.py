"""A traced value has the dtype of NumPy's result, over the whole surface, for single precision too."""

import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm

SPEC = importlib.util.spec_from_file_location("surface_cases", Path(__file__).with_name("test_surface.py"))
surface = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(surface)

SINGLE = {np.dtype(np.float64): np.float32, np.dtype(np.complex128): np.complex64}
X = np.array([0.5, 0.7, 1.1], np.float32)
MASK = np.array([True, False, True])
STEPS = np.arange(3, dtype=np.float32)


def single(x):
    """An array of numbers in single precision; None for anything else."""
    return x.astype(SINGLE[x.dtype]) if isinstance(x, np.ndarray) and x.dtype in SINGLE else None


def dtypes(y):
    """The dtypes of a result, with its containers."""
    if isinstance(y, (list, tuple)):
        return [dtypes(e) for e in y]
    return getattr(y, "dtype", None)


def dtypes_of_traced(f, *arrays):
    """The dtypes of a function's result on traced values."""
    seen = []

    def watched(*traced):
        seen.append(dtypes(f(*traced)))
        return np.sum(np.abs(traced[0]))

    dm.vjp(watched, *arrays)
    return seen[0]


@pytest.mark.parametrize("case", surface.CASES, ids=map(surface.name_of, surface.CASES))
def test_the_dtype_is_numpys(case):
    room, (name, args, keywords) = case
    f = getattr(getattr(np, room) if room else np, name)
    arrays = []
    args, keywords = surface.taken(args, arrays, single), surface.taken(keywords, arrays, single)

    def call(*arrays):
        return f(*surface.filled(args, arrays), **surface.filled(keywords, arrays))

    if not arrays or name in ("array", "asarray", "astype"):
        pytest.skip("no numbers, or a function of NumPy that does not ask its arguments")
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        wanted = dtypes(call(*arrays))
        assert dtypes_of_traced(call, *arrays) == wanted


FURTHER = {
    "mean with where": lambda x: np.mean(x, where=MASK),
    "var with where": lambda x: np.var(x, where=MASK),
    "var with mean": lambda x: np.var(x, mean=np.mean(x, keepdims=True)),
    "std with mean": lambda x: np.std(x, mean=np.mean(x, keepdims=True)),
    "quantile": lambda x: np.quantile(x, 0.2),
    "quantile of a list": lambda x: np.quantile(x, [0.2, 0.7]),
    "quantile of a float64": lambda x: np.quantile(x, np.float64(0.2)),
    "quantile of a float32": lambda x: np.quantile(x, np.float32(0.2)),
    "quantile that chooses": lambda x: np.quantile(x, [0.2, 0.7], method="lower"),
    "percentile": lambda x: np.percentile(x, 20.0),
    "percentile of a list": lambda x: np.percentile(x, [20, 70]),
    "nanpercentile": lambda x: np.nanpercentile(x, 20.0),
    "nanquantile of a list": lambda x: np.nanquantile(x, [0.2, 0.7]),
    "linspace": lambda x: np.linspace(x[0], x[1], 5),
    "linspace from a number": lambda x: np.linspace(0.0, x[1], 5),
    "linspace to a float64": lambda x: np.linspace(x, np.ones(3), 5),
    "logspace": lambda x: np.logspace(x[0], x[1], 5),
    "geomspace": lambda x: np.geomspace(x[0], x[1], 5),
    "ldexp": lambda x: np.ldexp(x, 2),
    "cov": lambda x: np.cov(x, x**2),
    "corrcoef": lambda x: np.corrcoef(x, x**2),
    "vander": lambda x: np.vander(x, 2, True),
    "bincount": lambda x: np.bincount([0, 1, 1], weights=x),
    "interp in xp": lambda x: np.interp(0.6, x, STEPS),
    "interp in fp": lambda x: np.interp(STEPS, STEPS, x),
    "interp in x": lambda x: np.interp(x, STEPS, STEPS),
}


@pytest.mark.parametrize("name", FURTHER)
def test_the_dtype_is_numpys_where_it_is_not_the_arguments(name):
    wanted = dtypes(FURTHER[name](X))
    assert dtypes_of_traced(FURTHER[name], X) == wanted


@pytest.mark.parametrize("x", [np.ones(2, np.float32), np.float32(1)], ids=["array", "scalar"])
@pytest.mark.parametrize("sign", [-1.0, np.float32(-1)], ids=["number", "float32"])
def test_the_gradient_of_copysign_is_in_the_precision_of_its_argument(x, sign):
    found = dm.grad(lambda a: np.copysign(a, sign).sum())(x)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, -np.ones(np.shape(x)))
