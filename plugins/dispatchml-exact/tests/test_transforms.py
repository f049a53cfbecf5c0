"""Every transform on exact numbers: equal to closed forms, to any order, in the class of the input."""

import pickle
from decimal import Decimal
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from dispatchml_exact.errors import PrecisionError
from mpmath import mp

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonScalarOutputError, TangentMismatchError


class Strict(Fraction):
    """A Fraction that no float may touch: its arithmetic keeps its class and raises for floats."""


def keep(name):
    original = getattr(Fraction, name)

    def method(self, *others):
        assert not any(isinstance(o, (float, np.floating)) for o in others), f"a float met {name}"
        y = original(self, *others)
        assert not isinstance(y, float), f"{name} made a float"
        return Strict(y) if isinstance(y, Fraction) else y

    return method


for name in "add radd sub rsub mul rmul truediv rtruediv pow rpow mod floordiv neg pos abs".split():
    setattr(Strict, f"__{name}__", keep(f"__{name}__"))


def no_float(self):
    raise AssertionError("a float was asked for")


Strict.__float__ = no_float
KINDS = {
    "Fraction": Fraction,
    "strict": Strict,
    "Decimal": Decimal,
    "mpf": lambda p, q=1: mp.mpf(p) / q,
}


def number(kind, p, q=1):
    return Decimal(p) / Decimal(q) if kind == "Decimal" else KINDS[kind](p, q)


def vector(kind):
    return np.array([number(kind, 1, 2), number(kind, -3, 4), number(kind, 5)], object)


def exactly(found, expected, kind):
    """Equal without a tolerance (in the context's digits where numbers round), and all of the class."""
    cls = {"Decimal": Decimal, "mpf": mp.mpf}.get(kind, Strict if kind == "strict" else Fraction)
    found, expected = np.asarray(found, object), np.asarray(expected, object)
    assert found.shape == expected.shape
    for a, b in zip(found.ravel().tolist(), expected.ravel().tolist(), strict=True):
        assert isinstance(a, cls), f"{a!r} is no {kind}"
        assert a == b if kind in ("Fraction", "strict") else abs(a - b) <= abs(b) / 10**20, (a, b)


@pytest.fixture(autouse=True)
def digits():
    with mpmath.workdps(30):
        yield


