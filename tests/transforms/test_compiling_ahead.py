"""compile_ahead: nothing is recorded when the function is called for the first time."""

import queue
import time

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.compile import progress
from dispatchml.dispatch.errors import FunctionError, RecordingError

RUNS = queue.SimpleQueue()


def counted(x, options):
    RUNS.put(1)
    return np.sum(np.sin(x) * options["scale"])


@pytest.fixture(autouse=True)
def no_runs():
    while RUNS.qsize():
        RUNS.get()


def test_the_first_call_runs_the_program():
    compiled = dm.jit(counted)
    assert dm.compile_ahead(compiled, dm.ArraySpec((7, 3), "f4"), {"scale": 2.0}) is compiled
    before = RUNS.qsize()
    assert before
    found = compiled(np.ones((7, 3), np.float32), {"scale": 0.5})
    np.testing.assert_allclose(found, 10.5 * np.sin(1.0), rtol=1e-6)
    assert RUNS.qsize() == before


def test_examples_stay_what_they_are():
    compiled = dm.jit(lambda x: x + 1.0, donate=0)
    x = np.zeros(5)
    dm.compile_ahead(compiled, x)
    np.testing.assert_array_equal(x, np.zeros(5))


def test_specs_in_containers_and_by_name():
    compiled = dm.jit(lambda x, *, k: x[0] * k)
    dm.compile_ahead(compiled, (dm.ArraySpec(4), 1), k=2.0)
    np.testing.assert_array_equal(compiled((np.ones(4), 1), k=3.0), np.full(4, 3.0))


def test_what_is_not_compiled_is_refused():
    with pytest.raises(FunctionError, match="jit or kernel"):
        dm.compile_ahead(np.sin, 1.0)
    with pytest.raises(RecordingError, match="runs uncompiled"):
        dm.compile_ahead(dm.jit(lambda x: float(x[0]), lift=False), dm.ArraySpec(3))


def test_what_takes_long_says_so(capsys):
    with progress.progress("compiling f", 10.0):
        pass
    assert capsys.readouterr().err == ""
    with progress.progress("compiling f", 0.01):
        time.sleep(0.2)
    assert "compiling f" in capsys.readouterr().err
