"""A library of uncertain numbers that exists nowhere else: everything follows from its registration."""

import operator

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LayerOrderError, NoMethodError
from dispatchml.propagation import deviation_of, nominal_of, register_uncertain
from dispatchml.testing import ArrayTypeError, check_uncertain_numbers


def library(name):
    """A new class of numbers: a value and coefficients of independent variables of variance one."""

    class Measured:
        def __init__(self, value, parts):
            self.value, self.parts = value, parts

        def _linear(self, other, value, p, q):
            if isinstance(other, np.ndarray) or not isinstance(other, (int, float, np.generic, Measured)):
                return NotImplemented
            parts = {k: p * c for k, c in self.parts.items()}
            for k, c in getattr(other, "parts", {}).items():
                parts[k] = parts.get(k, 0.0) + q * c
            return Measured(value, parts)

        def __add__(self, other):
            return self._linear(other, self.value + getattr(other, "value", other), 1.0, 1.0)

        def __sub__(self, other):
            return self._linear(other, self.value - getattr(other, "value", other), 1.0, -1.0)

        def __mul__(self, other):
            if isinstance(other, np.ndarray):
                return NotImplemented
            factor = getattr(other, "value", other)
            return self._linear(other, self.value * factor, factor, self.value)

        def __rsub__(self, other):
            return -(self - other)

        def __truediv__(self, other):
            if isinstance(other, Measured):
                y = self.value / other.value
                return self._linear(other, y, 1 / other.value, -y / other.value)
            return self._linear(other, self.value / other, 1 / other, 0.0)

        def __neg__(self):
            return self * -1.0

        __radd__, __rmul__ = __add__, __mul__

    Measured.__name__ = Measured.__qualname__ = name

    def combine(y, terms, like):
        parts = {}
        for p, x in terms:
            for k, c in x.parts.items():
                parts[k] = parts.get(k, 0.0) + p * c
        return Measured(y, parts)

    def declare(**changes):
        return register_uncertain(
            Measured,
            **{
                "mean": lambda x: x.value,
                "combine": combine,
                "components": lambda x: x.parts,
                "weights": lambda x: x.parts,
                "deviation": lambda x: sum(c * c for c in x.parts.values()) ** 0.5,
                "arithmetic": {
                    ops.add: operator.add,
                    ops.subtract: operator.sub,
                    ops.multiply: operator.mul,
                    ops.negative: operator.neg,
                },
                **changes,
            },
        )

    def correlated(means, covariance):
        root = np.linalg.cholesky(covariance)
        return [Measured(m, {f"z{k}": c for k, c in enumerate(row)}) for m, row in zip(means, root, strict=True)]

    return Measured, declare, correlated


OPERATIONS = "add multiply divide sin erf power arctan2 max sort sum var solve det svdvals where cumsum stack".split()


def test_a_new_library_works_everywhere():
    cls, declare, correlated = library("Measured")
    declare()
    outcome = check_uncertain_numbers(cls, correlated, operations=OPERATIONS)
    assert set(outcome.values()) == {"works"}


@pytest.mark.parametrize(
    "change",
    [
        {"combine": None},
        {"weights": lambda x: {k: 2 * c for k, c in x.parts.items()}},
        {"deviation": lambda x: sum(x.parts.values())},
        {"mean": lambda x: x.value + 1.0},
    ],
)
def test_a_library_that_loses_something_is_noticed(change):
    cls, declare, correlated = library("Broken")
    if "combine" in change:
        change = {"combine": lambda y, terms, like: cls(y, dict(terms[0][1].parts) if terms else {})}
    declare(**change)
    with pytest.raises(ArrayTypeError, match="Broken"):
        check_uncertain_numbers(cls, correlated, operations=OPERATIONS)


def test_a_class_that_was_not_registered_is_named():
    with pytest.raises(ArrayTypeError, match="register_uncertain"):
        check_uncertain_numbers(int, lambda means, covariance: list(means))


