"""Labels through every transform: gradients, Jacobians, batches, tangent spaces, item assignment, alignment."""

import numpy as np
import pytest
import xarray as xr

import dispatchml as dm
from dispatchml.dispatch.errors import LeakedTracerError

P = xr.DataArray([1.0, 2.0, 3.0], dims="x", coords={"x": [10, 20, 30]}, name="p", attrs={"units": "m"})
T = xr.DataArray(
    np.linspace(0.5, 2.0, 12).reshape(3, 4), dims=("x", "y"), coords={"x": [10, 20, 30], "y": list("abcd")}, name="t"
)


def same(got, numbers, dims, **coords):
    """A DataArray with these numbers, dims and coordinates, no others."""
    assert isinstance(got, xr.DataArray), type(got)
    assert got.dims == dims
    assert {k: v.values.tolist() for k, v in got.coords.items()} == coords
    np.testing.assert_allclose(got.values, numbers, rtol=1e-12)


# ---- gradients -------------------------------------------------------------------------------------------------------


def test_a_gradient_has_the_labels_of_its_argument_without_attributes():
    found = dm.grad(lambda p: (p**3).sum())(P)
    same(found, [3.0, 12.0, 27.0], ("x",), x=[10, 20, 30])
    assert found.name == "p"
    assert found.attrs == {}


def test_an_unused_argument_has_a_labelled_zero():
    same(dm.grad(lambda p, q: q.sum())(P, 2 * P), [0.0, 0.0, 0.0], ("x",), x=[10, 20, 30])


def test_a_function_that_leaves_the_labels_still_has_a_labelled_gradient():
    same(dm.grad(lambda p: np.sum(p.data**2))(P), [2.0, 4.0, 6.0], ("x",), x=[10, 20, 30])
    same(dm.grad(lambda p: np.sum(p.values**2))(P), [2.0, 4.0, 6.0], ("x",), x=[10, 20, 30])


def test_a_plain_argument_has_a_plain_gradient():
    for function in (
        lambda a: (a * P).sum(),
        lambda a: (P * a).sum(),
        lambda a: np.multiply(P, a).sum(),
        lambda a: (xr.DataArray(a, dims="x", coords={"x": [10, 20, 30]}) * P).sum(),
        lambda a: (xr.DataArray(data=a, coords={"x": [10, 20, 30]}, dims=["x"]) * P).sum(),
        lambda a: xr.dot(xr.DataArray(list(a), dims="x"), xr.Variable("x", P.data)),
        lambda a: (xr.Variable("x", a) * P).sum(),
    ):
        found = dm.grad(function)(np.array([4.0, 5.0, 6.0]))
        assert type(found) is np.ndarray
        np.testing.assert_allclose(found, [1.0, 2.0, 3.0])


def test_integers_complex_numbers_and_single_precision():
    same(dm.grad(lambda p: (p**2).sum())(P.astype(int)), [2.0, 4.0, 6.0], ("x",), x=[10, 20, 30])
    found = dm.grad(lambda p: (abs(p) ** 2).sum())(P * (1 + 1j))
    np.testing.assert_allclose(found.values, P.values * (2 + 2j))
    single = P.astype(np.float32)
    assert dm.grad(lambda p: (p**2).mean())(single).dtype == np.float32
    assert dm.jvp(lambda p: 2.0 * np.sin(p), (single,), (single,))[1].dtype == np.float32


def test_nan_is_left_out_as_in_xarray():
    same(dm.grad(lambda p: p.mean())(P.where(P > 1)), [0.0, 0.5, 0.5], ("x",), x=[10, 20, 30])


def test_numbers_and_empty_arrays():
    same(dm.grad(lambda p: p**2)(P[0]), 2.0, (), x=10)
    same(dm.grad(lambda p: (p**2).sum())(P[:0]), [], ("x",), x=[])