def quartic(x):
    return x**4 / 3 - 2 * x**3 + x / 7 - 1


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_of_a_polynomial_to_order_four_in_any_mix(kind):
    x = number(kind, 3, 7)
    expected = [
        quartic(x), 4 * x**3 / 3 - 6 * x**2 + number(kind, 1) / 7, 4 * x**2 - 12 * x, 8 * x - 12, number(kind, 8),
        number(kind, 0),
    ]  # fmt: skip
    reverse = forward = mixed = other = quartic
    for order in range(1, 6):
        reverse, forward = dm.grad(reverse), dm.derivative(forward)
        mixed = (dm.grad if order % 2 else dm.derivative)(mixed)
        other = (dm.derivative if order % 2 else dm.grad)(other)
        for f in (reverse, forward, mixed, other):
            exactly(f(x), expected[order], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_all_transforms_agree_with_closed_forms(kind):
    x = vector(kind)
    one, third = number(kind, 1), number(kind, 1, 3)
    v = np.array([one, 2 * one, third], object)

    def cubic(x):
        return np.sum(x**3) / 3 + x[0] * x[1] * x[2]

    gradient = x**2 + np.array([x[1] * x[2], x[0] * x[2], x[0] * x[1]], object)
    hessian = np.array([[2 * x[0], x[2], x[1]], [x[2], 2 * x[1], x[0]], [x[1], x[0], 2 * x[2]]], object)
    exactly(dm.grad(cubic)(x), gradient, kind)
    y, g = dm.value_and_grad(cubic)(x)
    exactly(y, cubic(x), kind)
    exactly(g, gradient, kind)
    exactly(dm.jvp(cubic, (x,), (v,))[1], gradient @ v, kind)
    exactly(dm.vjp(cubic, x)[1](third)[0], gradient * third, kind)
    exactly(dm.linearize(cubic, x)[1](v), gradient @ v, kind)
    exactly(dm.hvp(cubic, (x,), (v,)), hessian @ v, kind)
    exactly(dm.hessian(cubic)(x), hessian, kind)
    for transform in (dm.jacobian, dm.jacfwd, dm.jacrev):
        exactly(transform(cubic)(x), gradient, kind)
        exactly(transform(dm.grad(cubic))(x), hessian, kind)
        exactly(transform(lambda x: x**2 / 3)(x), np.diag(2 * x / 3) * one, kind)
    exactly(dm.grad(dm.checkpoint(cubic))(x), gradient, kind)
    exactly(dm.vmap(dm.grad(cubic))(np.stack([x, 2 * x])), np.stack([gradient, 4 * gradient]), kind)
    exactly(dm.vmap(lambda a, b: a * b / 3, in_axes=(0, None))(x, third), x * third / 3, kind)
    exactly(dm.jacobian(lambda x: x)(x), np.eye(3, dtype=int).astype(object) * one, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_of_what_was_not_used_are_of_the_class(kind):
    x, a = number(kind, 1, 2), vector(kind)
    exactly(dm.grad(lambda x, y: y)(x, x), number(kind, 0), kind)
    exactly(dm.grad(lambda a, x: x)(a, x), a * 0, kind)
    exactly(dm.grad(lambda a: a[1] ** 2)(a), np.array([0 * x, 2 * a[1], 0 * x], object), kind)
    exactly(dm.jvp(lambda x: a, (x,), (x,))[1], a * 0, kind)
    exactly(dm.hessian(lambda a: np.sum(a))(a), np.outer(a, a) * 0, kind)
    exactly(dm.grad(lambda x: ops.stop_gradient(x) * x)(x), x, kind)
    assert dm.grad(lambda x: 2.0)(x) == 0
    assert dm.grad(lambda f, x: f)(1.5, x) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_tangent_spaces_and_ravel(kind):
    tree = {"a": number(kind, 1, 2), "b": vector(kind)}
    flat, unravel = dm.ravel(tree)
    exactly(flat, np.concatenate([[tree["a"]], tree["b"]]), kind)
    exactly(unravel(flat * 2)["b"], tree["b"] * 2, kind)
    exactly(unravel(flat)["a"], tree["a"], kind)
    exactly(dm.grad(lambda flat: unravel(flat)["a"] ** 3)(flat)[0], 3 * tree["a"] ** 2, kind)
    exactly(dm.zero_tangent(tree)["b"], tree["b"] * 0, kind)
    exactly(dm.zero_tangent(tree)["a"], tree["a"] * 0, kind)
    exactly(dm.retract(tree, tree)["b"], tree["b"] * 2, kind)
    exactly(dm.inner(tree, tree), tree["a"] ** 2 + tree["b"] @ tree["b"], kind)
    exactly(dm.zero_cotangent(tree, tree["a"])["b"], tree["b"] * 0, kind)
    drawn = dm.random_tangent(tree, np.random.default_rng(0))
    exactly(dm.retract(tree, drawn)["b"], tree["b"] + drawn["b"], kind)
    exactly(dm.projector(tree["b"])(np.stack([tree["b"], tree["b"]])), tree["b"] * 2, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_rational_programs(kind):
    """Elimination, products, orders and polynomials: the gradient against the definition."""
    one = number(kind, 1)
    a = np.array([[4, 1, 0], [1, 3, 1], [0, 1, 2]], object) * one
    b = np.array([1, 2, 3], object) * one
    inverse = ops.inv(a)
    if kind in ("Fraction", "strict"):
        exactly(inverse @ a, np.eye(3, dtype=int).astype(object) * one, kind)
    exactly(dm.grad(lambda b: np.sum(np.linalg.solve(a, b)))(b), inverse.sum(axis=0), kind)
    y = ops.solve(a, b)
    exactly(dm.grad(lambda a: np.sum(np.linalg.solve(a, b)))(a), -np.outer(inverse.sum(axis=0), y), kind)
    exactly(dm.grad(np.linalg.det)(a), ops.det(a) * inverse.T, kind)
    exactly(dm.grad(lambda a: np.trace(a @ a @ a))(a), 3 * (a @ a).T, kind)
    exactly(dm.grad(lambda a: np.einsum("ij,ji->", a, a))(a), 2 * a.T, kind)
    exactly(dm.grad(lambda a: np.trace(np.linalg.matrix_power(a, 3)))(a), 3 * (a @ a).T, kind)
    exactly(dm.grad(lambda b: np.polyval(b, one / 2))(b), np.array([one / 4, one / 2, one], object), kind)
    exactly(dm.grad(lambda b: np.sum(np.convolve(b, b)))(b), np.array([12 * one] * 3, object), kind)
    exactly(dm.grad(lambda b: np.max(b) * np.min(b) + np.median(b) + np.mean(b))(b),
            np.array([3 * one + one / 3, one + one / 3, one + one / 3], object), kind)  # fmt: skip
    exactly(dm.grad(lambda b: np.sum(np.sort(b)[::-1] * b))(b), np.array([6 * one, 4 * one, 2 * one], object), kind)
    exactly(dm.grad(lambda b: np.sum(np.cumprod(b)))(b), np.array([9 * one, 4 * one, 2 * one], object), kind)
    exactly(dm.grad(lambda b: np.sum(np.where(b > 2, b**2, -b)))(b), np.array([-one, -one, 6 * one], object), kind)
    exactly(dm.grad(lambda b: np.sum(np.abs(b) + np.sign(b) * b + np.floor(b) * b))(b), np.array([3, 4, 5]) * one, kind)
    exactly(dm.grad(lambda b: np.var(b))(b), np.array([-2, 0, 2], object) * one / 3, kind)
    exactly(dm.grad(lambda b: np.sum(np.maximum(b, 2 * one)))(b), np.array([0 * one, one / 2, one], object), kind)


@pytest.mark.parametrize("kind", KINDS)
def test_corners(kind):
    x = number(kind, 0)
    if kind != "Decimal":  # whose own 0 ** 0 is an invalid operation
        exactly(dm.grad(lambda x: x**0)(x), x, kind)
    exactly(dm.grad(lambda x: x**1)(x), x + 1, kind)
    exactly(dm.grad(dm.grad(lambda x: x**2))(x), x + 2, kind)
    exactly(dm.grad(np.abs)(x), x, kind)
    exactly(
        dm.grad(lambda a: np.prod(a))(np.array([x, x + 2, x + 3], object)), np.array([6, 0, 0], object) * (x + 1), kind
    )
    bare = np.array(number(kind, 1, 2), object)
    y = dm.grad(lambda x: x**3)(bare)
    exactly(y, 3 * number(kind, 1, 2) ** 2, kind)
    empty = np.array([], object)
    assert dm.grad(lambda x: np.sum(x**2))(empty).shape == (0,)
    assert dm.jacobian(lambda x: x * 2)(empty).shape == (0, 0)
    with pytest.raises(ZeroDivisionError if kind != "Decimal" else ArithmeticError):
        dm.grad(lambda x: 1 / x)(x)


def test_nan_and_infinities():
    for nan, inf in ((Decimal("nan"), Decimal("inf")), (mp.nan, mp.inf)):
        one = type(inf)(1)
        x = np.array([one, nan, inf], object)
        assert ops.isnan(x).tolist() == [False, True, False]
        assert ops.isinf(x).tolist() == [False, False, True]
        assert ops.isfinite(x).tolist() == [True, False, False]
        assert ops.isnan(ops.max(x))
        assert ops.sort(x)[:2].tolist() == [one, inf]
        assert ops.nanmax(x) == inf
        y = dm.grad(lambda x, one=one: np.sum(np.where(np.isfinite(x), x**2, 0 * one)))(x)
        assert y.tolist() == [2, 0, 0]
        assert ops.strong_multiply(inf, 0 * one) == ops.strong_multiply(0 * one, nan) == 0


def test_whole_mpf_and_large_numbers():
    assert dm.grad(lambda x: x**2)(mp.mpf(3)) == 6
    big = Fraction(10**40 + 1, 10**39)
    assert dm.grad(lambda x: x**3)(big) == 3 * big**2
    assert ops.sqrt(Fraction(10**80, 9)) == Fraction(10**40, 3)
    assert dm.grad(np.sqrt)(Fraction(4, 9)) == Fraction(3, 4)
    assert dm.grad(np.cbrt)(Fraction(-8, 27)) == Fraction(3, 4)
    assert dm.grad(np.hypot)(Fraction(3), Fraction(4)) == Fraction(3, 5)
    assert dm.grad(lambda x: x ** Fraction(3, 2))(Fraction(4)) == 3


def test_pickles():
    tree = {"a": Fraction(1, 3), "b": np.array([Decimal("0.1")], object), "c": mp.mpf(1) / 3}
    again = pickle.loads(pickle.dumps(dm.grad(lambda t: t["a"] * 2 + 0 * t["a"])({"a": tree["a"]})))
    assert again == {"a": 2}
    assert pickle.loads(pickle.dumps(ops.sqrt(tree["c"]))) == ops.sqrt(tree["c"])


def test_in_place_operators_inside_a_function():
    def program(x):
        y = x * 1
        y += x
        y *= y
        y[0] = x[1]
        return np.sum(y)

    x = np.array([Fraction(1, 2), Fraction(3)])
    exactly(dm.grad(program)(x), np.array([Fraction(0), Fraction(25)]), "Fraction")


def test_complex_numbers():
    z = mp.mpc(3, 4)
    assert dm.grad(lambda z: abs(z) ** 2)(z) == 2 * z
    assert dm.grad(np.abs)(z) == z / 5
    assert dm.grad(lambda x: np.real((x * mp.mpc(0, 1)) ** 2))(mp.mpf(3)) == -6
    assert dm.grad(lambda x: np.abs(mp.mpc(1, 1) * x))(mp.mpf(-3)) == -mp.sqrt(2)
    assert dm.jvp(np.abs, (z,), (mp.mpc(1, 0),))[1] == mp.mpf(3) / 5
    assert dm.grad(lambda z: z**3, holomorphic=True)(z) == 3 * z**2
    with pytest.raises(NonScalarOutputError):
        dm.grad(lambda z: z**2)(z)
    a = np.array([mp.mpc(1, 2), mp.mpc(0, 1)], object)
    assert dm.grad(lambda a: ops.vector_norm(a) ** 2)(a).tolist() == (2 * a).tolist()


@pytest.mark.parametrize("kind", KINDS)
def test_whole_tangents_and_cotangents_become_numbers_of_the_class(kind):
    x, a, one = number(kind, 1, 2), vector(kind), number(kind, 1)
    exactly(dm.jvp(lambda x: x / 3, (x,), (1,))[1], one / 3, kind)
    exactly(dm.vjp(lambda x: x / 3, x)[1](1)[0], one / 3, kind)
    exactly(dm.hvp(lambda x: x**3 / 9, (x,), (1,)), one / 3, kind)
    exactly(dm.jvp(lambda a: a / 3, (a,), (np.array([1, 0, 2]),))[1], np.array([1, 0, 2], object) * one / 3, kind)
    exactly(dm.vjp(lambda a: a / 3, a)[1](np.array([1, 0, 2]))[0], np.array([1, 0, 2], object) * one / 3, kind)
    exactly(dm.linearize(lambda a: a / 3, a)[1](np.array([1, 0, 2])), np.array([1, 0, 2], object) * one / 3, kind)
    with pytest.raises(TangentMismatchError):
        dm.jvp(lambda a: a, (a,), (1,))


@pytest.mark.parametrize("kind", ["Fraction", "Decimal"])
def test_float_tangents_and_cotangents_are_refused(kind):
    x, a = number(kind, 1, 2), vector(kind)
    for call in (
        lambda: dm.jvp(lambda x: x, (x,), (0.5,)), lambda: dm.vjp(lambda x: x, x)[1](0.5),
        lambda: dm.jvp(lambda a: a, (a,), (np.ones(3),)), lambda: dm.vjp(lambda a: a, a)[1](np.ones(3)),
        lambda: dm.hvp(lambda x: x * x, (x,), (0.5,)), lambda: dm.retract(a, np.ones(3)),
        lambda: dm.inner(a, np.ones(3)),
    ):  # fmt: skip
        with pytest.raises(PrecisionError):
            call()


@pytest.mark.parametrize(
    "number", [Fraction(3, 2), Decimal("1.5"), mpmath.mpf("1.5"), mpmath.iv.mpf("1.5")], ids=lambda x: type(x).__name__
)
@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
def test_derivatives_of_compiled_functions_are_those_of_uncompiled_ones(number):
    """No program takes such numbers: the function runs uncompiled, also below a derivative."""

    def cube(x):
        return x * x * x

    compiled, one = dm.jit(cube), ops.one_like(number)
    assert dm.grad(compiled)(number) == dm.grad(cube)(number) == number * number * 3
    assert dm.jvp(compiled, (number,), (one,))[1] == number * number * 3
    assert dm.grad(dm.grad(compiled))(number) == number * 6
    array = np.array([number, number * 2], object)
    assert list(dm.grad(dm.jit(lambda x: np.sum(x * x)))(array)) == list(array * 2)
