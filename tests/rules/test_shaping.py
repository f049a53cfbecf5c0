"""Derivatives and batch rules of shaping."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.rules.registry import rule_of

RNG = np.random.default_rng(3)
X = RNG.standard_normal((2, 3, 4))
M = RNG.standard_normal((3, 4))
V = RNG.standard_normal(4)
ONE = RNG.standard_normal((1, 3, 1))

CASES = [
    (ops.reshape, X, {"shape": (4, -1)}),
    (ops.reshape, X, {"shape": -1}),
    (ops.reshape, X, {"shape": (3, 2, 4), "order": "F"}),
    (ops.reshape, np.zeros((2, 0)), {"shape": (0, 5)}),
    (ops.transpose, X, {}),
    (ops.transpose, X, {"axes": (1, -1, 0)}),
    (ops.moveaxis, X, {"source": 0, "destination": -1}),
    (ops.moveaxis, X, {"source": (0, 2), "destination": (-1, 0)}),
    (ops.swapaxes, X, {"axis1": 0, "axis2": -1}),
    (ops.squeeze, ONE, {}),
    (ops.squeeze, ONE, {"axis": 0}),
    (ops.squeeze, ONE, {"axis": (0, -1)}),
    (ops.expand_dims, M, {"axis": 0}),
    (ops.expand_dims, M, {"axis": (0, -1)}),
    (ops.broadcast_to, V, {"shape": (2, 3, 4)}),
    (ops.broadcast_to, ONE, {"shape": (5, 2, 3, 4)}),
    (ops.broadcast_to, np.asarray(2.0), {"shape": (2, 3)}),
    (ops.broadcast_to, V, {"shape": (0, 4)}),
    (ops.flip, X, {}),
    (ops.flip, X, {"axis": -1}),
    (ops.flip, X, {"axis": (0, 2)}),
    (ops.roll, X, {"shift": 2}),
    (ops.roll, X, {"shift": -1, "axis": 1}),
    (ops.roll, X, {"shift": (1, 2), "axis": (0, -1)}),
    (ops.roll, X, {"shift": (1, 1), "axis": (1, 1)}),
    (ops.rot90, X, {}),
    (ops.rot90, X, {"k": -1, "axes": (2, 0)}),
    (ops.tile, M, {"reps": 2}),
    (ops.tile, M, {"reps": (2, 1, 3)}),
    (ops.tile, X, {"reps": (2, 3)}),
    (ops.repeat, M, {"repeats": 2}),
    (ops.repeat, M, {"repeats": 3, "axis": -1}),
    (ops.repeat, M, {"repeats": np.array([2, 0, 1]), "axis": 0}),
    (ops.tril, M, {"k": -1}),
    (ops.triu, X, {"k": 1}),
    (ops.tril, V, {}),
    (ops.diagonal, M, {"offset": 1}),
    (ops.diagonal, X, {"offset": -1, "axis1": -1, "axis2": 0}),
    (ops.diagonal, M, {"offset": 9}),
    (ops.diag, V, {"k": -2}),
    (ops.diag, M, {"k": 1}),
    (ops.trace, M, {}),
    (ops.trace, X, {"offset": 1, "axis1": 2, "axis2": 0}),
    (ops.split, X, {"indices_or_sections": 3, "axis": 1}),
    (ops.split, X, {"indices_or_sections": [1, 3], "axis": -1}),
    (ops.split, X, {"indices_or_sections": [3, 1], "axis": -1}),
    (ops.pad_constant, M, {"pad_width": 1, "value": 2.0}),
    (ops.pad_constant, M, {"pad_width": ((1, 2), (0, 3)), "value": ((1, 2), (3, 4))}),
]


def name_of(case):
    return case.__name__ if callable(case) else None


@pytest.mark.parametrize(("op", "x", "keywords"), CASES, ids=name_of)
def test_one_array(op, x, keywords, check_derivative):
    check_derivative(lambda v: op(v, **keywords), x)
    check_derivative(lambda v: op(v, **keywords), x + 1j * x, second=False)


@pytest.mark.parametrize(("op", "x", "keywords"), CASES, ids=name_of)
def test_batches(op, x, keywords, check_batch):
    check_batch(op, x, **keywords)


@pytest.mark.parametrize(
    ("op", "arrays", "keywords"),
    [
        (ops.concatenate, (X, X[:1]), {}),
        (ops.concatenate, (X, X[..., :1], X), {"axis": -1}),
        (ops.concatenate, (M, V), {"axis": None}),
        (ops.concatenate, (M,), {}),
        (ops.stack, (M, M + 1, M), {"axis": 1}),
        (ops.stack, (M, M + 1), {"axis": -1}),
        (ops.stack, (np.asarray(1.0), np.asarray(2.0)), {}),
    ],
    ids=name_of,
)
def test_several_arrays(op, arrays, keywords, check_derivative, check_batch):
    check_derivative(lambda *v: op(v, **keywords), *arrays)
    check_derivative(lambda v: op((*arrays[1:], v), **keywords), arrays[0])
    check_batch(op, arrays, **keywords)


@pytest.mark.parametrize("op", [ops.vstack, ops.hstack, ops.dstack, ops.column_stack], ids=name_of)
def test_stacks(op, check_derivative):
    want = getattr(np, op.__name__)
    for arrays in ((V, V + 1), (M, M + 1), (X, X)):
        check_derivative(lambda *v: op(v), *arrays)
        np.testing.assert_array_equal(op(arrays), want(arrays))


@pytest.mark.parametrize(
    ("mode", "keywords"),
    [
        ("constant", {"constant_values": 3.0}),
        ("edge", {}),
        ("reflect", {}),
        ("reflect", {"reflect_type": "odd"}),
        ("symmetric", {}),
        ("symmetric", {"reflect_type": "odd"}),
        ("wrap", {}),
        ("linear_ramp", {"end_values": 2.0}),
        ("linear_ramp", {"end_values": ((1, 2), (3, 4))}),
        ("maximum", {}),
        ("maximum", {"stat_length": 2}),
        ("mean", {"stat_length": ((1, 2), (2, 1))}),
        ("median", {}),
        ("minimum", {"stat_length": 9}),
    ],
)
@pytest.mark.parametrize("width", [2, ((1, 0), (0, 5))])
def test_padding(mode, keywords, width, check_derivative):
    def padded(x):
        return ops.pad(x, pad_width=width, mode=mode, **keywords)

    want = np.pad(M, width, mode=mode, **keywords)
    np.testing.assert_array_equal(padded(M), want)
    np.testing.assert_allclose(dm.jvp(padded, (M,), (M,))[0], want, rtol=1e-12)
    step, t = 1e-6, RNG.standard_normal(M.shape)
    change = dm.jvp(padded, (M,), (t,))[1]
    np.testing.assert_allclose(change, (padded(M + step * t) - padded(M - step * t)) / (2 * step), atol=1e-8)
    ct = RNG.standard_normal(want.shape)
    assert np.sum(dm.vjp(padded, M)[1](ct)[0] * t) == pytest.approx(np.sum(ct * change))


def test_derived_shapes(check_derivative):
    for f in (
        ops.ravel, ops.matrix_transpose, ops.atleast_1d, ops.atleast_2d, ops.atleast_3d, ops.unstack,
        lambda x: ops.unstack(x, axis=-1), lambda x: ops.array_split(x, indices_or_sections=3, axis=-1),
        lambda x: ops.broadcast_arrays((x, x[:1])),
    ):  # fmt: skip
        check_derivative(f, M)
    for f in (ops.atleast_1d, ops.atleast_2d, ops.atleast_3d):
        check_derivative(f, V)
        assert np.shape(f(2.0)) == getattr(np, f.__name__)(2.0).shape
    for part, want in zip(
        ops.array_split(X, indices_or_sections=3, axis=-1), np.array_split(X, 3, axis=-1), strict=True
    ):
        np.testing.assert_array_equal(part, want)


def test_unused_parts_of_a_split():
    found = dm.grad(lambda x: ops.sum(ops.split(x, indices_or_sections=2)[1]))(np.arange(4.0))
    np.testing.assert_array_equal(found, [0, 0, 1, 1])


def test_the_transpose_of_a_sum_is_not_a_copy():
    x = np.ones((100, 100))
    assert rule_of(ops.sum.info).transpose(1.0, x).strides == (0, 0)
