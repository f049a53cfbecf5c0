"""Operations: registration, calls, tools, pickling, threads."""

import copy
import gc
import pickle
import subprocess
import sys
import threading
import traceback

import numpy as np
import pytest

from dispatchml.dispatch import Operation, operation, order
from dispatchml.dispatch.errors import NoMethodError, RegistrationError, ShapeError


class Animal:
    pass


class Dog(Animal):
    pass


class Puppy(Dog):
    pass


@operation
def meets(a, b):
    """How two animals meet."""


@meets.register
def animals_meet(a: Animal, b: Animal):
    return "look"


@meets.register
def dogs_meet(a: Dog, b: Dog):
    return "bark"


@operation
def scaled(x, *, factor=2, mode="plain"):
    """x times a factor."""


@scaled.register
def scaled_float(x: float, *, factor=2, mode="plain"):
    return (x * factor, mode)


def test_the_most_specific_method_is_called():
    assert meets(Animal(), Dog()) == "look"
    assert meets(Dog(), Dog()) == "bark"
    assert meets(Puppy(), Dog()) == "bark"


def test_name_documentation_and_stub_are_those_of_the_stub():
    assert meets.__name__ == "meets"
    assert meets.__doc__ == "How two animals meet."
    assert meets.__wrapped__.__doc__ == meets.__doc__
    assert isinstance(meets.info, Operation)
    assert repr(meets.info) == f"<operation {__name__}.meets(a, b) with 2 methods>"


def _renamed(x):
    """Under another name."""


renamed = operation(_renamed, name="renamed")


def test_an_operation_may_have_another_name_than_its_stub():
    assert renamed.__name__ == renamed.__qualname__ == renamed.info.name == "renamed"
    assert pickle.loads(pickle.dumps(renamed)) is renamed


def test_keywords_are_passed_with_their_defaults():
    assert scaled(1.0) == (2.0, "plain")
    assert scaled(1.0, factor=3) == (3.0, "plain")
    assert scaled(1.0, mode="loud", factor=3) == (3.0, "loud")
    with pytest.raises(TypeError, match="unexpected keyword"):
        scaled(1.0, colour="red")


def test_arguments_are_positional_only():
    with pytest.raises(TypeError):
        meets(a=Dog(), b=Dog())
    with pytest.raises(TypeError):
        meets(Dog())


def test_a_key_error_of_a_method_passes_through():
    @operation
    def look(x):
        """Fails."""

    calls = []

    @look.register
    def look_int(x: int):
        calls.append(x)
        raise KeyError("mine")

    for _ in range(2):
        with pytest.raises(KeyError, match="mine"):
            look(1)
    assert calls == [1, 1]


def test_redefinition_is_an_error_unless_it_says_replace(check_text):
    @operation
    def f(x):
        """One."""

    @f.register
    def first(x: int):
        return "first"

    with pytest.raises(RegistrationError) as caught:

        @f.register
        def second(x: int):
            return "second"

    check_text(caught.value, "redefinition")
    assert f(1) == "first"

    @f.register(replace=True)
    def third(x: int):
        return "third"

    assert f(1) == "third"
    assert [m.function for m in f.methods] == [third]


def test_the_same_hint_in_two_spellings_is_a_redefinition():
    from typing import Any, Optional, Union

    for one, other in (
        (Any, object),
        (int | str, Union[str, int]),  # noqa: UP007
        (Optional[int], int | None),  # noqa: UP045
        ("collections:OrderedDict", __import__("collections").OrderedDict),
    ):

        @operation
        def f(x):
            """One."""

        f.register(lambda x: 1, one)
        with pytest.raises(RegistrationError, match="already"):
            f.register(lambda x: 2, other)


def test_unregister_gives_back_the_next_method(check_text):
    @operation
    def f(x):
        """One."""

    f.register(lambda x: "animal", Animal)
    f.register(lambda x: "dog", Dog)
    assert f(Dog()) == "dog"
    f.unregister(Dog)
    assert f(Dog()) == "animal"
    with pytest.raises(RegistrationError) as caught:
        f.unregister(Dog)
    check_text(caught.value, "unregister")


