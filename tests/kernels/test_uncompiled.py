"""DISPATCHML_DEBUG=1: kernels, vectorized functions and loops run uncompiled, with the same results."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

#: What Numba does not compile: zip(strict=).
UNCOMPILED_ONLY = ("over_arrays",)


def run(debug, *arguments):
    """The output of a Python process with or without debugging."""
    environment = os.environ | {"DISPATCHML_DEBUG": debug}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, env=environment, cwd=Path(__file__).parents[2], timeout=900
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def parts(x):
    """The leaves of results."""
    return [leaf for item in x for leaf in parts(item)] if isinstance(x, (tuple, list)) else [x]


def kind(x):
    """Of what class and dtype a leaf is; NumPy's float64 is a float."""
    return (float, ()) if isinstance(x, float) else (type(x), getattr(x, "dtype", None), np.shape(x))


def compare(*which):
    compiled, plain = (pickle.loads(run(debug, "-m", "tests.kernels.both_ways", *which)) for debug in "01")
    assert compiled.keys() == plain.keys()
    for name, found in compiled.items():
        expected = plain[name]
        if name.startswith(UNCOMPILED_ONLY) and "KernelError" in found:
            continue
        assert type(expected) is list, (name, expected)
        assert type(found) is list, (name, found)
        for x, y in zip(parts(found), parts(expected), strict=True):
            assert kind(x) == kind(y), name
            single = getattr(x, "dtype", None) == np.float32
            np.testing.assert_allclose(x, y, rtol=1e-5 if single else 1e-11, atol=1e-12, err_msg=name)


@pytest.mark.slow
def test_both_ways():
    compare()


@pytest.mark.slow
def test_both_ways_with_all_derivatives():
    compare("all")


PRINTING = """
import numpy as np, dispatchml as dm, pdb, sys, io

@dm.kernel
def f(x):
    y = np.zeros(2)
    for i in range(2):
        print("round", i)
        y[i] = x * i
        breakpoint()
    return y.sum()

seen = []
sys.breakpointhook = lambda: seen.append(sys._getframe(1).f_lineno)
assert f(2.0) == 2.0
assert dm.grad(f)(2.0) == 1.0 and dm.jvp(f, (2.0,), (1.0,))[1] == 1.0
print(seen)
"""


def test_prints_and_breakpoints(tmp_path):
    """In derivatives, too, at the lines of the file."""
    file = tmp_path / "printing.py"
    file.write_text(PRINTING)
    lines = run("1", str(file)).decode().split("\n")
    assert lines[:2] == ["round 0", "round 1"]
    line = PRINTING[: PRINTING.index("    return y.sum()")].count("\n")
    assert lines[-2] == str([line] * 6) or lines[-2] == str([line + 1] * 6)


def test_what_the_function_must_not_do_is_refused_uncompiled_too(tmp_path):
    file = tmp_path / "writing.py"
    file.write_text(
        "import numpy as np, dispatchml as dm\n\n@dm.kernel\ndef f(x):\n    x[0] = 1.0\n    return x[0]\n\n"
        "try:\n    f(np.zeros(2))\nexcept ValueError as error:\n    print(error)\n"
    )
    assert "read-only" in run("1", str(file)).decode()
