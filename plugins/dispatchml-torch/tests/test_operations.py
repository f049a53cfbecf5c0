"""Every operation on tensors: the numbers, dtypes and shapes of NumPy's kernels, in values and in both modes."""

import numpy as np
import pytest
import torch

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoMethodError, NonDifferentiableError, NoRuleError
from dispatchml.testing import check_registry
from dispatchml.testing.samples import public_operations, sample

#: With other numbers by their meaning: whatever memory holds, free signs.
FREE = {"empty_like", "eigh", "svd", "eig", "qr"}


def leaves(y):
    return [v for part in y for v in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def tensor(x):
    return torch.from_numpy(np.array(x))


def check(name, found, expected, tolerance):
    for a, b in zip(leaves(found), leaves(expected), strict=True):
        if not isinstance(b, (np.ndarray, np.generic)):
            continue
        assert isinstance(a, torch.Tensor), f"{name} gives {type(a)}"
        assert tuple(a.shape) == np.shape(b)
        assert ops.dtype(a) == b.dtype, name
        if name not in FREE:
            np.testing.assert_allclose(a.numpy(), b, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", sorted(set(public_operations()) - {"turn_equal"}))  # vectors of free sign
@pytest.mark.filterwarnings("ignore")
def test_an_operation_is_numpys(name, dtype):
    found = sample(public_operations()[name])
    if found is None:
        pytest.skip("no plain call is known")
    arrays = [np.asarray(x, dtype if np.asarray(x).dtype.kind == "f" else None) for x in found.arguments]
    floating = [k for k, x in enumerate(arrays) if x.dtype.kind == "f"]
    tolerance = 1e-10 if dtype is np.float64 else 1e-4

    def call(*values):
        given = [values[floating.index(k)] if k in floating else x for k, x in enumerate(arrays)]
        return found.call(tuple(given))

    plain = [arrays[k] for k in floating]
    tensors = [tensor(x) for x in plain]
    if not floating:
        given = tuple(tensor(x) for x in arrays)
        check(name, found.call(given), found.call(tuple(arrays)), tolerance)
        return
    check(name, call(*tensors), call(*plain), tolerance)
    if name in FREE:
        return
    drawn = [np.random.default_rng(0).standard_normal(x.shape).astype(dtype) for x in plain]
    refusals = (NoMethodError, NoRuleError, NonDifferentiableError)
    try:
        expected = dm.jvp(call, tuple(plain), tuple(drawn))[1]
    except refusals:
        return
    check(name, dm.jvp(call, tuple(tensors), tuple(map(tensor, drawn)))[1], expected, 100 * tolerance)
    y = call(*plain)
    if any(np.asarray(v).dtype.kind != "f" for v in leaves(y)):
        return
    cts = [np.random.default_rng(1).standard_normal(np.shape(v)).astype(dtype) for v in leaves(y)]
    one = not isinstance(y, (tuple, list))
    gradients = dm.vjp(call, *plain)[1](cts[0] if one else type(y)(cts))
    found_gradients = dm.vjp(call, *tensors)[1](tensor(cts[0]) if one else type(y)(map(tensor, cts)))
    check(name, found_gradients, gradients, 100 * tolerance)


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_torch")


AXES = [None, 0, 1, -1, (0, 1), ()]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", "sum mean max min prod var std logsumexp any all median vector_norm".split())
def test_axes_and_keepdims_are_numpys(name, axis):
    x = np.random.default_rng(0).standard_normal((3, 4))
    op = getattr(ops, name)
    for keepdims in (False, True):
        try:
            expected = op(x, axis=axis, keepdims=keepdims)
        except Exception as error:
            with pytest.raises(type(error)):
                op(tensor(x), axis=axis, keepdims=keepdims)
            continue
        check(name, op(tensor(x), axis=axis, keepdims=keepdims), np.asarray(expected), 1e-12)


@pytest.mark.parametrize("kind", [bool, np.int32, np.int64, np.uint8, np.float32, np.complex64, np.complex128])
@pytest.mark.parametrize("name", "sum prod mean cumsum absolute sqrt exp negative square sign conj real".split())
@pytest.mark.filterwarnings("ignore")
def test_dtypes_are_numpys(name, kind):
    x = np.array([0, 1, 1], kind)
    op = getattr(ops, name)
    try:
        expected = op(x)
    except TypeError:
        with pytest.raises((TypeError, RuntimeError)):
            op(tensor(x))
        return
    check(name, op(tensor(x)), np.asarray(expected), 1e-3)


INDICES = [
    0, -1, slice(None, None, -1), slice(1, None), (0, slice(None)), (slice(None), None, 1), np.array([2, 0]), ...,
    np.array([True, False, True]), (np.array([0, 1]), np.array([1, 2])), (slice(None), [0, 2]), torch.tensor([1, 0]),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_indexing_and_writing(index):
    x = np.arange(12.0).reshape(3, 4)
    plain = index.numpy() if isinstance(index, torch.Tensor) else index
    check("getitem", ops.getitem(tensor(x), index=index), np.asarray(x[plain]), 0)

    def program(x):
        y = x * 1
        y[plain] = y[plain] * 2
        return (y * y).sum()

    check("setitem", dm.grad(program)(tensor(x)), dm.grad(program)(x), 1e-12)


def test_nothing_is_written_into_inputs_or_shared_results():
    x = tensor(np.arange(3.0))
    y = ops.setitem(x, 5.0, index=0)
    assert x[0] == 0
    assert y[0] == 5
    shared = ops.broadcast_to(x, shape=(2, 3))
    assert ops.setitem(shared, 7.0, index=(0, 0)).tolist() == [[7.0, 1.0, 2.0], [0.0, 1.0, 2.0]]
    assert x.tolist() == [0.0, 1.0, 2.0]
