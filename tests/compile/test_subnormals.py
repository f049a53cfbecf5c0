"""Products of matrices with subnormal numbers are those of NumPy; the operands keep their bits."""

import warnings

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build

from .programs import traced

N = 64


def program(x, y, dtype):
    """Weights that underflow times y, and what of the weights is read after the product."""

    def function(x, y):
        weights = ops.exp(x)
        product = ops.matmul(weights, y)
        return product, ops.matmul(ops.transpose(weights), y), ops.max(ops.subtract(1.0, weights)), ops.sum(weights)

    return build(traced(function, x.astype(dtype), y.astype(dtype)))


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
@pytest.mark.parametrize("largest", [0.0, 80.0, 85.0, np.inf, np.nan])
def test_products(largest, scale, dtype):
    rng = np.random.default_rng(0)
    lowest = np.log(float(np.finfo(dtype).tiny)) - 20
    x = np.where(rng.random((N, N)) < 0.5, rng.uniform(lowest, lowest + 25, (N, N)), rng.uniform(-3, 0, (N, N)))
    x[0], x[1, 1] = rng.uniform(lowest, lowest + 15, N), largest
    y = rng.normal(size=(N, N)) * scale
    x, y = x.astype(dtype), y.astype(dtype)
    compiled = program(x, y, dtype)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = compiled(x, y)
        weights = np.exp(x)
        wanted = [weights @ y, weights.T @ y, np.max(1 - weights), np.sum(weights)]
        size = [np.abs(w).astype("f8") @ np.abs(y).astype("f8") for w in (weights, weights.T)]
    smallest = float(np.finfo(dtype).smallest_subnormal)
    assert (np.abs(weights[0]) < np.finfo(dtype).tiny).any()
    for a, b, s in zip(found, wanted, size, strict=False):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
        fine = np.isfinite(b)
        error = 64 * np.finfo(dtype).eps * s + 4 * N * smallest * np.maximum(np.abs(y).max(), 1)
        assert (np.abs(a[fine].astype("f8") - b[fine].astype("f8")) <= error[fine]).all()
    for a, b in zip(found[2:], wanted[2:], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5 if dtype == "f4" else 1e-12)


def test_operands_keep_their_bits():
    x = np.full((N, N), -740.0)
    x[0] = 0.0

    def function(x):
        weights = ops.exp(x)
        product = ops.matmul(weights, ops.sin(x))
        return product, ops.sum(ops.multiply(weights, ops.sum(product)), axis=0)

    compiled = build(traced(function, x))
    for _ in range(2):
        product, total = compiled(x)
        np.testing.assert_allclose(product, np.exp(x) @ np.sin(x), rtol=1e-12, atol=1e-320)
        np.testing.assert_allclose(total, (np.exp(x) * product.sum()).sum(0), rtol=1e-12, atol=1e-320)


def test_what_is_no_exponential_is_not_looked_at():
    x = np.ones((N, N))
    plain = build(traced(lambda x: ops.matmul(ops.sin(x), ops.cos(x)), x))
    weights = build(traced(lambda x: ops.matmul(ops.exp(x), ops.cos(x)), x))
    assert "looked_at" not in plain.lower()
    assert "looked_at" in weights.lower()


def test_several_products_where_nothing_is_subnormal():
    """The words beside operands that are not looked at hold what was in memory before."""

    def function(x):
        for _ in range(4):
            x = ops.tanh(ops.matmul(ops.exp(x), x))
        return x

    x = np.random.default_rng(7).normal(size=(40, 40)) / 10
    wanted = x
    for _ in range(4):
        wanted = np.tanh(np.exp(wanted) @ wanted)
    np.testing.assert_allclose(build(traced(function, x))(x)[0], wanted, rtol=1e-10)
