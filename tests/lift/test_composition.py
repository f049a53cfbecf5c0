"""Lifted code with units, exact and uncertain numbers, batches and compiled functions of others."""

import math
from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning, TracerConversionError


@pytest.fixture(scope="module")
def solver():
    integrate = pytest.importorskip("scipy.integrate")
    pytest.importorskip("dispatchml_scipy")
    dm.lift.enable("scipy.integrate")
    yield integrate.solve_ivp
    dm.lift.disable("scipy.integrate")


def test_units_outside_of_a_solver(solver):
    pint = pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    u = pint.UnitRegistry()

    def amplitude(k):
        rate = k.to("1/s").magnitude
        return solver(lambda t, y: -rate * y, (0.0, 1.0), [1.0], rtol=1e-8, atol=1e-10).y[0, -1] * u.m

    gradient = dm.grad(amplitude)(120.0 / u.minute)
    np.testing.assert_allclose(gradient.to("m*s").magnitude, -math.exp(-2), atol=1e-6)
    with pytest.raises(TracerConversionError):  # NumPy would lose the unit of the plain quantity
        dm.grad(lambda x: np.array([float(x)])[0])(1.0 * u.m)


def test_exact_and_uncertain_numbers():
    def f(x):
        values = [x * x, x]
        return sum(values) + max(values)

    assert dm.grad(f)(Fraction(1, 3)) == Fraction(8, 3)
    uncertainties = pytest.importorskip("uncertainties")
    pytest.importorskip("dispatchml_uncertainties")
    gradient = dm.grad(lambda x: x * x + math.pi * x)(uncertainties.ufloat(1.0, 0.1))
    assert gradient.nominal_value == pytest.approx(2 + math.pi)
    assert gradient.std_dev == pytest.approx(0.2)


def test_batches_of_solutions(solver):
    def end(p):
        return solver(lambda t, y: -p * y, (0.0, 1.0), [1.0]).y[0, -1]

    alike = dm.vmap(end)(np.array([1.0, 1.0]))
    np.testing.assert_allclose(alike, [end(1.0)] * 2, rtol=1e-12)
    rates = np.array([1.0, 50.0])
    with pytest.warns(
        FallbackWarning, match=r"end runs element by element.*test_composition\.py:\d+\)\. .*t_eval=times"
    ):
        np.testing.assert_array_equal(dm.vmap(end)(rates), [end(k) for k in rates])


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
def test_batches_whose_elements_go_different_ways():
    stats = pytest.importorskip("scipy.stats")
    pytest.importorskip("dispatchml_scipy")
    dm.lift.enable("scipy.stats")
    try:

        def density(p, named):
            return {
                "log": stats.truncnorm.logpdf(0.3, -9.0, 9.0, p["at"], p["wide"]),
                "of": [p["wide"] ** 2],
                "name": named,
            }

        p = {"at": np.array([0.5, 1.3]), "wide": np.array([1.0, 2.0])}
        found = dm.vmap(density, in_axes=(0, None))(p, "normal")
        np.testing.assert_allclose(found["log"], stats.truncnorm.logpdf(0.3, -9.0, 9.0, p["at"], p["wide"]), rtol=1e-14)
        np.testing.assert_array_equal(found["of"][0], [1.0, 4.0])
        assert found["name"] == "normal"

        def slope(at):
            return dm.grad(lambda m: stats.truncnorm.logpdf(0.3, -9.0, 9.0, m, 2.0))(at)

        wanted = (0.3 - p["at"]) / 4
        np.testing.assert_allclose(dm.vmap(slope)(p["at"]), wanted, rtol=1e-12)
        summed = dm.grad(lambda at: np.sum(dm.vmap(lambda m: stats.truncnorm.logpdf(0.3, -9.0, 9.0, m, 2.0))(at)))(
            p["at"]
        )
        np.testing.assert_allclose(summed, wanted, rtol=1e-12)
    finally:
        dm.lift.disable("scipy.stats")


def test_a_branch_of_the_users_own_is_no_reason():
    with pytest.raises(TracerConversionError, match="elements of the batch disagree"):
        dm.vmap(lambda x: x if x > 1 else -x)(np.array([0.5, 2.0]))


def test_functions_of_other_packages_get_plain_arrays():
    numba = pytest.importorskip("numba")

    @numba.njit
    def total(a):
        return a.sum()

    def f(x):
        weights = np.zeros(3)
        weights[0] = 2.0
        return total(weights) * x

    assert dm.grad(f)(1.0) == 2.0


def test_lists_of_traced_values_in_numpys_functions():
    def f(x):
        values = [x[0], 2.0, x[1] * x[0]]
        stacked = np.c_[np.ones(2) * x[0], np.ones(2)]
        return np.sum(values) + np.mean([x[1], 1.0]) + np.linalg.norm(values) + np.sqrt([x[0], 1.0])[0] + np.sum(
            stacked
        ) + np.sum(np.r_[x[0], 1.0, x])  # fmt: skip

    x = np.array([0.7, 1.3])
    wanted = [(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(2)]
    np.testing.assert_allclose(dm.grad(f)(x), wanted, rtol=1e-7)
    np.testing.assert_allclose([dm.jvp(f, (x,), (e,))[1] for e in np.eye(2)], wanted, rtol=1e-7)


def test_objects_and_classes_of_other_packages_keep_their_attributes():
    stats = pytest.importorskip("scipy.stats")
    transform = pytest.importorskip("scipy.spatial.transform")
    pytest.importorskip("dispatchml_scipy")

    def f(m):
        weights = np.ones(2)
        weights[0] = m
        turn = transform.Rotation.from_rotvec([0.0, 0.0, 0.5])
        return np.sum(weights) * stats.norm.cdf(1.0) + turn.as_matrix()[0, 0] * m

    assert dm.grad(f)(0.5) == pytest.approx(stats.norm.cdf(1.0) + math.cos(0.5))


def test_lists_of_traced_values_in_functions_of_several_arrays():
    def f(x):
        first = (
            np.outer([x, 1.0], [2.0, x])[0, 1] + np.convolve([x, 1, 2], [1, x])[1] + np.cross([x, 0, 1], [1, x, 0])[2]
        )
        counts = np.histogram([0.5, 1.5, 1.7], bins=2, range=(0, 2), weights=[x, 1, x * x])[0]
        return first + counts[1] * counts[0] + np.interp(0.5, [0, 1], [x, 2 * x])

    slope = (f(1.3 + 1e-6) - f(1.3 - 1e-6)) / 2e-6
    assert dm.grad(f)(1.3) == pytest.approx(slope, rel=1e-8)
    assert dm.jvp(f, (1.3,), (1.0,))[1] == pytest.approx(slope, rel=1e-8)
