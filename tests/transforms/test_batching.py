"""vmap against a loop: axes of arguments and results, containers, nesting, errors."""

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ContainerMismatchError, ShapeError, TracerConversionError

X = np.random.default_rng(0).standard_normal((4, 3))


def f(x, w):
    return ops.sum(ops.sin(x) * w)


def test_one_axis_and_none():
    w = np.arange(3.0)
    np.testing.assert_allclose(dm.vmap(f, (0, None))(X, w), np.sin(X) @ w)
    np.testing.assert_allclose(dm.vmap(f, (None, 0))(w, X), X @ np.sin(w))
    np.testing.assert_allclose(dm.vmap(f)(X, X), np.sum(np.sin(X) * X, axis=1))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("out", [0, 1, 2, -1, -2, -3])
def test_axes_of_arguments_and_results(axis, out):
    x = np.random.default_rng(0).standard_normal((2, 3, 4))
    found = dm.vmap(lambda v: v * 2.0, in_axes=axis, out_axes=out)(x)
    np.testing.assert_array_equal(found, np.moveaxis(x * 2.0, axis, out))


def test_axes_for_the_leaves_of_containers():
    tree = {"a": X, "n": "name", "c": (X.T, 5.0)}
    found = dm.vmap(
        lambda t, s: {"sum": ops.sum(t["a"] * t["c"][0]) * t["c"][1], "n": t["n"], "row": t["a"] * s},
        in_axes=({"a": 0, "n": None, "c": (1, None)}, None),
        out_axes={"sum": 0, "n": None, "row": 1},
    )(tree, 2.0)
    np.testing.assert_allclose(found["sum"], 5.0 * np.sum(X * X, axis=1))
    np.testing.assert_array_equal(found["row"], 2.0 * X.T)
    assert found["n"] == "name"


@attrs.frozen
class Point:
    x: object
    y: object
    label: str = ""


def test_attrs_classes_and_none():
    found = dm.vmap(lambda p, nothing: Point(p.x + p.y, p.x * p.y, p.label))(Point(X, X, "p"), None)
    assert type(found) is Point
    assert found.label == "p"
    np.testing.assert_array_equal(found.x, 2 * X)
    found = dm.vmap(lambda p: p.x * p.y, in_axes=(Point(0, None, None),))(Point(X, 2.0, "p"))
    np.testing.assert_array_equal(found, 2 * X)


def test_results_that_do_not_depend_on_the_batch_are_repeated():
    found = dm.vmap(lambda x: (3.0, np.arange(2.0), "s", x), out_axes=(0, 1, 0, 0))(X)
    np.testing.assert_array_equal(found[0], [3.0] * 4)
    np.testing.assert_array_equal(found[1], np.tile([[0.0], [1.0]], 4))
    assert found[2] == "s"
    assert dm.vmap(lambda x: (x, 3.0), out_axes=(0, None))(X)[1] == 3.0


def test_keywords():
    found = dm.vmap(lambda x, *, scale, power: x**power * scale)(X, scale=np.arange(4.0), power=2)
    np.testing.assert_allclose(found, X**2 * np.arange(4.0)[:, None])


def test_dtypes_stay():
    assert dm.vmap(lambda x: x * 2.0)(X.astype(np.float32)).dtype == np.float32
    assert dm.vmap(lambda x: x * 2)(np.arange(3)).dtype == np.int64
    assert dm.vmap(lambda x: x)(np.array([True, False])).dtype == bool


def test_derivatives_inside_and_outside():
    w = np.arange(3.0)
    rows = dm.vmap(dm.grad(f), (0, None))(X, w)
    np.testing.assert_allclose(rows, np.cos(X) * w)
    whole = dm.grad(lambda x: ops.sum(dm.vmap(f, (0, None))(x, w)))(X)
    np.testing.assert_allclose(whole, rows)
    per_weight = dm.grad(lambda w: ops.sum(dm.vmap(f, (0, None))(X, w)))(w)
    np.testing.assert_allclose(per_weight, np.sum(np.sin(X), axis=0))
    tangent = dm.jvp(lambda x: dm.vmap(f, (0, None))(x, w), (X,), (X,))[1]
    np.testing.assert_allclose(tangent, np.sum(rows * X, axis=1))
    value, gradient = dm.vmap(dm.value_and_grad(f), (0, None))(X, w)
    np.testing.assert_allclose(value, np.sin(X) @ w)
    np.testing.assert_allclose(gradient, rows)
    jacobians = dm.vmap(dm.jacobian(ops.sin))(X)
    np.testing.assert_allclose(jacobians, [np.diag(np.cos(x)) for x in X])


