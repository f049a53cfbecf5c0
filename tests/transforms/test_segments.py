"""checkpoint: the same derivatives with less memory, under every transform, and nothing captured is lost."""

import functools

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LeakedTracerError, MutatedConstantError, NonDifferentiableError
from dispatchml.engines.traced import Traced
from dispatchml.transforms.captured import Explicit

X = np.array([0.3, 0.7, -1.2])


def f(x):
    return ops.sum(ops.sin(x) * ops.exp(x) * ops.sum(x * x))


TRANSFORMS = {
    "grad": dm.grad,
    "jacfwd": dm.jacfwd,
    "hessian": dm.hessian,
    "grad of sum of grad": lambda f: dm.grad(lambda x: ops.sum(ops.sin(dm.grad(f)(x)))),
    "jacfwd of jacfwd": lambda f: dm.jacfwd(dm.jacfwd(f)),
    "jacrev of jacfwd": lambda f: dm.jacrev(dm.jacfwd(f)),
    "jacrev of jacrev": lambda f: dm.jacrev(dm.jacrev(f)),
    "third": lambda f: dm.jacrev(dm.jacfwd(dm.grad(f))),
    "hvp": lambda f: lambda x: dm.hvp(f, (x,), (x,)),
    "linearize": lambda f: lambda x: dm.linearize(f, x)[1](x),
    "vmap": lambda f: lambda x: dm.vmap(f)(np.stack([x, 2 * x])),
    "vmap of grad": lambda f: lambda x: dm.vmap(dm.grad(f))(np.stack([x, 2 * x])),
    "grad of vmap": lambda f: lambda x: dm.grad(lambda b: ops.sum(dm.vmap(f)(b)))(np.stack([x, 2 * x])),
    "checkpoint": lambda f: dm.grad(dm.checkpoint(f)),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_derivatives_are_the_same(name):
    transform = TRANSFORMS[name]
    np.testing.assert_allclose(transform(dm.checkpoint(f))(X), transform(f)(X), rtol=1e-12, atol=1e-14)


def reachable_bytes(tape):
    """The bytes of arrays that a tape keeps alive."""
    import gc
    import types

    seen, stack, total = set(), list(tape), 0
    while stack:
        x = stack.pop()
        if id(x) in seen or isinstance(x, (type, types.ModuleType, types.CodeType)):
            continue
        seen.add(id(x))
        if isinstance(x, np.ndarray):
            total += x.nbytes if x.base is None else 0
            continue
        if isinstance(x, types.FunctionType):
            stack += [c.cell_contents for c in x.__closure__ or () if c.cell_contents is not None]
        elif isinstance(x, (tuple, list, dict, functools.partial)) or hasattr(type(x), "__slots__"):
            stack += [y for y in gc.get_referents(x) if not isinstance(y, (type, types.ModuleType))]
    return total


def tape_of(function, x):
    taken = []

    def watched(x):
        y = function(x)
        taken.append(reachable_bytes(y._tape))
        return ops.sum(y)

    dm.grad(watched, lift=False)(x)
    return taken[0]


def test_residuals_are_not_kept():
    def layers(x):
        for _ in range(20):
            x = ops.tanh(x * x + 0.1)
        return x

    x = np.linspace(0.1, 1.0, 10_000).copy()
    whole, segment = tape_of(layers, x), tape_of(dm.checkpoint(layers), x)
    assert whole >= 20 * x.nbytes
    assert segment <= 2 * x.nbytes
    np.testing.assert_allclose(
        dm.grad(lambda x: ops.sum(dm.checkpoint(layers)(x)))(x), dm.grad(lambda x: ops.sum(layers(x)))(x)
    )


def test_the_function_runs_once_more_in_the_backward_pass():
    calls = []

    @dm.checkpoint
    def g(x):
        calls.append(1)
        return ops.sin(x)

    dm.value_and_grad(lambda x: g(x) * 2.0)(1.0)
    assert len(calls) == 2
    assert g(0.0) == 0.0
    assert len(calls) == 3


def test_nested_checkpoints():
    inner = dm.checkpoint(lambda x: ops.sin(x) * x)
    outer = dm.checkpoint(lambda x: inner(inner(x)) + x)
    for transform in (dm.grad, dm.derivative, dm.hessian, lambda f: dm.grad(dm.grad(f))):
        plain = transform(lambda x: (lambda s: s(s(x)) + x)(lambda v: ops.sin(v) * v))(0.7)
        assert transform(outer)(0.7) == pytest.approx(plain)


@attrs.frozen
class Layer:
    w: object
    name: str = "l"

    def __call__(self, x):
        return ops.tanh(self.w * x)


def test_containers_keywords_and_several_results():
    @dm.checkpoint
    def g(layer, x, *, scale=1.0, kind="k"):
        return {"y": layer(x) * scale, "kind": kind, "n": 3, "none": None}

    def loss(layer, x):
        found = g(layer, x, scale=x * 2.0, kind="s")
        assert (found["kind"], found["n"], found["none"]) == ("s", 3, None)
        return found["y"]

    def plain(layer, x):
        return layer(x) * x * 2.0

    found, expected = (dm.grad(h, (0, 1))(Layer(0.5), 2.0) for h in (loss, plain))
    assert found[0].w == pytest.approx(expected[0].w)
    assert found[1] == pytest.approx(expected[1])


def test_unused_results_and_results_that_are_arguments():
    g = dm.checkpoint(lambda x, y: (x * y, ops.sum(x), x, 5.0))

    def loss(x):
        a, b, c, d = g(x, 2.0)
        return ops.sum(a) + ops.sum(c * c) + d

    np.testing.assert_allclose(dm.grad(loss)(X), 2 + 2 * X)


@pytest.mark.parametrize("transform", [dm.grad, dm.derivative, dm.jacrev, lambda f: dm.grad(dm.derivative(f))])
def test_captured_values_are_arguments(transform):
    def in_the_closure(w):
        return dm.checkpoint(lambda x: ops.sin(x * w) * w)(2.0)

    def in_a_container(w):
        parameters = {"w": w, "name": "n"}
        return dm.checkpoint(lambda x: ops.sin(x * parameters["w"]) * parameters["w"])(2.0)

    def in_a_function_of_the_closure(w):
        def inner(x):
            return ops.sin(x * w)

        return dm.checkpoint(lambda x: inner(x) * w)(2.0)

    def in_a_default(w):
        return dm.checkpoint(lambda x, v=w, *, u=w: ops.sin(x * v) * u)(2.0)

    def in_a_partial(w):
        return dm.checkpoint(functools.partial(lambda v, x, u: ops.sin(x * v) * u, w, u=w))(2.0)

    def in_a_bound_object(w):
        class_of = Scaled(w)
        return dm.checkpoint(class_of.run)(2.0)

    expected = transform(lambda w: ops.sin(2.0 * w) * w)(0.7)
    for g in (
        in_the_closure,
        in_a_container,
        in_a_function_of_the_closure,
        in_a_default,
        in_a_partial,
        in_a_bound_object,
    ):
        assert transform(g)(0.7) == pytest.approx(expected), g.__name__


@attrs.frozen
class Scaled:
    w: object

    def run(self, x):
        return ops.sin(x * self.w) * self.w


class Hidden:
    """An object that is no container."""


HIDDEN = Hidden()


@pytest.mark.parametrize("transform", [dm.grad, dm.derivative, dm.jacrev])
def test_values_that_cannot_be_found_raise(transform):
    def g(w):
        HIDDEN.w = w
        return dm.checkpoint(lambda x: x * HIDDEN.w)(w * 1.0)

    with pytest.raises(
        NonDifferentiableError, match=r"uses a traced value that it did not receive.*test_segments.py:\d+"
    ):
        transform(g)(2.0)


def test_a_traced_value_of_an_inner_transform_in_an_object_raises():
    def g(w):
        def inner(t):
            HIDDEN.w = t
            return dm.checkpoint(lambda x: x * HIDDEN.w)(w)

        return dm.grad(inner)(3.0)

    with pytest.raises(NonDifferentiableError, match="did not receive"):
        dm.grad(g)(2.0)


def test_writing_to_an_argument_leaves_the_callers_array_alone():
    def overwrite(x):
        x[1] = x[0] * 2.0
        return ops.sum(x * x)

    x = X.copy()
    np.testing.assert_allclose(dm.grad(dm.checkpoint(overwrite))(x), dm.grad(overwrite)(x))
    np.testing.assert_array_equal(x, X)


def test_constants_in_the_closure_and_counters():
    w = np.arange(3.0)
    count = 0

    @dm.checkpoint
    def g(x):
        nonlocal count
        count += 1
        return ops.sum(x * w)

    np.testing.assert_array_equal(dm.grad(g)(X), w)
    assert count == 2


def in_closure(w):
    return dm.checkpoint(lambda a: np.sum(a * w))


def in_a_list(w):
    inside = [1.0, {"w": w}]
    return dm.checkpoint(lambda a: np.sum(a * inside[1]["w"]))


def in_a_default(w):
    return dm.checkpoint(lambda a, w=w: np.sum(a * w))


def in_a_partial(w):
    return dm.checkpoint(functools.partial(lambda w, a: np.sum(a * w), w))


def in_an_argument(w):
    return lambda a: dm.checkpoint(lambda a, w: np.sum(a * w))(a, w)


def in_an_object(w):
    @attrs.define
    class Weighted:
        w: np.ndarray

        def total(self, a):
            return np.sum(a * self.w)

    return dm.checkpoint(Weighted(w).total)


SETTINGS = {}


def of_a_global(a):
    return np.sum(a * SETTINGS["w"])


def in_a_global(w):
    SETTINGS["w"] = w
    return dm.checkpoint(of_a_global)


def in_a_global_of_an_inner_function(w):
    SETTINGS["w"] = w
    return dm.checkpoint(lambda a: [of_a_global(v) for v in (a,)][0])


def in_an_inner_function(w):
    def inner(a):
        return a * w

    return dm.checkpoint(lambda a: np.sum(inner(a)))


@pytest.mark.parametrize("size", [3, 100_000])
@pytest.mark.parametrize(
    "place",
    [
        in_closure,
        in_a_list,
        in_a_default,
        in_a_partial,
        in_an_argument,
        in_an_object,
        in_an_inner_function,
        in_a_global,
        in_a_global_of_an_inner_function,
    ],
)
def test_an_array_overwritten_before_the_function_runs_again(place, size):
    w = np.ones(size)
    step = place(w)

    def g(a):
        y = step(a)
        if overwriting:
            w[:] = 5
        return y

    overwriting = False
    np.testing.assert_array_equal(dm.grad(g)(np.ones(size)), np.ones(size))
    overwriting = True
    with pytest.raises(MutatedConstantError, match="overwritten"):
        dm.grad(g)(np.ones(size))
    w[:] = 1
    if size == 3:
        with pytest.raises(MutatedConstantError, match="overwritten"):
            dm.hessian(g)(np.ones(size))


def test_a_leaked_segment_raises():
    kept = []
    dm.grad(lambda x: (kept.append(x * 1.0), x * x)[1])(1.0)
    with pytest.raises(LeakedTracerError):
        dm.checkpoint(lambda x: x * 2.0)(kept[0])


def test_singular_points_inside():
    found = dm.grad(lambda x: dm.checkpoint(lambda v: ops.where(v > 0, ops.sqrt(v), 0.0))(x))(0.0)
    assert found == 0.0
    assert dm.grad(dm.checkpoint(ops.sqrt))(0.0) == np.inf


def test_explicit_functions():
    w = 3.0

    def g(x):
        return x * w

    assert Explicit(g).captured == []
    assert Explicit(g).call([], (2.0,), {}) == 6.0
    seen = []

    def outer(v):
        def h(x, *, k=1.0):
            return x * v * k

        seen.append(Explicit(h))
        return seen[0].call([10.0], (2.0,), {"k": 3.0}) * v

    assert dm.grad(outer)(1.0) == 60.0
    assert len(seen[0].captured) == 1
    assert isinstance(seen[0].captured[0], Traced)


def test_no_garbage_is_left_for_the_collector():
    import gc

    @dm.checkpoint
    def g(x):
        return ops.sum(ops.tanh(x) * X)

    step = dm.grad(lambda x: dm.checkpoint(lambda v: g(v) * ops.sum(x))(x))
    step(X)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(50):
            step(X)
        assert len(gc.get_objects()) - before < 10
    finally:
        gc.enable()
