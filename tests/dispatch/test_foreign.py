"""Layers of somebody else's classes: by class, by name, once, and operators that step back."""

import sys
import types

import numpy as np
import pytest

from dispatchml.dispatch import Layer, add_layer, is_layer, layer_of, operation, register_type
from dispatchml.dispatch.errors import RegistrationError


class Number:
    """Somebody else's class."""

    def __init__(self, inside, unit="m"):
        self.inside, self.unit = inside, unit

    def __add__(self, other):
        return "Number's add"

    def __radd__(self, other):
        return "Number's radd"

    def __pow__(self, other, modulus=None):
        return ("Number's pow", modulus)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        return "Number's ufunc"


class Outer:
    """A value that belongs outside."""

    __array_ufunc__ = None

    def __add__(self, other):
        return "Outer's add"

    def __radd__(self, other):
        return "Outer's radd"

    def __rpow__(self, other):
        return "Outer's rpow"


def register(cls, slot="structure", **keywords):
    register_type(cls, slot=slot, payload=lambda x: x.inside, rebuild=lambda x, p: Number(p, x.unit), **keywords)


@pytest.fixture
def number():
    """A fresh copy of the foreign class."""
    return type("Number", (Number,), dict(vars(Number)))


def test_a_class_becomes_a_layer(number):
    register(number, static=("unit",), methods={"to": operation(lambda x: None)}, materialise=lambda x: x.inside)
    info = layer_of(number)
    assert (info.slot, info.static) == ("structure", ("unit",))
    assert info.payload(number(3.0)) == 3.0
    assert info.rebuild(number(3.0, "s"), 4.0).unit == "s"
    assert info.materialise(number(3.0)) == 3.0
    assert __file__ in info.place


def test_a_name_takes_effect_when_the_class_is_first_met():
    register("late_foreign.core:Late")
    assert "late_foreign" not in sys.modules

    @operation
    def f(x):
        """One."""

    f.layer("late_foreign.core:Late")(lambda x: "late")
    f.register(lambda x: "anything", object)
    Late = type("Late", (Number,), {"__module__": "late_foreign.core"})
    assert f(Late(1)) == "anything"  # met while its module is only half imported
    package, module = types.ModuleType("late_foreign"), types.ModuleType("late_foreign.core")
    package.core, module.Late = module, Late
    sys.modules.update({"late_foreign": package, "late_foreign.core": module})
    try:
        assert is_layer(type("Sub", (Late,), {})(1))
        assert f(Late(1)) == "late"
        with pytest.raises(RegistrationError, match="already"):
            add_layer(Layer(Late, "meaning"))
    finally:
        del sys.modules["late_foreign"], sys.modules["late_foreign.core"]


def test_a_name_that_is_imported_already_takes_effect_at_once():
    name = f"{__name__}:Number"
    sys.modules.setdefault(__name__, sys.modules[Number.__module__])
    register(name)
    assert layer_of(Number) is not None


def test_saying_it_again_from_the_same_line_changes_nothing(number, check_text):
    for _ in range(2):
        register(number, defer=("__add__",))
    assert number(1) + 1 == "Number's add"
    with pytest.raises(RegistrationError) as caught:
        register_type(number, slot="structure", payload=lambda x: x.inside, rebuild=lambda x, p: p)
    check_text(caught.value, "second_register_type")


def test_two_expectations_of_one_name():
    for _ in range(2):
        register("never_there:Thing")
    with pytest.raises(RegistrationError, match="expected already"):
        register_type("never_there:Thing", slot="meaning", payload=lambda x: x, rebuild=lambda x, p: p)


def test_operators_step_back_for_what_belongs_outside(number):
    register(number, defer=("__add__", "__radd__", "__pow__", "__array_ufunc__"))
    add_layer(Layer(Outer, "meaning"))
    assert number(1) + Outer() == "Outer's radd"
    assert Outer() + number(1) == "Outer's add"
    assert number(1) ** Outer() == "Outer's rpow"
    assert number(1) + 1 == number(1) + number(1) == number(1) + np.ones(2) == "Number's add"
    assert pow(number(1), 2, 5) == ("Number's pow", 5)
    assert np.add(number(1), 1) == "Number's ufunc"
    assert number(1).__array_ufunc__(np.add, "__call__", number(1), Outer()) is NotImplemented
    assert Number(1) + Outer() == "Number's add"  # the base was not touched


def test_an_engines_value_is_outside_everything(number):
    register(number, slot="meaning", defer="__add__")
    add_layer(Layer(Outer, "transform", sealed=True, provider=lambda op, classes: None))
    assert number(1) + Outer() == "Outer's radd"


def test_operators_are_wrapped_once(number):
    for _ in range(2):
        register(number, defer=("__add__",))
    wrapped = number.__add__
    assert wrapped.__wrapped__ is Number.__add__
    assert wrapped.__name__ == "__add__"


def test_operators_that_cannot_be_wrapped(number, check_text):
    with pytest.raises(RegistrationError) as caught:
        register(number, defer=("__matmul__",))
    check_text(caught.value, "defer_missing")
    assert layer_of(number) is None
    with pytest.raises(RegistrationError) as caught:
        register(set, defer=("__and__",))
    check_text(caught.value, "defer_in_c")


@pytest.mark.parametrize(
    ("keywords", "what"),
    [
        ({"slot": "units"}, "there is no slot 'units'"),
        ({"slot": "transform"}, "kept for dispatchml's engines"),
        ({"payload": None}, "payload must be a function"),
        ({"rebuild": "x"}, "rebuild must be a function"),
        ({"rebuild": lambda x: x}, r"rebuild: .* takes 1 positional argument, but it is called with 2: \(x, payload\)"),
        ({"payload": lambda: 0}, "payload: .* takes 0 positional arguments"),
        ({"materialise": 3}, "materialise must be a function"),
        ({"static": (3,)}, "static must be names"),
        ({"methods": {"to": None}}, "methods maps names to operations"),
    ],
)
@pytest.mark.parametrize("cls", [Number, "never_there:Thing"])
def test_declarations_that_cannot_work(cls, keywords, what):
    given = {"slot": "structure", "payload": lambda x: x, "rebuild": lambda x, p: p, **keywords}
    with pytest.raises(RegistrationError, match=what):
        register_type(cls, **given)


@pytest.mark.parametrize("cls", [tuple, list, dict])
def test_containers_are_no_layers(cls):
    with pytest.raises(RegistrationError, match=f"{cls.__name__} is a container"):
        register(cls)


@pytest.mark.parametrize("cls", ["Thing", 3, None])
def test_what_is_neither_class_nor_name(cls):
    with pytest.raises(RegistrationError, match="package.module:Class"):
        register(cls)
