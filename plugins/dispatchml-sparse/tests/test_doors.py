"""Constructors round traced numbers, operands in both orders, and the libraries' own attributes and methods."""

import warnings
from fractions import Fraction

import dispatchml_sparse
import numpy as np
import pytest
import scipy.sparse as sp
import sparse
from dispatchml_sparse.foreign import SparseRefusal

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning, ShapeError

COO = sparse.COO([[0, 1, 2], [1, 2, 0]], [2.0, 3.0, 4.0], shape=(3, 3))
CSR = sp.csr_array(COO.todense())
X, NUMBERS = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])


def dense(x):
    """A plain dense array of anything."""
    return np.asarray(x.todense() if hasattr(x, "todense") else x)


# ---- constructors ----------------------------------------------------------------------------------------------------

BUILT = {
    "COO": lambda v: sparse.COO([[0, 1, 2], [1, 2, 0]], v, shape=(3, 3)),
    "COO by names": lambda v: sparse.COO(coords=[[2, 0, 1], [0, 1, 2]], data=v, shape=(3, 3)),
    "COO unsorted": lambda v: sparse.COO([[2, 0, 1], [0, 1, 2]], v, shape=(3, 3)),
    "COO with duplicates": lambda v: sparse.COO([[0, 0, 2], [1, 1, 0]], v, shape=(3, 3)),
    "COO of a list": lambda v: sparse.COO([[0, 1, 2], [1, 2, 0]], [v[2], v[1], v[0]], shape=(3, 3)),
    "COO with a fill value": lambda v: sparse.COO([[0, 1, 2], [1, 2, 0]], v, shape=(3, 3), fill_value=2.0),
    "GCXS": lambda v: sparse.GCXS((v, [1, 2, 0], [0, 1, 2, 3]), shape=(3, 3), compressed_axes=(0,)),
    "csr_array": lambda v: sp.csr_array((v, [1, 2, 0], [0, 1, 2, 3]), shape=(3, 3)),
    "csr_array by places": lambda v: sp.csr_array((v, ([2, 0, 1], [0, 1, 2])), shape=(3, 3)),
    "csr_array with duplicates": lambda v: sp.csr_array((v, [1, 1, 0], [0, 2, 3, 3]), shape=(3, 3)),
    "csc_array": lambda v: sp.csc_array((v, [1, 2, 0], [0, 1, 2, 3]), shape=(3, 3)),
    "csc_array by places": lambda v: sp.csc_array((v, ([0, 0, 2], [2, 1, 0])), shape=(3, 3)),
    "coo_array with duplicates": lambda v: sp.coo_array((v, ([0, 0, 2], [1, 1, 0])), shape=(3, 3)),
    "coo_array of a list": lambda v: sp.coo_array(([v[0], v[0], v[1]], ([0, 1, 2], [1, 1, 0])), shape=(3, 3)),
}


@pytest.mark.parametrize("name", BUILT)
def test_a_constructor_round_traced_numbers_is_differentiated(name):
    build = BUILT[name]
    ops.add(COO, COO), ops.add(CSR, CSR)  # the plugins are there

    def energy(v):
        a = build(v)
        return ops.sum(a * np.outer(X, X)) + ops.sum(a * a)

    def expected(v):
        a = dense(build(v))
        return X @ a @ X + np.sum(a * a)

    steps = 1e-6 * np.eye(3)
    slopes = [(expected(NUMBERS + s) - expected(NUMBERS - s)) / 2e-6 for s in steps]
    np.testing.assert_allclose(dm.grad(energy)(NUMBERS), slopes, rtol=1e-7)
    value, tangent = dm.jvp(energy, (NUMBERS,), (X,))
    np.testing.assert_allclose(value, expected(NUMBERS))
    np.testing.assert_allclose(tangent, np.dot(slopes, X), rtol=1e-7)
    seen = []
    dm.grad(lambda v: (seen.append(dm.primal(build(v))), ops.sum(v))[1])(NUMBERS)
    np.testing.assert_allclose(dense(seen[0]), dense(build(NUMBERS)))
    assert type(seen[0]) is type(build(NUMBERS))


