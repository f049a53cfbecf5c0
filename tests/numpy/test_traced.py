"""Plain NumPy code on traced and batched values: derivatives of what is written with many operations, both modes."""

import numpy as np
import pytest

import dispatchml as dm
import dispatchml.numpy as dnp
from dispatchml.engines.batch import Batched
from dispatchml.engines.levels import Level

X = np.array([0.3, 1.2, 2.5])
A = np.arange(9.0).reshape(3, 3) / 7 + np.eye(3)


def filled(y, x):
    """A new array like a traced one, filled element by element."""
    for k in range(len(x)):
        y[k] = x[k] ** (k + 1)
    return (y * y).sum()


FUNCTIONS = {
    "operators": lambda x: x.T @ A @ x + (2 * x**2 / (1 + x)).sum() - abs(-x).max(),
    "iteration": lambda x: sum(e * e for e in x),
    "methods": lambda x: x.std() + x.var(ddof=1) + x.cumsum()[1] + x.clip(0.5, 2).sum() + x.reshape(1, 3).T.prod(),
    "lists": lambda x: np.dot(x, [1, 2, 3]) + np.concatenate([x, [1, 2]]).prod() + np.stack([x, [1, 2, 3]]).mean(),
    "ufunc methods": lambda x: np.add.reduce(x) + np.multiply.outer(x, x).sum() + np.logaddexp.reduce(x),
    "masked reductions": lambda x: np.prod(x, where=[True, False, True]) + np.mean(x, where=[True, True, False]),
    "max with initial": lambda x: np.max(x, initial=0.0) + np.min(x, initial=9.0),
    "nan": lambda x: np.nanmean(x) + np.nanpercentile(x, 30) + np.nan_to_num(x).sum() + np.nanvar(x),
    "quantiles": lambda x: np.percentile(x, 40) + np.median(x) + np.quantile(x, [0.2, 0.9]).sum(),
    "cov": lambda x: np.cov(np.stack([x, x**2, x**3]))[0, 1] + np.corrcoef(x, x**2)[0, 1],
    "average": lambda x: np.average(x, weights=x) + np.ptp(x),
    "interp": lambda x: np.interp(x, [0, 1, 2, 3], [1, 4, 2, 2]).sum() + np.interp(1.5, x, x**2),
    "gradient": lambda x: np.gradient(x, 0.1).max() + np.gradient(x**2, x, edge_order=2).sum(),
    "differences": lambda x: np.diff(x, n=2).sum() + np.ediff1d(x, to_end=x).sum() + np.trapezoid(x**2, x),
    "unwrap": lambda x: np.unwrap(x * 3).sum(),
    "linspace": lambda x: np.linspace(0, x, 5).sum() + np.logspace(0, x[0], 3).sum() + np.geomspace(1, x, 3).sum(),
    "pad": lambda x: np.pad(x, 2, "reflect").sum() + np.pad(x**2, 1, constant_values=x[0]).sum(),
    "joining": lambda x: np.block([[x, x], [x, x]]).sum() + np.hstack([x, x**2]).sum() + np.split(x, [1])[1].sum(),
    "rearranging": lambda x: np.roll(x, 1)[0] * x[1] + np.tile(x, 2)[4] + np.flip(x)[0] + np.repeat(x, 2)[3],
    "selection": lambda x: np.select([x < 1, x < 2], [x, x * x], 5.0).sum() + np.where(x > 1, x, x**2).sum(),
    "piecewise": lambda x: np.piecewise(x, [x < 1, x >= 1], [lambda v: v * v, lambda v: 3 * v]).sum(),
    "editing": lambda x: np.insert(x, 1, x[0]).sum() + np.delete(x, 1).sum() + np.append(x, x[0] ** 2).sum(),
    "taking": lambda x: np.take_along_axis(x, np.array([1, 1, 0]), 0).sum() + np.take(x, [0, 2]).prod(),
    "products": lambda x: np.einsum("i,ij,j", x, A, x) + np.kron(x, x).sum() + np.cross(x, [1.0, 2.0, 3.0])[0],
    "convolution": lambda x: np.convolve(x, x).sum() + np.correlate(x, x, "full")[0],
    "polynomials": lambda x: np.polyval(x, 2.0) + np.vander(x).sum() + np.polyfit([0.0, 1.0, 2.0], x, 1)[0],
    "linalg": lambda x: np.linalg.norm(x) + np.linalg.solve(A, x).sum() + np.linalg.slogdet(A * x)[1],
    "decompositions": lambda x: np.linalg.svd(A * x)[1].sum() + np.linalg.inv(A * x)[0, 0],
    "fft": lambda x: np.abs(np.fft.rfft(x)).sum() + np.real(np.fft.fft(x)[1]) + np.angle(x + 1j * x**2).sum(),
    "histogram": lambda x: np.histogram(x, bins=3, weights=x)[0][0] + np.bincount([0, 1, 1], weights=x)[1],
    "apply": lambda x: np.apply_along_axis(lambda r: r * r, 0, x).sum(),
    "sorting": lambda x: np.sort(x)[::-1][0] + np.unique(x)[0] * 2 + np.partition(x, 1)[2],
    "meshgrid": lambda x: (np.meshgrid(x, x)[0] * A).sum() + np.full_like(x, 2.0).sum() + dnp.full(3, x[0]).sum(),
    "filling": lambda x: filled(np.zeros_like(x), x) + filled(np.full_like(x, 2.0), x) + filled(np.empty_like(x), x),
    "modf": lambda x: np.modf(x)[0].sum() + np.float_power(x, 2).sum() + divmod(x, 0.7)[1].sum(),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_derivatives_agree_with_central_differences(name):
    f = FUNCTIONS[name]
    step = 1e-6
    wanted = [(f(X + step * d) - f(X - step * d)) / (2 * step) if name != "meshgrid" else None for d in np.eye(3)]
    if name == "meshgrid":
        wanted = A.sum(0) + [3.0, 0.0, 0.0]
    np.testing.assert_allclose(dm.grad(f)(X), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose([dm.jvp(f, (X,), (d,))[1] for d in np.eye(3)], wanted, rtol=1e-5, atol=1e-6)


def batched(x):
    """A batch, and the level it belongs to."""
    return Batched(x, Level("vmap", len(x)))


BATCH = np.array([[0.3, 1.2, 2.5], [0.1, 2.2, 0.7]])
SKIPPED = {"histogram", "sorting", "selection", "piecewise", "meshgrid"}


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - SKIPPED))
def test_batches_give_what_a_loop_gives(name):
    f = FUNCTIONS[name]
    got = f(batched(BATCH))
    np.testing.assert_allclose(got._value, [f(x) for x in BATCH], rtol=1e-10)


