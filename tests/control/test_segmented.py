"""Long recorded loops as loops of loops: the same derivatives, with less memory."""

import subprocess
import sys

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.control import segmented


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Loops are long from 40 numbers on."""
    monkeypatch.setattr(segmented, "MOST_KEPT", 320)


def rows(x, n, reverse):
    return dm.scan(lambda c, a: (np.sin(c * x + a), c * a), 0.1 * x, np.linspace(0, 1, n), reverse=reverse)


def plain_rows(x, n, reverse):
    c, ys = 0.1 * x, []
    for a in np.linspace(0, 1, n)[:: -1 if reverse else 1]:
        c, y = np.sin(c * x + a), c * a
        ys.append(y)
    return c, np.stack(ys[::-1] if reverse else ys)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("n", [100, 103])
def test_scan(n, reverse):
    def total(f):
        def g(x):
            c, ys = f(x, n, reverse)
            return c + np.sum(ys**2 * np.arange(n))

        return g

    expected = dm.grad(total(plain_rows))(1.1)
    assert dm.jit(dm.grad(total(rows)))(1.1) == pytest.approx(expected, rel=1e-12)


def test_second_order():
    f, plain_f = lambda x: rows(x, 60, False)[0], lambda x: plain_rows(x, 60, False)[0]
    expected = dm.derivative(dm.grad(plain_f))(1.1)
    assert dm.jit(dm.derivative(dm.grad(f)))(1.1) == pytest.approx(expected, rel=1e-11)
    assert dm.jit(dm.grad(dm.grad(f)))(1.1) == pytest.approx(expected, rel=1e-11)


def repeated(x, n):
    v = x
    for _ in range(int(n)):
        v = np.sin(v * x) + 0.1
    return v


LOOPS = {
    "tested": lambda x, n: dm.while_loop(lambda s: s[0] < n, lambda s: (s[0] + 1, np.sin(s[1] * x) + 0.1), (0, x))[1],
    "counted": lambda x, n: dm.fori_loop(0, n, lambda i, v: np.sin(v * x) + 0.1, x),
}


@pytest.mark.parametrize("name", LOOPS)
def test_numbers_of_rounds_that_are_computed(name):
    number = float if name == "tested" else np.int64
    f = dm.jit(dm.grad(LOOPS[name]))
    expected = {n: dm.grad(repeated)(1.1, n) for n in (10, 57, 100, 300)}
    for n in (10, 100, 300, 57):
        assert f(1.1, number(n)) == pytest.approx(expected[n], rel=1e-11)
    found = dm.jit(dm.vmap(dm.grad(LOOPS[name])))(np.array([1.1, 1.1]), np.array([100, 57]) * number(1))
    np.testing.assert_allclose(found, [expected[100], expected[57]], rtol=1e-11)


MEMORY = """
import resource, numpy as np, dispatchml as dm
f = dm.jit(dm.grad(lambda x: np.sum(dm.fori_loop(0, 3000, lambda i, v: np.sin(v) + x, x))))
x = np.full(20_000, 1e-3)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
f(x)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory():
    """All that is carried would be 480 MB."""
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=True)
    unit = 1 if sys.platform == "darwin" else 1024
    assert int(done.stdout) * unit < 200e6
