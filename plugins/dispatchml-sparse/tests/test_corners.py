"""Corners: explicit zeros, fill values, duplicates, order, precision, empty arrays, numbers, other formats."""

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning

X = np.array([1.0, 2.0, 3.0])


def dense(x):
    """A plain dense array of anything."""
    return np.asarray(x.todense() if hasattr(x, "todense") else x)


def with_explicit_zero():
    """The same matrix in each class, with a stored zero at (2, 2)."""
    coords, data = [[0, 1, 2, 2], [1, 2, 0, 2]], [2.0, 3.0, 4.0, 0.0]
    coo = sparse.COO(coords, data, shape=(3, 3))
    yield coo
    yield sp.coo_array((data, coords), shape=(3, 3))
    yield sp.csr_array((data, coords), shape=(3, 3))
    yield sp.csc_array((data, coords), shape=(3, 3))


def test_explicit_zeros_belong_to_the_pattern():
    for a in with_explicit_zero():
        gradient = dm.grad(lambda a: X @ (a @ X))(a)
        assert gradient.nnz == 4
        np.testing.assert_array_equal(dense(gradient), np.outer(X, X) * [[0, 1, 0], [0, 0, 1], [1, 0, 1]])
        gradient = dm.grad(lambda a: ops.sum((a * 2 + a) ** 2))(a)
        assert gradient.nnz == 4
        assert gradient.todense()[2, 2] == 0.0
        assert dm.grad(lambda a: ops.sum(a * a * a))(a).nnz == 4
        assert dm.hvp(lambda a: ops.sum(a**2), (a,), (a,)).nnz == 4
        assert ops.count_nonzero(a) == 3


def test_a_maximum_shares_ties_with_what_is_not_stored():
    for a in with_explicit_zero():
        gradient = dm.grad(lambda a: ops.max(-a))(a)  # six zeros are the largest, one of them is stored
        np.testing.assert_allclose(dense(gradient), np.diag([0.0, 0.0, -1 / 6]))
        gradient = dm.grad(lambda a: ops.sum(ops.min(a, axis=0)))(a)  # two of the zeros of the last column, one stored
        np.testing.assert_allclose(dense(gradient), np.diag([0.0, 0.0, 1 / 2]))


def test_a_fill_value_takes_part_and_does_not_move():
    a = sparse.COO([[0, 1, 2], [1, 2, 0]], [2.0, 3.0, 4.0], shape=(3, 3), fill_value=0.5)
    full, stored = a.todense(), np.zeros((3, 3))
    stored[tuple(a.coords)] = 1
    weights = np.arange(9.0).reshape(3, 3)
    programs = {
        "sum": lambda a: ops.sum(a) ** 2,
        "sum of columns": lambda a: ops.sum(ops.sum(a, axis=0) ** 2),
        "mean of rows": lambda a: ops.sum(ops.mean(a, axis=1) ** 2),
        "variance": lambda a: ops.sum(ops.var(a, axis=0)) + ops.var(a),
        "deviation": lambda a: ops.std(a),
        "max": lambda a: ops.max(a) + ops.sum(ops.min(a, axis=1)),
        "cosine": lambda a: ops.sum(ops.cos(a) ** 2),
        "logarithm": lambda a: ops.sum(ops.log(a)),
        "times a number": lambda a: ops.sum((3 * a - 1) ** 2),
        "times itself": lambda a: ops.sum(a * a),
        "times dense": lambda a: ops.sum(a * weights),
        "with another": lambda a: ops.sum((a + a.T) ** 2),
        "over a number": lambda a: ops.sum(2 / a),
        "reshaped": lambda a: ops.sum(ops.reshape(a, shape=(9,)) ** 2),
        "an element": lambda a: a[0, 0] * a[0, 1],
        "a row": lambda a: ops.sum(a[1] ** 2),
        "padded": lambda a: ops.sum(ops.concatenate((a, a)) ** 2),
    }
    for name, program in programs.items():
        np.testing.assert_allclose(program(a), program(full), err_msg=name)
        gradient = dm.grad(program)(a)
        assert gradient.fill_value == 0, name
        assert gradient.nnz == 3, name
        np.testing.assert_allclose(gradient.todense(), dm.grad(program)(full) * stored, err_msg=name)
    tangent = dm.jvp(ops.cos, (a,), (a * 0 + sparse.COO(a.coords, [1.0, 1.0, 1.0], shape=(3, 3)),))
    assert tangent[0].fill_value == np.cos(0.5)
    assert tangent[1].fill_value == 0.0


def test_products_with_a_fill_value_are_dense_and_say_so():
    a = sparse.COO([[0, 1], [1, 2]], [2.0, 3.0], shape=(3, 3), fill_value=0.5)
    with pytest.warns(DensifyWarning, match="matmul has no sparse result for a COO"):
        gradient = dm.grad(lambda a: np.sum(a @ X))(a)
    np.testing.assert_array_equal(gradient.todense(), [[0, 2, 0], [0, 0, 3], [0, 0, 0]])


