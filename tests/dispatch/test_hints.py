"""Hints: exact numbers, unions, names of modules that are not there yet, abstract classes, and what is refused."""

import abc
import sys
import types
import typing
from typing import Any, Literal, NewType, Protocol, TypeVar, runtime_checkable

import numpy as np
import pytest

from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import NoMethodError, RegistrationError

T = TypeVar("T")
Metres = NewType("Metres", float)


class Shape:
    pass


class Square(Shape):
    pass


@pytest.fixture
def f():
    @operation
    def f(x):
        """One argument."""

    return f


@pytest.mark.parametrize("cls", [bool, int, float, complex])
def test_a_method_for_a_number_matches_that_class_only(f, cls):
    f.register(lambda x: cls, cls)
    assert f(cls(1)) is cls

    class Own(cls if cls is not bool else int):
        pass

    with pytest.raises(NoMethodError):
        f(Own(1))


def test_numpy_scalars_are_not_python_numbers(f):
    f.register(lambda x: "float", float)
    f.register(lambda x: "complex", complex)
    f.register(lambda x: "generic", np.generic)
    assert (f(1.0), f(1j)) == ("float", "complex")
    assert (
        f(np.float64(1)) == f(np.complex128(1)) == f(np.float32(1)) == f(np.int64(1)) == f(np.bool_(True)) == "generic"
    )


def test_a_bool_is_not_an_int_but_is_promoted_to_one(f):
    f.register(lambda x: "str", str)
    f.register(lambda x: "bool", bool)
    f.register(lambda x: "int", int)
    assert f(True) == "bool"
    f.unregister(bool)
    assert f(True) == "int"  # by the join of values: bool lies below int
    with pytest.raises(NoMethodError):
        f(object())


def test_unions(f):
    f.register(lambda x: "number or text", int | str)
    f.register(lambda x: "number", int)
    assert (f(1), f("a")) == ("number", "number or text")
    with pytest.raises(NoMethodError):
        f(b"a")


def test_optional_and_none(f):
    @f.register
    def shape_or_nothing(x: Shape | None):
        return "shape or nothing"

    @f.register
    def nothing(x: None):
        return "nothing"

    assert (f(Square()), f(None)) == ("shape or nothing", "nothing")


def test_any_object_and_missing_annotations_are_the_same(f):
    @f.register
    def anything(x):
        return "anything"

    assert f(1) == f([]) == f(None) == "anything"
    with pytest.raises(RegistrationError, match="already"):
        f.register(lambda x: 0, Any)


def test_annotations_as_text_see_local_classes(f):
    class Local:
        pass

    def of_local(x: "Local"):
        return "local"

    def of_number(x: "int | str") -> "NoSuchThing":  # noqa: F821
        return "number"

    f.register(of_local)
    f.register(of_number)
    assert (f(Local()), f(1)) == ("local", "number")


def test_an_annotation_that_nobody_knows(f, check_text):
    def unknown(x: "Nowhere"):  # noqa: F821
        pass

    with pytest.raises(RegistrationError) as caught:
        f.register(unknown)
    check_text(caught.value, "unknown_annotation")


def test_annotated_and_bare_generics(f):
    f.register(lambda x: "int", typing.Annotated[int, "metres"])
    f.register(lambda x: "mapping", typing.Mapping)
    assert (f(1), f({})) == ("int", "mapping")


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def late_module():
    """A function that imports, as it were, a module with a class in it."""

    def arrive(name="late_package", **classes):
        module = types.ModuleType(name)
        for key, cls in classes.items():
            setattr(module, key, cls)
        sys.modules[name] = module

    yield arrive
    sys.modules.pop("late_package", None)


def test_a_name_takes_effect_when_its_module_is_imported(f, late_module):
    f.register(lambda x: "anything", object)
    f.register(lambda x: "late", "late_package:Late")
    Late = type("Late", (), {"__module__": "late_package"})
    Later = type("Later", (Late,), {})
    assert f(1) == "anything"
    assert "late_package" not in sys.modules
    late_module(Late=Late)
    assert f(Later()) == f(Late()) == "late"
    assert f(1) == "anything"
    with pytest.raises(RegistrationError, match="already"):
        f.register(lambda x: "again", Late)
    f.unregister("late_package:Late")
    assert f(Late()) == "anything"


