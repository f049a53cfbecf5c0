"""Derivatives of quantities have the units output / input, through every transform, also where they are zero."""

import numpy as np
import pint
import pytest

import dispatchml as dm


def same(got, magnitude, units):
    """A quantity with these numbers in these units, in whatever multiple of them it comes."""
    assert isinstance(got, pint.Quantity), f"{got!r} has no units"
    np.testing.assert_allclose(got.m_as(units), magnitude, rtol=1e-12, atol=1e-12)


def energy(v, m):
    return 0.5 * m * np.sum(v**2)


@pytest.fixture
def v(u):
    return np.array([3.0, 4.0]) * u.m / u.s


@pytest.fixture
def x(u):
    return np.array([3.0, 4.0]) * u.m


def test_the_gradient_of_an_energy_is_a_momentum(u, v):
    momentum = dm.grad(energy)(v, 2.0 * u.kg)
    same(momentum, [6.0, 8.0], "kg m / s")
    assert str(momentum) == "[6.0 8.0] kilogram * meter / second"


def test_several_arguments_have_units_of_their_own(u, v):
    value, (dv, dm_) = dm.value_and_grad(energy, (0, 1))(v, 2.0 * u.kg)
    same(value, 25.0, "J")
    same(dv, [6.0, 8.0], "kg m / s")
    same(dm_, 12.5, "m**2 / s**2")


def test_containers_are_differentiated_leaf_by_leaf(u, v):
    found = dm.grad(lambda p: energy(p["v"], p["m"]))({"v": v, "m": 2.0 * u.kg})
    same(found["v"], [6.0, 8.0], "kg m / s")
    same(found["m"], 12.5, "m**2 / s**2")


def test_a_tangent_has_the_units_of_a_difference_in_any_prefix(u, x):
    y, dy = dm.jvp(lambda x: np.sum(x**2), (x,), (np.array([1.0, 0.0]) * u.cm,))
    same(y, 25.0, "m**2")
    same(dy, 6.0, "cm m")


def test_a_pullback_takes_cotangents_with_and_without_units(u, x):
    y, pullback = dm.vjp(lambda x: x**2, x)
    same(pullback(np.ones(2))[0], [6.0, 8.0], "m")
    same(pullback(np.ones(2) * u.kg)[0], [6.0, 8.0], "kg m")


def test_linearize(u, x):
    y, push = dm.linearize(lambda x: np.sum(x**2), x)
    same(y, 25.0, "m**2")
    same(push(x), 50.0, "m**2")


def test_a_hessian_vector_product(u, x):
    same(dm.hvp(lambda x: np.sum(x**3), (x,), (np.array([1.0, 0.0]) * u.m,)), [18.0, 0.0], "m**2")


@pytest.mark.parametrize("name", ["jacfwd", "jacrev", "jacobian"])
def test_jacobians_by_either_mode(name, u, x):
    jacobian = getattr(dm, name)
    same(jacobian(lambda x: x**2)(x), np.diag([6.0, 8.0]), "m")
    same(jacobian(lambda t: t**2 * x)(2.0 * u.s), [12.0, 16.0], "m s")
    first, second = jacobian(lambda x, k: np.stack([k * x, k * k * x]), (0, 1))(x, 2.0)
    same(first, [[[2, 0], [0, 2]], [[4, 0], [0, 4]]], "")
    same(second, [[3, 4], [12, 16]], "m")


@pytest.mark.parametrize("name", ["jacfwd", "jacrev"])
def test_constants_on_the_way_have_zeros_in_the_right_units(name, u, x):
    jacobian = getattr(dm, name)(lambda t: np.concatenate([t * x, x * u.s, np.where([True, False], t * x, x * u.s)]))
    same(jacobian(2.0 * u.s), [3.0, 4.0, 0.0, 0.0, 3.0, 0.0], "m")


def test_a_hessian_has_units_of_each_pair(u, x):
    (xx, xm), (mx, mm) = dm.hessian(lambda x, m: m * np.sum(x**2), (0, 1))(x, 2.0 * u.kg)
    same(xx, 4 * np.eye(2), "kg")
    same(xm, [6.0, 8.0], "m")
    same(mx, [6.0, 8.0], "m")
    same(mm, 0.0, "m**2 / kg")


def test_derivative_of_one_number(u):
    same(dm.derivative(lambda t: np.stack([t, 1 * u.km, t * t / u.m]))(2.0 * u.m), [1.0, 0.0, 4.0], "")


def test_nested_to_order_four(u):
    f = lambda x: x**5  # noqa: E731
    for order, expected in enumerate([80.0, 160.0, 240.0, 240.0], 1):
        f = dm.grad(f)
        same(f(2.0 * u.m), expected, f"m**{5 - order}")


def test_forward_over_reverse_and_the_other_way_round(u):
    cube = lambda x: x**3  # noqa: E731
    one = 1.0 * u.m
    same(dm.jvp(dm.grad(cube), (2.0 * u.m,), (one,))[1], 12.0, "m**2")
    same(dm.grad(lambda x: dm.jvp(cube, (x,), (one,))[1])(2.0 * u.m), 12.0, "m**2")


