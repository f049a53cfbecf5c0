"""Values of shaping: NumPy's, views where NumPy's are."""

from fractions import Fraction

import numpy as np
import pytest

from dispatchml import ops

X = np.arange(24.0).reshape(2, 3, 4)
V = np.arange(4.0)
CASES = [
    ("reshape", X, {"shape": (4, -1)}, lambda x: np.reshape(x, (4, -1))),
    ("reshape", X, {"shape": -1, "order": "F"}, lambda x: np.reshape(x, -1, order="F")),
    ("transpose", X, {}, np.transpose),
    ("transpose", X, {"axes": (1, 0, 2)}, lambda x: np.transpose(x, (1, 0, 2))),
    ("moveaxis", X, {"source": (0, 1), "destination": (-1, 0)}, lambda x: np.moveaxis(x, (0, 1), (-1, 0))),
    ("swapaxes", X, {"axis1": 0, "axis2": -1}, lambda x: np.swapaxes(x, 0, -1)),
    ("squeeze", X[:, :1], {}, np.squeeze),
    ("squeeze", X[:, :1], {"axis": 1}, lambda x: np.squeeze(x, 1)),
    ("expand_dims", X, {"axis": 1}, lambda x: np.expand_dims(x, 1)),
    ("expand_dims", X, {"axis": -1}, lambda x: np.expand_dims(x, -1)),
    ("expand_dims", X, {"axis": -2}, lambda x: np.expand_dims(x, -2)),
    ("expand_dims", X, {"axis": (0, -1)}, lambda x: np.expand_dims(x, (0, -1))),
    ("broadcast_to", V, {"shape": (3, 4)}, lambda x: np.broadcast_to(x, (3, 4))),
    ("broadcast_to", V[::2], {"shape": (3, 2)}, lambda x: np.broadcast_to(x, (3, 2))),
    ("broadcast_to", X[:, :1], {"shape": (5, 2, 3, 4)}, lambda x: np.broadcast_to(x, (5, 2, 3, 4))),
    ("broadcast_to", X.T, {"shape": (1, 4, 3, 2)}, lambda x: np.broadcast_to(x, (1, 4, 3, 2))),
    ("broadcast_to", V, {"shape": [3, 4]}, lambda x: np.broadcast_to(x, (3, 4))),
    ("flip", X, {"axis": (0, 2)}, lambda x: np.flip(x, (0, 2))),
    ("roll", X, {"shift": 5}, lambda x: np.roll(x, 5)),
    ("rot90", X, {"k": 3, "axes": (1, 2)}, lambda x: np.rot90(x, 3, (1, 2))),
    ("tile", V, {"reps": (2, 3)}, lambda x: np.tile(x, (2, 3))),
    ("repeat", X, {"repeats": 2, "axis": 1}, lambda x: np.repeat(x, 2, 1)),
    ("tril", X, {"k": 1}, lambda x: np.tril(x, 1)),
    ("triu", V, {}, np.triu),
    ("diagonal", X, {"offset": 1, "axis1": 1, "axis2": 2}, lambda x: np.diagonal(x, 1, 1, 2)),
    ("diag", V, {"k": 1}, lambda x: np.diag(x, 1)),
    ("diag", X[0], {"k": -1}, lambda x: np.diag(x, -1)),
    ("trace", X, {"offset": 1}, lambda x: np.trace(x, 1)),
    ("ravel", X, {"order": "F"}, lambda x: np.ravel(x, order="F")),
    ("matrix_transpose", X, {}, lambda x: np.swapaxes(x, -1, -2)),
]


@pytest.mark.parametrize(("name", "x", "keywords", "numpy"), CASES)
def test_values_are_those_of_numpy(name, x, keywords, numpy):
    for dtype in (np.float64, np.float32, complex, int, object):
        value = x.astype(dtype)
        found, want = getattr(ops, name)(value, **keywords), numpy(value)
        np.testing.assert_array_equal(found, want)
        assert found.dtype == want.dtype
        if getattr(ops, name).info.view:
            assert np.shares_memory(found, value) == np.shares_memory(want, value)


def test_what_is_broadcast_is_read_only():
    for x in (2.0, np.float32(2), np.asarray(2.0), V, 2, np.array(Fraction(1, 2))):
        y = ops.broadcast_to(x, shape=(3, 4))
        np.testing.assert_array_equal(y, np.broadcast_to(x, (3, 4)))
        assert y.dtype == np.broadcast_to(x, (3, 4)).dtype
        assert not y.flags.writeable
    assert ops.broadcast_to(2.0, shape=()) == 2.0
    assert ops.broadcast_to(V[:1], shape=(0,)).shape == (0,)
    for shape in ((3,), (4, 3), ()):
        with pytest.raises(ValueError, match="broadcast"):
            ops.broadcast_to(V, shape=shape)


def test_several_arrays():
    np.testing.assert_array_equal(ops.concatenate((X, X[:1]), axis=0), np.concatenate((X, X[:1])))
    np.testing.assert_array_equal(ops.concatenate((X, V), axis=None), np.concatenate((X, V), axis=None))
    assert ops.concatenate((V, V), dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(ops.stack((V, V), axis=1), np.stack((V, V), axis=1))
    np.testing.assert_array_equal(ops.stack((V, V)), np.stack((V, V)))
    for numbers in ((1.0, 2), (np.float32(1), np.float32(2)), (np.asarray(1.0), 2j), (1, True)):
        found = ops.stack(numbers)
        np.testing.assert_array_equal(found, np.stack(numbers))
        assert found.dtype == np.stack(numbers).dtype
    with pytest.raises(ValueError, match="shape"):
        ops.stack((V, V[:2]))
    for a, b in zip(ops.broadcast_arrays((V, X)), np.broadcast_arrays(V, X), strict=True):
        np.testing.assert_array_equal(a, b)


def test_parts():
    for found, want in (
        (ops.split(X, indices_or_sections=[1, 3], axis=-1), np.split(X, [1, 3], axis=-1)),
        (ops.array_split(V, indices_or_sections=3), np.array_split(V, 3)),
        (ops.unstack(X, axis=1), [X[:, k] for k in range(3)]),
    ):
        assert type(found) is tuple
        for a, b in zip(found, want, strict=True):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="equal division"):
        ops.split(V, indices_or_sections=3)


def test_python_numbers():
    assert type(ops.reshape(2.0, shape=())) is float
    np.testing.assert_array_equal(ops.reshape(2.0, shape=(1, 1)), [[2.0]])
    np.testing.assert_array_equal(ops.atleast_2d(2.0), [[2.0]])
    np.testing.assert_array_equal(ops.pad(V, pad_width=(1, 0)), [0, 0, 1, 2, 3])


def test_an_order_that_depends_on_memory_is_refused():
    with pytest.raises(ValueError, match="order"):
        ops.reshape(X, shape=-1, order="A")
    with pytest.raises(ValueError, match="two axes"):
        ops.matrix_transpose(V)
    with pytest.raises(ValueError, match="no_such_mode"):
        ops.pad.decomposition(V, pad_width=1, mode="no_such_mode")
