"""The libraries' own methods on traced arrays do what they do on plain ones, or say what to write instead."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import sparse
from dispatchml_sparse.creation import rebuild
from dispatchml_sparse.foreign import SparseRefusal, take_apart

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DensifyWarning

NUMBERS = np.array([[0.0, 2.0, 0.0, -1.0], [0.0, 0.5, 3.0, 0.0], [4.0, 0.0, 0.0, 0.25]])
SCIPY = ("csr_array", "csc_array", "coo_array", "lil_array", "dok_array", "bsr_array", "dia_array")
PYDATA = ("COO", "GCXS")
ROWS = ("csr_array", "csc_array")
EXTREMA = ("csr_array", "csc_array", "coo_array", "bsr_array")


def after(change):
    """A method that changes an array in place, as a function: what it is called on is a copy."""

    def function(x):
        y = x.copy()
        change(y)
        return y * y + 0 * x

    return function


def set_places(index, value):
    """Item assignment."""

    def change(x):
        x[index] = value

    return after(change)


def and_data(name):
    """The stored numbers after a method that orders them."""

    def function(x):
        y = x * 1.0
        return (getattr(y, name)() if name == "sorted_indices" else getattr(y, name)() or y).data ** 2

    return function


#: name: (classes, function of an array)
CALLS = {
    **{
        f"{name}{arguments}{keywords or ''}": (
            EXTREMA,
            lambda x, name=name, arguments=arguments, keywords=keywords: getattr(x, name)(*arguments, **keywords),
        )
        for name in ("max", "min", "nanmax", "nanmin")
        for arguments in ((), (0,), (1,))
        for keywords in ({}, {"explicit": True})
    },
    **{
        f"{name}{axis} of sparse": (PYDATA, lambda x, name=name, axis=axis: getattr(x, name)(axis=axis, keepdims=True))
        for name in ("amax", "amin", "max")
        for axis in (0, 1)
    },
    "amax": (PYDATA, lambda x: x.amax()),
    **{
        f"reduce {ufunc.__name__}": (PYDATA, lambda x, ufunc=ufunc: x.reduce(ufunc, axis=(1,), keepdims=True))
        for ufunc in (np.add, np.multiply, np.maximum, np.minimum)
    },
    "reduce": (PYDATA, lambda x: x.reduce(np.add)),
    "reduce everything": (PYDATA, lambda x: x.reduce(np.add, axis=None)),
    **{f"diagonal {k}": (SCIPY, lambda x, k=k: x.diagonal(k)) for k in (-1, 0, 2, 5)},
    **{
        f"setdiag {k}, {values}": (SCIPY[:5], after(lambda x, k=k, values=values: x.setdiag(values, k)))
        for k, values in ((0, (1.0, 2.0, 3.0)), (1, 5.0), (-1, (7.0,)), (2, (1.0, 2.0, 3.0, 4.0)))
    },
    "setdiag of itself": (SCIPY[:5], after(lambda x: x.setdiag(x.diagonal() ** 2))),
    "eliminate_zeros": (EXTREMA[:3], after(lambda x: x.eliminate_zeros())),
    "sum_duplicates": (EXTREMA[:3], and_data("sum_duplicates")),
    "sort_indices": (ROWS, and_data("sort_indices")),
    "sorted_indices": (ROWS, and_data("sorted_indices")),
    "prune": (ROWS, after(lambda x: x.prune())),
    "check_format": (ROWS, after(lambda x: x.check_format())),
    **{
        f"to{name}": (SCIPY, lambda x, name=name: getattr(x, f"to{name}")(copy=True))
        for name in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil")
    },
    **{
        f"asformat {name}": (SCIPY, lambda x, name=name: x.asformat(name))
        for name in ("bsr", "coo", "csc", "csr", "dia", "dok", "lil", None)
    },
    **{f"asformat {name} of sparse": (PYDATA, lambda x, name=name: x.asformat(name)) for name in ("coo", "gcxs")},
    "todense(order)": (SCIPY, lambda x: x.todense(order="F")),
    "toarray(order)": (SCIPY, lambda x: x.toarray("F")),
    "conj(copy)": (SCIPY, lambda x: x.conj(copy=False)),
    "conjugate": (SCIPY, lambda x: x.conjugate()),
    "transpose(copy)": (SCIPY, lambda x: x.transpose(copy=True)),
    "transpose(axes)": ((*SCIPY, *PYDATA), lambda x: x.transpose((1, 0))),
    "copy(deep)": (PYDATA, lambda x: x.copy(deep=False) * x),
    "round_": (PYDATA, lambda x: x * x.round_(2)),
    "change_compressed_axes": (("GCXS",), lambda x: x.change_compressed_axes((1,))),
    "to_scipy_sparse": (PYDATA, lambda x: x.to_scipy_sparse()),
    "tocoo of GCXS": (("GCXS",), lambda x: x.tocoo()),
    "maybe_densify": (PYDATA, lambda x: x.maybe_densify()),
    "power 2": (SCIPY[:4], lambda x: x.power(2)),
    "power -1": (SCIPY[:4], lambda x: x.power(-1)),
    "multiply": (SCIPY, lambda x: x.multiply(NUMBERS + 1)),
    "multiply a row": (SCIPY, lambda x: x.multiply(np.arange(4.0))),
    "maximum": (SCIPY, lambda x: x.maximum(0.75)),
    "minimum": (SCIPY, lambda x: x.minimum(-0.75)),
    "tensordot": (("coo_array",), lambda x: x.tensordot(NUMBERS, axes=([1], [1]))),
    "a column of columns": (SCIPY[:5], set_places((slice(None), 1), np.arange(3.0)[:, None])),
    "a row": (SCIPY[:5], set_places(0, np.arange(4.0))),
    "every second": (ROWS, set_places((slice(1, None), slice(None, None, 2)), np.ones((2, 2)))),
    "by a mask": (ROWS, set_places(NUMBERS > 0, 2.0)),
    **{
        f"x[{index}]": ((*SCIPY[:5], *PYDATA), lambda x, index=index: x[index])
        for index in (
            0, -1, (slice(None), 1), slice(None, None, 2), slice(None, None, -1), (slice(None), slice(1, None, 2)),
            (0, slice(3, 1)), (slice(None), [3, 1]), ([0, 2], [1, 3]), (Ellipsis, 1),
        )
    },
    "x[1, [0, 2]]": (SCIPY[:5], lambda x: x[1, [0, 2]]),
    "x[[[0], [2]], [1, 3]]": (SCIPY[:5], lambda x: x[[[0], [2]], [1, 3]]),
    "x[mask]": (SCIPY[:5], lambda x: x[NUMBERS > 0]),
}  # fmt: skip
CASES = [(name, cls) for name, (classes, _) in CALLS.items() for cls in classes]


def made(cls):
    """The matrix in a class."""
    if cls in PYDATA:
        return getattr(sparse, cls).from_numpy(NUMBERS)
    return sp.bsr_array(NUMBERS, blocksize=(1, 1)) if cls == "bsr_array" else getattr(sp, cls)(NUMBERS)


def dense(x):
    """A plain dense array of anything."""
    return np.asarray(x.todense() if hasattr(x, "todense") else x)


@pytest.mark.parametrize(("name", "cls"), CASES, ids=lambda x: str(x).replace(" ", "_"))
def test_what_a_plain_array_does(name, cls):
    warnings.simplefilter("ignore")
    function = CALLS[name][1]
    numbers, _ = take_apart(made(cls))
    direction = np.cos(np.arange(numbers.size))

    def at(step):
        return rebuild(made(cls), numbers + step * direction)

    plain = dense(function(at(0.0) if cls != "dok_array" else made(cls)))
    x = made(cls) if cls == "dok_array" else at(0.0)
    value, tangent = dm.jvp(function, (x,), (rebuild(x, direction),))
    np.testing.assert_allclose(dense(value), plain)
    step = 1e-6
    slope = (dense(function(at(step))) - dense(function(at(-step)))) / (2 * step) if cls != "dok_array" else None
    if slope is not None:
        np.testing.assert_allclose(dense(tangent), slope, rtol=1e-5, atol=1e-7)
    gradient = dm.grad(lambda x: ops.sum(function(x) ** 2))(x)
    inner = np.sum(dense(gradient) * dense(rebuild(x, direction)))
    np.testing.assert_allclose(inner, 2 * np.sum(dense(value) * dense(tangent)))


def test_kinds_of_results():
    for name, kind in (("csr_array", sp.csr_array), ("csc_array", sp.csc_array)):
        a = made(name)
        assert type(dm.jvp(lambda a: a[[[0], [2]], [1, 3]], (a,), (a,))[1]) is kind
        assert type(dm.jvp(lambda a: a[1, [0, 2]], (a,), (a,))[1]) is sp.coo_array
        assert type(dm.jvp(lambda a: a[[0, 2], [1, 3]], (a,), (a,))[1]) is np.ndarray
    g = made("GCXS")
    assert type(dm.jvp(lambda g: g.tocoo(), (g,), (g,))[1]) is sparse.COO
    assert dm.jvp(lambda g: g.change_compressed_axes([1]), (g,), (g,))[1].compressed_axes == (1,)
    assert type(dm.jvp(lambda g: g.to_scipy_sparse(), (g,), (g,))[1]) is sp.csr_array
    seen = []

    def looked_at(c):
        seen.append((c.any(axis=0), c.all(axis=1), c.nbytes, c.linear_loc()))
        return ops.sum(c)

    coo = made("COO")
    dm.grad(looked_at)(coo)
    assert [type(s) for s in seen[0][:2]] == [sparse.COO, sparse.COO]
    np.testing.assert_array_equal(seen[0][0].todense(), coo.any(axis=0).todense())
    np.testing.assert_array_equal(seen[0][1].todense(), coo.all(axis=1).todense())
    assert seen[0][2] == coo.nbytes
    np.testing.assert_array_equal(seen[0][3], coo.linear_loc())


def test_nan_is_left_out():
    numbers = NUMBERS.copy()
    numbers[0, 1] = np.nan
    a = sp.csr_array(numbers)
    assert dm.value_and_grad(lambda a: a.nanmax(explicit=True))(a)[0] == 4.0
    np.testing.assert_array_equal(
        dm.jvp(lambda a: a.nanmin(axis=1, explicit=True), (a,), (a,))[0].todense(), [-1, 0.5, 0.25]
    )
    with pytest.warns(DensifyWarning, match="nanmax"):
        assert dm.value_and_grad(lambda a: a.nanmax())(a)[0] == 4.0


def test_stored_zeros_are_not_forgotten():
    a = sp.csr_array((np.array([1.0, 0.0]), np.array([0, 1]), np.array([0, 2])), shape=(1, 2))
    with pytest.raises(SparseRefusal, match=r"stored zeros \(at .*test_methods.py.*Leave the call out"):
        dm.grad(lambda a: (a.eliminate_zeros(), ops.sum(a))[1])(a)


def test_half_precision():
    a = sparse.COO.from_numpy(NUMBERS.astype(np.float16))
    x = np.arange(4, dtype=np.float16)
    value, gradient = dm.value_and_grad(lambda a: ops.sum(a @ x))(a)
    assert value.dtype == gradient.dtype == np.float16
    assert value == np.sum(NUMBERS @ np.arange(4.0))
    np.testing.assert_array_equal(dm.grad(lambda x: ops.sum(a @ x))(x), NUMBERS.sum(axis=0))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a: a.resize(2, 2), r"x\.resize\(2, 2\).*Write x\[:rows, :columns\]"),
        (lambda a: a.todense(out=np.zeros((3, 4))), r"x\.todense\(out=\.\.\.\).*without out"),
        (lambda a: a.max(axis=0, out=np.zeros(4)), r"x\.max\(out=\.\.\.\)"),
        (lambda a: a.asformat("dense"), "no format is called so"),
    ],
)
def test_what_is_refused_says_what_to_write(call, words):
    with pytest.raises(SparseRefusal, match=words) as caught:
        dm.grad(lambda a: ops.sum(call(a)))(made("csr_array"))
    assert "test_methods.py" in str(caught.value)


def test_a_reduction_without_derivative_and_a_changed_dictionary():
    with pytest.raises(SparseRefusal, match=r"numpy\.add"):
        dm.grad(lambda a: ops.sum(a.reduce(np.hypot)))(made("COO"))
    a = made("dok_array")
    for call in (lambda a: dm.grad(lambda a: a.pop((0, 1)))(a), lambda a: dm.jvp(lambda a: a.pop((0, 1)), (a,), (a,))):
        with pytest.raises(AttributeError, match=r"no attribute 'pop' \(at .*test_methods"):
            call(a)


# ---- batches ---------------------------------------------------------------------------------------------------------

UNEVEN = sparse.COO([[0, 0, 1], [0, 1, 2]], [2.0, 3.0, 4.0], shape=(2, 3))
EVEN = sparse.COO([[0, 0, 1, 1], [0, 2, 0, 2]], [2.0, 3.0, 4.0, 5.0], shape=(2, 3))


@pytest.mark.parametrize(
    "ask",
    [
        lambda x: x.nnz, lambda x: x.data, lambda x: x.coords, lambda x: x.density, lambda x: np.prod((2 * x).data),
        lambda x: (x + EVEN[0]).data, lambda x: (EVEN[0] + x).nnz, lambda x: x[:2].nnz,
        lambda x: dm.grad(lambda y: np.sum(y * y))(x).data,
    ],
)  # fmt: skip
def test_a_batch_of_several_patterns_has_no_number_of_stored_ones(ask):
    with pytest.raises(SparseRefusal, match="store numbers at different places"):
        dm.vmap(ask)(UNEVEN)


def test_a_batch_of_one_pattern_answers_as_its_elements_do():
    np.testing.assert_array_equal(dm.vmap(lambda x: x.nnz + 0 * ops.sum(x))(EVEN), [2, 2])
    np.testing.assert_array_equal(dm.vmap(lambda x: np.prod(x.data))(EVEN), [6.0, 20.0])
    np.testing.assert_array_equal(dm.vmap(lambda x: np.mean((x * x).data))(EVEN), [6.5, 20.5])
    np.testing.assert_array_equal(dm.vmap(lambda x: np.sum(x.data * x.coords[0]))(EVEN), [6.0, 10.0])
    np.testing.assert_array_equal(dm.vmap(np.prod)(UNEVEN), [0.0, 0.0])
    np.testing.assert_array_equal(dm.vmap(np.sum)(UNEVEN), [5.0, 4.0])
    stack = sp.coo_array(EVEN.todense())
    np.testing.assert_array_equal(dm.vmap(lambda x: x.size + 0 * ops.sum(x))(stack), [2, 2])


@pytest.mark.parametrize("function", [np.triu, np.tril])
@pytest.mark.parametrize("k", [-1, 0, 1, 2])
def test_triangles_of_arrays_with_a_fill_value(function, k):
    a = sparse.COO([[0, 1], [1, 2]], [2.0, 3.0], shape=(3, 3), fill_value=0.5)
    with pytest.warns(DensifyWarning, match=function.__name__):
        value, gradient = dm.value_and_grad(lambda a: np.sum(function(a, k) ** 2))(a)
    expected = function(a.todense(), k)
    assert value == np.sum(expected**2)
    np.testing.assert_array_equal(gradient.data, 2 * expected[[0, 1], [1, 2]])
