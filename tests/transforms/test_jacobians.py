"""Jacobians and Hessians against closed forms, in both modes: shapes, dtypes, containers, complex numbers, chunks."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NonDifferentiableError, ShapeError

MODES = [dm.jacfwd, dm.jacrev, dm.jacobian]
modes = pytest.mark.parametrize("mode", MODES, ids=lambda m: m.__name__)
X = np.array([0.3, 0.7, -1.2])


def f(x):
    return ops.sin(x) * ops.sum(x * x)


F_JACOBIAN = np.diag(np.cos(X) * np.sum(X * X)) + np.outer(np.sin(X), 2 * X)


@modes
@pytest.mark.parametrize("chunk_size", [None, 1, 2, 3, 100])
def test_closed_form_for_every_chunk_size(mode, chunk_size):
    np.testing.assert_allclose(mode(f, chunk_size=chunk_size)(X), F_JACOBIAN, rtol=1e-13)


@modes
def test_shape_is_output_then_input(mode):
    x = np.random.default_rng(0).standard_normal((2, 3))
    w = np.random.default_rng(1).standard_normal((4, 2))
    found = mode(lambda x: ops.matmul(w, x))(x)
    assert found.shape == (4, 3, 2, 3)
    np.testing.assert_allclose(found, np.einsum("ij,kl->ikjl", w, np.eye(3)))


@modes
def test_python_numbers(mode):
    found = mode(lambda x: x * x)(3.0)
    assert type(found) is float
    assert found == 6.0
    assert mode(lambda x: x * x)(3) == 6.0
    both = mode(lambda a, b: (a * b, a + b), (0, 1))(2.0, 5.0)
    assert both == ((5.0, 2.0), (1.0, 1.0))
    assert all(type(v) is float for row in both for v in row)


@modes
def test_dtypes_promote(mode):
    single = X.astype(np.float32)
    assert mode(f)(single).dtype == np.float32
    assert mode(lambda x: ops.astype(x, dtype=np.float32))(X).dtype == np.float64
    assert mode(lambda x: ops.astype(x, dtype=np.float64))(single).dtype == np.float64
    assert mode(lambda x: x**2)(np.array([1, 2])).dtype == np.float64
    np.testing.assert_array_equal(mode(lambda x: x**2)(np.array([1, 2])), [[2.0, 0.0], [0.0, 4.0]])


@modes
def test_empty_inputs_and_outputs(mode):
    assert mode(lambda x: x)(np.zeros((0, 2))).shape == (0, 2, 0, 2)
    assert mode(lambda x: x[:0])(X).shape == (0, 3)
    assert mode(lambda x: ops.sum(x))(np.zeros(0)).shape == (0,)
    assert mode(lambda d: 1.0)({}) == {}


@modes
def test_zero_where_nothing_depends(mode):
    found = mode(lambda a, b: {"a": a * 2.0, "c": np.ones(2, np.float32)}, (0, 1))(X, np.float32(1))
    np.testing.assert_array_equal(found["a"][0], 2 * np.eye(3))
    np.testing.assert_array_equal(found["a"][1], np.zeros(3))
    np.testing.assert_array_equal(found["c"][0], np.zeros((2, 3)))
    assert found["c"][1].dtype == np.float32
    assert mode(lambda x: ops.floor(x))(2.5) == 0.0
    np.testing.assert_array_equal(mode(ops.sign)(X), np.zeros((3, 3)))


@modes
def test_trees_of_outputs_of_trees_of_inputs(mode):
    tree = {"w": np.array([1.0, 2.0]), "b": 3.0, "name": "layer"}
    found = mode(lambda t, s: [t["w"] * t["b"], (s, t["name"], None)])(tree, 4.0)
    np.testing.assert_array_equal(found[0]["w"], 3 * np.eye(2))
    np.testing.assert_array_equal(found[0]["b"], [1.0, 2.0])
    assert found[0]["name"] == "layer"
    assert list(found[0]) == ["w", "b", "name"]
    np.testing.assert_array_equal(found[1][0]["w"], np.zeros(2))
    assert found[1][1:] == ("layer", None)


@modes
def test_argnums_keywords_and_extra_values(mode):
    def g(a, b, *, power=1, scale=1.0):
        return a * b**power * scale, {"value": a, "power": power}

    found, extra = mode(g, argnums=(-1, 0), has_aux=True)(2.0, 3.0, power=2, scale=10.0)
    assert found == (120.0, 90.0)
    assert extra == {"value": 2.0, "power": 2}
    assert type(extra["value"]) is float


@modes
def test_many_inputs_and_few_outputs_and_the_reverse(mode):
    w = np.random.default_rng(0).standard_normal((2, 30))
    np.testing.assert_allclose(mode(lambda x: ops.matmul(w, x))(np.zeros(30)), w)
    np.testing.assert_allclose(mode(lambda x: ops.matmul(w.T, x))(np.zeros(2)), w.T)


def test_mode_is_chosen_by_shape():
    calls = []

    @dm.primitive
    def watched(x):
        return x * 2.0

    @watched.defjvp
    def watched_jvp(y, tangents, x):
        calls.append("forward")
        return tangents[0] * 2.0

    @watched.defvjp
    def watched_vjp(y, x):
        def watched_pullback(ct):
            calls.append("reverse")
            return ct * 2.0

        return watched_pullback

    dm.jacobian(lambda x: ops.sum(watched(x)))(np.ones(10))
    assert set(calls) == {"reverse"}
    calls.clear()
    dm.jacobian(lambda x: ops.broadcast_to(watched(x), shape=(20, 10)))(np.ones(10))
    assert set(calls) == {"forward"}


def test_an_operation_with_one_mode_is_differentiated_in_that_mode():
    @dm.primitive
    def forward_only(x):
        return x * x

    @forward_only.defjvp
    def forward_only_jvp(y, tangents, x):
        return 2.0 * x * tangents[0]

    x = np.arange(6.0)
    np.testing.assert_array_equal(dm.jacobian(lambda x: ops.sum(forward_only(x)))(x), 2 * x)

    @dm.primitive
    def reverse_only(x):
        return x * x

    @reverse_only.defvjp
    def reverse_only_vjp(y, x):
        return lambda ct: 2.0 * x * ct

    for x in (3.0, np.arange(6.0)):
        np.testing.assert_array_equal(np.diag(2 * x) if np.ndim(x) else 6.0, dm.jacobian(reverse_only)(x))


@modes
def test_holomorphic_functions(mode):
    z = np.array([1 + 2j, 0.5 - 1j, 3j])
    np.testing.assert_allclose(mode(lambda z: z**3 + ops.exp(z))(z), np.diag(3 * z**2 + np.exp(z)), rtol=1e-12)
    assert mode(lambda z: ops.sin(z))(1 + 1j) == pytest.approx(np.cos(1 + 1j))
    np.testing.assert_allclose(mode(lambda z: ops.sum(z * z))(z), 2 * z)
    assert mode(lambda z: z * z)(np.complex64(1 + 1j)).dtype == np.complex64


@modes
def test_real_inputs_with_complex_outputs(mode):
    found = mode(lambda x: x * (1 + 2j))(np.array([1.0, 2.0]))
    np.testing.assert_array_equal(found, (1 + 2j) * np.eye(2))
    found = mode(lambda x, z: x * z, (0, 1))(2.0, 1 + 1j)
    assert found == (1 + 1j, 2 + 0j)


@modes
@pytest.mark.parametrize("g", [ops.conj, ops.real, ops.absolute, lambda z: z * ops.conj(z), lambda z: ops.imag(z) + z])
def test_functions_that_are_not_holomorphic_raise(mode, g):
    for z in (1 + 2j, np.array([1 + 2j, 3.0])):
        with pytest.raises(NonDifferentiableError, match="not holomorphic"):
            mode(g)(z)
    with pytest.raises(NonDifferentiableError, match="not holomorphic"):
        dm.derivative(g)(1 + 2j)


def test_hessian_of_complex_and_real_functions():
    assert dm.hessian(lambda z: z**3)(2 + 1j) == pytest.approx(12 + 6j)
    with pytest.raises(NonDifferentiableError):
        dm.hessian(lambda z: ops.absolute(z) ** 2)(2 + 1j)


def test_hessian_shapes_and_containers():
    found = dm.hessian(lambda a, b: a * b * b, (0, 1))(2.0, 3.0)
    assert found == ((0.0, 6.0), (6.0, 4.0))
    found = dm.hessian(lambda t: ops.sum(t["x"] ** 2) * t["y"])({"x": np.array([1.0, 2.0]), "y": 3.0})
    np.testing.assert_array_equal(found["x"]["x"], 6 * np.eye(2))
    np.testing.assert_array_equal(found["x"]["y"], [2.0, 4.0])
    np.testing.assert_array_equal(found["y"]["x"], [2.0, 4.0])
    assert found["y"]["y"] == 0.0
    matrix, extra = dm.hessian(lambda x: (ops.sum(x**3), "note"), has_aux=True, chunk_size=2)(X)
    np.testing.assert_allclose(matrix, np.diag(6 * X))
    assert extra == "note"
    assert dm.hessian(lambda x: x**2)(np.ones(2)).shape == (2, 2, 2)


def test_hessian_agrees_with_hvp_and_both_orders_of_modes():
    def g(x):
        return ops.sum(ops.exp(ops.sin(x)) * x[::-1])

    hessian = dm.hessian(g)(X)
    np.testing.assert_allclose(hessian @ X, dm.hvp(g, (X,), (X,)), rtol=1e-12)
    for outer in (dm.jacfwd, dm.jacrev):
        for inner in (dm.jacfwd, dm.jacrev, dm.grad):
            np.testing.assert_allclose(outer(inner(g))(X), hessian, rtol=1e-12, atol=1e-14)


@modes
def test_chunks_bound_the_width_of_a_pass(mode):
    widths = []

    @dm.primitive
    def wide(x):
        return x * 1.0

    @wide.defjvp
    def wide_jvp(y, tangents, x):
        widths.append(tangents[0]._level.size)
        return tangents[0] * 1.0

    @wide.defvjp
    def wide_vjp(y, x):
        def wide_pullback(ct):
            widths.append(ct._level.size)
            return ct * 1.0

        return wide_pullback

    mode(wide, chunk_size=4)(np.ones(10))
    assert widths == [4, 4, 2]


def test_bad_chunk_size_and_no_derivative():
    with pytest.raises(ShapeError, match="chunk_size"):
        dm.jacfwd(f, chunk_size=0)(X)
    with pytest.raises(TypeError, match="no derivative"):
        dm.jacrev(f)("text")
    with pytest.raises(ValueError, match="argnums"):
        dm.jacobian(f, argnums=1)(X)


@modes
def test_lift_is_accepted(mode):
    assert mode(lambda x: x * x, lift=False)(3.0) == 6.0
    assert dm.hessian(lambda x: x * x, lift=False)(3.0) == 2.0


def test_blocks_of_a_jacobian_are_arrays_of_their_own():
    a = np.ones(2)
    first, second = dm.jacrev(lambda a, b: a + b, argnums=(0, 1))(a, a)
    first[...] = 7.0
    np.testing.assert_array_equal(second, np.eye(2))
