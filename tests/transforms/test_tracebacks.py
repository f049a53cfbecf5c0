"""Tracebacks of errors that leave a transform: one, with the lines of the user's only."""

import subprocess
import sys
import traceback

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops


def product(x):
    return np.sum(x.reshape(3, 3) @ np.ones(4))


def inverse(x):
    return np.sum(np.linalg.inv(x))


def chained(x):
    try:
        return x["a"]
    except Exception as error:
        raise ValueError("mine") from error


CALLS = {"shapes": (product, np.ones(9)), "numbers": (inverse, np.zeros((2, 2)))}


def said(call):
    """What Python prints for the error of a call."""
    try:
        call()
    except Exception as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError("no error")


@pytest.mark.parametrize("name", CALLS)
def test_one_traceback_of_the_users_lines(name):
    function, x = CALLS[name]
    text = said(lambda: dm.grad(function)(x))
    assert text.count("Traceback (most recent call last)") == 1
    assert text.count(f"in {function.__name__}\n") == 1
    assert "/dispatchml/" not in text.partition("Traceback")[2].rpartition("dispatchml.")[0]
    assert "<dispatchml" not in text


def test_all_frames_are_there_for_those_who_ask(monkeypatch):
    monkeypatch.setenv("DISPATCHML_TRACEBACK", "full")
    assert said(lambda: dm.grad(product)(np.ones(9))).count("Traceback (most recent call last)") > 1


def test_errors_of_the_users_keep_what_they_come_from():
    text = said(lambda: dm.grad(chained)(np.ones(2)))
    assert text.count("in chained\n") == 2
    assert "boundary.py" not in text


def test_outside_of_a_transform_the_operation_is_the_last_frame():
    text = said(lambda: ops.add(1.0, object()))
    assert "resolve.py" not in text
    assert text.count("operation.py") == 0


TUTORIAL = """
import numpy as np, pint
import dispatchml as dm
u = pint.UnitRegistry()
def f(x):
    return np.sum(x + 1.0 * u.s)
dm.grad(f)(np.array([1.0]) * u.m)
"""


def test_a_plugin_that_is_loaded_meanwhile_leaves_no_trace():
    pytest.importorskip("pint")
    done = subprocess.run([sys.executable, "-c", TUTORIAL], capture_output=True, text=True)
    assert done.stderr.count("Traceback") == 1
    assert "dispatchml_pint" not in done.stderr
    assert done.stderr.rstrip().endswith("Cannot convert from 'second' ([time]) to 'meter' ([length])")
