"""Padding, joining and assignment are parts of loops, which read nothing outside of their arrays."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate

from ..programs import assert_alike, traced

X = np.random.default_rng(0).normal(size=(6, 5))
CASES = {
    "scatter": lambda x: ops.scatter(ops.getitem(x, index=(slice(1, 4),)), index=(slice(2, 5),), shape=(8, 5)),
    "scatter of one": lambda x: ops.scatter(ops.getitem(x, index=0), index=(3,), shape=(4, 5)),
    "scatter with a new axis": lambda x: ops.scatter(ops.expand_dims(x, axis=0), index=(None,), shape=(6, 5)),
    "scatter backwards": lambda x: ops.scatter(x, index=(slice(None, None, -1),), shape=(6, 5)),
    "setitem": lambda x: ops.setitem(x, 3.0, index=(slice(1, 3), slice(None, -1))),
    "setitem of an array": lambda x: ops.setitem(x, ops.getitem(x, index=0), index=(2,)),
    "add_at": lambda x: ops.add_at(x, ops.getitem(x, index=(slice(2, 4),)), index=(slice(0, 2),)),
    "pad": lambda x: ops.pad(x, pad_width=((1, 0), (2, 3)), constant_values=7.0),
    "pad_constant": lambda x: ops.pad_constant(x, pad_width=1, value=-1.0),
    "concatenate": lambda x: ops.concatenate((x, ops.exp(x), ops.getitem(x, index=(slice(0, 1),))), axis=0),
    "concatenate columns": lambda x: ops.concatenate((ops.getitem(x, index=(..., slice(0, 2))), x), axis=-1),
    "stack": lambda x: ops.stack((x, ops.multiply(x, 2.0), x), axis=-1),
    "roll": lambda x: ops.roll(x, shift=2, axis=0),
    "tril": lambda x: ops.tril(x, k=-1),
    "triu": lambda x: ops.triu(x, k=2),
    "shifted sums": lambda x: ops.sum(
        ops.multiply(ops.pad_constant(x, pad_width=((1, 0), (0, 0))), ops.pad_constant(x, pad_width=((0, 1), (0, 0))))
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4"])
def test_as_numpy(name, dtype):
    if name in ("setitem", "pad", "concatenate") and dtype == "i4":
        dtype = "f8"
    x = (X * 4).astype(dtype)
    program = traced(CASES[name], x)
    executable = build(program)
    assert "0 calls" in executable.report()
    assert_alike(executable(x)[0], evaluate(program, [x])[0])


def test_an_index_with_a_step_is_a_call():
    program = traced(lambda x: ops.scatter(x, index=(slice(None, None, 2),), shape=(12, 5)), X)
    assert "call of scatter" in build(program).report()


@pytest.mark.parametrize("n", [2, 9, 40, 3000])
def test_differences_and_their_transpose_are_one_kernel(n):
    def f(x):
        ahead, behind = ops.getitem(x, index=(slice(1, None),)), ops.getitem(x, index=(slice(None, -1),))
        d = ops.subtract(ahead, behind)
        put = ops.scatter(d, index=(slice(1, None),), shape=(n,))
        taken = ops.scatter(d, index=(slice(None, -1),), shape=(n,))
        return ops.sum(ops.square(d)), ops.subtract(put, taken)

    x = np.random.default_rng(n).normal(size=n)
    program = traced(f, x)
    executable = build(program)
    for found, expected in zip(executable(x), evaluate(program, [x]), strict=True):
        assert_alike(found, expected, 1e-12)
    if n > 32:
        assert "in 1 kernels and 0 calls" in executable.report()
