"""The call rule: methods, the outermost layer, the join of values, decomposition, materialising, errors."""

import warnings

import numpy as np
import pytest

from dispatchml.dispatch import Layer, add_layer, operation, order
from dispatchml.dispatch.errors import (
    AmbiguousMethodError,
    DensifyWarning,
    LayerOrderError,
    NoMethodError,
    RegistrationError,
    SealedLayerError,
    UnregisteredTypeError,
)


class Wrap:
    """A layer for tests: a payload and nothing else."""

    def __init__(self, value):
        self.value = value


class Coat(Wrap):
    pass


class Hat(Wrap):
    pass


class ThinCoat(Coat):
    pass


def make_layer(cls, slot="meaning", **keywords):
    add_layer(Layer(cls, slot, payload=lambda x: x.value, rebuild=lambda x, p: type(x)(p), place="here", **keywords))


@pytest.fixture
def f():
    @operation
    def f(a, b):
        """Two arguments."""

    return f


# ---- (a) methods and their order -------------------------------------------------------------------------------------


def test_ambiguous_calls_say_what_to_write(f, check_text):
    @f.register
    def left(a: int, b: object):
        return "left"

    @f.register
    def right(a: object, b: int):
        return "right"

    assert (f(1, "x"), f("x", 1)) == ("left", "right")
    with pytest.raises(AmbiguousMethodError) as caught:
        f(1, 2)
    check_text(caught.value, "ambiguous_call")

    f.register(lambda a, b: "both", int, int)
    assert f(1, 2) == "both"


def test_an_ambiguous_variadic_call_says_what_to_write(check_text):
    class Walks:
        pass

    class Swims:
        pass

    class Duck(Walks, Swims):
        pass

    @operation(variadic=True)
    def joined(things):
        """Several."""

    joined.register(lambda things: "walk", Walks)
    joined.register(lambda things: "swim", Swims)
    with pytest.raises(AmbiguousMethodError) as caught:
        joined((Duck(), Duck()))
    check_text(caught.value, "ambiguous_variadic_call")


def test_three_methods_in_a_chain(f):
    f.register(lambda a, b: 1, object, object)
    f.register(lambda a, b: 2, object, str)
    f.register(lambda a, b: 3, list, str)
    assert (f(1, 1), f(1, ""), f([], ""), f([], 1)) == (1, 2, 3, 1)


# ---- (b) layers ------------------------------------------------------------------------------------------------------


def test_a_layer_is_matched_by_its_own_name_only(f, check_text):
    make_layer(Coat)
    f.register(lambda a, b: "anything", object, object)
    f.register(lambda a, b: "wrap", Wrap, object)
    assert f(Hat(1), 2) == "wrap"
    with pytest.raises(NoMethodError) as caught:
        f(Coat(1), 2)
    check_text(caught.value, "no_rule_for_layer")
    f.register(lambda a, b: "coat", Coat, object)
    assert f(Coat(1), 2) == f(ThinCoat(1), 2) == "coat"
    f.register(lambda a, b: "union", object, Coat | Hat)
    assert f(1, Coat(1)) == "union"


def test_a_class_that_becomes_a_layer_later_is_settled_anew(f):
    f.register(lambda a, b: "anything", object, object)
    assert f(Coat(1), 1) == "anything"
    make_layer(Coat)
    with pytest.raises(NoMethodError):
        f(Coat(1), 1)


def test_the_outermost_layer_owns_the_call_wherever_it_stands(f):
    make_layer(Coat, "meaning")
    make_layer(Hat, "structure")
    f.layer(Coat)(lambda a, b: "coat")
    f.layer(Hat)(lambda a, b: "hat")
    assert f(Coat(1), Hat(1)) == f(Hat(1), Coat(1)) == f(1, Coat(1)) == f(Coat(1), Coat(1)) == "coat"
    assert f(Hat(1), 1) == f(1, Hat(1)) == "hat"


def test_the_rule_of_a_layer_takes_the_arguments_of_the_operation(f):
    make_layer(Coat)
    for rule in (lambda a: "one", lambda a, b, c: "three", lambda *, a, b: "none"):
        with pytest.raises(RegistrationError, match=r"test_resolve\.py:\d+ takes \d positional .* called with 2"):
            f.layer(Coat)(rule)
    with pytest.raises(RegistrationError, match="takes 3 to 4 positional arguments"):
        f.layer(Coat)(lambda a, b, c, d=0: "four")
    for rule in (lambda *all: "all", lambda a, b, c=0: "more", lambda a, *rest: "rest", max):
        f.layer(Coat, replace=True)(rule)
        assert f.info.layers[Coat] is rule


