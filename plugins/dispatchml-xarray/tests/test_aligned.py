"""Arrays with the same labels: the numbers are computed with, xarray is not asked, and the result is xarray's."""

import numpy as np
import pytest
import xarray as xr
from dispatchml_xarray import elementwise

import dispatchml as dm
from dispatchml import ops

T, S = np.array([10, 20, 30]), np.array(["a", "b"])
A = xr.DataArray(
    np.arange(1.0, 7.0).reshape(3, 2), dims=("t", "s"), coords={"t": T, "s": S, "c": ("t", [1.0, 2.0, 3.0])}, name="n"
)
B = A.copy(data=A.values[::-1].copy())
OTHERS = {
    "itself": A,
    "the very labels": B,
    "equal labels": xr.DataArray(B.values, dims=("t", "s"), coords={"t": T + 0, "s": S, "c": A.c}, name="n"),
    "another name": B.rename("other"),
    "other labels": B.assign_coords(t=T + 10),
    "fewer labels": B.drop_vars("c"),
    "no labels": B.drop_vars(["t", "s", "c"]),
    "another order": B.T,
    "fewer dims": B[:, 0],
    "another dim": B.rename(t="u"),
    "labels of another kind": B.assign_coords(t=T.astype(float)),
    "another extra coordinate": B.assign_coords(c=("t", [4.0, 5.0, 6.0])),
    "attributes": B.assign_attrs(units="m"),
    "a number": 2.0,
    "a plain array": np.array([1.0, 2.0]),
    "float32": B.astype(np.float32),
    "integers": B.astype(int),
    "nothing in common": B.assign_coords(t=T + 100),
}
PROGRAMS = {
    "product": lambda x, y: x * y,
    "difference": lambda x, y: y - x,
    "chain": lambda x, y: (x + y) * x / (x * x + 1.0),
    "power": lambda x, y: x**2.0 + y,
    "ufunc": lambda x, y: np.sin(x) + np.maximum(x, 2.5) * y,
    "compared": lambda x, y: xr.where(x > 2.3, x, -x) * y,
}


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_values_and_labels_are_those_of_xarray(name, other):
    f, y = PROGRAMS[name], OTHERS[other]
    try:
        plain = f(A, y)
    except Exception as error:
        with pytest.raises(type(error)):
            dm.jvp(lambda x: f(x, y), (A,), (A,))
        with pytest.raises(type(error)):
            dm.vjp(lambda x: f(x, y), A)
        return
    value, tangent = dm.jvp(lambda x: f(x, y), (A,), (A,))
    again, pullback = dm.vjp(lambda x: f(x, y), A)
    for found in (value, again):
        xr.testing.assert_identical(found, plain)
        assert found.dtype == plain.dtype
        assert list(found.coords) == list(plain.coords)
    assert tangent.dims == plain.dims
    (gradient,) = pullback(xr.ones_like(plain))
    assert gradient.dims == A.dims
    assert gradient.coords.equals(A.coords)
    if plain.size and tangent.size:
        step = 1e-6
        slope = (f(A * (1 + step), y) - f(A * (1 - step), y)) / (2 * step)
        np.testing.assert_allclose(tangent.values, slope.values, rtol=2e-5, atol=1e-6)
        np.testing.assert_allclose(float((gradient * A).sum()), float(tangent.sum()), rtol=1e-6)


@pytest.mark.parametrize("name", PROGRAMS)
def test_xarray_is_not_asked(name, monkeypatch):
    asked = []
    run = elementwise.run
    monkeypatch.setattr(elementwise, "run", lambda *arguments: asked.append(arguments) or run(*arguments))
    f = PROGRAMS[name] if name != "compared" else lambda x, y: abs(-x) * y
    dm.jvp(lambda x: f(x, B), (A,), (A,))
    dm.vjp(lambda x: f(x, B), A)[1](A)
    assert not asked


def test_writes_are_seen_by_the_next_operation():
    def f(x):
        y = x * 2.0
        part = y[1]
        y[0] = x[0] * x[0]
        part[0] = 7.0
        return (y * x).sum()

    expected = np.array([[3.0, 12.0], [7.0, 16.0], [20.0, 24.0]])
    np.testing.assert_allclose(dm.grad(f)(A).values, expected)


def test_second_derivatives_batches_and_outer_derivatives():
    def f(x):
        return ((x * x + x) * x * B).sum()

    np.testing.assert_allclose(dm.hvp(f, (A,), (A,)).values, ((6.0 * A + 2.0) * B * A).values)
    rows = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("b", "t"), coords={"t": T})
    weights = xr.DataArray([1.0, 2.0, 3.0], dims="t", coords={"t": T})
    found = dm.vmap(dm.grad(lambda x: (x * x * x * weights).sum()))(rows)
    np.testing.assert_allclose(found.values, (3.0 * rows**2 * weights).values)
    scaled = dm.grad(lambda c: dm.grad(lambda x: (c * x * x).sum())(A).sum())(2.0)
    np.testing.assert_allclose(scaled, 2.0 * A.values.sum())


def test_operators_do_not_warn_as_those_of_xarray():
    zero = A * 0.0
    dm.vjp(lambda x: x / zero, A)  # warnings are errors in these tests
    assert np.isinf(ops.divide(A, zero).values).all()
