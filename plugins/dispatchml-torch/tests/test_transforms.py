"""Transforms over tensors, meetings with arrays and numbers, and what is refused."""

import copy
import operator
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
from dispatchml_torch.storage import GradientError, StorageError

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import JoinError, TracerConversionError

X = np.array([0.5, 1.25, 2.0])
A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 2.0, 5.0]])


def programs(matrix):
    return {
        "polynomial": lambda x: np.sum(3 * x**3 - 2 * x * x),
        "ufuncs": lambda x: np.sum(np.sin(x) * np.exp(-x) + np.log1p(x) + np.tanh(x)),
        "reductions": lambda x: np.sum(x * x) + np.mean(x) * x.sum() - np.sum(np.cumsum(x) * x),
        "indexing": lambda x: x[0] * x[1] + np.sum(x[::-1] * x) + x[np.array([0, 0, 2])].sum(),
        "matmul": lambda x: x @ (matrix @ x),
        "solve": lambda x: np.sum(np.linalg.solve(matrix, x * x)),
        "choices": lambda x: np.sum(np.where(x > 1, x * x, x)) + np.max(x) * np.min(x),
    }


def same(found, expected, dtype=torch.float64):
    assert isinstance(found, torch.Tensor)
    assert found.dtype is dtype
    assert not found.requires_grad
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5 if dtype is torch.float32 else 1e-12)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("name", programs(A))
def test_every_transform_is_that_of_arrays(name, dtype):
    plain, ours = programs(A)[name], programs(torch.tensor(A, dtype=dtype))[name]
    x = torch.tensor(X, dtype=dtype)
    v = torch.tensor([1.0, -0.5, 0.25], dtype=dtype)
    same(dm.grad(ours)(x), dm.grad(plain)(X), dtype)
    same(dm.value_and_grad(ours)(x)[0], plain(X), dtype)
    same(dm.jvp(ours, (x,), (v,))[1], dm.jvp(plain, (X,), (v.numpy().astype(float),))[1], dtype)
    same(dm.hvp(ours, (x,), (v,)), dm.hvp(plain, (X,), (v.numpy().astype(float),)), dtype)
    same(dm.hessian(ours)(x), dm.hessian(plain)(X), dtype)
    for transform in (dm.jacobian, dm.jacfwd, dm.jacrev):
        same(transform(ours)(x), dm.grad(plain)(X), dtype)
    same(dm.vmap(ours)(torch.stack([x, 2 * x])), np.stack([plain(X), plain(2 * X)]), dtype)
    same(dm.vmap(dm.grad(ours))(torch.stack([x, 2 * x])), np.stack([dm.grad(plain)(X), dm.grad(plain)(2 * X)]), dtype)
    same(dm.grad(dm.checkpoint(ours))(x), dm.grad(plain)(X), dtype)
    same(dm.linearize(ours, x)[1](v), dm.jvp(plain, (X,), (v.numpy().astype(float),))[1], dtype)


def test_functions_of_torch_on_traced_values():
    def program(x, w):
        y = torch.relu(torch.nn.functional.linear(x, w)) + torch.sum(torch.sigmoid(x), dim=0)
        y = torch.clamp(torch.cat([y, torch.reshape(y, (-1,))]), min=-1.0)
        return torch.logsumexp(y, 0) + torch.linalg.norm(w) + torch.einsum("i,i->", x, x) + torch.var(x)

    x, w = torch.tensor(X), torch.tensor(A) / 10
    exact = torch.func.grad(program, argnums=(0, 1))(x, w)
    for found, expected in zip(dm.grad(program, argnums=(0, 1))(x, w), exact, strict=True):
        np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-10)
    assert isinstance(dm.jvp(lambda x: torch.stack([x, x], dim=1).mean(0), (x,), (x,))[1], torch.Tensor)


def test_an_unknown_function_of_torch_says_what_to_write():
    with pytest.raises(TracerConversionError, match=r"torch's bernoulli was called on a traced value .*dispatchml.ops"):
        dm.grad(lambda x: torch.bernoulli(x).sum())(torch.tensor(X))
    with pytest.raises(TracerConversionError, match="__setitem__"):
        dm.grad(lambda x: torch.zeros(3).__setitem__(0, x[0]))(torch.tensor(X))


def test_both_orders_of_operands():
    t, x = torch.tensor(X), torch.tensor(X[::-1].copy())
    for op in ("__add__", "__sub__", "__mul__", "__truediv__", "__pow__", "__mod__"):
        f = getattr(operator, op)
        for left in (True, False):
            ours = dm.grad(lambda x, f=f, left=left: (f(t, x) if left else f(x, t)).sum())(x)
            same(ours, dm.grad(lambda x, f=f, left=left: (f(X, x) if left else f(x, X)).sum())(x.numpy()))
    same(dm.grad(lambda x: t @ x)(x), X)
    same(dm.grad(lambda x: x @ t)(x), X)
    assert dm.grad(lambda x: (x * (t > x)).sum())(x).tolist() == [0.0, 0.0, 1.0]


