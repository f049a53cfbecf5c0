"""The words that errors share: places, descriptions, frames."""

import sys

import attrs
import numpy as np
import pytest

from dispatchml.dispatch import errors, operation
from dispatchml.dispatch.errors import class_name, code_line, describe, describe_call, user_line, without_our_frames


def test_every_error_is_a_subclass_of_a_builtin_error_too():
    found = [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, errors.DispatchmlError)]
    assert len(found) > 15
    for cls in found:
        if cls is errors.OperationError:
            continue  # it is raised together with the class of the error that the operation gave
        if cls is not errors.DispatchmlError:
            assert cls.__doc__
            assert any(b.__module__ == "builtins" and b is not Exception for b in cls.__mro__[:-3] if b is not cls), cls


def test_descriptions_have_shapes_and_dtypes_and_no_values():
    assert describe(np.full((2, 3), 4711.0)) == "numpy.ndarray[float64, shape (2, 3)]"
    assert describe("secret") == "str"
    assert describe((1, 2.0, "a", None, 3)) == "(int, float, str, NoneType, ...)"
    assert describe_call("f", (1, float)) == "f(int, float)"


def test_class_names():
    class Local:
        pass

    assert class_name(int) == "int"
    assert class_name(np.ndarray) == "numpy.ndarray"
    assert class_name(Local) == f"{__name__}.Local"
    assert class_name(errors.JoinError) == "dispatchml.JoinError"


def test_the_users_line_is_the_callers():
    line = sys._getframe().f_lineno + 1
    assert user_line() == f"{__file__}:{line}"

    @operation
    def f(x):
        """One."""

    line = sys._getframe().f_lineno + 2
    with pytest.raises(errors.NoMethodError) as caught:
        np.vectorize(f)([1])
    assert f"(at {__file__}:{line})" in str(caught.value)  # through NumPy's own frames


def test_where_a_function_was_defined():
    assert code_line(describe_call).startswith(errors.__file__)
    assert code_line(print) == "builtins.print"
    assert code_line(np.add).endswith("add")


def test_our_frames_are_left_out_unless_asked_for(monkeypatch):
    @operation
    def f(x):
        """One."""

    with pytest.raises(errors.NoMethodError) as caught:
        f(1)

    def files(traceback):
        while traceback is not None:
            yield traceback.tb_frame.f_code.co_filename
            traceback = traceback.tb_next

    assert set(files(without_our_frames(caught.value.__traceback__))) == {__file__}
    monkeypatch.setenv("DISPATCHML_TRACEBACK", "full")
    assert len(set(files(without_our_frames(caught.value.__traceback__)))) > 1


def test_methods_that_attrs_writes_are_not_the_users_line():
    @attrs.frozen
    class Refusing:
        value: float

        def __attrs_post_init__(self):
            raise ValueError(user_line(sys._getframe(1)))

    with pytest.raises(ValueError, match=r"test_errors\.py:\d+$"):
        Refusing(1.0)
