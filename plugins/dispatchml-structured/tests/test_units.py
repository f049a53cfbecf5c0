"""Quantities round structures, made from either side; derivatives of both kinds keep units and structure."""

import numpy as np
import pint
import pytest
from dispatchml_structured import (
    BlockDiagonal,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Hermitian,
    Kronecker,
    KroneckerTangent,
    LowRank,
    Symmetric,
    Toeplitz,
    Triangular,
)

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoMethodError

u = pint.UnitRegistry()
LENGTHS = np.array([1.0, 2.0, 4.0]) * u.m
SECONDS = np.ones(3) * u.s


def test_units_are_outside():
    d = Diagonal(LENGTHS)
    assert isinstance(d, pint.Quantity)
    assert type(d.magnitude) is Diagonal
    assert (d @ SECONDS).units == u.m * u.s
    assert type((d @ d).magnitude) is Diagonal
    assert (d @ d).units == u.m**2
    inverse = ops.inv(d)
    assert type(inverse.magnitude) is Diagonal
    assert inverse.units == 1 / u.m
    assert ops.det(d).units == u.m**3
    total = d + u.Quantity(LowRank(np.ones((3, 1)), np.ones((3, 1))), "km")
    assert type(total.magnitude) is DiagonalPlusLowRank
    assert (total @ np.ones(3))[0].to("m").magnitude == pytest.approx(3001.0)
    with pytest.raises(pint.DimensionalityError):
        d + u.Quantity(Diagonal(np.ones(3)), "s")


def test_gradients_of_arrays_with_units():
    g = dm.grad(lambda d: np.sum(Diagonal(d) @ (Diagonal(d) @ SECONDS)))(LENGTHS)
    np.testing.assert_allclose(g.magnitude, [2, 4, 8])
    assert g.units == u.m * u.s
    g = dm.grad(lambda d: ops.det(Diagonal(d)))(LENGTHS)
    assert g.units == u.m**2
    h = dm.hessian(lambda d: np.sum(Diagonal(d) @ (Diagonal(d) @ SECONDS)))(LENGTHS)
    assert h.units == u.s
    np.testing.assert_allclose(h.magnitude, 2 * np.eye(3))
    batch = dm.vmap(lambda d: Diagonal(d) @ np.ones(3))(np.ones((2, 3)) * u.m)
    assert batch.units == u.m


def test_gradients_of_structures_with_units_are_structures_with_units():
    g = dm.grad(lambda m: np.sum(m @ SECONDS))(Diagonal(LENGTHS))
    assert type(g.magnitude) is Diagonal
    assert g.units == u.s
    t = u.Quantity(Toeplitz.symmetric(np.array([3.0, 1.0, 0.5])), "m")
    g = dm.grad(lambda t: ops.sum(ops.solve(t, SECONDS)))(t)
    assert type(g.magnitude) is Toeplitz
    assert g.units == u.s / u.m**2
    s = u.Quantity(Symmetric(np.eye(2)), "m")
    g = dm.grad(lambda s: np.sum((s @ (np.ones(2) * u.s)) ** 2))(s)
    assert type(g.magnitude) is Symmetric
    assert g.units == u.m * u.s**2


@pytest.mark.parametrize("cls", [Triangular, Symmetric, Hermitian, Diagonal, Toeplitz, Circulant, BlockDiagonal])
def test_powers_and_their_tangents_with_units(cls, rng):
    a = rng.normal(size=(3, 3))
    given = {Diagonal: (a[0],), Toeplitz: (a[0], a[1]), Circulant: (a[0],), BlockDiagonal: (a[None],)}
    plain = cls(*given.get(cls, (a,)))
    x = u.Quantity(plain, "m")
    f = lambda x: 3 * x**3 - 2 * x * x * (1 * u.m)  # noqa: E731
    y, dy = dm.jvp(f, (x,), (x,))
    d = plain.materialise()
    for found, expected in ((y, 3 * d**3 - 2 * d**2), (dy, 9 * d**3 - 4 * d**2)):
        assert type(found.magnitude) is cls
        assert all(type(field) is np.ndarray for field in found.magnitude.fields())
        np.testing.assert_allclose(found.magnitude.materialise(), expected)
        assert found.units == u.m**3
    g = dm.grad(lambda x: np.sum(f(x)))(x)
    assert type(g.magnitude) is cls
    assert all(type(field) is np.ndarray for field in g.magnitude.fields())
    assert dm.inner(g, x).to("m^3").magnitude == pytest.approx(np.sum(9 * d**3 - 4 * d**2))