def test_pairs_of_all_with_all():
    a, b = X[:3], X[1:3]
    kernel = dm.vmap(dm.vmap(lambda p, q: ops.sum((p - q) ** 2), (None, 0)), (0, None))
    np.testing.assert_allclose(kernel(a, b), np.sum((a[:, None] - b[None]) ** 2, axis=-1))


def test_batched_values_of_two_levels_in_one_operation():
    def outer(a):
        return dm.vmap(lambda b: ops.matmul(a, b) + ops.sum(a * b))(np.eye(3) * 2.0)

    found = dm.vmap(outer)(np.stack([np.diag(x) for x in X]))
    expected = [[np.diag(x) @ b + np.sum(np.diag(x) * b) for b in np.eye(3) * 2.0] for x in X]
    np.testing.assert_allclose(found, expected)


def test_a_branch_on_which_all_agree_is_taken():
    np.testing.assert_array_equal(dm.vmap(lambda x: x if ops.sum(x) > 0 else -x)(np.ones((2, 3))), np.ones((2, 3)))
    with pytest.raises(TracerConversionError, match="disagree"):
        dm.vmap(lambda x: x if x > 0 else -x)(np.array([1.0, -1.0]))


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: dm.vmap(f)(X, np.ones(3)), ShapeError, r"different sizes.*4 \(axis 0 .*3 \(axis 0"),
        (lambda: dm.vmap(lambda x: x, 2)(X), ShapeError, "has no axis 2"),
        (lambda: dm.vmap(lambda x: x, -3)(X), ShapeError, "has no axis -3"),
        (lambda: dm.vmap(lambda x: x)(2.0), ShapeError, "has no axis 0"),
        (lambda: dm.vmap(lambda x: x, out_axes=2)(X), ShapeError, "no place 2"),
        (lambda: dm.vmap(lambda x: x, (0, 0))(X), ShapeError, "2 entries for 1 arguments"),
        (lambda: dm.vmap(lambda x: x, None)(X), ShapeError, "no argument has a batch axis"),
        (lambda: dm.vmap(lambda x: x, 0, None)(X), TracerConversionError, "out_axes=None"),
        (lambda: dm.vmap(lambda d: d, ({"b": 0},))({"a": X}), ContainerMismatchError, "in_axes"),
        (lambda: dm.vmap(lambda d: d, ((0,),))(X), ContainerMismatchError, "in_axes"),
        (lambda: dm.vmap(lambda x: (x, x), out_axes=(0,))(X), ContainerMismatchError, "out_axes"),
        (lambda: dm.vmap(lambda x: x, "a")(X), ContainerMismatchError, "in_axes"),
    ],
)
def test_errors(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_empty_batch():
    assert dm.vmap(lambda x: ops.sin(x) * 2.0)(np.zeros((0, 3))).shape == (0, 3)


def test_a_mask_that_differs_between_elements_takes_one_number():
    def f(x):
        y = x * 2.0
        y[y > 1.0] = 0.5
        y[x[:, 0] < 0] = x[0, 0] ** 2
        y[:, 1][y[:, 1] > 0.2] = -1.0
        return np.sum(y**2)

    batch = np.random.default_rng(2).uniform(-1, 1, (5, 3, 2))
    np.testing.assert_allclose(dm.vmap(f)(batch), [f(x) for x in batch])
    np.testing.assert_allclose(dm.vmap(dm.grad(f))(batch), [dm.grad(f)(x) for x in batch])
    np.testing.assert_allclose(dm.grad(lambda b: np.sum(dm.vmap(f)(b)))(batch), [dm.grad(f)(x) for x in batch])

    def several(x):
        x = x * 1.0
        x[x > 0] = np.array([1.0, 2.0])
        return x

    with pytest.raises(TracerConversionError):
        dm.vmap(several)(batch)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: True,
        lambda x: np.allclose(x, 1.0),
        lambda x: np.array_equal(x, np.ones(2)),
        lambda x: np.array_equiv(x, 1.0),
    ],
)
def test_truth_values_have_the_axis_of_the_batch(function):
    x = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 1.0]])
    found = dm.vmap(function)(x)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, [function(v) for v in x])
