"""Compiled programs give what their operations give one by one."""

import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate

from .programs import assert_alike, numbers, random_program, traced

SHAPES = [(5, 7), (33,), (4, 1, 6), (2, 3, 4), (1,), (0, 3), (70, 40), (3000,), ()]


def single(program):
    """Whether single precision is met in a program, whose rounding is coarser."""
    return any(y.dtype == np.float32 for node in program.nodes for y in node.outputs)


def check(program, arguments, tolerance=1e-7):
    """Compiled and interpreted agree."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = evaluate(program, arguments)
        found = build(program)(*arguments)
    for x, y in zip(found, expected, strict=True):
        assert_alike(x, y, 2e-4 if single(program) else tolerance)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 100000), shape=st.sampled_from(SHAPES))
def test_random_programs(seed, shape):
    check(*random_program(seed, shape))


CASES = {
    "chain": lambda x: ops.sum(ops.log(ops.add(ops.exp(x), 1.0)), axis=None),
    "softmax": lambda x: ops.softmax(x, axis=-1),
    "log_softmax": lambda x: ops.log_softmax(x, axis=0),
    "logsumexp": lambda x: ops.logsumexp(x, axis=-1),
    "norm": lambda x: ops.vector_norm(x, axis=-1),
    "centred": lambda x: ops.subtract(x, ops.mean(x, axis=0)),
    "standardised": lambda x: ops.divide(ops.subtract(x, ops.mean(x, axis=-1, keepdims=True)), ops.std(x)),
    "var": lambda x: ops.var(x, axis=-1, ddof=1),
    "stencil": lambda x: ops.subtract(ops.getitem(x, index=slice(1, None)), ops.getitem(x, index=slice(None, -1))),
    "product with its own transpose": lambda x: ops.matmul(x, ops.transpose(x)),
    "padded": lambda x: ops.pad_constant(ops.multiply(x, 2.0), pad_width=((1, 2), (0, 1)), value=3.0),
    "stacked": lambda x: ops.stack((x, ops.negative(x)), axis=1),
    "tril": lambda x: ops.tril(ops.exp(x), k=1),
    "several": lambda x: (ops.sum(x, axis=0), ops.sum(x, axis=1), ops.max(x), ops.multiply(x, x)),
    "input": lambda x: (x, ops.reshape(x, shape=(-1,))),
    "twice": lambda x: (lambda y: (y, y))(ops.exp(x)),
}


@pytest.mark.parametrize("shape", [(300, 20), (3, 2), (1, 1), (9000, 3)])
@pytest.mark.parametrize("name", CASES)
def test_cases(name, shape):
    rng = np.random.default_rng(0)
    if name == "product with its own transpose" and shape[0] > 1000:
        shape = (300, 4)
    x = rng.normal(size=shape)
    check(traced(CASES[name], x), [x], 1e-10)


@pytest.mark.parametrize("dtype", ["?", "i1", "u2", "i4", "u8", "f4", "f8", "c8", "c16"])
def test_dtypes(dtype):
    rng = np.random.default_rng(1)
    x = numbers(rng, (40, 5), "f8" if dtype[0] == "c" else dtype).astype(dtype)
    x[np.isnan(x)] = 2

    def f(x):
        return ops.add(x, x), ops.multiply(x, 3), ops.sum(x, axis=0), ops.equal(x, 1), ops.getitem(x, index=(0, 0))

    check(traced(f, x), [x])


def test_results_share_no_memory():
    x = np.ones((4, 3))
    program = traced(lambda x: (x, ops.transpose(x), ops.exp(x), ops.exp(x)), x)
    results = build(program)(x)
    for k, y in enumerate(results):
        assert not np.shares_memory(x, y)
        assert not any(np.shares_memory(y, z) for z in results[k + 1 :])


def test_arguments_in_another_order_of_memory():
    x = np.asfortranarray(np.random.default_rng(0).normal(size=(6, 5)))
    program = traced(lambda x: ops.sum(ops.exp(x), axis=1), np.ascontiguousarray(x))
    executable = build(program)
    for y in (x, x[::-1], np.repeat(x, 2, axis=0)[::2]):
        np.testing.assert_allclose(executable(y)[0], np.exp(y).sum(axis=1), rtol=1e-12)


def test_programs_of_many_operations():
    def f(x):
        for k in range(1500):
            x = ops.add(ops.multiply(x, 0.5), float(k % 3))
        return x

    x = np.linspace(0, 1, 5)
    check(traced(f, x), [x])


def test_sums_do_not_depend_on_the_number_of_threads():
    from dispatchml.compile.threads import threads

    x = np.random.default_rng(0).normal(size=400_000)
    executable = build(traced(lambda x: ops.sum(ops.exp(x)), x))
    with threads(1):
        alone = executable(x)[0]
    with threads(2):
        assert executable(x)[0] == alone
