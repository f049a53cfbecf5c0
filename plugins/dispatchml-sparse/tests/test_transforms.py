"""Every transform of functions of sparse arrays: batches, Jacobians, tangent spaces, containers, nested derivatives."""

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import TangentMismatchError

COO = sparse.COO([[0, 1, 2], [1, 2, 0]], [2.0, 3.0, 4.0], shape=(3, 3))
ARRAYS = {"COO": COO, "GCXS": sparse.GCXS(COO), "csr_array": sp.csr_array(COO.todense())}
X = np.array([1.0, 2.0, 3.0])


@pytest.fixture(params=ARRAYS)
def a(request):
    return ARRAYS[request.param]


def dense(x):
    """A plain dense array of anything."""
    return np.asarray(x.todense() if hasattr(x, "todense") else x)


def assert_sparse(x, like, expected, nnz):
    """A sparse array of the library of another one with these elements."""
    assert type(x).__module__.partition(".")[0] == type(like).__module__.partition(".")[0]
    assert x.nnz == nnz
    np.testing.assert_allclose(dense(x), expected)


# ---- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_of_vectors_meets_one_matrix(a):
    rows = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(dm.vmap(lambda x: a @ x)(rows), rows @ dense(a).T)
    np.testing.assert_allclose(dm.vmap(lambda x: x @ a)(rows), rows @ dense(a))
    solved = dm.vmap(lambda x: ops.solve(a, x))(rows)
    np.testing.assert_allclose(solved, np.linalg.solve(dense(a), rows.T).T)
    quadratic = dm.vmap(dm.grad(lambda a, x: x @ (a @ x)), in_axes=(None, 0))(a, rows)
    assert_sparse(quadratic, a, rows[:, :, None] * rows[:, None, :] * (dense(a) != 0), 6)


def test_a_batch_of_matrices_on_one_pattern(a):
    scales = np.array([1.0, 2.0])
    assert_sparse(dm.vmap(lambda s: a * s)(scales), a, scales[:, None, None] * dense(a), 6)
    np.testing.assert_allclose(dm.vmap(lambda s: (a * s) @ X)(scales), np.outer(scales, dense(a) @ X))
    np.testing.assert_allclose(
        dm.vmap(lambda s: ops.solve(a * s, X))(scales), np.outer(1 / scales, np.linalg.solve(dense(a), X))
    )
    nested = dm.vmap(dm.vmap(lambda s: a * s))(np.outer(scales, scales))
    assert_sparse(nested, a, np.outer(scales, scales)[:, :, None, None] * dense(a), 12)
    gradient = dm.grad(lambda a: np.sum(dm.vmap(lambda s: (a * s) @ X)(scales)))(a)
    np.testing.assert_allclose(dense(gradient), 3 * X * (dense(a) != 0))
    assert gradient.nnz == 3
    loss = dm.vmap(dm.grad(lambda s: ops.sum((a * s) ** 2)))(scales)
    np.testing.assert_allclose(loss, 2 * scales * 29.0)


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("make", [sparse.COO.from_numpy, sp.coo_array], ids=["COO", "coo_array"])
def test_a_batch_of_different_patterns_is_one_on_their_union(make, axis):
    parts = np.stack([dense(COO), 2 * dense(COO), dense(COO).T])
    whole = make(np.moveaxis(parts, 0, axis))
    np.testing.assert_allclose(dm.vmap(lambda a: a @ X, in_axes=axis)(whole), parts @ X)
    gradients = dm.vmap(dm.grad(lambda a: X @ (a @ X)), in_axes=axis)(whole)
    assert_sparse(gradients, whole, np.outer(X, X) * np.any(parts != 0, axis=0) + 0 * parts, 18)
    np.testing.assert_allclose(dense(dm.vmap(lambda a: a, in_axes=axis, out_axes=axis)(whole)), dense(whole))
    summed = dm.vmap(lambda a: ops.sum(a * a, axis=0), in_axes=axis)(whole)
    np.testing.assert_allclose(dense(summed), np.sum(parts**2, axis=1))


def test_an_empty_batch():
    made = dm.vmap(lambda s: COO * s)(np.zeros(0))
    assert made.shape == (0, 3, 3)
    assert dm.vmap(lambda x: COO @ x)(np.zeros((0, 3))).shape == (0, 3)


# ---- Jacobians -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jacobian", [dm.jacfwd, dm.jacrev, dm.jacobian])
def test_jacobians_have_the_pattern_of_the_argument(jacobian, a):
    made = jacobian(lambda a: a @ X)(a)
    expected = np.einsum("ij,k->ijk", np.eye(3), X) * (dense(a) != 0)
    expected = np.eye(3)[:, :, None] * X * (dense(a) != 0)
    np.testing.assert_allclose(dense(made), expected)
    assert made.nnz <= 9
    number = jacobian(lambda a: ops.sum(a * a))(a)
    np.testing.assert_allclose(dense(number), 2 * dense(a))
    assert number.nnz == 3


@pytest.mark.parametrize("jacobian", [dm.jacfwd, dm.jacrev])
def test_jacobians_of_sparse_results(jacobian, a):
    made = jacobian(lambda s: a * s**2)(3.0)
    assert_sparse(made, a, 6.0 * dense(a), 3)
    made = jacobian(lambda x: a * x)(X)
    np.testing.assert_allclose(dense(made), dense(a)[:, :, None] * np.eye(3))
    made = jacobian(lambda a: a * a)(a)
    assert made.shape == (3, 3, 3, 3)
    np.testing.assert_allclose(dense(made).reshape(9, 9), np.diag(2 * dense(a).ravel()))
    assert made.nnz == 9
    one = sparse.COO([[1]], [2.0], shape=(3,))
    np.testing.assert_allclose(dense(jacobian(lambda a: a**3)(one)), np.diag([0.0, 12.0, 0.0]))
    np.testing.assert_allclose(dense(jacobian(lambda a: a @ X)(one)), [0.0, 2.0, 0.0])


