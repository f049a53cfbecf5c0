"""Units through every transform: gradients and Jacobians in output / input, tangents in units of a difference."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

pint = pytest.importorskip("pint")
pytest.importorskip("dispatchml_pint")

U = pint.get_application_registry()
V, M = np.array([3.0, 4.0]) * U.m / U.s, 2.0 * U.kg
MOMENTUM, SPEED2, ENERGY = U.kg * U.m / U.s, (U.m / U.s) ** 2, U.kg * (U.m / U.s) ** 2


def energy(v, m):
    return 0.5 * m * np.sum(v**2)


def same(found, numbers, unit):
    assert found.units == (1 * unit).units or found.check((1 * unit).dimensionality)
    np.testing.assert_allclose(found.to(unit).magnitude, numbers, rtol=1e-12)


@pytest.mark.parametrize(
    "transform", [dm.grad, dm.jacfwd, dm.jacrev, dm.jacobian, lambda f, n: dm.grad(dm.checkpoint(f), n)]
)
def test_first_derivatives(transform):
    momentum, half = transform(energy, (0, 1))(V, M)
    same(momentum, [6.0, 8.0], MOMENTUM)
    same(half, 12.5, SPEED2)


def test_second_derivatives():
    (vv, vm), (mv, mm) = dm.hessian(energy, (0, 1))(V, M)
    same(vv, 2 * np.eye(2), U.kg)
    same(vm, [3.0, 4.0], U.m / U.s)
    same(mv, [3.0, 4.0], U.m / U.s)
    same(mm, 0.0, SPEED2 / U.kg)
    same(dm.hvp(lambda v: energy(v, M), (V,), (V,)), [6.0, 8.0], MOMENTUM)


def test_directions_and_pullbacks():
    y, dy = dm.jvp(energy, (V, M), (V, M))
    same(y, 25.0, ENERGY)
    same(dy, 75.0, ENERGY)
    same(dm.linearize(energy, V, M)[1](V, M), 75.0, ENERGY)
    momentum, half = dm.vjp(energy, V, M)[1](1.0 * U.dimensionless)
    same(momentum, [6.0, 8.0], MOMENTUM)
    same(half, 12.5, SPEED2)
    same(dm.derivative(lambda t: 0.5 * M * t**2)(3.0 * U.s), 6.0, U.kg * U.s)


def test_zeros_have_units_too():
    same(dm.grad(lambda v: M * 1.0)(V), [0.0, 0.0], U.kg * U.s / U.m)
    same(dm.jacfwd(lambda v: M * 1.0)(V), [0.0, 0.0], U.kg * U.s / U.m)
    same(dm.jacrev(lambda v: (M * 1.0, v))(V)[0], [0.0, 0.0], U.kg * U.s / U.m)
    same(dm.jvp(lambda v: M * 1.0, (V,), (V,))[1], 0.0, U.kg)
    same(dm.zero_cotangent(V, M), [0.0, 0.0], U.kg * U.s / U.m)


def test_vmap():
    same(dm.vmap(energy, (0, None))(np.ones((3, 2)) * U.m / U.s, M), [2.0] * 3, ENERGY)
    rows = dm.vmap(dm.grad(energy), (0, None))(np.ones((3, 2)) * U.m / U.s, M)
    same(rows, np.full((3, 2), 2.0), MOMENTUM)


def test_tangent_space():
    same(dm.zero_tangent(V), [0.0, 0.0], U.m / U.s)
    assert str(dm.zero_tangent(U.Quantity(20.0, "degC")).units) == "delta_degree_Celsius"
    dx = dm.random_tangent((V, M), np.random.default_rng(0))
    change = dm.jvp(energy, (V, M), dx)[1]
    pairing = dm.inner(dm.grad(energy, (0, 1))(V, M), dx)
    same(pairing, change.to(ENERGY).magnitude, ENERGY)
    same(dm.retract(V, V), [6.0, 8.0], U.m / U.s)


def test_ravel_keeps_units():
    vector, unravel = dm.ravel((V, {"m": M, "n": 7.0}))
    assert type(vector) is np.ndarray
    np.testing.assert_array_equal(vector, [3.0, 4.0, 2.0, 7.0])
    v, rest = unravel(2 * vector)
    same(v, [6.0, 8.0], U.m / U.s)
    same(rest["m"], 4.0, U.kg)
    assert rest["n"] == 14.0
    rows = dm.jacobian(lambda w: energy(unravel(w)[0], unravel(w)[1]["m"]))(vector)
    same(rows, [6.0, 8.0, 12.5, 0.0], ENERGY)
    found = dm.grad(lambda v: ops.sum(dm.ravel((v, 1.0))[0] ** 2))(V)
    same(found, [6.0, 8.0], U.s / U.m)
