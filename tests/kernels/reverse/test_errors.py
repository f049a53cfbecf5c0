"""What cannot be run back says so, at the user's line, and what to write instead."""

import re

import numpy as np
import pytest

from dispatchml.kernels.errors import KernelError
from dispatchml.kernels.reverse import KernelReverseError

from .running import reverse


def writes_argument(a):
    a[0] = 2.0  # here
    return a[1]


def list_appended(x):
    items = []
    items.append(x)  # here
    return x


def unknown_function(x):
    return np.interp(x, np.arange(3.0), np.arange(3.0))  # here


def shared_memory(x):
    a = np.array([x, 1.0])
    b = np.array([x, 2.0])
    for _i in range(9):  # here
        b[0] = b[0] * a[0]
        a = b
    return a[0]


def complex_number(x):
    return x * 1j  # here


def fancy_index(a):
    return a[np.array([0, 1])][0]  # here


def attribute(x):
    return x.real  # here


def of_two_kinds(x):
    a = x
    for _i in range(9):  # here
        a = np.array([x, 1.0])
    return a[0]


def with_else(x):
    for _i in range(3):  # here
        x = x * x
    else:
        x = 1.0
    return x


CASES = [
    (writes_argument, np.ones(2), "writes into its argument a; write into a copy"),
    (list_appended, 1.0, "attribute append"),
    (unknown_function, 1.0, "np.interp"),
    (shared_memory, 1.0, "bind a copy"),
    (complex_number, 1.0, "complex numbers"),
    (fancy_index, np.ones(2), "write a loop over the indices"),
    (attribute, 1.0, "attribute real"),
    (of_two_kinds, 1.0, "make it of one kind before"),
    (with_else, 1.0, "for with else"),
]


@pytest.mark.parametrize(("function", "argument", "text"), CASES, ids=lambda v: getattr(v, "__name__", None))
def test_texts(function, argument, text):
    with pytest.raises(KernelReverseError, match=re.escape(text)) as caught:
        reverse(function, argument)
    lines = open(__file__).read().splitlines()
    first = function.__code__.co_firstlineno
    here = next(i for i, line in enumerate(lines, 1) if i > first and line.endswith("# here"))
    assert f"test_errors.py:{here})" in str(caught.value)
    assert isinstance(caught.value, KernelError)