def test_conversions_between_classes_are_differentiated():
    a = COO * 1.0
    for convert in (sparse.GCXS, lambda x: x.asformat("gcxs"), lambda x: x.tocsr(), lambda x: x.tocsc()):
        gradient = dm.grad(lambda x: ops.sum(convert(x) * 2))(a)  # noqa: B023
        assert isinstance(gradient, sparse.COO)
        np.testing.assert_array_equal(gradient.data, [2.0, 2.0, 2.0])
    for name in ("csc_array", "coo_array", "bsr_array", "lil_array"):
        gradient = dm.grad(lambda x: ops.sum(getattr(sp, name)(x) ** 2))(CSR)  # noqa: B023
        np.testing.assert_array_equal(gradient.data, 2 * CSR.data)


def test_a_dense_traced_array_has_no_pattern():
    with pytest.raises(SparseRefusal, match="from_values"):
        dm.grad(lambda v: ops.sum(sp.csr_array(v)))(np.eye(3))
    with pytest.raises(SparseRefusal, match="from_values"):
        dm.grad(lambda v: ops.sum(sparse.COO(v)))(np.eye(3))


@pytest.mark.parametrize("like", [COO, CSR], ids=["COO", "csr_array"])
def test_from_values_puts_numbers_on_a_pattern(like):
    gradient = dm.grad(lambda v: ops.sum(dispatchml_sparse.from_values(like, v) @ X))(NUMBERS)
    np.testing.assert_array_equal(gradient, [2.0, 3.0, 1.0])
    assert type(dispatchml_sparse.from_values(like, NUMBERS)) is type(like)
    with pytest.raises(ShapeError, match="3 stored"):
        dispatchml_sparse.from_values(like, np.ones(4))
    np.testing.assert_array_equal(
        dm.grad(lambda a: ops.sum(dispatchml_sparse.values(a) ** 2))(like).data, 2 * like.data
    )


# ---- operands --------------------------------------------------------------------------------------------------------

OTHER = sparse.COO([[0, 1], [1, 1]], [2.0, 3.0], shape=(3, 3))
ORDERS = {
    "+": (lambda a, b: a + b, lambda a, b: b + a),
    "-": (lambda a, b: a - b, lambda a, b: b - a),
    "*": (lambda a, b: a * b, lambda a, b: b * a),
    "@": (lambda a, b: a @ b, lambda a, b: b @ a),
}


@pytest.mark.parametrize("sign", ORDERS)
@pytest.mark.parametrize("kind", ["COO", "csr_array"])
@pytest.mark.parametrize("beside", ["sparse", "dense", "the other library"])
def test_both_orders_of_operands(sign, kind, beside):
    a, b = (COO, OTHER) if kind == "COO" else (CSR, sp.csr_array(OTHER.todense()))
    if beside == "dense":
        b = dense(b) + 1.0
    if beside == "the other library":
        b = sp.csr_array(OTHER.todense()) if kind == "COO" else OTHER
    w = np.arange(9.0).reshape(3, 3)
    for combine in ORDERS[sign]:
        expected = combine(dense(a), dense(b))
        value, gradient = dm.value_and_grad(lambda x: ops.sum(ops.multiply(combine(x, b), w)))(a)  # noqa: B023
        np.testing.assert_allclose(value, np.sum(expected * w))
        assert type(gradient) is type(a)
        wanted = dm.grad(lambda x: np.sum(combine(x, dense(b)) * w))(dense(a))  # noqa: B023
        np.testing.assert_allclose(gradient.data, wanted[COO.coords[0], COO.coords[1]])
        if beside != "dense":  # the plain operand traced, the other one a constant
            gradient = dm.grad(lambda x: ops.sum(ops.multiply(combine(a, x), w)))(b)  # noqa: B023
            assert type(gradient) is type(b)


def test_a_constant_sparse_matrix_beside_traced_vectors():
    for a in (COO, CSR):
        np.testing.assert_allclose(dm.grad(lambda x: np.sum((a @ x) ** 2))(X), 2 * dense(a).T @ (dense(a) @ X))  # noqa: B023
        np.testing.assert_allclose(dm.grad(lambda x: np.sum((x @ a) ** 2))(X), 2 * dense(a) @ (X @ dense(a)))  # noqa: B023
        np.testing.assert_allclose(dm.hessian(lambda x: x @ (a @ x))(X), dense(a) + dense(a).T)  # noqa: B023
        np.testing.assert_allclose(dm.jacobian(lambda x: a @ x)(X), dense(a))  # noqa: B023
        np.testing.assert_allclose(dm.grad(lambda s: ops.sum(s * a * s))(2.0), 4 * 9.0)  # noqa: B023


