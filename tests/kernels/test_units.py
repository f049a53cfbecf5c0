"""Quantities through compiled kernels: the units of the text, numbers in machine code, derivatives in their units."""

import math
import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

pytest.importorskip("numba")
pint = pytest.importorskip("pint")
pytest.importorskip("dispatchml_pint")

UNIT = pint.UnitRegistry()
Q = UNIT.Quantity


@pytest.fixture(autouse=True)
def compiled():
    """What runs uncompiled fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def rates(h, v, g):
    return v, -g + 0.0 * h / h * g


@dm.kernel
def fall(h, v, g, dt):
    t = 0.0
    while h > 0.0:
        dh, dv = rates(h, v, g)
        v += dv * dt
        h += dh * dt
        t += dt
    return t, v, h


@dm.kernel
def energy(x, m):
    y = np.zeros(len(x))
    for i, v in enumerate(x):
        row = y[i:]
        row[0] = v * m
    return 0.5 * np.sum(y * y) / m


@dm.kernel
def many(x, pair):
    m, s = pair
    longest = x[0]
    for k in range(1, len(x)):
        if x[k] > longest:
            longest = x[k]
    found = [v * v for v in x]
    angle = math.atan2(x[0], x[1]) + math.exp(-longest / x[1])
    root = math.sqrt(found[0] + found[1])
    return np.where(x > longest / 2, x, 0.0) * m, max(root, 2 * longest) / s, angle, x.max() > root, len(found)


FALL = Q(10.0, "m"), Q(1.0, "m/s"), Q(9.81, "m/s**2"), Q(0.01, "s")
X, M, S = Q(np.array([1.0, 2.0, 3.0]), "m"), Q(2.0, "kg"), Q(4.0, "s")


def bare(x):
    if isinstance(x, tuple):
        return tuple(map(bare, x))
    return x.magnitude if isinstance(x, Q) else x


def agree(found, expected):
    assert type(found) is type(expected), (found, expected)
    if isinstance(found, tuple):
        for a, b in zip(found, expected, strict=True):
            agree(a, b)
    elif isinstance(found, Q):
        assert found.units == expected.units
        np.testing.assert_allclose(found.magnitude, expected.magnitude, rtol=1e-12)
    else:
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_values():
    agree(fall(*FALL), fall.py_func(*FALL))
    np.testing.assert_allclose([bare(y) for y in fall(*FALL)], fall(*bare(FALL)))
    agree(energy(X, M), Q(14.0, "kg m**2"))


@pytest.mark.slow
def test_many_functions():
    lengths, speed, angle, longer, count = many(X, (M, S))
    agree(lengths, Q(np.array([0.0, 4.0, 6.0]), "m kg"))
    agree(speed, Q(1.5, "m/s"))
    assert (angle, longer, count) == (pytest.approx(math.atan2(1, 2) + math.exp(-1.5)), True, 3)


@pytest.mark.parametrize("take", [dm.grad, dm.jacfwd, dm.jacrev], ids=lambda f: f.__name__)
def test_derivatives(take):
    slope = take(lambda g: fall(*FALL[:2], g, FALL[3])[1])(FALL[2])
    assert slope.to("s").magnitude == pytest.approx(-fall(*FALL)[0].magnitude)
    agree(take(lambda x: energy(x, M))(X).to("kg m"), Q(np.array([2.0, 4.0, 6.0]), "kg m"))
    by_mass = take(lambda m: energy(X, m))(M)
    assert by_mass.to("m**2").magnitude == pytest.approx(7.0)


def test_directions_with_units_and_second_derivatives():
    along = Q(np.array([0.5, 0.0, 1.0]), "m")
    agree(dm.jvp(energy, (X, M), (along, Q(0.0, "kg")))[1].to("kg m**2"), Q(7.0, "kg m**2"))
    twice = dm.jvp(dm.grad(lambda x: energy(x, M)), (X,), (along,))[1]
    agree(twice.to("kg m"), Q(2.0 * along.magnitude, "kg m"))


def test_in_programs_and_batches():
    agree(dm.jit(energy)(X, M), Q(14.0, "kg m**2"))
    agree(dm.jit(dm.grad(energy))(X, M).to("kg m"), Q(np.array([2.0, 4.0, 6.0]), "kg m"))
    agree(
        dm.vmap(lambda m: energy(X, m))(Q(np.array([1.0, 2.0]), "kg")).to("kg m**2"),
        Q(np.array([7.0, 14.0]), "kg m**2"),
    )


def branches(x, y, flag):
    if flag > 0:
        return x + y
    return x


def powers(x, y, flag):
    s = x
    for _ in range(flag):
        s = s * y
    return s


def exponents(x, y, flag):
    return math.exp(x) * y


@pytest.mark.parametrize("f", [branches, exponents])
def test_wrong_dimensions_raise_whichever_branch_is_taken(f):
    with pytest.raises(pint.DimensionalityError) as caught:
        dm.kernel(f)(Q(1.0, "m"), Q(1.0, "s"), 0)
    assert any("test_units.py" in note for note in getattr(caught.value, "__notes__", ["test_units.py"]))


@pytest.mark.parametrize(
    ("f", "given", "why"),
    [
        (branches, (Q(1.0, "m"), Q(2.0, "km"), 1), "one dimension, between which compiled numbers are not converted"),
        (powers, (Q(1.0, "m"), Q(2.0, "m"), 2), "has the units meter at one place and meter .. 2 at another"),
        (branches, (Q(1.0, "degC"), Q(2.0, "delta_degC"), 1), "a scale with an offset"),
        (
            branches,
            (Q(np.ma.array([1.0]), "m"), Q(np.ma.array([1.0]), "m"), 1),
            "of another kind than quantities|a quantity of a layer",  # which one is outside: what else was declared
        ),
    ],
    ids=["sizes", "powers", "offset", "masked"],
)
def test_what_the_text_does_not_say_runs_uncompiled(f, given, why):
    with pytest.warns(FallbackWarning, match=why):
        found = dm.kernel(f)(*given)
    agree(found, f(*given))
