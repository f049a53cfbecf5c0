"""Sums and products up to each element, as loops."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate

from ..programs import assert_alike, traced

RNG = np.random.default_rng(8)
FUNCTIONS = {
    "a sum": lambda x: ops.cumsum(x, axis=-1),
    "fused": lambda x: ops.multiply(ops.cumsum(ops.multiply(ops.add(x, 1.0), 0.5), axis=-1), 2.0),
    "backwards": lambda x: ops.flip(ops.cumsum(ops.flip(x, axis=-1), axis=-1), axis=-1),
    "of a sum": lambda x: ops.cumsum(ops.cumsum(x, axis=-1), axis=-1),
    "beside others": lambda x: (ops.cumsum(x, axis=-1), ops.multiply(x, 2.0), ops.sum(x, axis=-1), ops.sum(x)),
    "less the mean": lambda x: ops.cumsum(ops.subtract(x, ops.mean(x, axis=-1, keepdims=True)), axis=-1),
    "products": lambda x: ops.cumprod(ops.add(ops.multiply(x, 0.01), 1.0), axis=-1),
    "of neighbours": lambda x: ops.cumsum(ops.subtract(ops.getitem(x, index=(..., slice(1, None))), 1.0), axis=-1),
    "of a transpose": lambda x: ops.cumsum(ops.multiply(ops.transpose(x), 3.0), axis=-1),
}


@pytest.mark.parametrize("shape", [(7,), (5000,), (300, 40), (3, 5, 6), (40, 3000), (2, 2)])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_scans(name, shape):
    x = RNG.normal(size=shape)
    x.reshape(-1)[:2] = -0.0
    program = traced(FUNCTIONS[name], x)
    executable = build(program)
    for found, wanted in zip(executable(x), evaluate(program, (x,)), strict=True):
        assert_alike(found, wanted, 1e-12)
    if name in ("a sum", "fused", "backwards", "of a sum"):
        assert " 0 calls from Python" in executable.report()
        np.testing.assert_array_equal(executable(x)[0], evaluate(program, (x,))[0])  # in NumPy's order


@pytest.mark.parametrize("dtype", ["f4", "i8", "i4", "u1", "?", "f2", "c16"])
def test_dtypes(dtype):
    x = (RNG.normal(size=(30, 50)) * 3).astype(dtype)
    for function in (np.cumsum, np.cumprod):

        def scan(x, function=function):
            return function(x, axis=1)

        with np.errstate(all="ignore"):
            assert_alike(dm.jit(scan)(x), scan(x), 1e-5)


@pytest.mark.parametrize("axis", [0, None])
def test_other_axes_are_calls(axis):
    x = RNG.normal(size=(30, 50))
    compiled = dm.jit(lambda x: np.cumsum(x * 2, axis=axis))
    np.testing.assert_array_equal(compiled(x), np.cumsum(x * 2, axis=axis))


def test_derivatives_of_scans_are_loops():
    x = RNG.normal(size=(60, 80))
    gradient = dm.grad(lambda x: np.sum(np.sin(np.cumsum(np.exp(x * 0.1), axis=1))))
    compiled = dm.jit(gradient)
    np.testing.assert_allclose(compiled(x), gradient(x), rtol=1e-12, atol=1e-13)
    assert " 0 calls from Python" in compiled.report(x)
    assert "by cumsum along rows" in compiled.report(x)