@pytest.mark.parametrize("kind", ["csr_array", "csc_array", "coo_array"])
def test_duplicates_and_unsorted_places(kind):
    data, rows, columns = [1.0, 2.0, 3.0, 4.0], [2, 0, 0, 1], [0, 1, 1, 2]
    a = sp.coo_array((data, (rows, columns)), shape=(3, 3))
    if kind != "coo_array":
        order = np.argsort(rows if kind == "csr_array" else columns, kind="stable")
        major = np.take(rows if kind == "csr_array" else columns, order)
        pointers = np.searchsorted(major, np.arange(4))
        minor = np.take(columns if kind == "csr_array" else rows, order)
        a = getattr(sp, kind)((np.take(data, order), minor, pointers), shape=(3, 3))
    assert a.nnz == 4
    gradient = dm.grad(lambda a: ops.sum((a @ X) ** 2))(a)
    expected = 2 * np.outer(a.todense() @ X, X) * (a.todense() != 0)
    np.testing.assert_allclose(gradient.todense(), expected)
    assert gradient.nnz == 3
    assert a.nnz == 4  # the caller's array is left alone


def test_the_order_of_the_stored_numbers_is_kept():
    a = sp.csr_array((np.array([1.0, 2.0, 3.0]), np.array([2, 0, 1]), np.array([0, 2, 2, 3])), shape=(3, 3))
    assert not a.has_sorted_indices
    gradient = dm.grad(lambda a: ops.sum(a**2))(a)
    np.testing.assert_array_equal(gradient.data, [2.0, 4.0, 6.0])
    np.testing.assert_array_equal(gradient.indices, a.indices)


def test_a_pattern_that_changes_is_read_again():
    a = sp.csr_array((np.array([1.0, 2.0, 0.0]), np.array([2, 1, 0]), np.array([0, 3])), shape=(1, 3))
    for change in (lambda: None, a.sort_indices, a.eliminate_zeros, lambda: a.__setitem__((0, 0), 5.0)):
        change()
        gradient = dm.grad(lambda a: ops.sum(a * X**2 * a))(a)
        np.testing.assert_array_equal(gradient.todense(), 2 * a.todense() * X**2)
        assert gradient.nnz == a.nnz
    c = sparse.COO([[0, 2]], [1.0, 2.0], shape=(3,))
    dm.grad(lambda c: ops.sum(c * c))(c)
    c.fill_value = np.float64(1.0)
    assert dm.value_and_grad(lambda c: ops.sum(c * X))(c)[0] == 1.0 + 2.0 + 6.0


def test_results_do_not_share_numbers_that_scipy_sorts_in_place():
    a = sp.csr_array(np.array([0.25, 0.5, 0.75]))
    ops.flip(a)
    np.testing.assert_array_equal(a.data, [0.25, 0.5, 0.75])
    b = sp.csr_array((np.array([1.0, 2.0]), np.array([1, 0]), np.array([0, 2])), shape=(1, 2))
    ops.positive(b).sort_indices()
    np.testing.assert_array_equal(b.todense(), [[2.0, 1.0]])


@pytest.mark.parametrize("make", [sparse.COO.from_numpy, sp.csr_array], ids=["COO", "csr_array"])
def test_precision_and_kinds_of_numbers(make):
    numbers = np.array([[0.0, 2.0, 0.0], [0.0, 0.0, 3.0], [4.0, 0.0, 0.0]])
    a = make(numbers.astype(np.float32))
    x = X.astype(np.float32)
    for program in (
        lambda a: ops.sum(a * a),
        lambda a: ops.sum(a @ x),
        lambda a: ops.std(a),
        lambda a: ops.sum(ops.max(a, axis=0)),
        lambda a: ops.mean(a),
        lambda a: ops.sum(2.0 * a / 3),
    ):
        value, gradient = dm.value_and_grad(program)(a)
        assert value.dtype == gradient.dtype == np.float32
    whole = make(numbers.astype(int))
    gradient = dm.grad(lambda a: ops.sum(a * a))(whole)
    assert gradient.dtype == np.float64
    np.testing.assert_array_equal(dense(gradient), 2 * numbers)
    twisted = make(numbers * (1 + 2j))
    gradient = dm.grad(lambda a: ops.real(ops.sum(a * ops.conj(a))))(twisted)
    np.testing.assert_allclose(dense(gradient), 2 * numbers * (1 + 2j))
    z = X * (1 - 1j)
    for program in (lambda a: ops.sum(ops.absolute(a @ z)), lambda a: ops.sum(ops.real(ops.solve(a, z))),
                    lambda a: ops.sum(ops.absolute(a.T @ a)), lambda a: ops.imag(ops.vdot(a, 2j * a * a))):  # fmt: skip
        expected = dm.grad(program)(numbers * (1 + 2j)) * (numbers != 0)
        np.testing.assert_allclose(dense(dm.grad(program)(twisted)), expected)
    mask = make(numbers > 2)
    gradient = dm.grad(lambda a: ops.sum(ops.where(mask, a, 0.0)))(make(numbers))
    np.testing.assert_array_equal(dense(gradient), numbers > 2)


