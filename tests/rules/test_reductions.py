"""Derivatives and batch rules of reductions."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

RNG = np.random.default_rng(1)
X = RNG.standard_normal((3, 4, 2))
Z = RNG.standard_normal((3, 4)) + 1j * RNG.standard_normal((3, 4))
AXES = (None, 0, 1, -1, (0, 2), (1,), (-1, 0), ())
SMOOTH = (ops.sum, ops.mean, ops.prod, ops.var, ops.std, ops.max, ops.min, ops.median, ops.logsumexp, ops.vector_norm)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.__name__)
def test_reductions_over_every_choice_of_axes(op, axis, check_derivative):
    if axis == () and op is ops.std:
        np.testing.assert_array_equal(dm.grad(lambda x: ops.sum(op(x, axis=axis)))(X), np.zeros_like(X))
        return
    for keepdims in (False, True):
        check_derivative(lambda x, keepdims=keepdims: op(x, axis=axis, keepdims=keepdims), X, second=not keepdims)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("op", SMOOTH, ids=lambda op: op.__name__)
def test_reductions_of_batches(op, axis, check_batch):
    for keepdims in (False, True):
        check_batch(op, X, axis=axis, keepdims=keepdims)
    check_batch(op, np.asarray(2.0))


@pytest.mark.parametrize("op", [ops.softmax, ops.log_softmax], ids=lambda op: op.__name__)
@pytest.mark.parametrize("axis", [-1, 0, None, (0, 2)])
def test_softmax(op, axis, check_derivative, check_batch):
    check_derivative(lambda x: op(x, axis=axis), X)
    check_batch(op, X, axis=axis)


@pytest.mark.parametrize(
    "op", [ops.any, ops.all, ops.count_nonzero, ops.argmax, ops.argmin], ids=lambda op: op.__name__
)
def test_positions_and_truth_in_batches(op, check_batch):
    for axis in (None, 0, -1):
        for keepdims in (False, True):
            check_batch(op, X, axis=axis, keepdims=keepdims)


@pytest.mark.parametrize(
    "op", [ops.sum, ops.mean, ops.prod, ops.var, ops.std, ops.vector_norm, ops.logsumexp], ids=lambda op: op.__name__
)
def test_complex(op, check_derivative):
    for axis in (None, 0, (1,)):
        check_derivative(lambda z, axis=axis: op(z, axis=axis), Z)


def test_complex_gradient_is_the_direction_of_steepest_ascent():
    z = np.array([3 + 4j, 0, 1j])
    np.testing.assert_allclose(dm.grad(ops.vector_norm)(z), z / np.sqrt(26))
    np.testing.assert_allclose(dm.grad(ops.var)(z), 2 * (z - z.mean()) / 3)


@pytest.mark.parametrize("ddof", [0, 1, 0.5])
def test_variance_with_degrees_of_freedom(ddof, check_derivative, check_batch):
    for op in (ops.var, ops.std):
        check_derivative(lambda x, op=op: op(x, axis=1, ddof=ddof), X)
        check_batch(op, X, axis=1, ddof=ddof)


@pytest.mark.parametrize("ord", [1, 2, 3, 2.5, 0.5, np.inf, -np.inf])
def test_norms(ord, check_derivative, check_batch):
    for x in (X, Z):
        check_derivative(lambda v: ops.vector_norm(v, axis=1, ord=ord), x, tolerance=1e-5)
    check_batch(ops.vector_norm, X, axis=1, ord=ord)


def test_dtype_keywords():
    x = np.arange(4, dtype=np.float32)
    for op in (ops.sum, ops.mean, ops.prod):
        y, dy = dm.jvp(lambda v, op=op: op(v, dtype=np.float64), (x,), (np.ones_like(x),))
        assert y.dtype == np.float64
        assert dm.grad(lambda v, op=op: op(v, dtype=np.float64))(x).dtype == np.float32


def test_single_precision_stays():
    x = RNG.standard_normal((3, 4)).astype(np.float32)
    for op in SMOOTH:
        y, dy = dm.jvp(op, (x,), (x,))
        assert y.dtype == dy.dtype == np.float32, op.__name__
        assert dm.grad(op)(x).dtype == np.float32


def test_quantiles_in_single_precision_and_of_numbers():
    x = X.astype(np.float32)
    for q in (0.3, np.array([0.1, 0.7])):
        y, dy = dm.jvp(lambda v, q=q: ops.quantile(v, q=q, axis=1), (x,), (x,))
        assert y.dtype == dy.dtype == np.float32
    assert type(ops.quantile(2.0, q=0.3)) is float


def test_python_floats_stay():
    for op in SMOOTH:
        assert type(op(2.0)) is float
        assert type(dm.grad(op)(2.0)) is float, op.__name__


def test_ties_share_equally():
    x = np.array([1.0, 3.0, 3.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(dm.grad(ops.max)(x), [0, 0.5, 0.5, 0, 0, 0])
    np.testing.assert_allclose(dm.grad(ops.min)(x), [0, 0, 0, 1 / 3, 1 / 3, 1 / 3])
    assert dm.jvp(ops.max, (x,), (np.arange(6.0),))[1] == 1.5
    np.testing.assert_allclose(dm.grad(ops.median)(x), [0.5, 0, 0, 1 / 6, 1 / 6, 1 / 6])
    np.testing.assert_allclose(dm.grad(ops.median)(np.ones(4)), np.full(4, 0.25))
    assert dm.jvp(ops.median, (np.ones(3),), (np.array([1.0, 2.0, 6.0]),))[1] == pytest.approx(3.0)
    np.testing.assert_allclose(dm.grad(lambda v: ops.vector_norm(v, ord=np.inf))(np.array([2.0, -2.0])), [0.5, -0.5])


def test_products_with_zeros_are_exact_to_second_order():
    for x in (np.array([2.0, 0.0, 3.0]), np.array([0.0, 0.0, 3.0]), np.zeros(3), np.array([5.0]), np.array([])):
        n = len(x)
        want = np.array([np.prod(np.delete(x, i)) for i in range(n)])
        np.testing.assert_array_equal(dm.grad(ops.prod)(x), want)
        second = np.array(
            [[0.0 if i == j else np.prod(np.delete(x, [i, j])) for j in range(n)] for i in range(n)]
        ).reshape(n, n)
        for k in range(n):
            row = dm.grad(lambda v, k=k: ops.getitem(dm.grad(ops.prod)(v), index=k))(x)
            np.testing.assert_array_equal(row, second[k])
            np.testing.assert_array_equal(dm.jvp(dm.grad(ops.prod), (x,), (np.eye(n)[k],))[1], second[k])


def test_constants_and_zeros_have_no_nan():
    for x in (np.full(3, 0.1), np.full(4, 1e8), np.zeros(3)):
        np.testing.assert_allclose(dm.grad(ops.std)(x), np.zeros(len(x)), atol=1e-12)
        assert dm.jvp(ops.std, (x,), (np.arange(1.0, len(x) + 1),))[1] == pytest.approx(0.0, abs=1e-12)
    zero = np.zeros(3)
    for f in (ops.std, ops.vector_norm):
        for order in (f, dm.grad(f)):
            assert np.isfinite(dm.jvp(order, (zero,), (np.ones(3),))[1]).all()
    for ord in (1, 1.5, 2, 3, np.inf, -np.inf, 0, 0.5):
        np.testing.assert_array_equal(dm.grad(lambda v, ord=ord: ops.vector_norm(v, ord=ord))(zero), zero)
    np.testing.assert_array_equal(dm.grad(lambda v: ops.vector_norm(v) ** 2)(zero), zero)


def test_infinities_give_no_nan():
    inf = np.inf
    lost = np.full(3, -inf)
    assert ops.logsumexp(lost) == -inf
    np.testing.assert_array_equal(dm.grad(ops.logsumexp)(lost), np.zeros(3))
    assert dm.jvp(ops.logsumexp, (lost,), (np.ones(3),))[1] == 0
    np.testing.assert_array_equal(ops.softmax(lost), np.zeros(3))
    some = np.array([0.0, -inf, 0.0])
    np.testing.assert_allclose(dm.grad(ops.logsumexp)(some), [0.5, 0, 0.5])
    np.testing.assert_allclose(
        dm.jvp(dm.grad(ops.logsumexp), (some,), (np.array([1.0, 1.0, 0.0]),))[1], [0.25, 0, -0.25]
    )
    np.testing.assert_allclose(dm.grad(lambda v: ops.getitem(ops.softmax(v), index=0))(some), [0.25, 0, -0.25])
    assert ops.logsumexp(np.zeros(0)) == -inf


def test_a_zero_cotangent_gives_exact_zero():
    for op in (*SMOOTH, ops.softmax, ops.log_softmax):
        for x in (np.zeros(3), np.ones(3), np.array([np.nan, 1.0, 2.0]), np.array([np.inf, 1.0, np.inf])):
            with np.errstate(all="ignore"):
                y, pullback = dm.vjp(op, x)
                np.testing.assert_array_equal(pullback(np.zeros_like(y))[0], np.zeros(3), err_msg=op.__name__)
                dy = dm.jvp(op, (x,), (np.zeros(3),))[1]
                np.testing.assert_array_equal(dy, np.zeros(np.shape(y)), err_msg=op.__name__)


@pytest.mark.parametrize(
    "op",
    [ops.nansum, ops.nanmean, ops.nanvar, ops.nanstd, ops.nanmax, ops.nanmin, ops.nanprod, ops.nanmedian],
    ids=lambda op: op.__name__,
)
def test_without_nans(op, check_derivative):
    x = X.copy()
    x[0, 1, 0] = x[2, 3, 1] = np.nan
    for axis in (None, 1, (0, 2)):
        for keepdims in (False, True):
            y = dm.vjp(lambda v, axis=axis, keepdims=keepdims: op(v, axis=axis, keepdims=keepdims), x)[0]
            np.testing.assert_allclose(y, op(x, axis=axis, keepdims=keepdims), rtol=1e-12)
        _, pullback = dm.vjp(lambda v, axis=axis: op(v, axis=axis), x)
        (ct,) = pullback(np.ones(np.shape(op(x, axis=axis))))
        assert np.isfinite(ct).all()
        assert ct[0, 1, 0] == 0
    whole = np.where(np.isnan(x), 0.3, x)
    check_derivative(lambda v: op(v, axis=1), whole)


@pytest.mark.parametrize(
    "method",
    ["linear", "lower", "higher", "midpoint", "nearest", "hazen", "weibull", "inverted_cdf", "median_unbiased"],
)
def test_quantiles(method, check_derivative):
    for q in (0.3, np.array([0.1, 0.5, 0.9])):
        for axis in (None, 1, (0, 2)):
            for keepdims in (False, True):
                y = dm.vjp(
                    lambda v, q=q, axis=axis, keepdims=keepdims: ops.quantile(
                        v, q=q, axis=axis, interpolation=method, keepdims=keepdims
                    ),
                    X,
                )[0]
                np.testing.assert_allclose(
                    y, np.quantile(X, q, axis=axis, method=method, keepdims=keepdims), rtol=1e-12
                )
    x = X.copy()
    x[0, 0, 0] = np.nan
    y = dm.vjp(lambda v: ops.quantile(v, q=0.3, axis=1), x)[0]
    np.testing.assert_allclose(y, np.quantile(x, 0.3, axis=1))


def test_quantile_derivatives(check_derivative):
    x = RNG.standard_normal((5, 3))
    g = lambda v: ops.quantile(v, q=0.3, axis=0)  # noqa: E731
    step = 1e-6
    t = RNG.standard_normal(x.shape)
    np.testing.assert_allclose(dm.jvp(g, (x,), (t,))[1], (g(x + step * t) - g(x - step * t)) / (2 * step), rtol=1e-6)
    _, pullback = dm.vjp(g, x)
    assert np.sum(pullback(np.ones(3))[0] * t) == pytest.approx(np.sum(dm.jvp(g, (x,), (t,))[1]))


def test_averages(check_derivative):
    w = RNG.uniform(1, 2, X.shape)
    check_derivative(lambda x, v: ops.average(x, v, axis=(0, 1)), X, w)
    check_derivative(lambda x, v: ops.average(x, v, axis=1), X, w[0, :, 0])
    np.testing.assert_allclose(ops.average(X, w[0, :, 0], axis=1), np.average(X, weights=w[0, :, 0], axis=1))
    check_derivative(lambda x: ops.ptp(x, axis=1), X)