def test_a_traced_number_added_to_a_sparse_array_keeps_its_derivative():
    warnings.simplefilter("always", DensifyWarning)
    with pytest.warns(DensifyWarning, match="add has no sparse result for a COO"):
        assert dm.grad(lambda s: ops.sum((COO + s) ** 2))(1.0) == 2 * np.sum(dense(COO) + 1.0)


# ---- attributes and methods ------------------------------------------------------------------------------------------

STATIC = {
    "COO": ("shape", "ndim", "size", "nnz", "dtype", "fill_value", "density", "format"),
    "csr_array": ("shape", "ndim", "size", "nnz", "dtype", "format", "has_sorted_indices"),
}


@pytest.mark.parametrize("kind", STATIC)
def test_what_does_not_depend_on_the_numbers_is_answered(kind):
    a = COO if kind == "COO" else CSR
    seen = {}

    def look(x):
        seen.update({name: getattr(x, name) for name in STATIC[kind]})
        assert dm.isinstance(x, type(a))
        if kind == "COO":
            np.testing.assert_array_equal(x.coords, a.coords)
        else:
            np.testing.assert_array_equal(x.indices, a.indices)
            np.testing.assert_array_equal(x.indptr, a.indptr)
        return ops.sum(x)

    dm.grad(look)(a)
    assert seen == {name: getattr(a, name) for name in STATIC[kind]}


METHODS = {
    "data": lambda a: ops.sum(a.data**2),
    "todense": lambda a: np.sum(a.todense() ** 2),
    "T": lambda a: np.sum((a.T @ X) ** 2),
    "sum": lambda a: np.sum(dense_or_traced(a.sum(axis=0)) ** 2),
    "dot": lambda a: np.sum(a.dot(X) ** 2),
    "reshape": lambda a: (a.reshape((9, 1)) ** 2).sum(),
    "transpose": lambda a: (a.transpose() ** 3).sum(),
    "tocsr": lambda a: (a.tocsr() ** 2).sum(),
    "mean": lambda a: a.mean() ** 2,
    "max": lambda a: a.max() ** 2,
    "conj": lambda a: (a.conj() * a).sum(),
    "astype": lambda a: a.astype(np.complex128).sum().real,
    "copy": lambda a: (a.copy() ** 2).sum(),
    "numpy.sum": lambda a: np.sum(a) ** 2,
}
SCIPY_METHODS = {
    "toarray": lambda a: np.sum(a.toarray() ** 2),
    "multiply": lambda a: a.multiply(a).sum(),
    "power": lambda a: a.power(3).sum(),
    "diagonal": lambda a: np.sum(a.diagonal(1) ** 2),
    "trace": lambda a: (a @ a.T).trace(),
    "tocsc": lambda a: (a.tocsc() ** 2).sum(),
    "tocoo": lambda a: (a.tocoo() ** 2).sum(),
    "sqrt": lambda a: a.sqrt().sum(),
    "maximum": lambda a: (a.maximum(a.T) ** 2).sum(),
    "row": lambda a: (a[1] ** 2).sum(),
    "asformat": lambda a: (a.asformat("csc") ** 2).sum(),
}


def dense_or_traced(x):
    """A plain sparse result as a dense one."""
    return x.todense() if type(x) is sparse.COO else x


@pytest.mark.parametrize(
    ("name", "kind"), [(n, k) for n in METHODS for k in STATIC] + [(n, "csr_array") for n in SCIPY_METHODS]
)
def test_methods_on_traced_arrays_are_differentiated(name, kind):
    method, a = {**METHODS, **SCIPY_METHODS}[name], COO if kind == "COO" else CSR
    value, gradient = dm.value_and_grad(method)(a)
    plain = method(a)
    np.testing.assert_allclose(value, dense(plain))
    direction = np.array([0.5, -1.0, 0.25])
    ahead, behind = (method(dispatchml_sparse.from_values(a, NUMBERS + s * direction)) for s in (1e-6, -1e-6))
    np.testing.assert_allclose(gradient.data @ direction, (dense(ahead) - dense(behind)) / 2e-6, rtol=1e-6)