def test_a_name_as_annotation(f, late_module):
    @f.register
    def late(x: "late_package:Late"):  # noqa: F722
        return "late"

    Late = type("Late", (), {})
    with pytest.raises(NoMethodError):
        f(Late())
    late_module(Late=Late)
    assert f(type("Later", (Late,), {})()) == "late"


def test_a_name_of_an_abstract_class(f, late_module):
    f.register(lambda x: "anything", object)
    f.register(lambda x: "late", "late_package:Late")

    class Late(abc.ABC):  # noqa: B024
        pass

    late_module(Late=Late)
    assert f(Square()) == "anything"
    Late.register(Square)
    assert f(Square()) == "late"


@pytest.mark.parametrize(
    "name", ["late_package", "late package:Late", ":Late", "late_package:", "late_package:La te", "a:b:c"]
)
def test_names_of_another_form_are_refused(f, name):
    with pytest.raises(RegistrationError, match=r'"package.module:Class"'):
        f.register(lambda x: 0, name)


# ---- abstract classes and protocols ----------------------------------------------------------------------------------


def test_a_class_that_joins_an_abstract_class_late_is_seen(f):
    class Sized(abc.ABC):  # noqa: B024
        pass

    f.register(lambda x: "anything", object)
    f.register(lambda x: "sized", Sized)
    assert f(Square()) == "anything"
    Sized.register(Shape)
    assert f(Square()) == "sized"


def test_late_joins_are_seen_in_the_second_argument_and_in_tuples():
    class Sized(abc.ABC):  # noqa: B024
        pass

    class Other:
        pass

    @operation
    def g(a, b):
        """Two."""

    g.register(lambda a, b: "anything", object, object)
    g.register(lambda a, b: "sized", object, Sized)
    assert g(1, Other()) == "anything"

    @operation(variadic=True)
    def h(things):
        """Several."""

    h.register(lambda things: "anything", object)
    h.register(lambda things: "sized", Sized)
    assert h((Other(), Other())) == "anything"
    Sized.register(Other)
    assert g(1, Other()) == "sized"
    assert h((Other(), Other())) == "sized"


def test_protocols_of_methods(f):
    @runtime_checkable
    class Speaks(Protocol):
        def speak(self) -> str: ...

    class Dog:
        def speak(self):
            return "woof"

    f.register(lambda x: x.speak(), Speaks)
    assert f(Dog()) == "woof"
    with pytest.raises(NoMethodError):
        f(Square())


# ---- refused ---------------------------------------------------------------------------------------------------------


class Named(Protocol):
    name: str

    def speak(self) -> str: ...


class Inherited(Named, Protocol):
    def walk(self) -> str: ...


class Unchecked(Protocol):
    def speak(self) -> str: ...


class ByValue(type):
    def __instancecheck__(cls, value):
        return value == 1


class One(metaclass=ByValue):
    pass


@pytest.mark.parametrize(
    ("hint", "name"),
    [
        (list[int], "refused_contents"),
        (dict[str, int] | None, "refused_contents_in_union"),
        (Literal[1], "refused_literal"),
        (T, "refused_type_variable"),
        (type[int], "refused_class_of_class"),
        (runtime_checkable(Named), "refused_data_protocol"),
        (runtime_checkable(Inherited), "refused_inherited_data_protocol"),
        (Unchecked, "refused_unchecked_protocol"),
        (Metres, "refused_new_type"),
        (One, "refused_metaclass"),
        (typing.Callable[[int], int], "refused_callable"),
    ],
)
def test_hints_that_are_read_from_the_value_are_refused(f, check_text, hint, name):
    with pytest.raises(RegistrationError) as caught:
        f.register(lambda x: 0, hint)
    check_text(caught.value, name)
    assert not f.methods


def test_what_is_not_a_class_is_refused(f):
    with pytest.raises(RegistrationError, match="it is not a class"):
        f.register(lambda x: 0, 3)
