"""Plum's judgement, the list of ambiguities, and the parts of plum that dispatch relies on."""

import pytest

from dispatchml.dispatch import Layer, add_layer, operation
from dispatchml.dispatch.errors import AmbiguousMethodError
from dispatchml.dispatch.judge import signature_of


class Walks:
    pass


class Swims:
    pass


class Duck(Walks, Swims):
    pass


class Mallard(Duck):
    pass


@pytest.fixture
def f():
    @operation
    def f(a, b):
        """Two arguments."""

    return f


def test_the_parts_of_plum_that_are_used_have_not_moved():
    """Fails when a new minor version of plum moves or changes what dispatch relies on; pyproject pins the version."""
    import plum

    signature = plum.Signature(int, object)
    assert tuple(signature.types) == (int, object)
    assert signature == plum.Signature(int, object)
    assert plum.Signature(bool, object) <= signature
    assert not signature <= plum.Signature(bool, object)
    assert not plum.Signature(int) <= plum.Signature(float)
    assert plum.Signature(int) <= plum.Signature(int | str) <= plum.Signature(object)
    assert not plum.Signature(int, object) <= plum.Signature(object, int)
    assert plum.__version__.split(".")[:2] == ["2", "10"]


def test_a_method_shows_its_plum_signature(f):
    f.register(lambda a, b: 0, int | str, object)
    (method,) = f.methods
    assert method.signature == signature_of((int | str, object))
    assert method.signature is method.signature


def test_names_that_are_not_there_yet_stand_for_nothing(f):
    f.register(lambda a, b: 0, "nowhere_at_all:Thing", object)
    (method,) = f.methods
    assert not signature_of((int, object)) <= method.signature


def test_no_ambiguities(f):
    assert f.ambiguities() == []
    f.register(lambda a, b: 0, Walks, object)
    f.register(lambda a, b: 0, Duck, object)
    f.register(lambda a, b: 0, Duck, Swims)
    assert f.ambiguities() == []


def test_crossed_methods_are_reported_with_the_method_to_write(f, check_text):
    f.register(lambda a, b: 0, Walks, object)
    f.register(lambda a, b: 0, object, Swims)
    (found,) = f.ambiguities()
    name, cell, one, other = found
    assert (name, cell) == ("f", (Walks, Swims))
    assert [one, other] == f.methods
    check_text(repr(found), "ambiguity")
    with pytest.raises(AmbiguousMethodError):
        f(Walks(), Swims())
    f.register(lambda a, b: 0, *cell)
    assert f.ambiguities() == []
    assert f(Duck(), Duck()) == 0


def test_classes_that_inherit_from_both_are_found(f):
    f.register(lambda a, b: 0, Walks, int)
    f.register(lambda a, b: 0, Swims, int)
    assert [found[1] for found in f.ambiguities()] == [(Duck, int)]
    with pytest.raises(AmbiguousMethodError):
        f(Mallard(), 1)


def test_a_report_agrees_with_the_call_for_exact_numbers(f):
    f.register(lambda a, b: "int", int, object)
    f.register(lambda a, b: "bool", bool, Walks)
    assert f.ambiguities() == []  # no value is both an int and a bool to dispatch
    assert f(True, Walks()) == "bool"
    assert f(1, Walks()) == "int"


def test_a_report_agrees_with_the_call_for_layers(f):
    add_layer(Layer(Walks, "meaning", place="here"))
    f.register(lambda a, b: "left", Walks, object)
    f.register(lambda a, b: "right", object, Walks)
    assert f.ambiguities() == []  # object takes no layer
    assert (f(Walks(), 1), f(1, Walks())) == ("left", "right")


def test_unions_meet_member_by_member(f):
    f.register(lambda a, b: 0, int | str, object)
    f.register(lambda a, b: 0, object, bytes | str)
    cells = {found[1] for found in f.ambiguities()}
    assert cells == {(int, bytes), (int, str), (str, bytes), (str, str)}
