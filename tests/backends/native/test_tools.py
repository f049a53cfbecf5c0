"""What engines ask of values in machine code: alike, finite, kept, fingerprint."""

import sys
import tracemalloc

import numpy as np
import pytest

from dispatchml.backends.native import layout
from dispatchml.backends.native.machine import Machine

pytestmark = pytest.mark.skipif(bool(layout.reason_against()), reason=layout.reason_against() or "machine code runs")


@pytest.fixture(scope="module")
def machine():
    return Machine()


def test_alike(machine):
    alike = machine.alike()
    x = np.ones((2, 3))
    assert alike(x) is True
    assert alike(x, x.copy(), x[::-1], np.asfortranarray(x)) is True
    single = x.astype(np.float32)
    assert alike(single, single) is True
    assert alike(np.array(1.0), np.array(2.0)) is True
    others = (
        single,
        x[0],
        x.T,
        x.astype(complex),
        x > 0,
        1.0,
        np.float64(1),
        None,
        x.view(np.ma.MaskedArray),
        x.astype(">f8"),
    )
    for other in others:
        assert alike(x, other) is False
        assert alike(other, x) is False
    integers = np.arange(3)
    assert alike(integers, integers) is False


@pytest.mark.parametrize("dtype", "df")
def test_finite(machine, dtype):
    asked = []
    finite = machine.finite(lambda x: asked.append(1) or "unusual")
    x = np.linspace(-1, 1, 50).astype(dtype)
    x[0] = np.finfo(dtype).max
    assert finite(x) is True
    for bad in (np.nan, np.inf, -np.inf):
        for place in (0, 17, 49):
            y = x.copy()
            y[place] = bad
            assert finite(y) is False
    assert finite(x > 0) is True
    assert finite(1.5) is True
    assert finite(float("nan")) is False
    assert not asked
    for unusual in (x[::2], np.float64(1), 1, x.astype(complex), np.ones(5000), np.ones(0), None):
        assert finite(unusual) == "unusual"


def test_kept(machine):
    kept = machine.kept(lambda tape, x: "unusual")
    x = np.ones((3, 4))
    copy = kept(None, x)
    assert copy is not x
    x[:] = 0
    assert (copy == 1).all()
    assert copy.flags.writeable
    frozen = np.ones(3)
    frozen.flags.writeable = False
    assert kept(None, frozen) is frozen
    strided = kept(None, np.arange(8.0)[::-2])
    assert strided.tolist() == [7, 5, 3, 1]
    assert kept(None, x > 1).dtype == bool
    for unusual in (np.ones(5000), np.ones(3, complex), np.arange(3), np.zeros(0), 1.0):
        assert isinstance(kept(None, unusual), str)


@pytest.mark.parametrize("dtype", "dfDF")
@pytest.mark.parametrize("size", [1, 3, 127, 128, 1023, 1025, 40_001])
def test_fingerprints_differ_where_one_bit_does(machine, dtype, size):
    asked = []
    fingerprint = machine.fingerprint(lambda x: asked.append(x))
    rng = np.random.default_rng(size)
    x = rng.standard_normal(size).astype(dtype)
    before = fingerprint(x)
    assert fingerprint(x.copy()) == before
    raw = x.view(np.uint8)
    for place in (0, raw.size - 1, *rng.integers(0, raw.size, 40)):
        for bit in (1, 128):
            raw[place] ^= bit
            assert fingerprint(x) != before
            raw[place] ^= bit
    assert fingerprint(x) == before
    if size > 1:
        signs = x.copy()
        signs[[0, -1]] *= -1
        assert fingerprint(signs) != before
    if size >= 1025:
        exchanged = x.copy()
        exchanged[[0, 1024]] = exchanged[[1024, 0]]
        assert fingerprint(exchanged) != before
    assert not asked


def test_fingerprints_of_other_arrays_are_left_to_others(machine):
    fingerprint = machine.fingerprint(lambda x: "unusual")
    x = np.ones((4, 6))
    assert fingerprint(np.asfortranarray(x)) != "unusual"
    for other in (x[:, ::2], np.arange(3), np.ones(0), np.ones(3).astype(">f8"), np.ones(3, np.longdouble)):
        assert fingerprint(other) == "unusual"


def test_nothing_leaks(machine):
    add, where, matmul = machine.ufunc(np.add, np.add), machine.where(np.where), machine.matmul(np.matmul)
    total, kept, alike = machine.reduce(np.add, 0.0, np.sum), machine.kept(print), machine.alike()
    fingerprint = machine.fingerprint(print)
    x, huge, mask = np.ones((5, 5)), np.full((5, 5), 1e308), np.eye(5) > 0

    def everything():
        for _ in range(2000):
            add(x, x)
            add(x, 2)
            add(x, 0.5)
            where(mask, x, 0.0)
            matmul(x, x)
            total(x, 0, False)
            total(x, None, False)
            kept(None, x)
            alike(x, x)
            fingerprint(x)
            with np.errstate(over="ignore"):
                add(huge, huge)

    everything()
    counts = [sys.getrefcount(o) for o in (np.dtype("d"), np.dtype(bool), np.ndarray, x, mask)]
    tracemalloc.start()
    try:
        everything()
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    after = [sys.getrefcount(o) for o in (np.dtype("d"), np.dtype(bool), np.ndarray, x, mask)]
    assert grown < 10_000
    assert all(abs(a - b) < 10 for a, b in zip(counts, after, strict=True))
