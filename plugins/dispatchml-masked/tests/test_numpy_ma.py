"""What numpy.ma gives for plain masked arrays is the value that a differentiated function has; its derivative agrees
with differences.
"""

import warnings

import numpy as np
import pytest

import dispatchml as dm

generator = np.random.default_rng(0)
X = np.ma.array(generator.uniform(0.2, 0.9, (3, 4)), mask=generator.uniform(size=(3, 4)) < 0.3)
X[:, 2] = np.ma.masked
D = np.ma.array(generator.uniform(-1.0, 1.0, (3, 4)), mask=X.mask)
STEP = 1e-6

#: Differentiable functions of a masked array, as users of numpy.ma write them.
CASES = {
    "sum": lambda x: x.sum(),
    "sum along an axis": lambda x: np.ma.sum(x, axis=0),
    "np.sum": lambda x: np.sum(x, axis=1, keepdims=True),
    "mean": lambda x: x.mean(),
    "mean along an axis": lambda x: x.mean(axis=0),
    "var": lambda x: x.var(axis=1, ddof=1),
    "std": lambda x: x.std(),
    "std along an axis": lambda x: np.std(x, axis=0),
    "prod": lambda x: x.prod(axis=1),
    "cumsum": lambda x: x.cumsum(axis=1),
    "cumsum of all": lambda x: x.cumsum(),
    "cumprod": lambda x: x.cumprod(axis=0),
    "max": lambda x: x.max(axis=0),
    "max filled": lambda x: x.max(axis=1, fill_value=0.7),
    "min filled": lambda x: np.ma.min(x, axis=0, fill_value=0.4),
    "min of all filled": lambda x: x.min(fill_value=0.01),
    "ptp filled": lambda x: x.ptp(axis=1, fill_value=1.0),
    "x.sort": lambda x: (lambda y: (y.sort(axis=1), y)[1])(x.copy()),
    "a strict dot": lambda x: x.dot(x.T, strict=True),
    "add.reduce": lambda x: np.ma.add.reduce(x, axis=1),
    "multiply.reduce": lambda x: np.ma.multiply.reduce(x),
    "get_real": lambda x: x.get_real() * 2.0,
    "min": lambda x: np.ma.min(x, axis=1),
    "ptp": lambda x: x.ptp(axis=1),
    "median": lambda x: np.ma.median(x, axis=1),
    "median along the first axis": lambda x: np.ma.median(x, axis=0),
    "median of all": lambda x: np.ma.median(x),
    "average": lambda x: np.ma.average(x, axis=0),
    "weighted average": lambda x: np.ma.average(x, axis=1, weights=np.array([1.0, 2.0, 3.0, 4.0])),
    "sort": lambda x: np.ma.sort(x, axis=1),
    "log": lambda x: np.log(x - 0.5),
    "np.ma.log": lambda x: np.ma.log(x - 0.5),
    "sqrt": lambda x: np.sqrt(x - 0.5),
    "arcsin": lambda x: np.arcsin(2 * x),
    "tan": lambda x: np.ma.tan(x),
    "quotient": lambda x: 1 / (x - x[0, 0]),
    "np.ma.divide": lambda x: np.ma.divide(x, x - 0.3),
    "remainder": lambda x: np.ma.remainder(x, 0.4),
    "power": lambda x: (x - 0.5) ** 0.5,
    "square": lambda x: x**2,
    "power of two arrays": lambda x: x**x,
    "elements": lambda x: x[1:, [0, 3]],
    "an element": lambda x: x[1, 1] * x,
    "a masked element": lambda x: x[0, 2],
    "a condition": lambda x: x[x > 0.7],
    "an equality as a condition": lambda x: x[(x == 0.5) | (x < 0.7)],
    "transposed": lambda x: x.T,
    "reshaped": lambda x: x.reshape(2, 6),
    "ravel": lambda x: np.ma.ravel(x),
    "concatenate": lambda x: np.ma.concatenate([x, 2 * x]),
    "stack": lambda x: np.ma.stack([x, x], axis=1),
    "where": lambda x: np.ma.where(x > 0.5, x, 0),
    "filled": lambda x: x.filled(7.0) * 2,
    "compressed": lambda x: x.compressed() ** 2,
    "np.ma.compressed": lambda x: np.ma.compressed(x) ** 2,
    "dot": lambda x: np.ma.dot(x, x.T),
    "strict dot": lambda x: np.ma.dot(x, x.T, strict=True),
    "outer": lambda x: np.ma.outer(x[0], x[1]),
    "convolve": lambda x: np.ma.convolve(x[1], np.array([1.0, 2.0])),
    "trace": lambda x: x.trace(),
    "anom": lambda x: x.anom(axis=0),
    "clip": lambda x: x.clip(0.4, 0.6),
    "repeat": lambda x: x.repeat(2, axis=0),
    "diff": lambda x: np.ma.diff(x, axis=1),
    "take": lambda x: x.take([0, 1], axis=1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "diag": lambda x: np.ma.diag(x[0]),
    "masked_where": lambda x: np.ma.masked_where(x < 0.5, x),
    "masked_greater": lambda x: np.ma.masked_greater(x, 0.7),
    "masked_inside": lambda x: np.ma.masked_inside(x, 0.7, 0.3),
    "masked_invalid": lambda x: np.ma.masked_invalid(np.ma.getdata(x) / (X.data - X.data[1, 1])),
    "maximum": lambda x: np.ma.maximum(x, 0.5),
    "the constant masked": lambda x: x + np.ma.masked,
    "nothing left": lambda x: x[:, 2].sum(),
    "data": lambda x: np.ma.getdata(x) * 1.0,
    "absolute": lambda x: abs(x - 0.5),
    "negative": lambda x: -x,
    "plain on the right": lambda x: x + np.ones(4),
    "plain on the left": lambda x: np.ones(4) * x,
    "np.multiply": lambda x: np.multiply(np.arange(4.0), x),
    "np.ma.multiply": lambda x: np.ma.multiply(np.arange(4.0), x),
    "masked on the left": lambda x: D * x,
    "masked on the right": lambda x: x - D,
    "np.ma.exp": lambda x: np.ma.exp(x),
    "array": lambda x: np.ma.array(x, mask=[[1, 0, 0, 0]] * 3),
    "array of data": lambda x: np.ma.masked_array(x.data, mask=[[1, 0, 0, 0]] * 3) * 2,
    "a mask dropped on purpose": lambda x: np.ma.array(x, keep_mask=False),
    "fill value": lambda x: np.ma.array(x, fill_value=3.0).filled(),
    "squeeze": lambda x: x[None].squeeze(),
}


def evaluate(function, x):
    """numpy.ma warns of what it masks."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function(x)


def same(got, expected, rtol=1e-12):
    """The same class, mask, dtype, fill value and numbers where there are any."""
    assert type(got) is type(expected)
    assert (got is np.ma.masked) == (expected is np.ma.masked)
    np.testing.assert_array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(expected))
    assert np.ma.asarray(got).dtype == np.ma.asarray(expected).dtype
    np.testing.assert_allclose(np.ma.filled(got, 0.0), np.ma.filled(expected, 0.0), rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_numpy_ma(name):
    function = CASES[name]
    expected = evaluate(function, X.copy())
    value, tangent = evaluate(lambda x: dm.jvp(function, (x,), (D,)), X.copy())
    same(value, expected)
    if np.ma.isMaskedArray(expected) and expected is not np.ma.masked:
        assert np.all(value.fill_value == expected.fill_value)
    assert type(tangent) is type(value)
    np.testing.assert_array_equal(np.ma.getmaskarray(tangent), np.ma.getmaskarray(value))
    again = evaluate(lambda x: dm.vjp(function, x)[0], X.copy())
    same(again, expected)


@pytest.mark.parametrize("name", CASES)
def test_derivatives_agree_with_differences(name):
    function = CASES[name]
    ahead, behind = (evaluate(function, X + sign * STEP * D) for sign in (1, -1))
    if np.ma.filled(ahead, 0.0).shape != np.ma.filled(behind, 0.0).shape:
        pytest.fail("the step is too large")
    expected = np.ma.filled((ahead - behind) / (2 * STEP), 0.0)
    expected = np.where(np.abs(expected) > 1e3, 0.0, expected)
    value, tangent = evaluate(lambda x: dm.jvp(function, (x,), (D,)), X.copy())
    found = np.ma.filled(tangent, 0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)

    weights = np.random.default_rng(1).uniform(0.5, 1.5, np.shape(value))
    _, pullback = evaluate(lambda x: dm.vjp(function, x), X.copy())
    (gradient,) = evaluate(pullback, weights if np.shape(value) else float(weights))
    assert np.ma.isMaskedArray(gradient)
    np.testing.assert_array_equal(gradient.mask, X.mask)
    np.testing.assert_allclose(np.sum(gradient * D), np.sum(weights * found), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ["mean along an axis", "std", "log", "dot", "median", "sort", "quotient", "where"])
def test_second_derivatives_agree_with_differences(name):
    function = CASES[name]

    def scalar(x):
        return np.sum(function(x) ** 2)

    ahead, behind = (evaluate(dm.grad(scalar), X + sign * STEP * D) for sign in (1, -1))
    found = evaluate(lambda x: dm.hvp(scalar, (x,), (D,)), X.copy())
    np.testing.assert_array_equal(found.mask, X.mask)
    np.testing.assert_allclose(found.filled(0), ((ahead - behind) / (2 * STEP)).filled(0), rtol=1e-4, atol=1e-6)


WHERE = np.array([True, False, True, True])


@pytest.mark.parametrize("axis", [None, 0, 1])
@pytest.mark.parametrize("name", ["mean", "var", "std", "sum", "prod"])
def test_where_and_masks_leave_out_together(name, axis):
    reduction = getattr(np, name)
    left = np.ma.array(X, mask=X.mask | ~WHERE)
    expected = getattr(np.ma, name)(left, axis=axis)
    found, _ = evaluate(lambda x: dm.jvp(lambda x: reduction(x, axis=axis, where=WHERE), (x,), (D,)), X)
    if name in ("sum", "prod"):  # what where= leaves out is a zero, or a one, and not masked
        expected = np.ma.filled(expected, 0.0 if name == "sum" else 1.0)
        found = np.ma.filled(found, 0.0 if name == "sum" else 1.0)
    np.testing.assert_allclose(np.ma.filled(found, -1.0), np.ma.filled(expected, -1.0))


def test_covariances_are_over_the_pairs_that_are_there():
    x = np.ma.array([[1.0, 2.0, 4.0], [3.0, 5.0, 9.0]], mask=[[False, True, False], [False] * 3])
    value, _ = dm.jvp(np.cov, (x,), (x,))
    np.testing.assert_allclose(value.filled(0.0), np.ma.cov(x).filled(0.0))
    with pytest.raises(Exception, match="not defined"):
        dm.grad(lambda x: np.sum(np.cov(x, aweights=np.ones(3))))(x)


#: Functions without a derivative.
CONSTANT = {
    "argsort": lambda x: np.argsort(x, axis=1),
    "argmax": lambda x: x.argmax(axis=1),
    "np.ma.argmin": lambda x: np.ma.argmin(x, axis=0),
    "count": lambda x: x.count(axis=0),
    "np.ma.count": lambda x: np.ma.count(x),
    "count_masked": lambda x: np.ma.count_masked(x),
    "nonzero": lambda x: x.nonzero()[0],
    "any": lambda x: (x > 0.5).any(axis=0),
    "all": lambda x: np.ma.all(x > 0.1),
    "comparison": lambda x: x > 0.5,
    "comparison from the left": lambda x: X < x,
    "mask": lambda x: x.mask,
    "getmask": lambda x: np.ma.getmask(x),
    "getmaskarray": lambda x: np.ma.getmaskarray(x * 1.0),
    "is_masked": lambda x: np.ma.is_masked(x),
    "isMaskedArray": lambda x: np.ma.isMaskedArray(x),
    "allclose": lambda x: np.ma.allclose(x, X),
    "isnan": lambda x: np.isnan(x),
    "fill_value": lambda x: x.fill_value,
    "hardmask": lambda x: x.hardmask,
    "shape": lambda x: np.ma.shape(x),
}


@pytest.mark.parametrize("name", CONSTANT)
def test_what_has_no_derivative_is_as_in_numpy_ma(name):
    function = CONSTANT[name]
    expected, found = function(X), []

    def seen(x):
        found.append(function(x))
        return x.sum()

    dm.grad(seen)(X)
    assert type(dm.primal(found[0])) is type(expected)
    np.testing.assert_array_equal(np.ma.filled(dm.primal(found[0]), False), np.ma.filled(expected, False))
    np.testing.assert_array_equal(np.ma.getmaskarray(dm.primal(found[0])), np.ma.getmaskarray(expected))
