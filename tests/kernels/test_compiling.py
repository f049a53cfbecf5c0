"""Tests of dispatchml.kernels.compiling, closing and results."""

import math
import subprocess
import sys

import numpy as np
import pytest

from dispatchml.compile import cache
from dispatchml.kernels.closing import close
from dispatchml.kernels.compiling import compile as compile_kernel
from dispatchml.kernels.errors import KernelError
from dispatchml.kernels.source import read

pytest.importorskip("numba")

WEIGHTS = np.array([1.0, 2.0, 3.0])
SCALE = 2.0
COUNT = 3


def helper(x, i):
    return SCALE * x * WEIGHTS[i % COUNT]


def everything(x, n, v):
    made = np.zeros(n)
    for i in range(n):
        made[i] = math.sin(x) * i + helper(x, i) + v[i]
    return made.sum(), made, n, x > 0


def fibonacci(n):
    if n < 2:
        return n
    return fibonacci(n - 1) + fibonacci(n - 2)


def is_even(n):
    if n == 0:
        return True
    return is_odd(n - 1)


def is_odd(n):
    if n == 0:
        return False
    return is_even(n - 1)


def compiled(function, *kinds, **options):
    closed = close(read(function))
    hidden = [reader() for reader in closed.hidden]
    code = compile_kernel(closed.source, (*kinds, *("d" if isinstance(h, float) else "d1C" for h in hidden)), **options)
    return lambda *arguments: code(*arguments, *hidden)


def test_numbers_arrays_helpers_and_what_they_read_from_outside():
    run = compiled(everything, "d", "q", "d1C")
    v = np.arange(4.0)
    found, expected = run(0.5, 4, v), everything(0.5, 4, v)
    assert [type(x) for x in found] == [float, np.ndarray, int, bool]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-15)


def test_an_index_out_of_range_names_the_line():
    run = compiled(everything, "d", "q", "d1C")
    line = everything.__code__.co_firstlineno + 3
    with pytest.raises(IndexError, match=f"test_compiling.py:{line}"):
        run(0.5, 4, np.arange(3.0))


def test_recursion_of_one_and_of_two():
    assert compiled(fibonacci, "q")(20) == 6765
    assert compiled(is_even, "q")(10) is True


def test_types_of_numbers_and_arrays():
    def same(x):
        return x

    for value, kind in ((np.float32(1.5), "f"), (1 + 2j, "D"), (True, "?"), (7, "q"), (2.5, "d"), (np.int8(3), "b")):
        found = compiled(same, kind)(value)
        assert found == value
        assert type(found) is type(value)
    x = np.arange(12.0).reshape(3, 4)
    for view, kind in ((x, "d2C"), (x.T, "d2F"), (x[:, ::2], "d2A"), (x[::-1, ::-1], "d2A")):
        found = compiled(same, kind)(view)
        np.testing.assert_array_equal(found, view)
        assert not np.shares_memory(found, x)
    assert compiled(same, "(d,(q,d1C))")((1.5, (2, x[0])))[1][0] == 2


def test_arguments_are_not_written_into():
    def doubles(x):
        x[0] = 2 * x[0]
        return x

    line = doubles.__code__.co_firstlineno + 1
    with pytest.raises(KernelError, match=rf"test_compiling.py:{line}.*copy"):
        compiled(doubles, "d1C")


@pytest.mark.parametrize("text", ["unsupported"])
def test_what_numba_cannot_compile_is_said_with_the_line(text):
    def unsupported(x):
        return np.linalg.tensorinv(x)

    line = unsupported.__code__.co_firstlineno + 1
    with pytest.raises(KernelError, match=f"test_compiling.py:{line}"):
        compiled(unsupported, "d2C")


PROGRAM = """
import sys
sys.path.insert(0, {folder!r})
import test_compiling as t, numpy as np
print(t.compiled(t.everything, "d", "q", "d1C")(0.5, 4, np.arange(4.0))[0], "numba" in sys.modules)
"""


def test_a_later_process_takes_the_code_from_disk_without_numba(tmp_path, monkeypatch):
    if not cache.folder():
        pytest.skip("no cache")
    import os

    monkeypatch.setenv("DISPATCHML_CACHE_DIR", str(tmp_path / "cache"))
    program = PROGRAM.format(folder=os.path.dirname(__file__))
    program = program.replace(
        "import test_compiling", "import pytest; pytest.importorskip = str\nimport test_compiling"
    )
    said = [
        subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
        for _ in range(2)
    ]
    assert said[0][0] == said[1][0]
    assert [x[1] for x in said] == ["True", "False"]
