"""Matrices made of traced diagonals, sums of Kronecker products, and functions of the module sparse."""

import numpy as np
import pytest
import scipy.sparse as sp
import sparse

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError

X = np.array([1.0, 2.0, 4.0, 8.0])
WEIGHTS = np.arange(1.0, 17.0).reshape(4, 4)

MATRICES = {
    "tridiagonal": lambda v: sp.diags_array([v[1:], v * v, v[:-1]], offsets=[-1, 0, 1]),
    "one diagonal": lambda v: sp.diags_array(v * v),
    "a list of one": lambda v: sp.diags_array([v[:3]], offsets=[1]),
    "numbers": lambda v: sp.diags_array([v[0], -2.0, v[1]], offsets=[-1, 0, 1], shape=(4, 4)),
    "a plain one beside": lambda v: sp.diags_array([np.ones(3), v], offsets=[1, 0], format="csc"),
    "dia_array": lambda v: sp.dia_array((np.stack([v, v * v]), [0, 1]), shape=(4, 4)),
    "dia_array of one": lambda v: sp.dia_array((v, 0), shape=(4, 4)),
    "kronsum": lambda v: sp.kronsum(sp.diags_array(v[:2]).tocsr(), sp.csr_array(np.ones((2, 2)))),
    "kron": lambda v: sp.kron(sp.diags_array(v[:2]).tocsr(), sp.csr_array(np.eye(2)), format="csr"),
}


@pytest.mark.parametrize("name", MATRICES)
def test_as_with_plain_numbers(name):
    make = MATRICES[name]

    def f(v):
        return ((make(v) @ WEIGHTS) ** 2).sum()

    value, g = dm.value_and_grad(f)(X)
    np.testing.assert_allclose(value, f(X))
    wanted = [(f(X + 1e-6 * e) - f(X - 1e-6 * e)) / 2e-6 for e in np.eye(4)]
    np.testing.assert_allclose(g, wanted, rtol=1e-6, atol=1e-4)


def test_formats():
    for format in ("csr", "csc", "coo"):
        seen = []
        dm.grad(lambda v: (seen.append(dm.primal(sp.diags_array(v, format=format))), v.sum())[1])(X)  # noqa: B023
        assert seen[0].format == format
    with pytest.raises(ValueError, match="repeated|duplicate"):
        dm.grad(lambda v: sp.diags_array([v, v], offsets=[0, 0]).sum())(X)


@pytest.mark.parametrize("make", [lambda v: sp.diags(v), lambda v: sp.spdiags(v[None], [0], 4, 4)], ids=["diags", "sp"])
def test_what_gives_a_matrix_says_what_to_write(make):
    with pytest.raises(LiftError, match=r"gives a dia_matrix.*_array\("):
        dm.grad(lambda v: make(v).sum())(X)


def test_functions_of_the_module_sparse():
    c = sparse.COO.from_numpy(np.diag(X))
    np.testing.assert_allclose(dm.grad(lambda a: sparse.nansum(a * a))(c).todense(), np.diag(2 * X))
    np.testing.assert_allclose(dm.grad(lambda a: np.sum(sparse.asnumpy(a) ** 2))(c).todense(), np.diag(2 * X))
    holed = sparse.COO.from_numpy(np.diag([1.0, np.nan, 3.0]))
    found = dm.grad(lambda a: sparse.nansum(a * a))(holed)
    np.testing.assert_allclose(found.data, [2.0, 0.0, 6.0])
