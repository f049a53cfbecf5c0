"""jit(donate=...): results in the memory of arguments that are given away, and only where that changes nothing else."""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import ArgumentError, FallbackWarning

X, V = np.linspace(0.1, 1.0, 600).reshape(30, 20), np.cos(np.arange(600.0)).reshape(30, 20)
pytestmark = pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")


def step(x, v):
    return x + 0.1 * v, 0.9 * v - np.sin(x)


def same(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=1e-14, atol=1e-15)


def test_results_take_the_memory_of_arguments():
    compiled = dm.jit(step, donate=(0, 1))
    for _ in range(3):
        x, v = X.copy(), V.copy()
        found = compiled(x, v)
        assert found[0] is x
        assert found[1] is v
        for a, b in zip(found, step(X, V), strict=True):
            same(a, b)


def test_rows_are_read_before_they_are_written():
    def function(x):
        return np.exp(x - np.max(x, axis=1, keepdims=True)) / np.sum(np.exp(x), axis=1, keepdims=True)

    x = X.copy()
    found = dm.jit(function, donate=0)(x)
    assert found is x
    same(found, function(X))


KEPT = {
    "read at other places": lambda x: x[::-1] + x,
    "read by a sum of all": lambda x: x - np.sum(x),
    "transposed": lambda x: x[:20] + x[:20].T,
    "of another dtype": lambda x: x.astype(np.float32),
    "a result itself": lambda x: (x, 2.0 * x),
    "with a branch": lambda x: x + 1.0 if x[0, 0] > 0 else x,
    "read by a position that is looked at": lambda x: x + x[np.arange(30), np.arange(30) % 20][:, None],
    "a product of matrices": lambda x: x @ x.T @ x + x,
    "a derivative": dm.grad(lambda x: np.sum(np.sin(x) * x)),
    "a stencil": lambda x: np.pad(x[1:] - x[:-1], ((0, 1), (0, 0))),
}


@pytest.mark.parametrize("name", KEPT)
def test_results_are_right_where_an_argument_is_read_elsewhere(name):
    function = KEPT[name]
    warnings.filterwarnings("ignore", message="jit: no argument is given away")  # until the test ends
    compiled = dm.jit(function, donate=0)
    for _ in range(2):
        found, wanted = compiled(X.copy()), function(X)
        for a, b in zip(found, wanted, strict=True) if isinstance(wanted, tuple) else [(found, wanted)]:
            np.testing.assert_allclose(a, b, rtol=1e-6 if a.dtype == np.float32 else 1e-12)


def test_arguments_that_are_not_given_away_whole_are_kept():
    compiled = dm.jit(step, donate=(0, 1))
    x = X.copy()
    whole = np.concatenate([X, V])
    fixed = X.copy()
    fixed.flags.writeable = False
    for given in ((x, x), (whole[:30], whole[30:]), (fixed, V.copy()), (X.copy()[:, ::-1], V.copy())):
        before = [a.copy() for a in given]
        wanted = step(*before)
        for a, b in zip(compiled(*given), wanted, strict=True):
            same(a, b)
        np.testing.assert_array_equal(given[0], before[0])


def test_arguments_in_containers():
    compiled = dm.jit(lambda state, k: {name: x * k for name, x in state.items()}, donate=0)
    state = {"x": X.copy(), "v": V.copy()}
    found = compiled(state, 2.0)
    assert found["x"] is state["x"]
    same(found["v"], 2.0 * V)


def test_other_arguments_stay():
    compiled = dm.jit(lambda x, v: x * v, donate=0)
    x, v = X.copy(), V.copy()
    assert compiled(x, v) is x
    np.testing.assert_array_equal(v, V)


def test_programs_with_guards_keep_their_arguments_and_say_so():
    x = X.copy()
    branch = dm.jit(lambda x: x * 2.0 if np.sum(x) > -1e9 else x, donate=0)
    with pytest.warns(FallbackWarning, match=r"no argument is given away .* has a guard \(True at .*test_donating"):
        assert branch(x) is not x
    gradient = dm.jit(dm.grad(lambda x: np.sum(x**3)), donate=0)
    with pytest.warns(FallbackWarning, match="take the derivative outside"):
        assert gradient(x) is not x
    same(gradient(x), 3 * X**2)


def test_positions_are_whole_numbers():
    with pytest.raises(ArgumentError, match="donate takes positions"):
        dm.jit(step, donate="x")


def test_contraction_only_where_it_is_asked_for():
    def function(x, y):
        return x * x - y * y

    x = np.array([0.1, 0.7, 1.3])
    usual, fast = dm.jit(function), dm.jit(function, fast=True)
    np.testing.assert_array_equal(usual(x, x), np.zeros(3))
    np.testing.assert_allclose(fast(x, 2 * x), function(x, 2 * x), rtol=1e-15)
    assert "contract" in fast.lower(x, x)
    assert "contract" not in usual.lower(x, x)
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(fast(x, x * 2)))(x), -6 * x, rtol=1e-14)