def test_two_layers_of_one_slot_need_an_order(f, check_text):
    make_layer(Coat)
    make_layer(Hat)
    f.layer(Coat)(lambda a, b: "coat")
    f.layer(Hat)(lambda a, b: "hat")
    texts = set()
    for arguments in ((Coat(1), Hat(1)), (Hat(1), Coat(1))):
        with pytest.raises(LayerOrderError) as caught:
            f(*arguments)
        texts.add(str(caught.value).partition("(at")[2].partition(")")[2])
    assert len(texts) == 1
    check_text(caught.value, "no_order")
    order(outer=Hat, inner=Coat)
    assert f(Coat(1), Hat(1)) == f(Hat(1), Coat(1)) == "hat"


def test_a_rule_of_a_base_serves_a_subclass_and_the_nearest_wins(f):
    make_layer(Coat)
    f.layer(Coat)(lambda a, b: "coat")
    assert f(ThinCoat(1), 1) == "coat"
    f.layer(ThinCoat)(lambda a, b: "thin")
    assert (f(ThinCoat(1), 1), f(Coat(1), 1)) == ("thin", "coat")


def test_rules_of_layers_are_registered_once(f, check_text):
    make_layer(Coat)
    f.layer(Coat, lambda a, b: "one")
    with pytest.raises(RegistrationError) as caught:
        f.layer(Coat, lambda a, b: "two")
    check_text(caught.value, "second_layer_rule")
    f.layer(Coat, lambda a, b: "two", replace=True)
    assert f(Coat(1), 1) == "two"
    f.unregister(Coat)
    with pytest.raises(NoMethodError):
        f(Coat(1), 1)


def test_a_rule_for_what_is_no_layer_is_refused(f, check_text):
    with pytest.raises(RegistrationError) as caught:
        f.layer(Coat)(lambda a, b: 0)
    check_text(caught.value, "not_a_layer")


def test_a_rule_by_name_waits_for_the_layer(f):
    import sys
    import types

    f.layer("late_layers:Late")(lambda a, b: "late")
    with pytest.raises(RegistrationError, match="already"):
        f.layer("late_layers:Late")(lambda a, b: "again")
    Late = type("Late", (Wrap,), {"__module__": "late_layers"})
    sys.modules["late_layers"] = types.ModuleType("late_layers")
    sys.modules["late_layers"].Late = Late
    try:
        make_layer(Late)
        assert f(1, Late(1)) == "late"
    finally:
        del sys.modules["late_layers"]


def test_sealed_layers_take_no_methods(f, check_text):
    make_layer(Coat, "transform", sealed=True, provider=lambda op, classes: lambda *a: "engine")
    with pytest.raises(SealedLayerError) as caught:
        f.register(lambda a, b: 0, Coat, int)
    check_text(caught.value, "sealed")
    with pytest.raises(SealedLayerError):
        f.layer(Coat)(lambda a, b: 0)
    with pytest.raises(SealedLayerError):
        f.register(lambda a, b: 0, int, int | Coat)
    assert f(Coat(1), 1) == "engine"


def test_an_engine_is_outside_everything(f):
    make_layer(Coat, "transform", sealed=True, provider=lambda op, classes: lambda *a: (op.name, len(classes)))
    make_layer(Hat)
    f.layer(Hat)(lambda a, b: "hat")
    assert f(Hat(1), Coat(1)) == f(Coat(1), Hat(1)) == ("f", 2)


# ---- what stands in for a missing rule -------------------------------------------------------------------------------


def test_stripping_is_declared_by_the_stub():
    @operation(strips=("meaning",))
    def largest(x):
        """Where the largest is."""

    make_layer(Coat)
    largest.register(np.argmax, np.ndarray)
    assert largest(Coat(np.array([1, 3, 2]))) == 1


def test_stripping_several_payloads_needs_a_rule(check_text):
    @operation(strips=("meaning",))
    def largest(x):
        """Where the largest is."""

    add_layer(Layer(Coat, "meaning", payload=lambda x: (x.value, 1), place="here"))
    with pytest.raises(NoMethodError) as caught:
        largest(Coat(1))
    check_text(caught.value, "strips_several")


