"""When machine code is made, that it changes no result, and what happens where it cannot be had."""

import subprocess
import sys
import threading

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.backends import native
from dispatchml.backends.native import activation, layout

PROGRAM = """
import numpy as np, sys
import dispatchml as dm
from dispatchml import ops
from dispatchml.backends import native

def f(x, w):
    y = x
    for _ in range(20):
        y = ops.where(y > 0.3, x * y + np.sin(x), ops.maximum(y / 2.0, x)) - ops.mean(y)
    return np.sum(w @ y)

x, w = np.linspace(0.1, 0.9, 10), np.ones((10, 10))
gradient = dm.grad(f, argnums=(0, 1))
first = [g.tobytes() for g in gradient(x, w)]
"""


def run(text, **environment):
    """What a fresh process prints."""
    import os

    variables = {k: v for k, v in os.environ.items() if k != "DISPATCHML_NATIVE"} | environment
    done = subprocess.run([sys.executable, "-c", PROGRAM + text], capture_output=True, text=True, env=variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


needs_machine_code = pytest.mark.skipif(
    bool(layout.reason_against()), reason=layout.reason_against() or "machine code runs"
)


@needs_machine_code
def test_a_program_that_computes_enough_gets_it_and_keeps_its_results():
    text = """
print("llvmlite" in sys.modules, native.active())
for _ in range(2000):
    again = [g.tobytes() for g in gradient(x, w)]
    if native.active():
        break
print("llvmlite" in sys.modules, native.active(), native.why_not() == "")
print(first == [g.tobytes() for g in gradient(x, w)])
"""
    assert run(text) == ["False", "False", "True", "True", "True", "True"]


@needs_machine_code
def test_it_can_be_had_at_once():
    assert run("print(native.active())", DISPATCHML_NATIVE="1") == ["True"]


@needs_machine_code
def test_the_strong_product_of_masks_is_a_number_with_it_too():
    text = "m = np.array([True, False]); print(ops.strong_multiply(m, m), ops.strong_multiply(m, m).dtype)"
    assert run(text, DISPATCHML_NATIVE="1") == run(text, DISPATCHML_NATIVE="0") == ["[1", "0]", "int64"]


def test_it_can_be_switched_off():
    text = "[gradient(x, w) for _ in range(1500)]; print(native.active(), 'llvmlite' in sys.modules, native.why_not())"
    assert run(text, DISPATCHML_NATIVE="0") == ["False", "False", *"DISPATCHML_NATIVE=0 is set".split()]


def test_where_memory_is_laid_out_otherwise_numpy_goes_on():
    text = """
from dispatchml.backends.native import layout
layout.ARRAY_NDIM = 28
native.activate()
print(native.active(), native.why_not().replace(" ", "_"), first == [g.tobytes() for g in gradient(x, w)])
"""
    assert run(text) == ["False", "arrays_are_laid_out_differently", "True"]


@needs_machine_code
def test_where_a_result_would_differ_numpy_goes_on():
    text = """
from dispatchml.backends.native import layout
real = layout.loop_of
import numpy as np
layout.loop_of = lambda ufunc, signature: real(np.subtract if ufunc is np.add else ufunc, signature)
native.activate()
print(native.active(), native.why_not().replace(" ", "_"), first == [g.tobytes() for g in gradient(x, w)])
"""
    found = run(text)
    assert found[0] == "False"
    assert "add_gives_another_result_than_NumPy" in found[1]
    assert found[2] == "True"


@needs_machine_code
def test_threads_may_race_for_it():
    text = """
import threading
results = []
def work():
    for _ in range(60):
        results.append([g.tobytes() for g in gradient(x, w)] == first)
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]; native.activate(); [t.join() for t in threads]
print(native.active(), all(results), len(results))
"""
    assert run(text) == ["True", "True", "480"]


def test_methods_have_a_readable_place():
    native.activate()
    text = str(ops.multiply.methods)
    assert "bytes" not in text
    assert activation.pending is False


@needs_machine_code
def test_a_constant_that_is_refilled_is_kept():
    native.activate()
    w = np.ones((3, 3))

    def f(x):
        total = 0.0
        for k in range(3):
            w[:] = k + 1.0
            total = total + ops.sum(w @ x) + ops.sum(w * x)
        return total

    np.testing.assert_array_equal(dm.grad(f)(np.ones(3)), np.full(3, 3.0 * (1 + 2 + 3) * 2))


@needs_machine_code
def test_eight_threads_agree_with_one():
    native.activate()

    def f(x):
        y = x
        for _ in range(30):
            y = ops.where(y > 0.5, np.sin(y) * x, y / (1.0 + x)) + 0.1
        return ops.sum(y)

    xs = [np.linspace(0.1, 0.9, 10) + 0.01 * k for k in range(8)]
    gradient = dm.grad(f)
    wanted = [gradient(x) for x in xs]
    found: list = [None] * 8

    def work(k):
        for _ in range(50):
            found[k] = gradient(xs[k])

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)
