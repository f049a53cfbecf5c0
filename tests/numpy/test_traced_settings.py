"""Settings of NumPy's functions that are traced: shares of quantiles, tolerances, replacements, constants."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import NoMethodError

X = np.array([4.0, 1.0, 2.0, 8.0])
HOLES = np.array([1.0, np.nan, np.inf, -np.inf])
M = np.arange(12.0).reshape(3, 4)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 1.0, np.array([0.2, 0.9]), np.array([[0.1], [0.7]])], ids=repr)
@pytest.mark.parametrize(("x", "axis"), [(X, None), (M, 0), (M, (0, 1)), (M, -1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_quantiles_at_traced_shares(x, axis, share, keepdims):
    expected = np.quantile(x, share, axis=axis, keepdims=keepdims)
    f = lambda x, q: np.quantile(x, q, axis=axis, keepdims=keepdims)  # noqa: E731
    np.testing.assert_allclose(dm.vjp(f, x, share)[0], expected)
    np.testing.assert_allclose(dm.vmap(f, (None, 0))(x, np.stack([share, share]))[1], expected)


def test_a_quantile_rises_with_its_share():
    slope = dm.derivative(lambda q: np.quantile(X, q))(0.3)
    np.testing.assert_allclose(slope, (np.quantile(X, 0.31) - np.quantile(X, 0.29)) / 0.02)
    np.testing.assert_allclose(dm.grad(lambda p: np.percentile(X, p))(30.0), slope / 100)
    assert np.isnan(dm.vjp(lambda q: np.quantile(HOLES, q), 0.3)[0])
    with pytest.raises(NoMethodError, match=r"test_traced_settings.py:\d+.*primal\(q\)"):
        dm.grad(lambda q: np.quantile(X, q, method="nearest"))(0.3)


@pytest.mark.parametrize("tolerance", [1e-3, 0.5, 10.0])
def test_traced_tolerances(tolerance):
    a, b = np.array([1.0, 2.0, np.nan, np.inf]), np.array([1.4, 2.0, np.nan, np.inf])
    for name in ("atol", "rtol"):
        for equal_nan in (False, True):
            seen = []
            given = {"equal_nan": equal_nan}

            def f(x, t, name=name, given=given, seen=seen):
                seen.append((np.isclose(x, b, **{name: t}, **given), np.allclose(x, b, **{name: t}, **given)))
                return np.sum(x * t)

            dm.grad(f, (0, 1))(a, tolerance)
            np.testing.assert_array_equal(seen[0][0], np.isclose(a, b, **{name: tolerance}, **given))
            assert seen[0][1] is np.allclose(a, b, **{name: tolerance}, **given)


def test_traced_replacements():
    f = lambda x, a, b, c: np.nan_to_num(x, nan=a, posinf=b, neginf=c)  # noqa: E731
    y, pullback = dm.vjp(f, HOLES, 5.0, 6.0, 7.0)
    np.testing.assert_array_equal(y, [1.0, 5.0, 6.0, 7.0])
    dx, *rest = pullback(np.array([1.0, 2.0, 3.0, 4.0]))
    np.testing.assert_array_equal(dx, [1.0, 0.0, 0.0, 0.0])
    assert rest == [2.0, 3.0, 4.0]
    np.testing.assert_array_equal(dm.vjp(lambda a: np.nan_to_num(HOLES * a, posinf=a), 2.0)[0][:3], [2.0, 0.0, 2.0])


@pytest.mark.parametrize("shape", [(lambda a, b: (a, b)), lambda a, b: ((a, b), (b, a)), lambda a, b: ((a,), (b,))])
def test_padding_with_a_traced_number_for_each_side(shape):
    x = M if len(shape(1, 2)[:1]) and isinstance(shape(1, 2)[0], tuple) else X
    f = lambda x, a, b: np.pad(x, 2, constant_values=shape(a, b))  # noqa: E731
    y, pullback = dm.vjp(f, x, 5.0, 7.0)
    expected = np.pad(x, 2, constant_values=shape(5.0, 7.0))
    np.testing.assert_array_equal(y, expected)
    dx, da, db = pullback(np.ones(expected.shape))
    np.testing.assert_array_equal(dx, np.ones(x.shape))
    assert (da, db) == (
        np.sum(np.pad(x * 0, 2, constant_values=shape(1, 0))),
        np.sum(np.pad(x * 0, 2, constant_values=shape(0, 1))),
    )


def test_mantissas_windows_and_complex_order():
    y, dy = dm.jvp(lambda x: np.frexp(x)[0], (X,), (np.ones(4),))
    np.testing.assert_array_equal(y, np.frexp(X)[0])
    np.testing.assert_array_equal(dy, 0.5 ** np.frexp(X)[1])
    windows = np.lib.stride_tricks.sliding_window_view
    for x, size, axis in ((X, 2, None), (M, (2, 3), None), (M, 2, 1), (M, (2, 2), (1, 0))):
        y, pullback = dm.vjp(lambda x, size=size, axis=axis: windows(x, size, axis), x)
        np.testing.assert_array_equal(y, windows(x, size, axis))
        counts = np.zeros(x.shape)
        index = windows(np.arange(x.size).reshape(x.shape), size, axis)
        np.add.at(counts.reshape(-1), index.ravel(), 1.0)
        np.testing.assert_array_equal(pullback(np.ones(y.shape))[0], counts)
    for x in (X, X.astype(np.float32), X * 1j):
        y = dm.vjp(np.sort_complex, x)[0]
        np.testing.assert_array_equal(y, np.sort_complex(x))
        assert y.dtype == np.sort_complex(x).dtype


def test_products_of_what_is_chosen():
    mask = np.array([True, False, True, True])
    y, pullback = dm.vjp(lambda x: np.prod(x, where=mask), X)
    assert y == 64.0
    np.testing.assert_array_equal(pullback(1.0)[0], [16.0, 0.0, 32.0, 8.0])


def test_a_0d_array_as_exponent_is_a_number():
    for n in (2.0, 0.0, 3):
        exponent = np.array(n)
        found = dm.grad(lambda x, e=exponent: np.sum(x**e))(np.array([-1.0, 0.0, 2.0]))
        np.testing.assert_array_equal(found, [n * v ** (n - 1) if n else 0.0 for v in (-1.0, 0.0, 2.0)])