def test_which_takes_values_and_classes():
    assert meets.which(Dog(), Puppy()) is dogs_meet
    assert meets.which(Dog, Puppy) is dogs_meet
    assert meets.which(Animal, Dog()) is animals_meet
    with pytest.raises(NoMethodError):
        meets.which(int, Dog)
    with pytest.raises(NoMethodError, match="takes 2 arguments, not 1"):
        meets.which(int)


def test_which_is_what_a_call_uses():
    @operation
    def half(x):
        """x / 2."""

    half.register(np.positive, np.ndarray)
    assert half.which(float) is half.which(float)
    assert half.which(float)(2.0) == half(2.0)


def test_methods_lists_types_and_places():
    shown = [repr(m) for m in meets.methods]
    assert all(__file__ in line for line in shown)
    assert [m.hints for m in meets.methods] == [(Animal, Animal), (Dog, Dog)]


def test_pickled_by_reference():
    assert pickle.loads(pickle.dumps(meets)) is meets
    assert pickle.loads(pickle.dumps(meets.info)) is meets.info
    assert copy.deepcopy(meets) is meets
    assert copy.deepcopy({"f": meets})["f"] is meets
    assert copy.deepcopy(meets.info) is meets.info


def test_generated_code_is_shown_in_tracebacks():
    try:
        scaled(1.0, factor=Dog())
    except TypeError as error:
        text = "".join(traceback.format_exception(error))
    assert "return method(x, factor=factor, mode=mode)" in text
    assert "in scaled\n" in text


def test_no_method_error_has_no_key_error_above_it():
    with pytest.raises(NoMethodError) as caught:
        meets(1, 2)
    assert "KeyError" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("stub", "what"),
    [
        (lambda *a: None, "fixed number"),
        (lambda **k: None, "fixed number"),
        (lambda a, b=1: None, "fixed number"),
        (lambda: None, "at least one"),
    ],
)
def test_stubs_that_cannot_work(stub, what):
    with pytest.raises(RegistrationError, match=what):
        operation(stub)


def test_a_variadic_stub_has_one_parameter():
    with pytest.raises(RegistrationError, match="exactly one positional parameter"):
        operation(variadic=True)(lambda a, b: None)


def test_a_method_with_another_number_of_parameters_is_refused():
    with pytest.raises(RegistrationError, match="takes 2 positional arguments, but the method .* has 1"):

        @meets.register
        def one(a: Dog):
            pass

    with pytest.raises(RegistrationError, match="takes 2 positional arguments, but 1 types"):
        meets.register(lambda a, b: None, Dog)


def test_a_method_without_the_keywords_is_refused(check_text):
    with pytest.raises(RegistrationError) as caught:

        @scaled.register
        def scaled_int(x: int, *, factor=2):
            return x

    check_text(caught.value, "missing_keyword")


def test_a_method_that_needs_another_keyword_is_refused():
    with pytest.raises(RegistrationError, match=r"needs the keyword other, which the operation does not have \(factor"):
        scaled.register(lambda x, *, factor=2, other: x, int)


def test_a_builtin_without_parameters_needs_types(check_text):
    with pytest.raises(RegistrationError, match="Give the types"):
        meets.register(print)
    with pytest.raises(RegistrationError, match="takes a function"):
        meets.register(3)


# ---- variadic --------------------------------------------------------------------------------------------------------


@operation(variadic=True)
def joined(things, *, sep=","):
    """The things together."""


@joined.register
def joined_numbers(things: int | float, *, sep=","):
    return sep.join(str(x) for x in things)


@joined.register
def joined_texts(things: str, *, sep=","):
    assert type(things) is tuple
    return sep.join(things)


def test_the_elements_of_a_variadic_operation_decide_together():
    assert joined((1, 2.0, 3)) == "1,2.0,3"
    assert joined((2.0, 1), sep=" ") == "2.0 1"
    assert joined(["a", "b"]) == "a,b"
    assert joined(("a",)) == "a"
    with pytest.raises(NoMethodError, match=r"joined\(int, str\)"):
        joined((1, "a"))
    assert joined.which((1, 2.0)) is joined_numbers
    assert joined.which(str) is joined_texts


