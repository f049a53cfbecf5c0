"""What must raise, raises in every transform: sums of different units, functions of dimensional numbers."""

import importlib
from importlib.util import find_spec

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LayerOrderError


def pint_units():
    u = importlib.import_module("pint").UnitRegistry()
    return u.m, u.s, u.km


def astropy_units():
    u = importlib.import_module("astropy.units")
    return u.m, u.s, u.km


def unyt_units():
    u = importlib.import_module("unyt")
    return u.m, u.s, u.km


LIBRARIES = {"pint": pint_units, "astropy": astropy_units, "unyt": unyt_units}
TRANSFORMS = {
    "grad": lambda f, x: dm.grad(lambda x: np.sum(f(x)))(x),
    "value_and_grad": lambda f, x: dm.value_and_grad(lambda x: np.sum(f(x)))(x),
    "jvp": lambda f, x: dm.jvp(f, (x,), (x,)),
    "vjp": lambda f, x: dm.vjp(f, x),
    "hvp": lambda f, x: dm.hvp(lambda x: np.sum(f(x)), (x,), (x,)),
    "jacobian": lambda f, x: dm.jacobian(f)(x),
    "hessian": lambda f, x: dm.hessian(lambda x: np.sum(f(x)))(x),
    "vmap": lambda f, x: dm.vmap(f)(x),
    "checkpoint": lambda f, x: dm.grad(dm.checkpoint(lambda x: np.sum(f(x))))(x),
}
MISTAKES = {
    "1 m + 1 s": lambda x, s: x + 1.0 * s,
    "1 s + 1 m": lambda x, s: 1.0 * s + x,
    "1 m - 1 s": lambda x, s: x - 1.0 * s,
    "sin(2 m)": lambda x, s: np.sin(x),
    "exp(2 m)": lambda x, s: np.exp(x),
    "m < s": lambda x, s: x * (x < 1.0 * s),
    "maximum(m, s)": lambda x, s: np.maximum(x, 1.0 * s),
}


@pytest.fixture(params=LIBRARIES)
def units(request):
    pytest.importorskip(request.param)
    pytest.importorskip(f"dispatchml_{request.param}")
    return LIBRARIES[request.param]()


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_units_raise_in_every_transform(mistake, transform, units):
    m, s, _ = units
    with pytest.raises(Exception, match="(?i)unit|dimension|convert"):
        TRANSFORMS[transform](lambda x: MISTAKES[mistake](x, s), np.array([1.0, 2.0]) * m)


@pytest.mark.parametrize("transform", ["grad", "jvp", "vmap", "jacobian", "hvp"])
def test_prefixes_are_no_mistake(transform, units):
    m, _, km = units
    x = np.array([1.0, 2.0]) * m
    TRANSFORMS[transform](lambda x: x + 1.0 * km, x)
    value, _ = dm.jvp(lambda x: x + 1.0 * km, (x,), (x,))
    np.testing.assert_allclose(
        (value / (1.0 * m)).to("").value if hasattr(value, "value") else value.m_as("m"), [1001, 1002]
    )


def measures():
    """One number of each library that says something of numbers which another library says, too."""
    found = {}
    for kind, names in {"units": tuple(LIBRARIES), "errors": ("uncertainties", "gvar")}.items():
        for name in names:
            if find_spec(name) and find_spec(f"dispatchml_{name}"):
                found[name] = kind
    return [(a, b) for a in found for b in found if a != b and found[a] == found[b]]


def number(name):
    if name == "uncertainties":
        return importlib.import_module("uncertainties").ufloat(1.0, 0.1)
    if name == "gvar":
        return importlib.import_module("gvar").gvar(1.0, 0.1)
    return np.array([1.0, 2.0]) * LIBRARIES[name]()[0]


@pytest.mark.parametrize(("one", "other"), measures())
def test_two_measures_of_one_number_are_refused(one, other):
    """Types of one family contradict each other on one number: they are no pairs of the matrix."""
    x, y = number(one), number(other)
    for call in (
        lambda: ops.multiply(x, y),
        lambda: dm.grad(lambda t: np.sum(t * y))(x),
        lambda: dm.jvp(lambda t: y * t, (x,), (x,)),
    ):
        with pytest.raises(LayerOrderError, match="two libraries of (units|uncertain numbers)"):
            call()
