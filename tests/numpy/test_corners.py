"""Where NumPy's functions raise or give nan in ways of their own, traced and recorded values do as well."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import NonDifferentiableError, TracerConversionError


@pytest.mark.parametrize("x", [np.inf, np.array([np.inf, 1.0, -2.0]), np.array([np.inf, 1 + 1j]), np.array([2, 3])])
def test_a_polynomial_at_infinity_is_nan(x):
    def f(x):
        return np.polyval([1.0, 2.0, 3.0], x)

    with np.errstate(all="ignore"):
        compiled = dm.jit(f)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(x), f(x))
        if np.asarray(x).dtype.kind == "f":
            value, tangent = dm.jvp(f, (x,), (np.ones_like(x)[()],))
            np.testing.assert_array_equal(value, f(x))
            np.testing.assert_array_equal(tangent, np.where(np.isfinite(x), 2 * x + 2, np.nan))


def test_a_number_has_no_axes_to_move():
    for function in (dm.jit, dm.grad):
        with pytest.raises(np.exceptions.AxisError, match="axis 0 is out of bounds"):
            function(lambda x: np.moveaxis(np.sum(x), 0, -1))(np.ones(3))


def test_interpolation_at_complex_places():
    places, values = np.arange(3.0), np.array([1.0, 3.0, 2.0])

    def f(x):
        return np.interp(x, places, values)

    with pytest.raises(TypeError, match="complex128"):
        dm.jit(f)(np.array([0.5 + 1j]))
    with pytest.raises(NonDifferentiableError, match="complex numbers have no order"):
        dm.jvp(f, (np.array([0.5 + 1j]),), (np.array([1.0 + 0j]),))


def test_a_recorded_number_as_an_array():
    """numpy.array makes an array without axes of a number, also where the function is compiled."""

    def f(x):
        total = np.sum(x)
        return total, np.array(total), np.asarray(total), np.array(total) * 2

    x = np.arange(3.0)
    assert [type(y) for y in dm.jit(f)(x)] == [type(y) for y in f(x)]
    assert dm.jit(lambda x: np.array(x) + np.array(np.sum(x)))(2.0) == 4.0


@pytest.mark.parametrize("x", [np.array(3.0), np.array([3.0]), np.float64(3.0)])
def test_operators_in_place_change_arrays_without_axes_and_rebind_numbers(x):
    def f(x):
        y = x.copy()
        z = y
        y += 2
        y *= x
        y **= 2
        return np.sum(z * y)

    slope = dm.grad(f)(x)
    step = 1e-6
    above, below = (np.array(x + d) if type(x) is np.ndarray else x + d for d in (step, -step))
    np.testing.assert_allclose(slope, np.reshape((f(above) - f(below)) / (2 * step), np.shape(x)), rtol=1e-6)
    assert dm.jit(f)(x) == f(x)
    for gradient in (dm.jit(dm.grad(f)), dm.grad(dm.jit(f))):
        np.testing.assert_allclose(gradient(x), slope)
    np.testing.assert_allclose(dm.jvp(f, (x,), (np.ones_like(x),))[1], slope.sum())

    def doubled(x):
        y = x.copy()
        y **= 2
        return y

    assert type(dm.jit(doubled)(x)) is type(doubled(x))


def test_a_number_that_is_taken_out_is_pythons():
    for x in (np.array([3], "i1"), np.array([3.5]), np.array([3.5], "f4"), np.float64(2.0)):
        found, wanted = dm.jit(lambda x: (x.item(), x.item() * 2))(x), (x.item(), x.item() * 2)
        assert found == wanted
        assert [type(y) for y in found] == [type(y) for y in wanted]


def test_what_is_inserted_takes_the_dtype_of_the_array():
    x = np.array([1, 2], "i4")
    for values in (np.array([2**40]), np.array([2.7])):
        found, wanted = dm.jit(lambda x, v: np.insert(x, 0, v))(x, values), np.insert(x, 0, values)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    with pytest.raises(TracerConversionError, match="cannot be inserted into an array of int32"):
        dm.grad(lambda v: np.sum(np.insert(x, 0, v) * 1.0))(2.7)
    np.testing.assert_array_equal(dm.grad(lambda v: np.sum(np.insert(x * 1.0, 0, v) ** 2))(2.0), 4.0)


def test_numbers_are_not_filled():
    def f(x):
        y = x.copy()
        y.fill(2.0)
        return y * x

    for x in (np.float64(3.0), np.array(3.0), np.array([3.0])):
        assert dm.jit(f)(x) == f(x)
        assert dm.jvp(f, (x,), (np.ones_like(x),))[0] == f(x)


@pytest.mark.parametrize("dtype", ["f2", "f4", "c8"])
def test_zero_tangents_have_the_dtype_of_the_result_where_directions_are_made_in_lifted_code(dtype):
    x, constant = np.ones(3), np.ones(3, dtype)

    def outer(x):
        return dm.jvp(lambda p: np.rint(constant), (x,), (np.ones_like(x),))

    for found in (dm.jit(outer)(x), dm.jvp(outer, (x,), (x,))[0], outer(x)):
        assert [y.dtype for y in found] == [constant.dtype] * 2


@pytest.mark.parametrize("keywords", [{}, {"axis": 1}, {"axis": 0, "keepdims": True}, {"axis": (0, 1)}])
@pytest.mark.parametrize("q", [0.37, np.array([[0.23], [0.81]])], ids=["one", "several"])
@pytest.mark.filterwarnings("ignore:All-NaN")
def test_nanquantile_at_traced_shares(q, keywords):
    a = np.random.default_rng(0).normal(size=(3, 7))
    a[0, 2] = a[2] = np.nan

    def f(q):
        return np.nanquantile(a, q, **keywords)

    value, slope = dm.jvp(f, (q,), (np.ones_like(q)[()],))
    np.testing.assert_allclose(value, f(q))
    np.testing.assert_allclose(slope, (f(q + 1e-7) - f(q - 1e-7)) / 2e-7, rtol=1e-6)
