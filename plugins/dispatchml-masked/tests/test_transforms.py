"""Masks through every transform: gradients, Jacobians, batches, tangent spaces, item assignment."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops

from dispatchml_masked.parts import MaskError  # isort: skip  (dispatchml first)

X = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
ROWS = np.ma.array(np.arange(1.0, 7.0).reshape(2, 3), mask=[[False, True, False], [True, True, True]])


def same(got, numbers):
    """A masked array with these numbers; None where it is masked."""
    assert type(got) is np.ma.MaskedArray, type(got)
    assert got.tolist() == pytest.approx(numbers) if got.ndim < 2 else True
    if got.ndim == 2:
        assert [[pytest.approx(v) if v is not None else None for v in row] for row in numbers] == got.tolist()


# ---- gradients -------------------------------------------------------------------------------------------------------


def test_a_gradient_has_the_mask_of_its_argument():
    same(dm.grad(lambda x: np.sum(x**3))(X), [3.0, None, 27.0])
    same(dm.grad(lambda x: x.mean())(X), [0.5, None, 0.5])
    same(dm.grad(lambda x, y: y.sum())(X, 2 * X), [0.0, None, 0.0])
    same(dm.grad(lambda x: np.sum(x.data**2))(X), [2.0, None, 6.0])


READING = {
    "an element": lambda x: x[0, 0] * 2,
    "an element of a row": lambda x: x[0][0] ** 2,
    "rows": lambda x: (lambda a, b, c: a[0] * c[2])(*x),
    "flat": lambda x: x.flat[0] ** 2,
    "diagonal": lambda x: np.sum(np.diagonal(x)),
    "an element of the diagonal": lambda x: np.diagonal(x)[0],
    "diag": lambda x: np.diag(x)[0],
    "take": lambda x: np.take(x, 0),
    "compressed": lambda x: x.compressed()[0],
    "filled": lambda x: x.filled(0.0)[0, 0],
    "data": lambda x: x.data[0, 0],
    "split": lambda x: np.split(x, 3)[0][0, 0],
    "extract": lambda x: np.extract(np.eye(3), x)[0],
    "roll": lambda x: np.roll(x, 1)[0, 1],
    "trace": lambda x: np.trace(x),
}


@pytest.mark.parametrize("name", READING)
def test_a_gradient_is_masked_where_its_argument_is_when_single_elements_are_read(name):
    read = READING[name]
    x = np.ma.array(np.arange(1.0, 10.0).reshape(3, 3), mask=np.eye(3)[::-1] > 0)
    for found in (
        dm.grad(read)(x),
        dm.vjp(read, x)[1](1.0)[0],
        dm.hvp(read, (x,), (x,)),
        dm.jacrev(read)(x),
        dm.jacfwd(read)(x),
    ):
        assert type(found) is np.ma.MaskedArray
        np.testing.assert_array_equal(np.ma.getmaskarray(found), x.mask)


def test_masked_results_have_no_cotangent():
    same(dm.grad(lambda x: np.sum(np.log(x - 1.0)))(X), [0.0, None, 0.5])
    same(dm.grad(lambda x: np.sum(x + np.ma.masked))(X), [0.0, None, 0.0])
    same(dm.grad(lambda x: np.sum(x / np.ma.array([0.0, 1.0, 2.0])))(X), [0.0, None, 0.5])
    value, found = dm.value_and_grad(lambda x: x[1] * 2)(X)
    assert value is np.ma.masked
    same(found, [0.0, None, 0.0])


def test_what_is_below_a_mask_spoils_nothing():
    for below in (np.nan, np.inf, -1.0, 1e300):
        x = np.ma.array([4.0, below, 9.0], mask=[False, True, False])
        same(dm.grad(lambda x: np.sum(np.sqrt(x) * np.exp(-x)))(x), slopes(4.0, 9.0))
        assert dm.grad(lambda w: np.sum(w * x))(2.0) == 13.0  # noqa: B023
        np.testing.assert_array_equal(dm.grad(lambda w: np.sum(w * x))(np.ones(3)), [4.0, 0.0, 9.0])  # noqa: B023
        assert np.isfinite(dm.jvp(lambda x: np.prod(x) + x.std(), (x,), (x,))[1])


def slopes(first, last):
    found = [(0.5 / np.sqrt(v) - np.sqrt(v)) * np.exp(-v) for v in (first, last)]
    return [found[0], None, found[1]]


def test_a_plain_argument_has_a_plain_gradient():
    for function in (
        lambda p: np.sum(p * X),
        lambda p: np.sum(X * p),
        lambda p: np.sum(np.multiply(p, X)),
        lambda p: np.ma.sum(np.ma.multiply(X, p)),
        lambda p: np.sum(np.ma.array(p, mask=X.mask) * [1.0, 2.0, 3.0]),
        lambda p: np.ma.dot(X, p),
        lambda p: np.ma.masked_where(X.mask, p) @ np.array([1.0, 2.0, 3.0]),
    ):
        found = dm.grad(function)(np.array([4.0, 5.0, 6.0]))
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, [1.0, 0.0, 3.0])


def test_integers_complex_numbers_single_precision_and_fill_values():
    same(dm.grad(lambda x: np.sum(x**2))(np.ma.array([1, 2], mask=[False, True])), [2.0, None])
    z = np.ma.array([1 + 2j, 3j], mask=[False, True])
    same(dm.grad(lambda z: np.sum(np.abs(z) ** 2))(z), [2 + 4j, None])
    single = X.astype(np.float32)
    assert dm.grad(lambda x: x.mean() + x.std() + np.ma.median(x))(single).dtype == np.float32
    assert dm.jvp(lambda x: 2.0 * np.sqrt(x), (single,), (single,))[1].dtype == np.float32
    found = []
    dm.grad(lambda x: (found.append(dm.primal(x * 2)), x.sum())[1])(np.ma.array([1.0, 2.0], fill_value=7.0))
    assert found[0].fill_value == 7.0


def test_a_hard_mask_stays():
    hard = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False], hard_mask=True)

    def fill(x):
        y = x * 1.0
        y[:] = 5.0 * x[0]
        return y.sum()

    assert dm.grad(fill)(hard).tolist() == [10.0, None, 0.0]
    same(dm.grad(fill)(X), [15.0, None, 0.0])


def test_removable_singularities():
    same(dm.grad(lambda x: x.std())(np.ma.array([2.0, 1.0, 2.0], mask=[False, True, False])), [0.0, None, 0.0])
    same(dm.grad(lambda x: x.max())(np.ma.array([2.0, 9.0, 2.0], mask=[False, True, False])), [0.5, None, 0.5])
    same(dm.grad(lambda x: x.prod())(np.ma.array([0.0, 9.0, 2.0], mask=[False, True, False])), [2.0, None, 0.0])


# ---- Jacobians, batches ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jacobian", [dm.jacfwd, dm.jacrev, dm.jacobian])
def test_rows_and_columns_of_masked_elements_are_masked(jacobian):
    same(jacobian(lambda x: x**2)(X), [[2.0, None, 0.0], [None, None, None], [0.0, None, 6.0]])
    same(jacobian(lambda x: np.sum(x**2))(X), [2.0, None, 6.0])
    same(jacobian(lambda t: t * X)(2.0), [1.0, None, 3.0])
    same(jacobian(lambda p: p * X)(np.ones(3)), [[1.0, 0.0, 0.0], [None, None, None], [0.0, 0.0, 3.0]])
    same(jacobian(lambda x: np.ma.masked_greater(x, 2.0) * 2)(X), [[2.0, None, 0.0], [None] * 3, [None] * 3])


def test_hessians_and_products():
    same(dm.hessian(lambda x: np.sum(x**3))(X), [[6.0, None, 0.0], [None, None, None], [0.0, None, 18.0]])
    same(dm.hvp(lambda x: np.sum(x**3), (X,), (X,)), [6.0, None, 54.0])
    same(dm.jvp(dm.grad(lambda x: np.sum(x**3)), (X,), (X,))[1], [6.0, None, 54.0])
    same(dm.grad(lambda x: dm.jvp(lambda y: np.sum(y**3), (x,), (X,))[1])(X), [6.0, None, 54.0])


def test_each_element_of_a_batch_has_a_mask_of_its_own():
    same(dm.vmap(lambda r: np.sum(r**2))(ROWS), [10.0, None])
    same(dm.vmap(lambda r: r.mean() + np.ma.median(r) + r.std(ddof=1))(ROWS), [4.0 + np.sqrt(2.0), None])
    same(dm.vmap(dm.grad(lambda r: np.sum(r**2)))(ROWS), [[2.0, None, 6.0], [None, None, None]])
    same(dm.vmap(lambda r: np.sort(r) * np.log(r))(ROWS), [[0.0, None, None], [None, None, None]])
    same(dm.vmap(lambda c: np.sum(c), in_axes=1)(ROWS), [1.0, None, 3.0])
    same(dm.vmap(lambda r, p: r @ p)(ROWS, np.ones((2, 3))), [4.0, None])
    same(dm.vmap(lambda r: r.var())(ROWS[:, [0, 2]]), [1.0, None])
    found = dm.grad(lambda x: np.sum(dm.vmap(lambda r: r.mean() ** 2)(x)))(ROWS)
    same(found, [[2.0, None, 2.0], [None, None, None]])


def test_checkpoint_ravel_and_tangent_spaces():
    same(dm.grad(dm.checkpoint(lambda x: np.sum(x**3)))(X), [3.0, None, 27.0])
    vector, unravel = dm.ravel({"a": X, "b": 2.0})
    assert type(vector) is np.ndarray
    same(unravel(2 * vector)["a"], [2.0, None, 6.0])
    same(dm.zero_tangent(X), [0.0, None, 0.0])
    assert dm.random_tangent(X, np.random.default_rng(0)).mask.tolist() == [False, True, False]
    same(dm.zero_cotangent(X, 3.0), [0.0, None, 0.0])
    same(dm.retract(X, X), [2.0, None, 6.0])
    same(dm.projector(X)(np.ones(3)), [1.0, None, 1.0])
    assert dm.inner(X, X) == 10.0
    same(dm.linearize(lambda x: 2 * x, X)[1](X), [2.0, None, 6.0])
    same(dm.vjp(lambda x: 2 * x, X)[1](np.ones(3))[0], [2.0, None, 2.0])


def test_a_masked_tangent_counts_for_nothing_where_it_is_masked():
    tangent = np.ma.array([1.0, 5.0, 5.0], mask=[False, False, True])
    assert dm.jvp(lambda x: np.sum(2 * x), (np.ones(3) * X.data,), (tangent.filled(0),))[1] == 12.0
    assert dm.jvp(lambda x: np.sum(2 * x), (X,), (tangent,))[1] == 2.0


# ---- writing ---------------------------------------------------------------------------------------------------------


def test_item_assignment_masks_and_unmasks():
    def fill(x):
        y = x * 1.0
        y[0] = np.ma.masked
        y[1] = 5.0 * x[2]
        return np.sum(y**2)

    value, found = dm.value_and_grad(fill)(X)
    assert value == 225.0 + 9.0
    same(found, [0.0, None, 2 * 225.0 / 3 + 6.0])


def test_views_see_writes_and_masks():
    def fill(x):
        y = x * 1.0
        z = y[1:]
        z[0] = x[0] * 2
        y[2] = np.ma.masked
        return z.sum() + 10 * y.sum()

    value, found = dm.value_and_grad(fill)(X)
    assert value == 2.0 + 10 * 3.0
    same(found, [32.0, None, 0.0])


def test_in_place_operators():
    def add(x):
        y = x * 1.0
        y += x
        y *= np.ma.array([1.0, 1.0, 2.0], mask=[True, False, False])
        return y.sum()

    same(dm.grad(add)(X), [0.0, None, 4.0])


def test_a_masked_element_is_not_written_into_a_plain_array():
    def fill(p):
        y = p * 1.0
        y[0] = np.ma.masked
        return y.sum()

    with pytest.raises(MaskError, match="numpy.ma.array"):
        dm.grad(fill)(np.ones(2))

    with pytest.raises(MaskError, match="without a mask"):
        ops.setitem(np.ones(3), X, index=slice(None))


# ---- refusals, doors -------------------------------------------------------------------------------------------------

REFUSED = {
    "solve": (lambda x: np.linalg.solve(np.eye(3), x).sum(), "every element"),
    "det": (lambda x: np.linalg.det(ops.multiply(x, np.eye(3))), "every element"),
    "fft": (lambda x: np.abs(np.fft.fft(x)).sum(), "every element"),
    "quantile": (lambda x: np.quantile(x, 0.3), "x.compressed"),
    "searchsorted": (lambda x: np.searchsorted(x, 2.0) + x.sum(), "x.compressed"),
    "unique": (lambda x: np.unique(x).sum(), "x.compressed"),
    "bincount": (lambda x: np.bincount(np.ma.array([0, 1], mask=[0, 1]), x[:2]).sum(), "neither equal nor different"),
    "a masked index": (lambda x: x[np.ma.array([0, 1], mask=[0, 1])].sum(), "masked positions"),
    "np.ma.polyfit": (lambda x: np.ma.polyfit(np.arange(3.0), x, 1).sum(), "normal equations"),
    "np.ma.cov": (lambda x: np.ma.cov(x).sum(), "anom"),
    "np.ma.unique": (lambda x: np.ma.unique(x).sum(), "compressed"),
    "np.ma.apply_along_axis": (lambda x: np.ma.apply_along_axis(np.sum, 0, x), "vmap"),
    "np.ma.min with out": (lambda x: np.ma.min(x, out=np.ma.array(0.0)), "leave out out"),
    "argsort from the other end": (lambda x: x.argsort(endwith=False).sum(), "leave endwith out"),
    "ids": (lambda x: x.ids(), "dispatchml.primal"),
    "subtract.reduce": (lambda x: np.ma.subtract.reduce(x), "Write x.max"),
    "unshare_mask": (lambda x: x.unshare_mask(), "never shared"),
    "np.asarray": (lambda x: np.asarray(x).sum(), "dispatchml.primal"),
    "float": (lambda x: float(x.sum()), "dispatchml.primal"),
    "out": (lambda x: np.add(x, 1.0, out=np.zeros(3)), "out"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("transform", ["grad", "jvp"])
def test_it_raises_and_says_what_to_write(name, transform):
    function, text = REFUSED[name]
    call = {
        "grad": lambda: dm.grad(function, lift=False)(X),
        "jvp": lambda: dm.jvp(function, (X,), (X,), lift=False),
    }[transform]
    with pytest.raises(Exception, match=text):
        call()


def test_complete_arrays_are_solved_and_transformed():
    whole = np.ma.array([1.0, 2.0, 3.0])
    same(dm.grad(lambda x: np.linalg.solve(2 * np.eye(3), x).sum())(whole), [0.5, 0.5, 0.5])
    assert dm.grad(lambda x: np.abs(np.fft.fft(x)[0]) ** 2)(whole).tolist() == pytest.approx([12.0] * 3)


def test_compressed_in_a_batch_is_refused():
    with pytest.raises(MaskError, match="number of elements of its own"):
        dm.vmap(lambda r: r.compressed().sum())(ROWS)


def test_records_and_subclasses_are_refused():
    records = np.ma.array([(1.0, 2)], dtype=[("a", float), ("b", int)])
    with pytest.raises(MaskError, match=r"x\['name'\]"):
        ops.add(records, 1.0)

    class Named(np.ndarray):
        pass

    inside = np.ma.array(np.ones(2).view(Named))
    with pytest.raises(MaskError, match="belong inside"):
        ops.add(inside, 1.0)


def test_every_function_of_numpy_ma_has_an_answer_for_a_traced_array():
    """Nothing of numpy.ma takes a traced array apart in silence: results are traced or constant, or it raises."""
    skipped = {"isMaskedArray", "isMA", "isarray", "is_masked", "shape", "ndim", "size", "getmask", "getmaskarray"}
    found = []
    for name in sorted(set(np.ma.__all__) - skipped):
        function = getattr(np.ma, name)
        if isinstance(function, type) or not callable(function):
            continue

        def look(x, function=function, name=name):
            made = function(x)
            found.append((name, made[0] if isinstance(made, (tuple, list)) and made else made))
            return x.sum()

        try:
            with np.errstate(all="ignore"):
                dm.grad(look)(X)
        except Exception:  # it raises
            continue
    plain = {name for name, first in found if isinstance(first, np.ma.MaskedArray)}  # asked out here: looked at from
    assert len(found) > 100  # inside, traced arrays answer as masked ones do
    whole = {"argsort", "isfinite", "logical_not", "nonzero", "floor", "ceil", "around", "round", "round_"}
    new = {"ones_like", "zeros_like", "empty_like"}
    assert plain <= whole | new


MASKED_DIFFERENTLY = np.ma.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], mask=[[False, True, False], [True, False, False]])
CURVED = {
    "powers of differences": lambda x: np.sum(np.diff(x) ** 3),  # all of one element's differences are masked
    "trapezoid": lambda x: np.trapezoid(x**2),
    "written": lambda x: (x.__setitem__(0, x[2] ** 2), np.sum(x**2))[1],
    "quotients": lambda x: np.sum(x**3 / np.sum(x)),
    "logarithms": lambda x: np.sum(np.log(x - 3)),
    "where": lambda x: np.sum(np.where(x > 2, x**2, x)),
}


@pytest.mark.parametrize("name", CURVED)
def test_second_derivatives_in_batches_whose_elements_are_masked_differently(name):
    f = CURVED[name]
    for derivative in (
        dm.hessian(f),
        dm.jacobian(lambda x: f(x) * x),
        lambda x: dm.hvp(f, (x,), (x,)),
        dm.grad(lambda x: np.sum(dm.grad(f)(x) ** 2)),
    ):
        found = dm.vmap(derivative)(MASKED_DIFFERENTLY)
        for row, x in zip(found, MASKED_DIFFERENTLY, strict=True):
            wanted = derivative(np.ma.array(x.data, mask=x.mask))
            np.testing.assert_array_equal(np.ma.getmaskarray(row), np.ma.getmaskarray(wanted))
            np.testing.assert_allclose(np.ma.filled(row, 0.0), np.ma.filled(wanted, 0.0))