def test_a_decomposition_stands_in(f):
    @operation
    def double(x):
        """2 x."""

    make_layer(Coat)
    f.layer(Coat)(lambda a, b: "coat")

    @double.decompose
    def double_by_adding(x):
        return f(x, x)

    assert double.decomposition is double_by_adding
    assert double(Coat(1)) == "coat"
    double.layer(Coat)(lambda x: "own rule")
    assert double(Coat(1)) == "own rule"


def test_materialising_warns_once_a_line_and_can_be_an_error(f):
    make_layer(Coat, "structure", materialise=lambda x: x.value)
    f.register(np.add, np.ndarray, np.ndarray)
    with pytest.warns(DensifyWarning, match="f has no rule for .*Coat") as caught:
        assert f(Coat(np.ones(2)), 1.0).tolist() == [2.0, 2.0]
    assert caught[0].filename == __file__
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("default")
        for _ in range(3):
            f(Coat(np.ones(2)), 1.0)
    assert len(shown) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error", DensifyWarning)
        for _ in range(2):
            with pytest.raises(DensifyWarning):
                f(Coat(np.ones(2)), 1.0)


# ---- (c) values ------------------------------------------------------------------------------------------------------


def test_values_meet_in_their_join(f):
    f.register(lambda a, b: a + b, float, float)
    f.register(np.add, np.ndarray, np.ndarray)
    assert type(f(1, 2.0)) is float
    assert type(f(1j, 2)) is complex
    assert type(f(np.float32(1), 2.0)) is np.float32
    assert f(np.ones(2, np.float32), 2.0).dtype == np.float32
    assert f(np.ones(2), True).tolist() == [2.0, 2.0]


class Masked(np.ndarray):
    """A subclass of ndarray that nobody has registered."""


def test_an_unregistered_ndarray_subclass_is_refused_everywhere(f, check_text):
    masked = np.ones(3).view(Masked)
    f.register(np.add, np.ndarray, np.ndarray)
    with pytest.raises(UnregisteredTypeError) as caught:
        f(masked, masked)
    check_text(caught.value, "unregistered_subclass")
    for arguments in ((masked, 1), (1, masked), (np.ones(3), masked)):
        with pytest.raises(UnregisteredTypeError):
            f(*arguments)
    f.register(lambda a, b: "anything", object, object)
    with pytest.raises(UnregisteredTypeError):
        f(masked, 1)
    f.register(lambda a, b: "masked", Masked, int)
    assert f(masked, 1) == "masked"


# ---- (d) nothing fits ------------------------------------------------------------------------------------------------


def test_the_nearest_methods_are_named_and_values_are_not(f, check_text):
    f.register(lambda a, b: 0, str, str)
    f.register(lambda a, b: 0, Coat, str)
    f.register(lambda a, b: 0, bytes, bytes)
    f.register(lambda a, b: 0, Coat, list)
    with pytest.raises(NoMethodError) as caught:
        f(Coat("secret"), np.array([[4711.0]]))
    text = str(caught.value)
    assert "4711" not in text
    assert "secret" not in text
    assert "bytes" not in text
    check_text(caught.value, "nearest_methods")


def test_a_list_is_a_container(f, check_text):
    f.register(np.add, np.ndarray, np.ndarray)
    with pytest.raises(NoMethodError) as caught:
        f([1, 2], 3)
    check_text(caught.value, "container")


def test_a_broken_shape_does_not_break_the_message(f):
    class Odd:
        @property
        def shape(self):
            raise ValueError("no")

    with pytest.raises(NoMethodError, match=r"Odd \(no shape: ValueError\)"):
        f(Odd(), 1)


@pytest.mark.parametrize("scaled", [False, True])
def test_numbers_of_other_libraries_need_a_method(f, ratio, scaled, check_text):
    number = ratio.Scaled(1) if scaled else ratio(1, 2)
    f.register(lambda a, b: a + b, float, float)
    with pytest.raises(NoMethodError) as caught:
        f(number, 1)
    check_text(caught.value, f"unregistered_{type(number).__name__}")
    f.register(lambda a, b: a + b, type(number), type(number))
    assert f(number, number) == 2 * number
