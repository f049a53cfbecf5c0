"""`@dispatch`: operations of one's own, and methods for anybody's."""

import math

import pytest

from dispatchml.dispatch import Operation, dispatch, operation
from dispatchml.dispatch.errors import NoMethodError, RegistrationError


@dispatch
def describe(x: int, *, loud=False):
    """What it is."""
    return "int" + "!" * loud


@dispatch
def describe(x: float, *, loud=False):  # noqa: F811
    return "float" + "!" * loud


def test_the_first_function_makes_the_operation_and_the_others_add_to_it():
    assert isinstance(describe.info, Operation)
    assert describe.__doc__ == "What it is."
    assert (describe(1), describe(1.0), describe(1.0, loud=True)) == ("int", "float", "float!")
    assert len(describe.methods) == 2


def test_operations_in_a_function():
    @dispatch
    def local(x: int):
        return "int"

    @dispatch
    def local(x: str):  # noqa: F811
        return "str"

    assert (local(1), local("")) == ("int", "str")
    with pytest.raises(NoMethodError):
        describe("")


def test_operations_of_two_scopes_with_one_name_do_not_merge():
    def one():
        @dispatch
        def solve(x: int):
            return "one"

        return solve

    def two():
        @dispatch
        def solve(x: int):
            return "two"

        return solve

    assert (one()(1), two()(1)) == ("one", "two")


def test_methods_for_somebody_elses_operation():
    @operation
    def area(shape):
        """The area."""

    @dispatch(area)
    def _(shape: int):
        return shape * shape

    @dispatch(area, str)
    def named(shape):
        return len(shape)

    assert (area(3), area("abcd")) == (9, 4)
    assert named("ab") == 2

    with pytest.raises(RegistrationError, match="already"):

        @dispatch(area)
        def again(shape: int):
            return 0

    @dispatch(area, replace=True)
    def better(shape: int):
        return 7

    assert area(1) == 7


def test_an_imported_operation_is_not_added_to_by_its_bare_name(check_text):
    from dispatchml.ops import add  # somebody else's

    with pytest.raises(RegistrationError) as caught:

        @dispatch
        def add(a: str, b: str):
            return a + b

    check_text(caught.value, "imported_name")


def test_names_that_are_taken(check_text):
    taken = 3

    with pytest.raises(RegistrationError) as caught:

        @dispatch
        def taken(x: int):
            return x

    check_text(caught.value, "taken_name")


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (lambda *x: 0, "a fixed number of positional arguments"),
        (lambda **x: 0, "a fixed number of positional arguments"),
        (lambda x=1: 0, "has a default"),
        (lambda x, *, k: 0, "needs a default"),
    ],
)
def test_first_functions_that_cannot_work(function, what):
    with pytest.raises(RegistrationError, match=what):
        dispatch(function)


@pytest.mark.parametrize("thing", [3, math.sin, int])
def test_what_is_neither_function_nor_operation(thing):
    with pytest.raises(RegistrationError, match="takes a function or an operation"):
        dispatch(thing)


class Board:
    @dispatch
    def move(self, to: int):
        return f"{to} squares"

    @dispatch
    def move(self, to: str):  # noqa: F811
        return f"to {to}"


def test_methods_of_a_class():
    board = Board()
    assert (board.move(3), board.move("e4")) == ("3 squares", "to e4")
