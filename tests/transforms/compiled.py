"""What tests of jit share: arguments, a function that counts its runs, a comparison."""

import queue

import numpy as np

X, W = np.linspace(0.1, 1.0, 5), np.ones(5)


#: Counts runs; what is in a list that a function reaches would be a part of its signature.
RUNS = queue.SimpleQueue()


def wave(x):
    RUNS.put(1)
    return np.sum(np.sin(x) * x)


def same(got, wanted):
    assert type(got) is type(wanted)
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for a, b in zip(got, wanted, strict=True):
            same(a, b)
    else:
        assert getattr(got, "dtype", None) == getattr(wanted, "dtype", None)
        single = getattr(wanted, "dtype", None) in (np.float32, np.complex64)
        np.testing.assert_allclose(got, wanted, rtol=1e-6 if single else 1e-13)
