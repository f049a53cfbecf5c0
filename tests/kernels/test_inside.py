"""Tests of dispatchml.kernels.inside: derivatives that kernels take themselves."""

import math

import numpy as np
import pytest

import dispatchml as dm

pytest.importorskip("numba")


@dm.kernel
def potential(x, y, w):
    return 1.0 / math.sqrt((x - 10.0) ** 2 + (y - 10.0 + w) ** 2) + 1.0 / math.sqrt((x - 10.0) ** 2 + y**2)


@dm.kernel
def cubes(v):
    s = 0.0
    for i in range(len(v)):
        s += v[i] ** 3
    return s


reverse = dm.grad(potential, argnums=(0, 1))
forward_x, forward_y = dm.derivative(potential, 0), dm.derivative(potential, 1)


def forward(x, y, w):
    return forward_x(x, y, w), forward_y(x, y, w)


def landing(slope):
    def distance(w):
        x, y, vx, vy, dt = 0.0, 8.0, 0.75, 0.0, 0.1
        while True:
            ax, ay = slope(x, y, w)
            x += dt * vx
            y += dt * vy
            if y <= 0.0:
                return (x - y / vy * vx) ** 2
            vx -= dt * ax
            vy -= dt * ay

    return distance


@pytest.mark.parametrize("outer", [dm.grad, dm.derivative])
@pytest.mark.parametrize("inner", [reverse, forward])
def test_both_modes_nest_round_a_while_loop(outer, inner):
    distance = dm.kernel(landing(inner))
    slope = outer(distance)(0.1)
    expected = (distance(0.1 + 1e-6) - distance(0.1 - 1e-6)) / 2e-6
    np.testing.assert_allclose(slope, expected, rtol=1e-6)

    @dm.kernel
    def steepest(w):
        return w - 1e-3 * outer_of_distance(w)

    outer_of_distance = outer(distance)
    np.testing.assert_allclose(steepest(0.1), 0.1 - 1e-3 * slope, rtol=1e-12)


def test_derivatives_written_in_the_body():
    @dm.kernel
    def f(x, y):
        value, slope = dm.value_and_grad(potential, argnums=2)(x, y, 0.5)
        return value * slope + dm.derivative(potential)(x, y, 0.5)

    def by_numpy(x, y):
        value, slope = dm.value_and_grad(potential, argnums=2)(x, y, 0.5)
        return value * slope + dm.derivative(potential)(x, y, 0.5)

    np.testing.assert_allclose(f(1.0, 2.0), by_numpy(1.0, 2.0), rtol=1e-13)
    for derive in (dm.grad, dm.derivative):
        np.testing.assert_allclose(derive(f)(1.0, 2.0), derive(by_numpy)(1.0, 2.0), rtol=1e-11)


@pytest.mark.parametrize("size", [6])
def test_gradients_by_arrays(size):
    @dm.kernel
    def f(v):
        g = dm.grad(cubes)(v)
        s = 0.0
        for i in range(len(v)):
            s += g[i] * v[0]
        return s

    v = np.arange(1.0, 1.0 + size)
    np.testing.assert_allclose(f(v), 3 * np.sum(v**2) * v[0])
    expected = 6 * v * v[0] + 3 * np.sum(v**2) * (np.arange(size) == 0)
    np.testing.assert_allclose(dm.grad(f)(v), expected)
    np.testing.assert_allclose(dm.jacfwd(f)(v), expected)


def test_inner_and_outer_derivatives_are_not_confused():
    @dm.kernel
    def product(x, y):
        return x * y

    @dm.kernel
    def f(x):
        return x * dm.derivative(product, 1)(x, 1.0)  # x * d(x y)/dy = x * x

    assert dm.derivative(f)(3.0) == 6.0
    assert dm.grad(f)(3.0) == 6.0
    assert dm.derivative(dm.derivative(f))(3.0) == 2.0


def test_jacobians_of_functions_with_one_number():
    @dm.kernel
    def forward(x):
        return dm.jacfwd(cubed)(x) * x

    slope = dm.jacrev(cubed)

    @dm.kernel
    def reverse(x):
        return slope(x) * x

    for kernel in (forward, reverse):
        assert kernel(2.0) == 24.0
        assert dm.grad(kernel)(2.0) == 36.0


def cubed(x):
    return x**3
