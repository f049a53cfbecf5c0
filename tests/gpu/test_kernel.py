"""`kernel` on a device: a thread for each element of a batch, with rows of arrays and local arrays of its own."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.compile.device import module
from dispatchml.dispatch.errors import JoinError
from dispatchml.kernels import threads
from dispatchml.kernels.errors import KernelError

from .test_compiled import assembled

RNG = np.random.default_rng(0)
A, ROWS = RNG.uniform(0.5, 3.0, 23), RNG.standard_normal((23, 2))


@dm.kernel
def root(a):
    x = a if a > 1 else 1.0
    for _ in range(50):
        d = (x * x - a) / (2 * x)
        x -= d
        if abs(d) < 1e-12:
            break
    return x


@dm.kernel
def swing(y0, k):
    """Makes an array in each of so many steps that a thread's memory has to be used again."""
    y = y0.copy()
    for _ in range(120):
        slope = np.empty(2)
        slope[0] = y[1]
        slope[1] = -k * y[0]
        y = y + 0.01 * slope
    return y[0] ** 2 + y[1]


@dm.kernel
def hungry(a):
    large = np.zeros(5000)
    large[7] = a
    return large.sum()


def alike(found, expected, place, tolerance=1e-10):
    for a, b in zip(*(v if type(v) is tuple else (v,) for v in (found, expected)), strict=True):
        assert isinstance(a, place.ndarray)
        np.testing.assert_allclose(place.host(a), b, rtol=tolerance, atol=1e-12)


def test_a_thread_for_each_element(there, place):
    place.counts.reset()
    x = there(A)
    alike(dm.vmap(root)(x), np.sqrt(A), place)
    alike(dm.grad(lambda a: np.sum(dm.vmap(root)(a)))(x), 0.5 / np.sqrt(A), place)
    alike(dm.jit(dm.vmap(root))(x), np.sqrt(A), place)
    assert (place.counts.waits, place.counts.down) == (0, 0)
    np.testing.assert_allclose(place.host(root(there(2.0))), np.sqrt(2.0))


def test_rows_and_arrays_of_a_thread(there, place, monkeypatch):
    monkeypatch.setattr(threads, "SLOTS", 10)  # more threads than have memory at once
    values = lambda y, k: np.array([swing.py_func(row, k) for row in y])  # noqa: E731
    y, h = there(ROWS), 1e-5
    alike(dm.vmap(swing, in_axes=(0, None))(y, 0.5), values(ROWS, 0.5), place)
    total = lambda y, k: np.sum(dm.vmap(swing, in_axes=(0, None))(y, k))  # noqa: E731
    by_rows, by_number = dm.grad(total, argnums=(0, 1))(y, 0.5)
    slopes = [(values(ROWS + h * e, 0.5) - values(ROWS - h * e, 0.5)) / (2 * h) for e in np.eye(2)]
    alike(by_rows, np.stack(slopes, axis=-1), place, 1e-7)
    slope = np.sum(values(ROWS, 0.5 + h) - values(ROWS, 0.5 - h)) / (2 * h)
    np.testing.assert_allclose(place.host(by_number), slope, rtol=1e-7)


def test_more_memory_than_a_thread_has_is_nan(there, place):
    assert np.isnan(place.host(dm.vmap(hungry)(there(A)))).all()


def test_what_does_not_go_says_what_to_write(there):
    with pytest.raises(KernelError, match=r"swing: one thread .* 4000 elements alone .*vmap\(kernel\)\(rows\)"):
        swing(there(np.zeros(4000)), 1.0)
    with pytest.raises(JoinError, match=r"swing: numpy.ndarray.* beside an array on .*to_device"):
        swing(np.zeros(2), there(1.0))


def test_the_text_is_assembled(pretend, tmp_path):
    dm.vmap(dm.grad(swing, argnums=1))(*(dm.to_device(x, "pretend") for x in (ROWS, A)))
    others = [p.others for p in swing.program.others.values() if not isinstance(p, tuple)]
    made = [found[0][0] for known in others for key, found in known.items() if key[0] == "pretend"]
    assert any(kernel.pointers[-1].kind == "arena" for kernel in made)
    assembled(module.module_text(made[:1], True), tmp_path)
