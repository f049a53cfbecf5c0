"""The namespace through which the Array API suite sees traced arrays."""

import numpy as np

import dispatchml.testing.traced_namespace as xp
from dispatchml.engines.reverse import Var


def test_floating_arrays_are_traced_and_stay_so():
    x = xp.asarray([1.0, 2.0])
    assert isinstance(x.value, Var)
    assert isinstance(xp.exp(x).value, Var)
    assert isinstance((x + 1).value, Var)
    assert isinstance(xp.linalg.vector_norm(x).value, Var)
    assert isinstance(xp.fft.fft(x).value, Var)
    assert isinstance(xp.zeros(3).value, Var)
    assert isinstance(xp.asarray([1, 2]).value, np.ndarray)


def test_scalars_are_read_from_the_primal():
    x = xp.asarray([1.0, 2.0])
    assert float(x[1]) == 2.0
    assert bool(xp.all(x == x))
    assert int(xp.argmax(x)) == 1
    assert complex(x[0]) == 1.0
    assert np.from_dlpack(x).tolist() == [1.0, 2.0]


def test_writing_and_updating():
    x = xp.asarray([1.0, 2.0, 3.0])
    x[1] = 5.0
    x += 1
    assert [float(v) for v in x] == [2.0, 6.0, 4.0]


def test_several_results_are_wrapped():
    u, s, v = xp.linalg.svd(xp.asarray([[2.0, 0.0], [0.0, 1.0]]))
    assert [float(e) for e in s] == [2.0, 1.0]
    assert isinstance(u.value, Var)
    assert [type(a) for a in xp.meshgrid(xp.asarray([1.0]), xp.asarray([2.0]))] == [type(u)] * 2
    assert xp.asarray([1.0]).__array_namespace__() is xp
