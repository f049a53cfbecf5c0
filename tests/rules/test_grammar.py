"""Texts of rules that are refused where they are declared, and what is said of them."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import RegistrationError
from dispatchml.rules import elementwise, rule_of

REFUSED = {
    "masked()": "calls masked with 0 arguments. It takes a condition",
    "masked": r"names masked without calling it: write masked\(a\)",
    "masked(a)*2": "must be the whole partial derivative",
    "masked(a > 0, a == 0, a)": "calls masked with 3 arguments",
    "masked(masked(a))": "must be the whole partial derivative",
    "sin": r"names sin without calling it: write sin\(a\)",
    "a*cos": "names cos without calling it",
    "sin()": "calls sin with 0 arguments; it takes 1",
    "where(a > 0, a)": "calls where with 2 arguments; it takes 3",
    "sin(a, b)": "calls sin with 2 arguments; it takes 1",
    "sum(a)": "calls 'sum', which is no elementwise operation",
    "a(1)": "calls 'a', which is no elementwise operation",
    "nothing(a)": "calls 'nothing', which is no elementwise operation",
    "c": "uses 'c'. It may use a, b, y",
    "shape": "uses 'shape'",
    "0 < a < 1": r"compares several values at once: write logical_and\(0 < a, a < 1\)",
    "2*3*a": "has '2 [*] 3'. Literals are whole numbers or ratios",
    "a**(1/2/3)": "has '1 / 2 / 3'",
    "a/(1/0)": "has '1 / 0'",
    "sqrt(-1)*a": r"has the constant 'sqrt\(-1\)', which is nan",
    "a % 2": "uses an operator that rules do not have",
    "0.5*a": "has the literal 0.5",
    "True": "has the literal True",
    "sin(*a)": "with positional arguments only",
    "where(condition=a)": "with positional arguments only",
    "a if b else y": "has IfExp",
    "not a": "has Not",
    "a.T": "has Attribute",
    "a[0]": "has Subscript",
    "a +": "is not an expression",
}


def product_of_two():
    @operation(family="elementwise")
    def own_product(a, b):
        """a b."""

    @own_product.register
    def _(a: float, b: float):
        return a * b

    return own_product


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text):
    own = product_of_two()
    with pytest.raises(RegistrationError, match=REFUSED[text]):
        elementwise(own, "b", text)
    assert rule_of(own.info) is None


def test_what_is_refused_leaves_the_rule_that_was_there():
    own = product_of_two()
    elementwise(own, "b", "a")
    with pytest.raises(RegistrationError):
        elementwise(own, "masked", "a", replace=True)
    assert dm.grad(own)(2.0, 3.0) == 3.0


@pytest.mark.parametrize("text", ["masked", "masked(a)", "sin", "masked()"])
def test_a_formula_is_no_partial_derivative(text):
    formula = dm.primitive(ops.operation("own_formula", arity=1))
    with pytest.raises(RegistrationError):
        formula.elementwise(text, "1")


@pytest.mark.parametrize("text", ["a/2", "-1/2*a", "a**(1/2)", "masked(a > b, a == b)", "sqrt(2/arccos(-1))*a", "-a"])
def test_accepted(text):
    own = product_of_two()
    elementwise(own, text, "a")
    assert np.isfinite(dm.grad(own)(2.0, 3.0))