def test_arrays_and_numbers_join_by_declared_edges():
    t = torch.tensor([1.0, 2.0], dtype=torch.float32)
    assert ops.multiply(t, 2.0).dtype is ops.multiply(2, t).dtype is torch.float32
    assert isinstance(ops.add(t, np.ones(2, np.float32)), torch.Tensor)
    assert ops.add(np.ones(2), t).dtype is torch.float64
    assert ops.add(np.float32(1), t).dtype is torch.float32
    same(dm.grad(lambda x: np.sum(x * np.array([3.0, 4.0])))(torch.tensor([1.0, 2.0], dtype=torch.float64)), [3.0, 4.0])
    mixed = dm.grad(lambda a, t: np.sum(a * t), argnums=(0, 1))(np.ones(2), t)
    assert isinstance(mixed[1], torch.Tensor)
    assert mixed[1].dtype is torch.float32
    with pytest.raises(StorageError, match="torch holds no objects"):
        ops.add(t, np.array([object()]))


def test_memory_is_shared_by_dlpack():
    x = torch.tensor(X)
    y = dm.grad(lambda x: np.sum(x**2))(x)
    seen = np.from_dlpack(y)
    seen[0] = 7.0
    assert y[0] == 7.0
    same(dm.grad(lambda x: np.sum(x**2))(torch.from_dlpack(X.copy())), 2 * X)
    same(ops.flip(torch.from_numpy(X), axis=0), X[::-1])


def test_tensors_that_torch_records_are_refused():
    x = torch.tensor(X, requires_grad=True)
    for call in (lambda: dm.grad(lambda v: (v * v).sum())(x), lambda: ops.sin(x), lambda: ops.median(x),
                 lambda: dm.grad(lambda v: (v * x).sum())(torch.tensor(X))):  # fmt: skip
        with pytest.raises(GradientError, match=r"requires_grad .*Pass x.detach\(\), which shares its memory"):
            call()
    same(dm.grad(lambda v: (v * v).sum())(x.detach()), 2 * X)


def test_devices_are_not_mixed():
    meta = torch.zeros(3, device="meta", dtype=torch.float64)
    for pair in ((meta, torch.tensor(X)), (torch.tensor(X), meta)):
        with pytest.raises(JoinError, match=r"one tensor is on \w+, the other on \w+ .*Write x.to\("):
            ops.add(*pair)
    with pytest.raises(StorageError, match="no kernel for tensors on meta"):
        ops.median(meta)
    assert ops.add(meta, meta).device.type == "meta"


def test_dtypes_that_numpy_lacks_are_refused():
    with pytest.raises(StorageError, match=r"bfloat16 has no counterpart in NumPy .*x.to\(torch.float32\)"):
        dm.grad(lambda x: np.sum(x**2))(torch.ones(2, dtype=torch.bfloat16))


def test_zeros_spaces_and_ravel_are_tensors():
    x = torch.tensor(X, dtype=torch.float32)
    same(dm.grad(lambda x, y: (y * y).sum())(x, x), 0 * X, torch.float32)
    same(dm.zero_tangent(x), 0 * X, torch.float32)
    assert isinstance(dm.random_tangent(x, np.random.default_rng(0)), torch.Tensor)
    flat, unravel = dm.ravel({"a": x, "b": x[:1]})
    same(flat, [*X, X[0]], torch.float32)
    same(unravel(flat * 2)["a"], 2 * X, torch.float32)
    same(dm.grad(lambda tree: (tree["a"] * tree["b"]).sum())({"a": x, "b": x})["a"], X, torch.float32)


def test_arrays_as_tangents_and_cotangents_become_tensors():
    x = torch.tensor(X, dtype=torch.float32)
    same(dm.jvp(lambda x: x, (x,), (np.ones(3),))[1], np.ones(3), torch.float32)
    same(dm.vjp(lambda x: x, x)[1](np.ones(3))[0], np.ones(3), torch.float32)


def test_strong_zeros_and_careful_sweeps():
    x = torch.tensor([0.0, 2.0], dtype=torch.float64)
    same(dm.grad(lambda x: np.sum(np.where(x > 1, np.log(x), 0.0)))(x), [0.0, 0.5])
    same(dm.jvp(lambda x: np.where(x > 1, np.log(x), 0.0), (x,), (torch.ones_like(x),))[1], [0.0, 0.5])
    same(dm.grad(lambda x: np.sum(np.sqrt(x) * 0))(x), [0.0, 0.0])


def test_empty_scalar_complex_and_strided():
    assert dm.grad(lambda x: x.sum())(torch.zeros(0, dtype=torch.float64)).shape == (0,)
    same(dm.grad(lambda x: x**3)(torch.tensor(2.0, dtype=torch.float64)), 12.0)
    z = torch.tensor([1 + 2j, 3 - 1j])
    np.testing.assert_allclose(dm.grad(lambda z: np.sum(np.abs(z) ** 2))(z).numpy(), 2 * z.numpy(), rtol=1e-6)
    same(dm.grad(lambda x: np.sum(x**2))(torch.tensor(A).T), 2 * A.T)
    same(dm.grad(lambda x: np.sum(x**2))(torch.tensor(A)[::2, 1:]), 2 * A[::2, 1:])


def test_pickles_and_copies():
    y = dm.grad(lambda x: (x * x).sum())(torch.tensor(X))
    same(pickle.loads(pickle.dumps(y)), 2 * X)
    same(copy.deepcopy(y), 2 * X)


def test_nothing_is_imported_before_a_tensor_arrives():
    program = """
import sys, numpy as np, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
print([m for m in sys.modules if m.partition('.')[0] in ('torch', 'dispatchml_torch')], end=' ')
import torch
print(dm.grad(lambda x: (x * x).sum())(torch.ones(2)).tolist(), 'dispatchml_torch.register' in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] [2.0, 2.0] True"