def test_a_variadic_operation_takes_no_generator_and_no_array():
    assert joined((1, 2)) == "1,2"
    with pytest.raises(NoMethodError, match="takes one tuple, not generator"):
        joined(x for x in (1, 2))
    with pytest.raises(NoMethodError, match=r"takes one tuple, not numpy.ndarray\[int64, shape \(2,\)\]"):
        joined(np.array([1, 2]))
    with pytest.raises(ShapeError, match="at least one"):
        joined(())


# ---- many methods, many threads --------------------------------------------------------------------------------------


def test_ten_thousand_methods_are_resolved():
    classes = [type(f"Kind{i}", (), {}) for i in range(100)]

    @operation
    def pair(a, b):
        """A pair."""

    for i, a in enumerate(classes):
        for j, b in enumerate(classes):
            pair.register(lambda a, b, k=(i, j): k, a, b)
    assert len(pair.methods) == 10_000
    assert all(
        pair(a(), b()) == (i, j) for i, a in enumerate(classes) for j, b in enumerate(classes) if (i + j) % 7 == 0
    )


def test_after_register_returns_every_call_sees_the_new_method():
    """Four threads call while methods come and go; a call that began after `register` returned must see the new
    method.
    """

    @operation
    def newest(a, b):
        """The number of the newest method."""

    newest.register(lambda a, b: 0, Animal, Animal)
    current, failures, stop = [0], [], threading.Event()

    def caller():
        dog = Dog()
        while not stop.is_set():
            before = current[0]
            found = newest(dog, dog)
            if found < before:
                failures.append((before, found))

    threads = [threading.Thread(target=caller) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for t in threads:
            t.start()
        for number in range(1, 1500):
            newest.register(lambda a, b, n=number: n, *((Dog, Dog) if number % 2 else (Animal, Dog)), replace=True)
            if number % 2 == 0:
                newest.unregister(Dog, Dog)
            current[0] = number
            newest(Dog(), Dog())
    finally:
        stop.set()
        for t in threads:
            t.join()
        sys.setswitchinterval(interval)
    assert not failures


def test_a_declaration_made_while_a_call_is_settled_is_not_lost():
    """Resolving may itself load rules that register: what was resolved before them must not be stored."""

    @operation
    def f(x):
        """One."""

    f.register(lambda x: "old", Animal)

    class Sly(type):
        def __subclasscheck__(cls, other):
            if len(f.methods) == 2:
                f.register(lambda x: "new", Dog)
            return super().__subclasscheck__(other)

    class Other(metaclass=Sly):
        pass

    f.register(lambda x: "other", Other)
    f.info.index[Animal].append(f.info.exact[(Other,)])
    assert f(Dog()) == "new"


def test_operations_die_with_their_last_reference():
    from dispatchml.dispatch.operation import OPERATIONS

    @operation
    def short_lived(x):
        """Gone soon."""

    short_lived.register(lambda x: x, int)
    assert short_lived(1) == 1
    assert any(op.name == "short_lived" for op in OPERATIONS)
    del short_lived
    gc.collect()
    assert not any(op.name == "short_lived" for op in OPERATIONS)


def test_operations_can_be_made_while_layers_are_declared():
    failures, stop = [], threading.Event()

    def maker():
        while not stop.is_set():
            try:
                operation(lambda x: None)
            except Exception as error:
                failures.append(error)

    thread = threading.Thread(target=maker)
    thread.start()
    for k in range(200):
        order(outer=f"somewhere:Outer{k}", inner=f"somewhere:Inner{k}")
    stop.set()
    thread.join()
    assert not failures


def test_plum_is_not_imported_by_exact_methods():
    program = """
import sys
from dispatchml.dispatch import operation, dispatch
@operation
def area(shape): "The area."
class Square: pass
class Circle: pass
@area.register
def _(shape: Square): return 1
@area.register
def _(shape: Circle): return 3
@dispatch
def twice(x: int): return 2 * x
assert area(Square()) == 1 and area(Circle()) == 3 and twice(2) == 4
heavy = {"plum", "beartype", "optree", "numba", "scipy", "rich", "hypothesis", "attr", "attrs"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], check=True)