def test_factors_with_units_of_their_own():
    a, b = np.eye(2) * u.m, np.ones((2, 2)) * u.s
    k = Kronecker(a, b)
    assert k.units == u.m * u.s
    assert (k @ np.ones(4)).units == u.m * u.s
    f = lambda a, b: np.sum(Kronecker(a, b) @ np.ones(4))  # noqa: E731
    ga, gb = dm.grad(f, (0, 1))(a, b)
    assert (ga.units, gb.units) == (u.s, u.m)
    np.testing.assert_allclose(ga.magnitude, 4)
    np.testing.assert_allclose(gb.magnitude, 2)
    value, tangent = dm.jvp(f, (a, b), (a, b))
    assert tangent.to("m s").magnitude == pytest.approx(2 * value.to("m s").magnitude)
    g = dm.grad(lambda k: np.sum(k @ np.ones(4)))(k)
    assert type(g) is KroneckerTangent
    assert g.left.units == u.dimensionless
    assert g.right.units == u.m * u.s
    low = LowRank(np.ones((3, 1)) * u.km, np.ones((3, 1)))
    assert low.units == u.km
    with pytest.raises(pint.DimensionalityError):
        DiagonalPlusLowRank(LENGTHS, np.ones((3, 1)), np.ones((3, 1)))
    with pytest.raises(NoMethodError, match="not wrapped"):
        Toeplitz(LENGTHS, np.ones(3))


def test_a_diagonal_plus_factors_in_units_that_multiply_to_its_own():
    d, left, right = np.array([1.0, 2.0, 4.0]), np.ones((3, 1)), np.arange(3.0)[:, None]
    z = np.arange(3.0)

    def form(d, left, right):
        return np.sum((DiagonalPlusLowRank(d, left, right) @ z) ** 2)

    def dense(d, left, right):
        return np.sum((d * z + left @ (right.T @ z)) ** 2)

    def same(got, expected):
        if hasattr(expected, "units"):
            got = got if hasattr(got, "units") else got * u.dimensionless
            got, expected = got.to(expected.units).magnitude, expected.magnitude
        np.testing.assert_allclose(got, expected)

    metre = (u.m, u.m, None), (u.km, u.m, None), (u.km, u.m, u.km / u.m)
    for units in (*metre, (u.m * u.s, u.m, u.s), (None, u.m, 1 / u.m)):
        x = tuple(v if unit is None else v * unit for v, unit in zip((d, left, right), units, strict=True))
        for got, expected in zip(dm.grad(form, (0, 1, 2))(*x), dm.grad(dense, (0, 1, 2))(*x), strict=True):
            same(got, expected)
        for got, expected in zip(dm.jvp(form, x, x), dm.jvp(dense, x, x), strict=True):
            same(got, expected)
    matrix = DiagonalPlusLowRank(d, left, right) * u.m
    for program in (lambda m: np.sum((m @ np.arange(3.0)) ** 2), lambda m: np.sum((m.T @ np.arange(3.0)) ** 2),
                    lambda m: np.trace(m) ** 2):  # fmt: skip
        found = dm.grad(program)(matrix)
        expected = dm.grad(program)(DiagonalPlusLowRank(d, left, right))
        for got, number, unit in zip(found.fields(), expected.fields(), (u.m, u.m, u.m**2), strict=True):
            assert got.units == unit
            np.testing.assert_allclose(got.magnitude, number)


def test_second_derivatives_by_factors_with_units_have_the_units_of_both():
    a, b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[2.0, 1.0], [0.0, 1.0]])

    def form(m):
        return np.sum((m @ np.arange(4.0)) ** 2)

    expected = dm.hessian(form)(Kronecker(a, b))
    for matrix, units in ((Kronecker(a, b) * u.m, ("m", "")), (Kronecker(a * u.m, b), ("m", ""))):
        h = dm.hessian(form)(matrix)
        for name, unit in zip(("left", "right"), units, strict=True):
            for other, second in zip(("left", "right"), units, strict=True):
                block = getattr(getattr(h, name), other)
                assert block.units == (u.m**2 / u.Unit(unit) / u.Unit(second))
                np.testing.assert_allclose(block.magnitude, getattr(getattr(expected, name), other))
        j = dm.jacfwd(lambda m: m @ np.ones(4))(matrix)
        assert j.left.units == u.dimensionless
        assert j.right.units == u.m


@pytest.mark.parametrize(
    "matrix",
    [
        Diagonal(np.ones(3)), Symmetric(np.eye(3)), Kronecker(np.eye(1) * 2, np.eye(3)),
        LowRank(np.ones((3, 1)), np.eye(3)[:, :1]),
        DiagonalPlusLowRank(np.ones(3), np.ones((3, 1)), np.eye(3)[:, :1]),
    ],
    ids=lambda m: type(m).__name__,
)  # fmt: skip
def test_tangent_spaces_of_structures_in_units(matrix):
    x, z = matrix * u.m, np.array([1.0, -2.0, 0.5])

    def form(m):
        return np.sum((m @ z) ** 2)

    direction = dm.random_tangent(x, np.random.default_rng(2))
    plain = dm.random_tangent(matrix, np.random.default_rng(2))
    slope = dm.jvp(form, (x,), (direction,))[1]
    assert slope.units == u.m**2
    assert slope.magnitude == pytest.approx(dm.jvp(form, (matrix,), (plain,))[1])
    assert dm.inner(dm.grad(form)(x), direction).to("m^2").magnitude == pytest.approx(slope.magnitude)
    assert dm.jvp(form, (x,), (dm.zero_tangent(x),))[1].magnitude == 0
    unused = dm.grad(lambda m, s: s**2)(x, 3.0 * u.s)
    assert dm.inner(unused, direction).to("s^2").magnitude == 0
    assert dm.inner(dm.zero_cotangent(x, 1.0 * u.s), direction).to("s").magnitude == 0