# ---- alignment -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("join", "expected"), [("inner", [2.0, 4.0, 0.0]), ("outer", [2.0, 4.0, 0.0]), ("left", [2.0, 4.0, 0.0])]
)
def test_joins_are_xarray_s_and_the_backward_pass_needs_no_options(join, expected):
    with xr.set_options(arithmetic_join=join):
        value, pullback = dm.vjp(lambda p: p * (2 * P[:2]), P)
        assert value.sizes == (P * (2 * P[:2])).sizes
    (found,) = pullback(np.ones(value.shape))
    same(found.fillna(0.0) if join != "inner" else found, np.nan_to_num(np.asarray(expected)), ("x",), x=[10, 20, 30])


def test_an_exact_join_raises_xarray_s_error():
    with xr.set_options(arithmetic_join="exact"), pytest.raises(xr.AlignmentError):
        dm.grad(lambda p: (p * P[:2]).sum())(P)


def test_tangents_and_cotangents_must_have_the_labels():
    other = P.assign_coords(x=[1, 2, 3])
    with pytest.raises(xr.AlignmentError, match="other labels along 'x'"):
        dm.jvp(lambda p: 2 * p, (P,), (other,))
    with pytest.raises(ValueError, match="same shape"):
        dm.jvp(lambda p: 2 * p, (T,), (T.T,))
    _, pullback = dm.vjp(lambda p: 2 * p, P)
    same(pullback(np.ones(3))[0], [2.0, 2.0, 2.0], ("x",), x=[10, 20, 30])
    same(pullback(P)[0], [2.0, 4.0, 6.0], ("x",), x=[10, 20, 30])
    with pytest.raises(xr.AlignmentError):
        pullback(other)


def test_a_square_tangent_with_dims_in_another_order_is_turned():
    square = xr.DataArray(np.arange(4.0).reshape(2, 2), dims=("x", "y"))
    _, tangent = dm.jvp(lambda s: 2 * s, (square,), (square.T,))
    assert tangent.dims == ("x", "y")
    np.testing.assert_array_equal(tangent.values, 2 * square.values)


# ---- Jacobians -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jacobian", [dm.jacfwd, dm.jacrev])
def test_a_jacobian_has_the_dims_of_both_and_primes_where_they_are_the_same(jacobian):
    found = jacobian(lambda p: (p**2 * T).mean("y"))(P)
    slope = np.diag(2 * P.values * T.mean("y").values)
    same(found, slope, ("x", "x'"), **{"x": [10, 20, 30], "x'": [10, 20, 30]})
    found = jacobian(lambda p: (p * T).sum("x"))(P)
    same(found, T.values.T, ("y", "x"), y=list("abcd"), x=[10, 20, 30])


def test_a_coordinate_without_a_dim_is_said_once():
    table = xr.DataArray(np.arange(6.0).reshape(2, 3), dims=("t", "x"), coords={"t": [1, 2], "x": [5, 6, 7]})

    def energy(r):
        return (r**2).sum()

    for transform, dims in ((dm.grad, ("x",)), (dm.jacobian, ("x",)), (dm.hessian, ("x", "x'"))):
        found = transform(energy)(table[0])
        assert found.dims == dims
        assert set(found.coords) == {"t", *dims}
        assert found.coords["t"] == 1
    for transform, dims in ((dm.grad, ("t", "x")), (dm.hessian, ("t", "x", "t'", "x'"))):
        found = transform(lambda r: energy(r[0]))(table)
        assert found.dims == dims
        assert set(found.coords) == set(dims)
    found = dm.jacobian(lambda r: r.data * table[1, 0])(table[0, 0])  # of two places: both are said
    assert (found.coords["t"], found.coords["t'"]) == (2, 1)


@pytest.mark.parametrize("jacobian", [dm.jacfwd, dm.jacrev])
def test_plain_axes_of_a_jacobian_get_names_that_nothing_has(jacobian):
    found = jacobian(lambda w: w[0] * P**2 + w[1])(np.ones(2))
    same(found, np.stack([P.values**2, np.ones(3)], 1), ("x", "dim_0"), x=[10, 20, 30])
    found = jacobian(lambda p: p.data[:2])(P)
    same(found, np.eye(3)[:2], ("dim_0", "x"), x=[10, 20, 30])
    same(jacobian(lambda w: w * P)(2.0), P.values, ("x",), x=[10, 20, 30])
    same(jacobian(lambda p: (p**2).sum())(P), 2 * P.values, ("x",), x=[10, 20, 30])