def test_vmap_of_a_gradient(u):
    rows = np.array([[3.0, 4.0], [1.0, 2.0]]) * u.m
    same(dm.vmap(dm.grad(lambda x: np.sum(x**3)))(rows), 3 * rows.magnitude**2, "m**2")


def test_the_gradient_of_a_vmap(u):
    rows = np.array([[3.0, 4.0], [1.0, 2.0]]) * u.m
    same(dm.grad(lambda x: np.sum(dm.vmap(lambda r: np.sum(r) ** 2)(x)))(rows), [[14, 14], [6, 6]], "m")


def test_checkpoint(u, x):
    same(dm.grad(dm.checkpoint(lambda x: np.sum(x**3)))(x), [27.0, 48.0], "m**2")


def test_zero_gradients_have_units(u, x):
    same(dm.grad(lambda x, t: np.sum(x**2), 1)(x, 2.0 * u.s), 0.0, "m**2 / s")
    same(dm.grad(lambda x: 3.0 * u.J)(x), [0.0, 0.0], "J / m")
    same(dm.jvp(lambda x: 3.0 * u.J, (x,), (x,))[1], 0.0, "J")


def test_a_dimensionless_gradient_of_a_quantity_is_a_quantity(u):
    same(dm.grad(lambda x: x)(2.0 * u.m), 1.0, "")
    same(dm.grad(lambda x: x + 1 * u.km)(2.0 * u.m), 1.0, "")


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_precision_is_kept(kind, u):
    x = np.array([3.0, 4.0], kind) * u.m
    found = dm.grad(lambda x: np.sum(np.sqrt(x**2 / 3 + x.to("km") * u.m)).to("m"))(x)
    assert found.magnitude.dtype == kind
    assert dm.jvp(lambda x: 2.0 * x, (x,), (x,))[1].magnitude.dtype == kind


def test_numbers_scalars_and_arrays_of_every_shape(u):
    square = lambda x: np.sum(x**2)  # noqa: E731
    for magnitude in (
        3.0,
        np.float64(3.0),
        np.array(3.0),
        np.array([3.0]),
        np.ones((2, 0)),
        np.ones((2, 3)),
        3,
        np.arange(3),
    ):
        found = dm.grad(square)(u.Quantity(magnitude, "m"))
        same(found, 2.0 * np.asarray(magnitude), "m")
        assert np.asarray(found.magnitude).dtype.kind == "f"
        assert np.shape(found.magnitude) == np.shape(magnitude)


def test_item_assignment_converts_or_raises(u, x):
    def fill(x):
        y = x * 1.0
        y[0] = 2 * y[1].to("km")
        return np.sum(y**2)

    same(dm.grad(fill)(x), [0.0, 40.0], "m")

    def wrong(x):
        y = x * 1.0
        y[0] = 2.0 * u.s
        return np.sum(y)

    with pytest.raises(pint.DimensionalityError):
        dm.grad(wrong)(x)


@pytest.mark.parametrize("angle", ["degree", "radian"])
def test_angles(angle, u):
    x = u.Quantity(30.0, "degree").to(angle)
    same(dm.grad(lambda x: np.sin(x))(x), np.cos(np.pi / 6), "1 / radian")
    same(dm.grad(lambda r: np.arctan2(r, 2.0 * u.m))(1.0 * u.m), 0.4, "radian / m")


def test_numpy_functions_on_traced_quantities(u, x):
    one = 1 * u.m
    for f, expected, units in [
        (lambda x: np.linalg.norm(x), [0.6, 0.8], ""),
        (lambda x: np.sum(np.stack([x, 2 * x])), [3.0, 3.0], ""),
        (lambda x: np.mean(np.hypot(x, one)), [1.5 / np.sqrt(10), 2 / np.sqrt(17)], ""),
        (lambda x: np.dot(x, x), [6.0, 8.0], "m"),
        (lambda x: np.max(np.concatenate([x, [1, 2] * u.km])), [0.0, 0.0], ""),
        (lambda x: np.prod(x), [4.0, 3.0], "m"),
        (lambda x: np.var(x), [-0.5, 0.5], "m"),
        (lambda x: np.einsum("i,i", x, x), [6.0, 8.0], "m"),
        (lambda x: np.linalg.det(np.diag(x)), [4.0, 3.0], "m"),
        (lambda x: np.sum(np.linalg.solve(np.diag(x), np.ones(2))), [-1 / 9, -1 / 16], "1 / m**2"),
        (lambda x: np.log(np.sum(x) / one), [1 / 7, 1 / 7], "1 / m"),
        (lambda x: np.clip(x, 0 * u.m, 350 * u.cm)[0], [1.0, 0.0], ""),
        (lambda x: np.trapezoid(x, dx=1 * u.s), [0.5, 0.5], "s"),
        (lambda x: x.sum() + x.T @ x / one + x.mean(), [7.5, 9.5], ""),
    ]:  # fmt: skip
        same(dm.grad(f)(x), expected, units)