def test_second_derivatives_live_on_the_pattern(a):
    made = dm.hessian(lambda a: ops.sum((a @ X) ** 2))(a)
    stored = (dense(a) != 0).ravel()
    expected = 2 * np.kron(np.eye(3), np.outer(X, X)) * np.outer(stored, stored)
    np.testing.assert_allclose(dense(made).reshape(9, 9), expected)
    third = dm.grad(lambda a: dm.hvp(lambda a: ops.sum(a**3), (a,), (a,)) @ X @ X)(a)
    np.testing.assert_allclose(dense(third), 12 * dense(a) * np.outer(X, X))


def test_forward_over_reverse_is_reverse_over_forward(a):
    def f(a):
        return ops.sum(ops.sin(a @ a) * np.outer(X, X))

    direction = a * 0.5
    forward = dm.jvp(dm.grad(f), (a,), (direction,))[1]
    reverse = dm.grad(lambda a: dm.jvp(f, (a,), (direction,))[1])(a)
    np.testing.assert_allclose(forward.data, reverse.data)


# ---- the other transforms --------------------------------------------------------------------------------------------


def test_pullbacks_take_dense_and_sparse_cotangents(a):
    _, pullback = dm.vjp(lambda a: a * a, a)
    for ct in (np.ones((3, 3)), a * 0 + a / a.max() * 0 + a):
        (made,) = pullback(ct)
        np.testing.assert_allclose(dense(made), 2 * dense(a) * dense(ct) * (dense(a) != 0))
        assert made.nnz == 3
    y, pushed = dm.linearize(lambda a: a @ X, a)
    np.testing.assert_allclose(pushed(a), y)


def test_checkpoint_and_unused_arguments(a):
    made = dm.grad(lambda a: X @ dm.checkpoint(lambda a: (a * a) @ X)(a))(a)
    np.testing.assert_allclose(dense(made), 2 * dense(a) * np.outer(X, X))
    assert_sparse(dm.grad(lambda a: 1.0)(a), a, np.zeros((3, 3)), 3)
    value, tangent = dm.jvp(lambda a: np.ones(2), (a,), (a,))
    np.testing.assert_array_equal(tangent, np.zeros(2))
    gradients = dm.grad(lambda tree: ops.sum(tree["a"] @ tree["x"]))({"a": a, "x": X, "name": "n"})
    assert gradients["name"] == "n"
    assert gradients["a"].nnz == 3


def test_tangent_spaces_are_those_of_the_stored_numbers(a):
    generator = np.random.default_rng(0)
    drawn = dm.random_tangent(a, generator)
    assert_sparse(drawn, a, dense(drawn) * (dense(a) != 0), 3)
    assert np.all(drawn.data != 0)
    assert_sparse(dm.zero_tangent(a), a, np.zeros((3, 3)), 3)
    assert_sparse(dm.zero_cotangent(a, np.ones(2)), a, np.zeros((3, 3)), 3)
    assert dm.inner(a, drawn) == pytest.approx(np.sum(dense(a) * dense(drawn)))
    assert_sparse(dm.retract(a, drawn), a, dense(a) + dense(drawn), 3)
    assert_sparse(dm.projector(a)(np.ones((3, 3))), a, dense(a) != 0, 3)
    assert_sparse(dm.projector(a)(np.ones((2, 3, 3))), a, 2 * (dense(a) != 0), 3)


def test_a_vector_of_the_stored_numbers(a):
    vector, unravel = dm.ravel({"a": a, "b": 1.5})
    np.testing.assert_array_equal(np.sort(vector), [1.5, 2.0, 3.0, 4.0])
    again = unravel(vector * 2)
    assert_sparse(again["a"], a, 2 * dense(a), 3)
    assert again["b"] == 3.0
    gradient = dm.grad(lambda v: ops.sum(unravel(v)["a"] @ X))(vector)
    assert gradient.shape == (4,)
    np.testing.assert_allclose(np.sort(gradient), [0.0, 1.0, 2.0, 3.0])
    assert dm.grad(lambda a: ops.sum(dm.ravel(a)[0] ** 2))(a).nnz == 3


def test_a_tangent_that_moves_what_is_not_stored_is_refused(a):
    for dx in (np.ones((3, 3)), sparse.COO.from_numpy(np.eye(3)), sp.csr_array(np.eye(3))):
        with pytest.raises(TangentMismatchError, match="projector"):
            dm.jvp(lambda a: a @ X, (a,), (dx,))
    partly = np.where(dense(a) != 0, 1.0, 0.0)
    for dx in (partly, sparse.COO.from_numpy(partly), sp.csc_array(partly)):
        np.testing.assert_allclose(dm.jvp(lambda a: a @ X, (a,), (dx,))[1], partly @ X)


def test_stop_gradient_and_primal(a):
    gradient = dm.grad(lambda a: ops.sum(a * dm.stop_gradient(a)))(a)
    np.testing.assert_allclose(dense(gradient), dense(a))
    seen = []
    dm.grad(lambda a: (seen.append(dm.primal(a)), ops.sum(a))[1])(a)
    assert type(seen[0]) is type(a)
