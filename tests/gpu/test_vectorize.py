"""`vectorize` of functions with branches and loops on a device: one kernel, with derivatives by dual numbers."""

import math
import shutil
import subprocess

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.compile.device import module
from dispatchml.dispatch.errors import DispatchmlError, JoinError

X = np.linspace(-8.0, 4.0, 101)
A = np.linspace(0.1, 3.0, 40)
PTXAS = shutil.which("ptxas")


@dm.vectorize
def soft(x, width):
    if x > width:
        return x - width
    while x < -3:
        x = x / 2 + math.sin(x)
    return width * math.expm1(x / width) if x < 0 else x**2.5


@dm.vectorize
def steps(a, n):
    s = 0
    for i in range(n):
        s += a // 3 + i % 2
        if s > 40:
            break
    return s


@dm.vectorize
def two(x, y):
    if x > y:
        return x * y, x > 0.5
    return math.atan2(x, y), x < y


@dm.vectorize
def turned(z):
    if abs(z) > 1:
        return z * z
    return z + 1j


@dm.vectorize
def special(x):
    while x < 1:
        x += 1
    return math.gamma(x) + math.lgamma(x) + math.erf(x) + math.hypot(x, 1.0) + math.log10(x)


@dm.vectorize
def root(a):
    x = a if a > 1 else 1.0
    for _ in range(50):
        d = (x * x - a) / (2 * x)
        x -= d
        if abs(d) < 1e-12:
            break
    return x


@dm.vectorize
def listed(x):
    values = [x, x * 2]
    s = 0.0
    for v in values:
        if v > 0:
            s += v
    return s


@dm.vectorize
def down(x):
    return x if x < 1 else down(x - 1)


CASES = {
    "soft": (soft, X, 1.5),
    "soft of two arrays": (soft, X, np.abs(X[::-1]) + 0.5),
    "whole numbers": (steps, np.arange(-5, 20), 7),
    "two results": (two, A, A[::-1].copy()),
    "complex": (turned, A + 1j * A),
    "special functions": (special, A),
    "Newton": (root, A),
    "single": (soft, X.astype(np.float32), 1.5),
    "empty": (soft, X[:0], 1.5),
    "broadcast": (two, A[:5, None], A[None, :3]),
}


def leaves(y):
    return y if type(y) is tuple else (y,)


def on(there, arguments):
    return [there(x) if isinstance(x, np.ndarray) else x for x in arguments]


def on_host(name, function, arguments):
    """The results of the compiled function on the host; what the ordinary tests take runs as plain Python."""
    if name not in SOME:
        return function(*arguments)
    rows = [function.py_func(*row) for row in zip(*(x.tolist() for x in np.broadcast_arrays(*arguments)), strict=True)]
    if not rows:
        return np.zeros(0)
    return tuple(map(np.array, zip(*rows, strict=True))) if type(rows[0]) is tuple else np.array(rows)


#: What the ordinary tests take.
SOME = ("soft", "two results", "complex", "empty")


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in SOME else pytest.mark.slow) for n in CASES])
def test_values_are_those_of_the_host(name, there, place):
    function, *arguments = CASES[name]
    given = on(there, arguments)
    place.counts.reset()
    found = function(*given)
    assert (place.counts.waits, place.counts.down) == (0, 0)
    for a, b in zip(leaves(found), leaves(on_host(name, function, arguments)), strict=True):
        assert isinstance(a, place.ndarray)
        assert a.dtype == b.dtype
        np.testing.assert_allclose(place.host(a), b, rtol=1e-13 if b.dtype.itemsize >= 8 else 1e-6, atol=1e-14)


def test_derivatives_by_duals(there, place):
    plain, x, h = (lambda x: np.sum(soft(x, 1.5) * x)), there(X), 1e-6
    values = lambda x, w: np.array([soft.py_func(v, w) for v in x.tolist()])  # noqa: E731
    near = (values(X + h, 1.5) * (X + h) - values(X - h, 1.5) * (X - h)) / (2 * h)
    np.testing.assert_allclose(place.host(dm.grad(plain)(x)), near, rtol=1e-7, atol=1e-8)
    by_number = dm.grad(lambda w: np.sum(soft(x, w)))(1.5)
    near = np.sum(values(X, 1.5 + h) - values(X, 1.5 - h)) / (2 * h)
    np.testing.assert_allclose(place.host(by_number), near, rtol=1e-7)


def test_derivatives_of_a_loop_to_second_order(there, place):
    total, a, both = (lambda a: np.sum(root(a))), there(A), np.stack([A, 2 * A])
    for found, expected in (
        (dm.grad(total)(a), 0.5 / np.sqrt(A)),
        (dm.jit(dm.grad(total))(a), 0.5 / np.sqrt(A)),
        (dm.hvp(total, (a,), (a,)), -0.25 / np.sqrt(A)),
        (dm.jvp(total, (a,), (a,))[1], np.sum(0.5 * np.sqrt(A))),
        (dm.vmap(dm.grad(total))(there(both)), 0.5 / np.sqrt(both)),
    ):
        np.testing.assert_allclose(place.host(found), expected, rtol=1e-10)


def test_what_cannot_be_there_says_so(there, place):
    with pytest.raises(JoinError, match="no common storage .*to_device"):
        soft(there(X), X)
    with pytest.raises(DispatchmlError, match="down calls itself, for which threads of a device have no room"):
        down(there(A))


def test_lists_have_memory_of_the_thread(there, place):
    np.testing.assert_allclose(place.host(listed(there(A))), 3 * A)


def test_where_the_host_raises_a_device_has_nan(there, place):
    @dm.vectorize
    def inverse(x):
        if x > 5:
            return x
        return 1 / x + 1 // (int(x) + 1)

    found = place.host(inverse(there([-0.5, -1.0, 6.0])))
    assert np.isnan(found[1])
    np.testing.assert_allclose(found[[0, 2]], [-1.0, 6.0])


def test_the_text_is_assembled(pretend, tmp_path):
    soft(dm.to_device(np.array(X), "pretend"), 1.5)
    dm.grad(lambda x: np.sum(soft(x, 1.5)))(dm.to_device(np.array(X), "pretend"))
    kernels = [made[0][0] for key, made in soft.program.others.items() if key[0] == "pretend"]
    assert kernels
    for architecture in (80, 90):
        path = tmp_path / f"sm_{architecture}.ptx"
        path.write_text(module.ptx(module.module_text(kernels[:1], True), architecture))
        if PTXAS is not None:
            command = [PTXAS, f"-arch=sm_{architecture}", "-o", str(tmp_path / "made.cubin"), str(path)]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
