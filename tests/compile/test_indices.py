"""Indices of whole numbers and masks that are part of a program become loops, with NumPy's bits."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate

from .programs import traced

SHAPE = (4, 5, 6)
INDICES = {
    "rows": np.array([0, 2, 2]),
    "one axis": (slice(None), np.array([1, 0, 3])),
    "the last two axes": (slice(None), np.array([0, 1]), np.array([2, 3])),
    "apart": (np.array([0, 1]), slice(None), np.array([2, 3])),
    "from the end": (Ellipsis, np.array([5, -1, 0])),
    "broadcast": (np.array([[0], [1]]), np.array([0, 1, 2])),
    "beside a number": (np.array([[0], [3]]), 2),
    "beside a slice": (np.array([0, 3]), slice(1, 4)),
    "slices around": (slice(1, 3), np.array([0, 4, 4]), slice(None, None, -2)),
    "a mask": np.arange(120).reshape(SHAPE) % 3 == 0,
    "a mask of rows": np.arange(20).reshape(4, 5) % 3 == 0,
    "a mask of columns": (slice(None), np.arange(30).reshape(5, 6) % 4 == 1),
    "a new axis": (None, np.array([1, 2])),
    "a new axis between": (np.array([1, 2]), None, np.array([0, 0])),
    "a new axis and a number": (slice(None), np.array([1, -2]), None, 1),
    "a number first": (0, np.array([1, 1, 3])),
    "an ellipsis between": (np.array([1, 2]), Ellipsis, np.array([0, 1])),
}


@pytest.mark.parametrize("dtype", ["f8", "i8", "c16"])
@pytest.mark.parametrize("name", INDICES)
def test_indices(name, dtype):
    index = INDICES[name]
    x = np.random.default_rng(0).normal(size=SHAPE) * 9
    x[0] = -0.0
    x = x.astype(dtype) * (1 + 1j if dtype == "c16" else np.ones((), dtype))
    v = x[index] * np.ones((), dtype)
    is_repeated = np.bincount(np.arange(x.size).reshape(SHAPE)[index].ravel()).max() > 1

    def function(x, v):
        return (
            ops.getitem(x, index=index),
            ops.setitem(x, v, index=index),
            ops.setitem(x, 3, index=index),
            ops.setitem(x, ops.getitem(v, index=(Ellipsis, slice(0, 1))), index=index),
            ops.add_at(x, v, index=index),
            ops.scatter(v, index=index, shape=SHAPE),
        )

    program = traced(function, x, v)
    compiled = build(program)
    for found, wanted in zip(compiled(x, v), evaluate(program, [x, v]), strict=True):
        assert found.dtype == wanted.dtype
        assert found.tobytes() == wanted.tobytes()
    calls = is_repeated * (1 + (dtype == "c16"))  # what is added several times at one place
    assert f" {calls} calls" in compiled.report()


def test_an_index_of_few_among_many_is_a_call():
    """What lists each of a million positions would take longer than the three assignments."""
    x, index = np.zeros(1_000_000), np.array([3, 5, 7])
    compiled = build(traced(lambda x: ops.setitem(x, 1.0, index=index), x))
    assert compiled(x)[0].sum() == 3
    assert " 1 calls" in compiled.report()
