"""Object arrays of numbers that a test registers: nothing is computed in floats, and the elements decide."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import for_arrays_of
from dispatchml.dispatch.elements import ARRAY_FUNCTIONS
from dispatchml.dispatch.errors import JoinError, NoMethodError
from dispatchml.dispatch.join import CONVERTERS, EDGES, UPPERS, value_class
from dispatchml.dispatch.operation import forget_everything

PRIME = 10007


class Residue:
    """A whole number modulo a prime: exact arithmetic, divisions included, that no float can stand for."""

    def __init__(self, value):
        assert isinstance(value, int), f"{value!r} is no whole number"
        self.value = value % PRIME

    def __add__(self, other):
        return Residue(self.value + residue(other).value)

    def __sub__(self, other):
        return Residue(self.value - residue(other).value)

    def __mul__(self, other):
        return Residue(self.value * residue(other).value)

    def __truediv__(self, other):
        return Residue(self.value * pow(residue(other).value, -1, PRIME))

    def __rsub__(self, other):
        return residue(other) - self

    def __rtruediv__(self, other):
        return residue(other) / self

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self):
        return Residue(-self.value)

    def __pow__(self, n):
        return Residue(pow(self.value, int(n), PRIME))

    def __eq__(self, other):
        return self.value == residue(other).value

    def __hash__(self):
        return hash(self.value)

    def __lt__(self, other):
        return self.value < residue(other).value

    def __repr__(self):
        return f"Residue({self.value})"


def residue(x):
    return x if isinstance(x, Residue) else Residue(int(x)) if isinstance(x, (int, np.integer)) else Residue(x)


def as_array(x):
    y = np.empty((), object)
    y[()] = x
    return y


@pytest.fixture(scope="module", autouse=True)
def registered():
    """Residues as a class of numbers, forgotten when the module ends."""
    tables = EDGES, CONVERTERS, UPPERS
    kept = [t.copy() for t in tables]
    whole = bool | int | np.integer
    added = []

    def add(op, function, *hints):
        op.register(function, *hints)
        added.append((op, hints))

    dm.promotes(Residue, np.ndarray, convert=as_array)
    binary = {"add": Residue.__add__, "subtract": Residue.__sub__, "multiply": Residue.__mul__}
    binary |= {"divide": Residue.__truediv__, "strong_multiply": Residue.__mul__, "power": lambda a, n: a**n}
    binary |= {"less": Residue.__lt__, "greater": lambda a, b: b < a, "equal": Residue.__eq__}
    for name, function in binary.items():
        op = getattr(ops, name)
        add(op, function, Residue, Residue)
        add(op, lambda a, b, f=function: f(a, residue(b) if f is not binary["power"] else b), Residue, whole)
        add(op, lambda a, b, f=function: f(residue(a), b), whole, Residue)
    for name in ("positive", "conj", "real", "absolute", "stop_gradient"):
        add(getattr(ops, name), lambda a: a, Residue)
    add(ops.negative, Residue.__neg__, Residue)
    add(ops.square, lambda a: a * a, Residue)
    add(ops.isnan, lambda a: False, Residue)
    add(ops.isinf, lambda a: False, Residue)
    for name, value in (("zeros_like", 0), ("ones_like", 1)):
        add(getattr(ops, name), lambda x, *, dtype, value=value: Residue(value), Residue)
    add(ops.one_like, lambda x: Residue(1), Residue)
    for name, value in (("zeros_of", 0), ("ones_of", 1)):

        def made(x, *, shape, dtype, value=value):
            if not shape:
                return Residue(value)
            y = np.empty(shape, object)
            y[...] = Residue(value)
            return y

        add(getattr(ops, name), made, Residue)
    yield
    for op, hints in added:
        op.unregister(*hints)
    for table, before in zip(tables, kept, strict=True):
        table.clear()
        table.update(before)
    forget_everything()


def residues(*values):
    return np.array([Residue(v) for v in values], object)


def test_elements_decide_and_whole_numbers_become_elements():
    x = residues(1, 2, 3)
    assert value_class(Residue) is Residue
    assert (ops.divide(x, 2) * 2 == x).all()
    assert (ops.divide(np.array([Residue(1), 3], object), 2) * 2 == residues(1, 3)).all()
    assert ops.mean(np.array([Residue(1), 2], object)) * 2 == 3
    assert ops.less(x, 2).dtype == bool
    with pytest.raises((AssertionError, TypeError, NoMethodError, JoinError)):
        ops.multiply(x, 0.5)
    with pytest.raises((AssertionError, TypeError, NoMethodError, JoinError)):
        ops.sum(np.array([Residue(1), 0.5], object))


def test_zeros_ones_and_what_numpy_fills_are_elements():
    x = residues(1, 2, 3)
    for made in (
        ops.zeros_like(x), ops.ones_like(x), ops.one_like(x), ops.zeros_of(x, shape=(2,)), ops.diag(x),
        ops.empty_like(x), ops.tril(np.outer(x, x)), ops.pad(x, pad_width=1),
        ops.scatter(x, index=np.array([0, 2, 5]), shape=(7,)),
        ops.where_or_zero(np.array([True, False, True]), x),
    ):  # fmt: skip
        assert {type(v) for v in made.flat} == {Residue}


def test_derivatives_are_exact():
    x = residues(2, 3, 5)

    def program(x):
        return np.sum(x**3 / 7) + x[0] * x[1] / x[2] + np.prod(x) + np.sum(np.cumsum(x) * x)

    # d/dx0: 3/7 x0**2 + x1/x2 + x1 x2 + (2 x0 + x1 + x2)
    first = Residue(3) * 4 / 7 + Residue(3) / 5 + 15 + 12
    assert dm.grad(program)(x)[0] == first
    assert dm.jvp(program, (x,), (residues(1, 0, 0),))[1] == first
    assert dm.jacobian(program)(x)[0] == first
    hessian = dm.hessian(program)(x)
    assert hessian[0, 0] == Residue(6) * 2 / 7 + 2
    assert hessian[0, 1] == hessian[1, 0] == Residue(1) / 5 + 5 + 1
    assert dm.vmap(dm.grad(program))(np.stack([x, x]))[1, 0] == first


def test_linear_systems_in_a_field_without_order_of_size():
    a = np.array([[Residue(0), Residue(2)], [Residue(3), Residue(4)]], object)
    assert (ops.inv(a) @ a == np.array([[1, 0], [0, 1]], object)).all()
    assert ops.det(a) == -6
    x = ops.solve(a, residues(1, 2))
    assert (a @ x == residues(1, 2)).all()
    assert (dm.grad(ops.det)(a) == np.array([[4, -3], [-2, 0]], object)).all()
    p, low, up = ops.lu(a)
    assert (p @ low @ up == a).all()
    assert ops.cofactor((a,)).tolist() == [[Residue(4), Residue(-3)], [Residue(-2), Residue(0)]]


def test_orders_ask_the_elements():
    x = residues(5, 1, 3, 1)
    assert ops.sort(x).tolist() == residues(1, 1, 3, 5).tolist()
    assert ops.argsort(x).tolist() == [1, 3, 2, 0]
    assert ops.argsort(x, descending=True).tolist() == np.argsort([-5, -1, -3, -1], kind="stable").tolist()
    assert (ops.max(x), ops.argmax(x), ops.argmin(x)) == (5, 0, 1)
    assert ops.median(residues(5, 1, 3)) == 3
    assert ops.searchsorted(residues(1, 3, 5), residues(3, 4)).tolist() == [1, 2]
    assert ops.unique(x).tolist() == residues(1, 3, 5).tolist()
    assert ops.cummax(residues(1, 3, 2)).tolist() == residues(1, 3, 3).tolist()


def test_what_is_computed_in_floats_is_refused_and_can_be_declared():
    a = np.array([[Residue(1)]], object)
    with pytest.raises(NoMethodError, match=r"eigvalsh of an object array of .*Residue .*for_arrays_of"):
        ops.eigvalsh(a)
    try:
        for_arrays_of(ops.eigvalsh, Residue)(lambda a, *, UPLO: np.diagonal(a))
        assert ops.eigvalsh(a).tolist() == [Residue(1)]
    finally:
        ARRAY_FUNCTIONS[ops.eigvalsh.info].pop(Residue, None)


def test_a_missing_method_is_an_error_not_a_loop():
    with pytest.raises((JoinError, NoMethodError)):
        ops.sin(Residue(1))
    with pytest.raises((JoinError, NoMethodError, TypeError)):
        ops.sin(residues(1))
