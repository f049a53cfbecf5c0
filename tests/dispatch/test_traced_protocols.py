"""Protocols of other libraries on traced values."""

import pytest

import dispatchml as dm
from dispatchml.dispatch import traced_protocol
from dispatchml.dispatch.errors import RegistrationError
from dispatchml.dispatch.layers import LAYERS

NAME = "__a_protocol_of_the_tests__"


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