def test_numpy_functions_of_traced_arrays():
    np.testing.assert_allclose(
        dm.grad(lambda a: np.sum(np.linalg.solve(a, X)))(CSR).data,
        dm.grad(lambda a: np.sum(np.linalg.solve(a, X)))(dense(CSR))[COO.coords[0], COO.coords[1]],
    )
    assert dm.grad(lambda a: np.linalg.norm(a))(CSR).nnz == 3
    np.testing.assert_allclose(dm.grad(lambda a: np.einsum("ij,j->i", a, X) @ X)(CSR).data, [2.0, 6.0, 3.0])


def test_item_assignment_is_scipys_and_not_sparses():
    def put(a):
        a[0, 1] = a[1, 2] * 2
        a[2, 2] = 7.0
        return ops.sum(a**2)

    value, gradient = dm.value_and_grad(put)(CSR)
    assert value == 36.0 + 9.0 + 16.0 + 49.0
    np.testing.assert_array_equal(dense(gradient), [[0, 0, 0], [0, 0, 6.0 + 24.0], [8.0, 0, 0]])
    np.testing.assert_array_equal(CSR.data, NUMBERS)
    with pytest.raises(SparseRefusal, match="from_values"):
        dm.grad(put)(COO)


def test_operators_in_place():
    def twice(a):
        a += a
        a *= 2.0
        return ops.sum(a * a)

    for a in (COO, CSR):
        assert dm.value_and_grad(twice)(a * 1.0)[0] == 16 * np.sum(NUMBERS**2)
        np.testing.assert_allclose(dm.grad(twice)(a * 1.0).data, 32 * NUMBERS)


def test_matrices_of_scipy_are_refused_with_the_fix():
    matrix = sp.csr_matrix(CSR)
    for call in (
        lambda: dm.grad(lambda a: ops.sum(a))(matrix),
        lambda: dm.grad(lambda x: ops.sum(matrix * x))(X),
        lambda: dm.grad(lambda x: ops.sum(x * matrix))(X),
        lambda: ops.add(matrix, matrix),
        lambda: ops.concatenate((matrix, matrix)),
        lambda: dm.vmap(lambda x: ops.matmul(matrix, x))(np.eye(3)),
    ):
        with pytest.raises(SparseRefusal, match=r"scipy\.sparse\.csr_array\(x\)"):
            call()


def test_exact_numbers_stay_exact_in_coo():
    half, third = Fraction(1, 2), Fraction(1, 3)
    exact = sparse.COO([[0, 1], [1, 0]], np.array([half, third], dtype=object), shape=(2, 2))
    x = np.array([Fraction(2), Fraction(3)], dtype=object)
    assert ops.matmul(exact, x).tolist() == [Fraction(3, 2), Fraction(2, 3)]
    gradient = dm.grad(lambda a: x @ (a @ x))(exact)
    assert gradient.data.tolist() == [Fraction(6), Fraction(6)]
    assert dm.grad(lambda a: ops.sum(a**3))(exact).data.tolist() == [Fraction(3, 4), third]
    assert ops.var(exact) == Fraction(1, 16) * Fraction(half**2 + third**2) * 4 - Fraction(5, 24) ** 2
    warnings.simplefilter("always", DensifyWarning)
    with pytest.warns(DensifyWarning, match="solve"):
        assert ops.solve(exact, x).tolist() == [Fraction(9), Fraction(4)]


def test_objects_in_scipys_classes_are_refused():
    with pytest.raises(SparseRefusal, match=r"sparse\.COO"):
        ops.multiply(sp.csr_array(np.eye(2, dtype=int)), Fraction(1, 2))


def test_primitives_of_the_users_own_see_plain_arrays_and_give_sparse_gradients():
    clipped = dm.primitive(ops.operation("clipped", arity=1))
    clipped.elementwise("a / (1 + abs(a))", "1 / (1 + abs(a))**2")

    @dm.primitive
    def total(a):
        assert type(a) in (sparse.COO, sp.csr_array)
        return np.sum(dense(a))

    @total.defvjp
    def total_vjp(y, a):
        return lambda ct: (ct * np.ones((3, 3)),)

    for a in (COO, CSR):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore" if a is CSR else "error", DensifyWarning
            )  # SciPy has no fill value for 1 + |a|
            gradient = dm.grad(lambda a: ops.sum(clipped(a)))(a)
        np.testing.assert_allclose(gradient.data, 1 / (1 + NUMBERS) ** 2)
        gradient = dm.grad(lambda a: total(a) ** 2)(a)
        assert type(gradient) is type(a)
        np.testing.assert_array_equal(gradient.data, [18.0, 18.0, 18.0])
