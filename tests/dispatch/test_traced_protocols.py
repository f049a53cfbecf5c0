"""Protocols of other libraries on traced values."""

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import traced_methods, traced_protocol
from dispatchml.dispatch.errors import RegistrationError
from dispatchml.dispatch.layers import LAYERS

NAME = "__a_protocol_of_the_tests__"
METHOD = "a_method_of_the_tests"


@pytest.fixture(autouse=True)
def forgotten():
    yield
    for cls, info in LAYERS.items():
        if info.sealed and NAME in vars(cls):
            delattr(cls, NAME)


def test_every_traced_value_answers():
    traced_protocol(NAME, lambda self, name: (name, type(self).__name__))
    seen = []

    def look(x):
        seen.append(getattr(x, NAME)("asked"))
        return x * x

    dm.grad(look)(1.0)
    dm.jvp(look, (1.0,), (1.0,))
    dm.vmap(look)(dm.numpy.ones(2))
    assert seen == [("asked", "Var"), ("asked", "Dual"), ("asked", "Batched")]


def test_what_is_no_protocol_and_what_is_there_already():
    with pytest.raises(RegistrationError, match="'units' is no protocol; attributes are declared by register_type"):
        traced_protocol("units", None)
    with pytest.raises(RegistrationError, match="traced values answer __array_ufunc__ already"):
        traced_protocol("__array_ufunc__", None)
    traced_protocol(NAME, None)
    with pytest.raises(RegistrationError, match="already"):
        traced_protocol(NAME, None)


def test_traced_values_have_the_methods_of_what_they_are_round():
    """In place of NumPy's of the same name; others keep what they have."""
    kept = {cls: vars(cls).get("std") for cls, info in LAYERS.items() if info.sealed}
    traced_methods(float, {METHOD: lambda x, factor: x * factor, "std": lambda x: ops.multiply(x, 7.0)})
    try:
        assert dm.grad(lambda x: x.a_method_of_the_tests(3.0))(1.0) == 3.0
        assert dm.grad(dm.grad(lambda x: x.a_method_of_the_tests(x) * x))(2.0) == 12.0
        assert dm.grad(lambda x: x.std())(1.0) == 7.0
        x = np.array([1.0, 3.0])
        assert dm.value_and_grad(lambda x: x.std())(x)[0] == 1.0
        with pytest.raises(AttributeError, match=METHOD):
            dm.grad(lambda x: x.a_method_of_the_tests(3.0))(x)
    finally:
        for cls, found in kept.items():
            if METHOD in vars(cls):
                delattr(cls, METHOD)
                del cls.std
                if found is not None:
                    cls.std = found


def test_methods_of_a_layer_are_told_where_it_is_registered():
    @dm.layer(slot="structure")
    @attrs.frozen
    class Held:
        numbers: dm.Array

    with pytest.raises(RegistrationError, match="is a layer"):
        traced_methods(Held, {"std": lambda x: x})