def test_higher_derivatives_have_more_primes():
    found = dm.hessian(lambda p: (p**3).sum())(P)
    same(found, np.diag([6.0, 12.0, 18.0]), ("x", "x'"), **{"x": [10, 20, 30], "x'": [10, 20, 30]})
    third = dm.jacobian(dm.hessian(lambda p: (p**3).sum()))(P)
    assert third.dims == ("x", "x'", "x''")
    same(dm.hvp(lambda p: (p**3).sum(), (P,), (P,)), [6.0, 24.0, 54.0], ("x",), x=[10, 20, 30])


def test_second_coordinates_and_several_dims_along_the_argument():
    marked = T.assign_coords(g=("x", [0, 1, 0]), xy=(("x", "y"), T.values))
    found = dm.jacobian(lambda t: (t**2).sum("y"))(marked)
    assert found.dims == ("x", "x'", "y")
    assert set(found.coords) == {"x", "g", "x'", "g'", "y", "xy"}
    assert found.coords["g'"].dims == ("x'",)
    assert found.coords["xy"].dims == ("x'", "y")


# ---- batches ---------------------------------------------------------------------------------------------------------


def test_the_axis_of_a_batch_keeps_its_name_and_coordinates():
    marked = T.assign_coords(g=("x", [0, 1, 0]))
    same(dm.vmap(lambda r: (r**2).sum("y"))(marked), (T.values**2).sum(1), ("x",), x=[10, 20, 30], g=[0, 1, 0])
    found = dm.vmap(lambda c: 2 * c, in_axes=1, out_axes=1)(T)
    same(found, 2 * T.values, ("x", "y"), x=[10, 20, 30], y=list("abcd"))
    same(dm.vmap(dm.grad(lambda r: (r**2).sum()))(T), 2 * T.values, ("x", "y"), x=[10, 20, 30], y=list("abcd"))
    same(dm.vmap(lambda r, w: r * w)(T, P), T.values * P.values[:, None], ("x", "y"), x=[10, 20, 30], y=list("abcd"))


def test_what_one_element_sees():
    seen = []

    def look(r):
        seen.append((r.dims, dict(r.sizes), set(r.coords), r.shape))
        return r.sel(y="b")

    found = dm.vmap(look)(T)
    assert seen == [(("y",), {"y": 4}, {"y"}, (4,))]
    same(found.drop_vars("y"), T.values[:, 1], ("x",), x=[10, 20, 30])


def test_a_dim_of_the_batch_inside_an_element_is_another_one():
    found = dm.vmap(lambda r: r.sum() * P)(T)
    expected = T.values.sum(1)[:, None] * P.values
    same(found, expected, ("x_batch", "x"), x_batch=[10, 20, 30], x=[10, 20, 30])


def test_batches_that_do_not_belong_together_are_refused():
    with pytest.raises(xr.AlignmentError, match="A batch pairs 'x' with 'x'"):
        dm.vmap(lambda r, w: r * w)(T, P.assign_coords(x=[1, 2, 3]))
    with pytest.raises(xr.AlignmentError, match="A batch pairs 'x' with 'z'"):
        dm.vmap(lambda r, w: r * w)(T, P.rename(x="z"))


def test_batches_of_plain_numbers_and_nested_ones():
    found = dm.vmap(lambda r: xr.DataArray(r, dims="z"))(np.ones((2, 3)))
    same(found, np.ones((2, 3)), ("batch", "z"))
    same(
        dm.vmap(lambda r, w: r * w)(T, np.arange(3.0)),
        T.values * [[0], [1], [2]],
        ("x", "y"),
        x=[10, 20, 30],
        y=list("abcd"),
    )
    found = dm.vmap(lambda r: dm.vmap(lambda e: e**2)(r))(T)
    same(found, T.values**2, ("x", "y"), x=[10, 20, 30], y=list("abcd"))
    found = dm.vmap(lambda r: dm.vmap(lambda e, p: e * p.sum(), in_axes=(0, None))(r, P))(T)
    same(found, 6 * T.values, ("x", "y"), x=[10, 20, 30], y=list("abcd"))


