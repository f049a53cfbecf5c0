"""Arguments of which the axes lie in another order in memory are taken as they are, and results lie as they do."""

import warnings

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

RNG = np.random.default_rng(0)
X, Z = RNG.normal(size=(40, 50)), RNG.normal(size=(12, 15, 20))
ARGUMENTS = {
    "transposed": X.T,
    "in Fortran's order": np.asfortranarray(X),
    "turned": Z.transpose(1, 2, 0),
    "with the last axes exchanged": Z.transpose(0, 2, 1),
    "backwards": X[::-1].T,
    "with gaps": X[:, ::2].T,
    "with an axis of size 1": RNG.normal(size=(50, 1, 30)).transpose(1, 0, 2),
}
FUNCTIONS = {
    "elements": lambda a: np.sin(a) * a + 1,
    "sums": lambda a: (np.sum(a * a), np.sum(np.exp(a), axis=0), np.sum(np.exp(a), axis=-1), np.any(a > 2, axis=0)),
    "kept axes": lambda a: (a - np.mean(a, axis=0, keepdims=True)) / np.sum(a, axis=-1, keepdims=True),
    "broadcast": lambda a: a * a[0] + a[..., :1],
    "transposed back": lambda a: (np.exp(a).T, a.T, a, (a * 2).T),
    "products": lambda a: a @ np.swapaxes(a, -1, -2),
    "derivatives": dm.grad(lambda a: np.sum(np.tanh(a) ** 2 * a) + np.sum(np.sum(a, axis=0) ** 2)),
    "moved": lambda a: (np.where(a > 0, a, 0.0)[1:] * 2, np.cumsum(a * 2, axis=-1), (a * 2).reshape(-1)),
    "other dtypes": lambda a: ((a * 2).astype("f4"), a > 0, a * (1 + 1j)),
}


@pytest.mark.parametrize("kind", ARGUMENTS)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_results(name, kind):
    function, x = FUNCTIONS[name], ARGUMENTS[kind]
    before, compiled = x.copy(), dm.jit(function)
    wanted = function(before.copy())
    for _ in range(2):
        found = compiled(x)
        for a, b in zip(found, wanted, strict=True) if isinstance(wanted, tuple) else [(found, wanted)]:
            assert (type(a), np.result_type(a), np.shape(a)) == (type(b), np.result_type(b), np.shape(b))
            np.testing.assert_allclose(a, b, rtol=1e-6 if np.result_type(a) == np.float32 else 1e-10, atol=1e-12)
            if isinstance(a, np.ndarray):
                assert not np.shares_memory(a, x)
                a[...] = 0
    np.testing.assert_array_equal(x, before)


def test_nothing_is_copied_or_crossed():
    compiled = dm.jit(lambda a, b: a * b + a)
    for x in (X.T, Z.transpose(1, 2, 0)):
        found = compiled(x, x)
        assert found.strides == x.strides
        assert "transpose" not in compiled.lower(x, x)


def test_a_function_that_writes_into_such_an_argument_runs_uncompiled():
    def function(a):
        a[0] = 1.0
        return a * 2

    x = np.asfortranarray(X)
    with pytest.warns(FallbackWarning, match="writes into an array"):
        found = dm.jit(function)(x)
    np.testing.assert_array_equal(found, x * 2)
    assert (x[0] == 1.0).all()


def test_orders_are_told_apart():
    compiled = dm.jit(lambda a: a * 2 + a[::-1])
    square = RNG.normal(size=(40, 40))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            for x in (square, square.T, np.asfortranarray(square), square[::-1]):
                np.testing.assert_array_equal(compiled(x), x * 2 + x[::-1])
