"""Slots and order: declared, transitive, acyclic, by class or by name, never by accident."""

import sys
import types

import pytest

from dispatchml.dispatch import SLOTS, Layer, add_layer, order
from dispatchml.dispatch.errors import LayerOrderError, RegistrationError
from dispatchml.dispatch.lattice import is_outside, outermost
from dispatchml.dispatch.layers import layer_of


class A:
    pass


class B:
    pass


class C:
    pass


class D:
    pass


def declare(slot, *classes):
    for cls in classes:
        add_layer(Layer(cls, slot, place="here"))


def outside(one, other):
    return is_outside(layer_of(one), layer_of(other))


def test_slots_from_inner_to_outer():
    assert SLOTS == ("scalar", "storage", "structure", "chunked", "meaning", "transform")
    declare("structure", A)
    declare("chunked", B)
    declare("meaning", C)
    assert [outside(*pair) for pair in ((C, B), (B, A), (C, A))] == [True] * 3
    assert [outside(*pair) for pair in ((A, C), (A, A), (B, C))] == [False] * 3
    assert outermost((A, B, int, C)) is layer_of(C)
    assert outermost((int, float)) is None


def test_order_is_transitive():
    declare("meaning", A, B, C)
    order(outer=A, inner=B)
    order(outer=B, inner=C)
    assert outside(A, C)
    assert not outside(C, A)


def test_a_cycle_is_refused_where_it_is_declared_naming_both_places(check_text):
    order(outer=A, inner=B)
    order(outer=B, inner=C)
    with pytest.raises(RegistrationError) as caught:
        order(outer=C, inner=A)
    assert str(caught.value).count(__file__) == 3
    check_text(caught.value, "order_cycle")
    declare("meaning", A, C)
    assert outside(A, C)  # the refused declaration has left nothing behind


def test_nothing_is_outside_itself():
    with pytest.raises(RegistrationError, match="outside itself"):
        order(outer=A, inner=A)


def test_the_same_declaration_twice_is_one():
    order(outer=A, inner=B)
    order(outer=A, inner=B)
    declare("meaning", A, B)
    assert outside(A, B)


def test_an_order_against_the_slots_is_refused(check_text):
    declare("structure", A)
    declare("meaning", B)
    order(outer=B, inner=A)  # says what the slots say
    with pytest.raises(RegistrationError):
        order(outer=A, inner=B)
    declare("structure", C)
    order(outer=C, inner=D)
    with pytest.raises(RegistrationError) as caught:
        declare("meaning", D)
    check_text(caught.value, "order_against_slots")
    assert layer_of(D) is None


@pytest.mark.parametrize("bad", ["A", "package.A", 3, None, "package: A"])
def test_what_is_neither_class_nor_name_is_refused(bad):
    with pytest.raises(RegistrationError, match="order: "):
        order(outer=bad, inner=A)


def test_names_and_classes_are_the_same_and_nothing_is_imported():
    order(outer="late_lattice:Shown", inner=B)
    assert "late_lattice" not in sys.modules
    module = sys.modules["late_lattice"] = types.ModuleType("late_lattice")
    module.Shown = A  # re-exported under another name than its own
    try:
        declare("meaning", A, B)
        assert outside(A, B)
        with pytest.raises(RegistrationError, match="cycle"):
            order(outer=B, inner=A)
    finally:
        del sys.modules["late_lattice"]


def test_a_cycle_that_shows_at_import_is_an_error_at_the_meeting():
    order(outer="late_lattice:One", inner="late_lattice:Two")
    order(outer="late_lattice:AlsoTwo", inner="late_lattice:One")
    module = sys.modules["late_lattice"] = types.ModuleType("late_lattice")
    module.One, module.Two, module.AlsoTwo = A, B, B
    try:
        declare("meaning", A, B)
        for pair in ((A, B), (B, A)):
            with pytest.raises(LayerOrderError, match="cycle"):
                outside(*pair)
    finally:
        del sys.modules["late_lattice"]


def test_layers_below_the_outermost_need_no_order_among_themselves():
    declare("meaning", A, B, C)
    order(outer=C, inner=A)
    order(outer=C, inner=B)
    for classes in ((A, B, C), (C, B, A), (B, C, A)):
        assert outermost(classes) is layer_of(C)
    with pytest.raises(LayerOrderError):
        outermost((A, B))
