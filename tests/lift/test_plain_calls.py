"""Calls of SciPy on plain values within a transform are what they are outside of it, compiled functions included."""

import numpy as np
import pytest

import dispatchml as dm

optimize = pytest.importorskip("scipy.optimize")
from scipy import sparse  # noqa: E402
from scipy.sparse import linalg  # noqa: E402
from scipy.sparse.linalg import eigsh  # noqa: E402
from scipy.spatial import distance  # noqa: E402

MATRIX = np.random.default_rng(0).normal(size=(3, 3)) + 3 * np.eye(3)


@pytest.fixture(scope="module", autouse=True)
def enabled():
    dm.lift.enable("scipy")
    yield
    dm.lift.disable("scipy")


def filled():
    places = np.zeros((2, 2))
    places[0, 1] = 3.0
    return distance.cdist(places, [[1.0, 2.0]], "sqeuclidean").sum()


CALLS = {
    "cdist": lambda: distance.cdist(MATRIX, MATRIX, "cosine").sum(),
    "cdist of lists": lambda: distance.cdist([[1.0, 2], [3, 1]], [[1.0, 2]], "cosine").sum(),
    "cdist of a filled array": filled,
    "linprog": lambda: optimize.linprog([1, 1], A_ub=[[-1, -2]], b_ub=[-3]).fun,
    "milp": lambda: optimize.milp([1.0, 1.0], bounds=optimize.Bounds(0, 3)).fun,
    "eigsh": lambda: eigsh(sparse.csr_matrix(MATRIX @ MATRIX.T), k=1, v0=np.ones(3))[0][0],
    "svds": lambda: linalg.svds(sparse.csr_matrix(MATRIX), k=1, v0=np.ones(3))[1][0],
    "expm_multiply": lambda: linalg.expm_multiply(sparse.csr_matrix(MATRIX), np.ones(3)).sum(),
}


@pytest.mark.parametrize("name", CALLS)
def test_they_give_what_they_gave(name):
    call = CALLS[name]
    before = call()
    seen = []

    def function(p):
        seen.append(call())
        return p * seen[-1]

    assert dm.grad(function)(1.0) == before
    assert dm.jvp(function, (2.0,), (1.0,))[1] == before
    assert [*seen] == [before] * len(seen)


def test_a_function_that_holds_a_traced_value_is_still_lifted():
    slope = dm.grad(lambda p: optimize.brentq(lambda t: t**3 - p, 0.0, 4.0))(8.0)
    np.testing.assert_allclose(slope, 1 / 12, rtol=1e-8)


def test_results_take_traced_elements():
    def function(p):
        away = distance.cdist(MATRIX, MATRIX)
        away[0] = p
        return away.sum()

    assert dm.grad(function)(2.0) == 3.0