def test_two_libraries_do_not_mix():
    (one, first, _), (other, second, _) = library("One"), library("Other")
    first()
    second()
    x, y = one(1.0, {"a": 0.1}), other(2.0, {"a": 0.1})
    with pytest.raises(LayerOrderError, match="two libraries of uncertain numbers"):
        ops.multiply(x, y)
    with pytest.raises((LayerOrderError, NoMethodError)):
        ops.sin(np.array([x, y], object))


def test_reading_plain_numbers():
    assert nominal_of(2.0) == 2.0
    assert deviation_of(2.0) == 0.0
    assert nominal_of(np.arange(3.0)).tolist() == [0.0, 1.0, 2.0]
    assert deviation_of(np.arange(3.0)).tolist() == [0.0] * 3
    assert dm.grad(lambda x: nominal_of(x) * 3 + deviation_of(x))(2.0) == 3.0


def test_elements_of_arrays_are_numbers_and_never_arrays():
    cls, declare, _ = library("Stored")
    declare()
    x = cls(2.0, {"a": 0.1})
    bare = np.empty((), object)
    bare[()] = x
    for a in (
        ops.stack((x, x)),
        ops.stack((bare, 1.0, bare)),
        ops.setitem(np.array([x, x], object), bare, index=0),
        ops.scatter(bare, index=1, shape=(3,)),
        dm.grad(lambda a: ops.getitem(ops.sort(a), index=0))(np.array([3 * x, x], object)),
        dm.jacobian(lambda a: ops.multiply(a, 2.0))(np.array([3 * x, x], object)),
        dm.jacrev(lambda a: ops.sum(a))(np.array([3 * x, x], object)),
    ):
        assert not any(isinstance(v, np.ndarray) for v in np.ravel(a))
    assert all(isinstance(v, cls) for v in np.ravel(dm.jacrev(lambda a: ops.multiply(a, 2.0))(np.array([x, x]))))


def test_names_that_numpy_has_too():
    cls, declare, _ = library("Gaussian")
    cls.mean = property(lambda self: self.value)
    declare(methods={"mean": nominal_of})
    x = cls(2.0, {"a": 0.1})
    assert dm.grad(lambda t: (t * x).mean)(3.0) == 2.0
    assert dm.grad(lambda t: (t * np.ones(2)).mean())(3.0) == 1.0  # NumPy's, for arrays and plain values
    assert dm.jvp(lambda a: a.mean(), (np.array([x, 2 * x]),), (np.ones(2),))[0].value == 3.0
    assert dm.vmap(lambda x: x.mean)(np.array([x, 2 * x])).tolist() == [2.0, 4.0]


def test_of_several_kinds_in_an_array_the_outermost_decides():
    from dispatchml.propagation.sensitivity import Sensitivity

    cls, declare, _ = library("Inner")
    declare()
    made = ops.add(np.array([cls(0.0, {}), Sensitivity(1.0, {})]), np.array([Sensitivity(2.0, {}), cls(0.0, {})]))
    assert [s.nominal for s in made] == [2.0, 1.0]


def test_a_sensitivity_never_comes_out():
    cls, declare, _ = library("Shown")
    declare()
    x = cls(2.0, {"a": 0.1})
    for gradient in (
        dm.grad(lambda x: deviation_of(ops.exp(x)))(x),
        dm.vjp(lambda x: deviation_of(ops.exp(x)), x)[1](1.0)[0],
        dm.jacrev(lambda x: deviation_of(ops.exp(x)))(x),
        dm.grad(lambda p: deviation_of(ops.exp(p["x"])))({"x": x})["x"],
        dm.hvp(lambda x: deviation_of(ops.exp(x)), (x,), (1.0,)),
    ):
        assert type(gradient) is float
        assert gradient == pytest.approx(0.1 * np.exp(2.0))
    a = np.array([x, 2.0 * x], object)
    assert dm.grad(lambda a: ops.sum(deviation_of(a * a)))(a).dtype == np.float64