@pytest.mark.parametrize("make", [sparse.COO.from_numpy, sp.csr_array, sp.coo_array], ids=["COO", "csr", "coo"])
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (3, 3)])
def test_arrays_without_numbers(make, shape):
    a = make(np.zeros(shape))
    assert a.nnz == 0
    x = np.ones(shape[1])
    gradient = dm.grad(lambda a: ops.sum(a @ x) + ops.sum(a * a) + ops.sum(ops.sum(a, axis=0)))(a)
    assert gradient.shape == shape
    assert gradient.nnz == 0
    assert (a @ x).shape == dm.jvp(lambda a: a @ x, (a,), (a,))[1].shape == (shape[0],)
    np.testing.assert_array_equal(dm.grad(lambda x: ops.sum(a @ x))(x), np.zeros(shape[1]))
    assert ops.sum(a) == 0.0
    assert dm.ravel(a)[0].shape == (0,)
    if shape[0] == shape[1]:
        with pytest.raises(np.linalg.LinAlgError):
            ops.solve(make(np.zeros((3, 3))), np.ones(3))


def test_arrays_without_axes():
    number = sparse.COO.from_numpy(np.array(2.0))
    assert dm.grad(lambda a: ops.sum(a) ** 2)(number).todense() == 4.0
    value, gradient = dm.value_and_grad(lambda a: (a * a).sum())(sparse.COO.from_numpy(X))
    assert value == 14.0
    assert isinstance(value, np.floating)
    np.testing.assert_array_equal(gradient.todense(), 2 * X)
    total = sparse.COO.from_numpy(X).sum()  # a 0-d array of sparse's: its number is its fill value
    assert dm.grad(lambda x: x * ops.sum(total))(3.0) == 6.0


FORMATS = ["bsr_array", "dia_array", "lil_array", "dok_array"]


@pytest.mark.parametrize("kind", FORMATS)
def test_other_formats_are_computed_with_as_rows(kind):
    numbers = np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 4.0], [0.0, 0.0, 5.0]])
    a = getattr(sp, kind)(numbers)
    gradient = dm.grad(lambda a: X @ (a @ X))(a)
    assert type(gradient) is sp.csr_array
    stored = dense(gradient) != 0
    assert np.all(stored[numbers != 0])
    np.testing.assert_array_equal(dense(gradient), np.outer(X, X) * stored)
    np.testing.assert_allclose(dm.jvp(lambda a: a @ X, (a,), (a,))[1], numbers @ X)


def test_explicit_zeros_of_diagonals_stay():
    a = sp.dia_array((np.array([[1.0, 0.0, 3.0]]), [0]), shape=(3, 3))
    assert dm.grad(lambda a: X @ (a @ X))(a).nnz == 3


def test_a_dok_of_sparse():
    a = sparse.DOK((3, 3), {(0, 1): 2.0, (2, 0): 4.0})
    gradient = dm.grad(lambda a: X @ (a @ X))(a)
    assert type(gradient) is sparse.COO
    np.testing.assert_array_equal(gradient.todense(), [[0, 2, 0], [0, 0, 0], [3, 0, 0]])


def test_comparisons_and_positions():
    a = sparse.COO([[0, 1, 2], [1, 2, 0]], [2.0, 3.0, 4.0], shape=(3, 3))
    assert ops.greater(a, 2.5).nnz == 3
    assert ops.any(a)
    assert not ops.all(a)
    np.testing.assert_array_equal(ops.count_nonzero(a, axis=0), [1, 1, 1])
    with pytest.warns(DensifyWarning, match="argmax has no sparse result for a COO"):
        assert ops.argmax(a) == 6
    assert [k.tolist() for k in ops.nonzero(a)] == [[0, 1, 2], [1, 2, 0]]
    csr = sp.csr_array(a.todense())
    with pytest.warns(DensifyWarning, match="less has no sparse result for a csr_array"):
        np.testing.assert_array_equal(ops.less(csr, 2.5), a.todense() < 2.5)


def test_dense_values_that_spoil_a_product_with_zero():
    a = sparse.COO([[0], [1]], [2.0], shape=(2, 2))
    d = np.array([[0.0, 2.0], [np.nan, 1.0]])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(ops.multiply(a, d), a.todense() * d)
        np.testing.assert_array_equal(ops.divide(a, d), a.todense() / d)
    assert ops.multiply(a, np.ones((2, 2))).nnz == 1