def test_jacobians_in_a_batch_and_batches_in_a_jacobian():
    found = dm.vmap(dm.jacobian(lambda r: r**2))(T)
    assert found.dims == ("x", "y", "y'")
    assert found.coords["x"].values.tolist() == [10, 20, 30]
    assert found.coords["y'"].values.tolist() == list("abcd")
    assert dm.vmap(dm.hessian(lambda r: (r**3).sum()))(T).dims == ("x", "y", "y'")
    found = dm.jacobian(lambda t: dm.vmap(lambda r: r.sum() ** 2)(t))(T)
    assert found.dims == ("x", "x'", "y")
    same(
        dm.grad(lambda t: dm.vmap(lambda r: r.sum() ** 2)(t).sum())(T),
        2 * T.values.sum(1)[:, None] * np.ones(4),
        ("x", "y"),
        x=[10, 20, 30],
        y=list("abcd"),
    )


def test_other_labels_round_a_traced_array():
    weights = xr.DataArray([1.0, 2.0, 3.0], dims="z", coords={"z": [1, 2, 3]})
    found = dm.grad(lambda p: (xr.DataArray(p, dims="z", coords={"z": [1, 2, 3]}) * weights).sum())(P)
    same(found, [1.0, 2.0, 3.0], ("x",), x=[10, 20, 30])
    same(dm.grad(lambda p: (xr.Variable("z", p) ** 2).sum())(P), 2 * P.values, ("x",), x=[10, 20, 30])
    same(dm.grad(lambda p: (xr.DataArray(p) ** 2).sum())(P), 2 * P.values, ("x",), x=[10, 20, 30])


# ---- the rest --------------------------------------------------------------------------------------------------------


def test_checkpoint_ravel_and_tangent_spaces():
    same(dm.grad(dm.checkpoint(lambda p: (p**3).sum()))(P), [3.0, 12.0, 27.0], ("x",), x=[10, 20, 30])
    vector, unravel = dm.ravel({"p": P, "q": 2.0})
    np.testing.assert_array_equal(vector, [1.0, 2.0, 3.0, 2.0])
    same(unravel(2 * vector)["p"], [2.0, 4.0, 6.0], ("x",), x=[10, 20, 30])
    same(
        dm.grad(lambda v: (unravel(v)["p"] ** 2).sum() * 1.0)(vector) @ np.ones(4) * P,
        12 * P.values,
        ("x",),
        x=[10, 20, 30],
    )
    same(dm.zero_tangent(P), [0.0, 0.0, 0.0], ("x",), x=[10, 20, 30])
    assert dm.random_tangent(P, np.random.default_rng(0)).dims == ("x",)
    same(dm.zero_cotangent(P, 3.0), [0.0, 0.0, 0.0], ("x",), x=[10, 20, 30])
    same(dm.retract(P, P), [2.0, 4.0, 6.0], ("x",), x=[10, 20, 30])
    same(dm.projector(P)(np.ones(3)), [1.0, 1.0, 1.0], ("x",), x=[10, 20, 30])
    assert float(dm.inner(P, P)) == 14.0
    y, push = dm.linearize(lambda p: p**2, P)
    same(push(P), [2.0, 8.0, 18.0], ("x",), x=[10, 20, 30])


def test_item_assignment_by_position_by_label_and_by_dict():
    def fill(p):
        y = p * 1.0
        y[0] = 5.0
        y.loc[20] = p[2] * 2
        y[{"x": 2}] = 1.0
        return (y**2).sum()

    value, found = dm.value_and_grad(fill)(P)
    assert float(value) == 62.0
    same(found, [0.0, 0.0, 24.0], ("x",), x=[10, 20, 30])


def test_assigned_values_are_broadcast_by_name_and_aligned():
    def fill(p):
        y = T * 1.0 + 0 * p
        y[:, [0, 2]] = p
        return (y * T).sum()

    same(dm.grad(fill)(P), (T[:, 0] + T[:, 2]).values, ("x",), x=[10, 20, 30])

    def wrong(p):
        y = p * 1.0
        y[:2] = p[1:]
        return y.sum()

    with pytest.raises(xr.AlignmentError):
        dm.grad(wrong)(P)