def test_a_batched_index_selects_from_any_array():
    level = Level("vmap", 2)
    index = Batched(np.array([2, 0]), level)
    assert dnp.getitem(np.array([10.0, 20.0, 30.0]), index)._value.tolist() == [30.0, 10.0]
    assert dnp.getitem(Batched(BATCH, level), index)._value.tolist() == [2.5, 0.1]


def test_counting_over_a_batch_is_refused():
    with pytest.raises(TypeError, match="cannot run over a batch"):
        np.histogram(batched(BATCH))


def test_sorting_by_several_keys_in_a_batch():
    rows = np.array([[3.0, 1.0, 2.0], [1.0, 3.0, 2.0]])
    np.testing.assert_array_equal(dm.vmap(lambda a: a[np.lexsort((a,))])(rows), np.sort(rows))
    ties = np.array([[1.0, 0.0, 1.0, 0.0], [2.0, 2.0, 1.0, 2.0]])
    found = dm.vmap(lambda a: np.lexsort(((4.0, 3.0, 2.0, 1.0), a)))(ties)
    np.testing.assert_array_equal(found, [np.lexsort(((4.0, 3.0, 2.0, 1.0), a)) for a in ties])
    table = np.stack([ties, -ties])
    np.testing.assert_array_equal(dm.vmap(np.lexsort)(table), [np.lexsort(t) for t in table])


COUNTING = {
    "isin": lambda a: dnp.isin([a, 2.0], 2.0),
    "histogram2d": lambda a: np.histogram2d(X, a),
    "histogram": lambda a: dnp.histogram(X, [a[0], a[1], a[2]]),
    "bincount": lambda a: np.bincount(a.astype(int), weights=X),
    "intersect1d": lambda a: np.intersect1d(X, a),
    "setdiff1d": lambda a: np.setdiff1d(X, a),
}


@pytest.mark.parametrize("name", COUNTING)
def test_a_batch_among_other_arguments_or_in_a_list_is_refused(name):
    with pytest.raises(TypeError, match="cannot run over a batch"):
        dm.vmap(lambda a: np.sum(COUNTING[name](a)))(np.sort(BATCH))


METHODS = {
    "sum where": lambda x, m: x.sum(where=m),
    "sum initial": lambda x, m: x.sum(initial=2.0),
    "mean where": lambda x, m: x.mean(where=m),
    "sum of all": lambda x, m: x.sum(0, None, None, True, 2.0, m)[0],
}


@pytest.mark.parametrize("name", METHODS)
def test_methods_take_numpys_keywords(name):
    f, mask = METHODS[name], np.array([True, False, True])
    value, gradient = dm.value_and_grad(lambda x: f(x, mask))(X)
    assert value == f(X, mask)
    wanted = np.ones(3) if name == "sum initial" else mask / (2 if name == "mean where" else 1)
    np.testing.assert_array_equal(gradient, wanted)


def test_a_batched_index_into_a_plain_array_says_what_to_write():
    with pytest.raises(TypeError, match=r"dispatchml\.numpy\.take\(x, i\)"):
        dm.vmap(lambda i: X[i])(np.array([2, 0]))
    assert dm.vmap(lambda i: dnp.take(X, i))(np.array([2, 0])).tolist() == [2.5, 0.3]


def test_the_next_number_moves_with_its_first_argument():
    gradients = dm.grad(lambda x, c: np.nextafter(x, c).sum(), (0, 1))(X, 2 * X)
    np.testing.assert_array_equal(gradients[0], np.ones(3))
    np.testing.assert_array_equal(gradients[1], np.zeros(3))