def test_views_see_writes():
    def through_view(t):
        y = t * 1.0
        y[1:, 1:][0, 0] = 7.0
        y.isel(x=0)[0] = 3.0
        return (y**2).sum()

    expected = 2 * T.values
    expected[1, 1] = expected[0, 0] = 0.0
    same(dm.grad(through_view)(T), expected, ("x", "y"), x=[10, 20, 30], y=list("abcd"))

    def stale_view(p):
        y = p * 1.0
        z = y[1:]
        y[1] = 7.0
        return (z**2).sum()

    same(dm.grad(stale_view)(P), [0.0, 0.0, 6.0], ("x",), x=[10, 20, 30])


def test_in_place_operators():
    def add(p):
        y = p * 1.0
        y += p
        y *= P
        return (y**2).sum()

    same(dm.grad(add)(P), 8 * P.values**3, ("x",), x=[10, 20, 30])


IN_PLACE = {
    "+=": lambda y, v: y.__iadd__(v),
    "-=": lambda y, v: y.__isub__(v),
    "*=": lambda y, v: y.__imul__(v),
    "/=": lambda y, v: y.__itruediv__(v),
}


@pytest.mark.parametrize("name", IN_PLACE)
@pytest.mark.parametrize("value", [T * 2, T.T + 1, P + 1, 2.0, xr.DataArray(3.0)], ids=["T", "T.T", "P", "2.0", "0-d"])
def test_in_place_operators_of_several_dims(name, value):
    def updated(t):
        y = t * 1.5
        y = IN_PLACE[name](y, value)
        return y

    wanted, (found, slope) = updated(T), dm.jvp(updated, (T,), (T,))
    xr.testing.assert_allclose(found, wanted)
    xr.testing.assert_allclose(slope, ((updated(T * (1 + 1e-6)) - updated(T * (1 - 1e-6))) / 2e-6), rtol=1e-6)
    assert dm.grad(lambda t: updated(t).sum())(T).dims == T.dims
    assert dm.vmap(updated)(xr.concat([T, T], "batch")).dims == ("batch", *T.dims)


def test_operators_in_place_on_a_transposed_view_reach_the_array():
    def updated(t):
        y = t * 1.0
        z = y.T
        z += xr.DataArray([1.0, 2.0, 3.0], dims="x", coords={"x": [10, 20, 30]})
        z *= 2.0
        return y

    xr.testing.assert_allclose(dm.jvp(updated, (T,), (T,))[0], updated(T))
    np.testing.assert_allclose(dm.grad(lambda t: updated(t).sum())(T), np.full((3, 4), 2.0))


def test_traced_arrays_inside_plain_ones_methods():
    same(dm.grad(lambda p: T.dot(p, dim="x").sum())(P), T.sum("y").values, ("x",), x=[10, 20, 30])
    same(dm.grad(lambda p: P.where(P > 1, p).sum())(P), [1.0, 0.0, 0.0], ("x",), x=[10, 20, 30])
    same(dm.grad(lambda p: P.where(P > 1).fillna(p).sum())(P), [1.0, 0.0, 0.0], ("x",), x=[10, 20, 30])
    same(dm.grad(lambda p: P @ p)(P), P.values, ("x",), x=[10, 20, 30])


def test_isinstance_repr_and_leaks():
    kept = []

    def look(p):
        assert dm.isinstance(p, xr.DataArray)
        assert "DataArray" in repr(p)
        kept.append(p)
        return p.sum()

    dm.grad(look)(P)
    with pytest.raises(LeakedTracerError):
        kept[0].mean("x") * 2


def test_the_primal_is_a_plain_labelled_array():
    found = []
    dm.grad(lambda p: (found.append(dm.primal(p.mean("x"))), p.sum())[1])(P)
    assert isinstance(found[0], xr.DataArray)
    assert float(found[0]) == 2.0
