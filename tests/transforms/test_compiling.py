"""jit: the same results as without it, recorded once for each signature; what cannot be compiled runs and says why."""

import queue
import random

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import (
    ArgumentError,
    CompiledDifferenceError,
    FallbackWarning,
    LeakedTracerError,
    RecordingError,
)
from dispatchml.transforms import compiling

X = np.linspace(0.1, 1.0, 5)
W = np.ones(5)
#: Counts runs; what is in a list that a function reaches would be a part of its signature.
RUNS = queue.SimpleQueue()
pytestmark = pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")


@pytest.fixture(autouse=True)
def no_runs():
    while RUNS.qsize():
        RUNS.get()


def wave(x):
    RUNS.put(1)
    return np.sum(np.sin(x) * x)


def same(got, wanted):
    assert type(got) is type(wanted)
    if isinstance(wanted, (tuple, list)):
        assert len(got) == len(wanted)
        for a, b in zip(got, wanted, strict=True):
            same(a, b)
    else:
        assert getattr(got, "dtype", None) == getattr(wanted, "dtype", None)
        single = getattr(wanted, "dtype", None) in (np.float32, np.complex64)
        np.testing.assert_allclose(got, wanted, rtol=1e-6 if single else 1e-13)


def test_it_is_recorded_once_for_each_signature():
    compiled = dm.jit(wave)
    for _ in range(3):
        same(compiled(X), wave(X))
    assert RUNS.qsize() == 1 + 3
    compiled(X[:3])
    compiled(X.astype(np.float32))
    assert RUNS.qsize() == 1 + 3 + 2


@pytest.mark.parametrize(
    "x", [X, X[:1], X[:0], X[::2], X[::-1], X.astype(np.float32), np.array(0.3), np.float32(0.3), 0.3, X + 1j]
)
def test_results_have_the_class_and_dtype_of_the_uncompiled_function(x):
    def f(x):
        return np.exp(x) * 2 + 1, np.sum(x), x

    compiled = dm.jit(f)
    for _ in range(2):
        same(compiled(x), f(x))


TRANSFORMS = {
    "grad": dm.grad,
    "value_and_grad": dm.value_and_grad,
    "hessian": dm.hessian,
    "jacfwd": dm.jacfwd,
    "jacrev": dm.jacrev,
    "jvp": lambda f: lambda x: dm.jvp(f, (x,), (np.cos(x),)),
    "hvp": lambda f: lambda x: dm.hvp(f, (x,), (np.cos(x),)),
    "vjp": lambda f: lambda x: dm.vjp(f, x)[1](2.0),
    "linearize": lambda f: lambda x: dm.linearize(f, x)[1](np.cos(x)),
    "checkpoint": lambda f: dm.grad(dm.checkpoint(f)),
    "grad of grad": lambda f: dm.grad(lambda x: dm.grad(f)(x) @ x),
    "vmap": lambda f: lambda x: dm.vmap(f)(np.stack([x, 2 * x])),
    "vmap of grad": lambda f: lambda x: dm.vmap(dm.grad(f))(np.stack([x, 2 * x])),
    "grad of vmap": lambda f: dm.grad(lambda x: np.sum(dm.vmap(f)(np.stack([x, 2 * x])) ** 2)),
    "third": lambda f: dm.hessian(lambda x: dm.grad(f)(x) @ np.cos(x)),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_it_composes_with_every_transform_on_either_side(name):
    of = TRANSFORMS[name]
    wanted = of(wave)(X)
    for made in (dm.jit(of(wave)), of(dm.jit(wave)), dm.jit(of(dm.jit(wave)))):
        same(made(X), wanted)
        same(made(X), wanted)


def test_derivatives_of_a_compiled_function_are_compiled():
    compiled = dm.jit(wave)
    for _ in range(4):
        dm.grad(compiled)(X)
    assert RUNS.qsize() == 2  # the function, and its derivative


def test_containers_go_in_and_out():
    @attrs.frozen
    class Pair:
        a: object
        b: object

    def f(pair, more, *, scale=1.0):
        return {"sum": pair.a + pair.b * more[0] * scale, "pair": Pair(pair.b, 3)}

    got = dm.jit(f)(Pair(X, 2.0), [4.0], scale=0.5)
    wanted = f(Pair(X, 2.0), [4.0], scale=0.5)
    same(got["sum"], wanted["sum"])
    assert isinstance(got["pair"], Pair)
    assert got["pair"] == Pair(2.0, 3)


def test_whole_numbers_are_parts_of_the_signature():
    def f(x, n, how="sin"):
        RUNS.put(1)
        for _ in range(n):
            x = getattr(np, how)(x)
        return x

    compiled = dm.jit(f)
    for n in (1, 2, 1, 2):
        same(compiled(X, n), f(X, n))
    same(compiled(X, 1, how="cos"), np.cos(X))
    assert RUNS.qsize() == 2 + 4 + 1


def test_static_arguments():
    compiled = dm.jit(lambda x, k: x * (2.0 if k > 1 else 3.0), static_argnums=1)
    same(compiled(X, 2.5), X * 2.0)
    same(compiled(X, 0.5), X * 3.0)
    named = dm.jit(lambda x, *, k: x * (2.0 if k > 1 else 3.0), static_argnames="k")
    same(named(X, k=2.5), X * 2.0)


def test_a_branch_on_a_computed_number_is_remembered_with_the_program():
    def f(x):
        RUNS.put(1)
        return np.sum(x) if x[0] > 0.5 else np.sum(x * x)

    compiled = dm.jit(f)
    for x in (X, X + 1, X, X + 2, X):
        same(compiled(x), f(x))
    assert RUNS.qsize() == 2 + 5
    same(dm.grad(compiled)(X), 2 * X)
    same(dm.grad(compiled)(X + 1), np.ones(5))


def test_a_loop_whose_length_depends_on_numbers():
    def root(a):
        x = a
        while abs(x * x - a) > 1e-12:
            x = 0.5 * (x + a / x)
        return x

    compiled = dm.jit(root)
    for a in (2.0, 3.0, 2.5, 100.0):
        same(compiled(a), root(a))
    assert abs(dm.grad(compiled)(2.0) - 0.5 / np.sqrt(2)) < 1e-9


def test_arrays_that_a_function_reaches_are_read_at_every_call():
    held = np.ones(5)

    def f(x):
        RUNS.put(1)
        return np.sum(W * 2 * x) + helper(x)

    def helper(x):
        return np.sum(held * x)

    compiled, gradient = dm.jit(f), dm.jit(dm.grad(f))
    for value in (1.0, 2.0):
        W[:] = value
        held[:] = 10 * value
        same(compiled(X), f(X))
        same(gradient(X), dm.grad(f)(X))
    assert RUNS.qsize() == 2 + 4
    W[:] = 1.0


def test_numbers_that_a_function_reaches_are_parts_of_the_signature():
    scale = 2.0

    class Model:
        def __init__(self):
            self.weights, self.power = np.ones(5), 2

        def __call__(self, x):
            return np.sum(self.weights * x**self.power) * scale

    model = Model()
    compiled = dm.jit(model.__call__)
    direct = dm.jit(model)
    for change in ("nothing", "weights", "power", "new weights", "scale"):
        if change == "weights":
            model.weights[0] = 5.0
        elif change == "power":
            model.power = 3
        elif change == "new weights":
            model.weights = np.zeros(5) + 7
        elif change == "scale":
            scale = 3.0
        same(compiled(X), model(X))
        same(direct(X), model(X))


def test_a_value_of_a_transform_around_it_is_reached():
    def f(a):
        return dm.jit(lambda x: np.sum(x * a))(X)

    same(dm.grad(f)(2.0), float(X.sum()))
    same(dm.jit(dm.grad(f))(2.0), float(X.sum()))


def refused(function, *arguments, match):
    compiled = dm.jit(function, lift=False)
    with pytest.warns(FallbackWarning, match=match) as caught:
        got = compiled(*arguments)
    assert __file__ in str(caught[0].message)
    compiled(*arguments)  # it is said once
    return got


def test_what_cannot_be_compiled_runs_uncompiled_and_says_where():
    same(refused(lambda x: float(x[0]) * 2, X, match="float"), 0.2)
    same(refused(lambda x: np.asarray(x) * 2, X, match="asarray"), X * 2)
    same(refused(lambda x: x[x > 0.5], X, match="mask"), X[X > 0.5])
    same(refused(lambda x: x.item(), np.array(2.0), match="item"), 2.0)


def test_random_draws_are_not_frozen():
    generator = np.random.default_rng(0)
    for draw, seed in (
        (lambda x: x + generator.normal(), lambda: None),
        (lambda x: x + np.random.normal(), lambda: np.random.seed(0)),  # noqa: NPY002
        (lambda x: x + random.random(), lambda: random.seed(0)),
    ):
        compiled = dm.jit(draw)
        seed()
        with pytest.warns(FallbackWarning, match="random"):
            first = compiled(X)
        assert not np.array_equal(first, compiled(X))
    fresh = np.random.default_rng(3)
    with pytest.warns(FallbackWarning, match="random"):
        got = dm.jit(lambda x: x + fresh.normal())(X)
    same(got, X + np.random.default_rng(3).normal())  # the draw of the recording was taken back


def test_writes_into_arguments_and_outside():
    def overwrites(x):
        x[0] = 5.0
        return x * 2

    x = X.copy()
    with pytest.warns(FallbackWarning, match="writes into"):
        same(dm.jit(overwrites)(x), overwrites(X.copy()))
    assert x[0] == 5.0

    def sets_a_global(x):
        global LAST
        LAST = x.shape
        return x

    with pytest.warns(FallbackWarning, match="assigns to a global"):
        dm.jit(sets_a_global)(X)

    def fills_its_own(x):
        y = np.zeros_like(x)
        y[1:] = x[1:] * 2
        y += 1
        y[::2][0] = 9
        return y

    same(dm.jit(fills_its_own)(X), fills_its_own(X))


def test_results_share_no_memory_with_arguments_or_each_other():
    x = X.copy()
    first, second, view = dm.jit(lambda x: (x, x, x[1:]))(x)
    assert not any(np.shares_memory(a, x) for a in (first, second, view))
    assert not np.shares_memory(first, second)
    assert not np.shares_memory(first, view)
    constant = dm.jit(lambda x: np.ones(3))
    constant(X)[0] = 7
    same(constant(X), np.ones(3))


def test_an_index_outside_raises_where_the_user_wrote_it():
    compiled = dm.jit(lambda x, i: x[i])
    same(compiled(X, np.array([0, -1])), X[[0, -1]])
    with pytest.raises(IndexError):
        compiled(X, np.array([0, 5]))
    rows = dm.jit(lambda x, i: x[np.arange(2), i])
    same(rows(np.eye(2), np.array([1, 1])), np.array([0.0, 1.0]))
    with pytest.raises(IndexError):
        rows(np.eye(2), np.array([1, 2]))


def test_errors_of_the_function_are_its_own():
    compiled = dm.jit(lambda x: x @ np.ones(7))
    with pytest.raises(ValueError, match="mismatch"):
        compiled(X)
    inverse = dm.jit(np.linalg.inv)
    same(inverse(np.eye(2)), np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        inverse(np.zeros((2, 2)))


def test_zero_cotangents_win_over_infinite_derivatives():
    def f(x):
        return np.sum(np.where(x > 0, np.sqrt(x), 0.0))

    gradient = dm.jit(dm.grad(f))
    for x in (X, np.array([-1.0, 0.0, 4.0, 1.0, 1.0]), X):
        with np.errstate(invalid="ignore"):
            same(gradient(x), dm.grad(f)(x))
    push = dm.jit(lambda x: dm.jvp(f, (x,), (np.ones(5),))[1])
    with np.errstate(invalid="ignore"):
        same(push(X - 0.3), dm.jvp(f, (X - 0.3,), (np.ones(5),))[1])


def test_the_signature_that_changes_each_time_is_pointed_out():
    compiled = dm.jit(lambda x, n: x * n)
    for n in range(8):
        compiled(X, n)
    with pytest.warns(FallbackWarning, match="in a row"):
        compiled(X, 8)
    compiled(X, 9)  # it is said once


def test_flags_that_raise_run_uncompiled():
    compiled = dm.jit(lambda x: 1 / x)
    compiled(np.ones(2))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        compiled(np.zeros(2))


def test_leaked_values_raise():
    kept = []

    def f(x):
        kept.append(x)
        return x

    with pytest.warns(FallbackWarning, match="stores a computed value"):
        dm.jit(f)(X)
    with pytest.raises(LeakedTracerError):
        kept[0] * 2


def test_results_whose_kind_depends_on_the_numbers():
    places = dm.jit(lambda x: np.nonzero(x)[0] * 2)
    for x in (np.array([1.0, 0.0, 2.0]), np.array([1.0, 0.0, 0.0]), np.array([1.0, 3.0, 2.0])):
        same(places(x), np.nonzero(x)[0] * 2)
    refused(lambda x: np.linalg.eigvals(x) * 2, np.eye(2), match="real or complex")


def test_a_truth_value_of_a_number_is_whether_it_is_zero():
    compiled = dm.jit(lambda x: (RUNS.put(1), x * 2 if np.sum(x) else x + 1)[1])
    for x in (X, X + 1, 0 * X, X + 2):
        same(compiled(x), x * 2 if np.sum(x) else x + 1)
    assert RUNS.qsize() == 2


def test_user_primitives_are_part_of_the_program():
    @dm.primitive
    def cube(x):
        return x**3

    @cube.defvjp
    def cube_vjp(y, x):
        return lambda ct: ct * 3 * x**2

    compiled = dm.jit(dm.grad(lambda x: np.sum(cube(x))))
    same(compiled(X), 3 * X**2)
    same(compiled(X + 1), 3 * (X + 1) ** 2)


def test_the_report_and_the_code_can_be_seen():
    compiled = dm.jit(dm.grad(wave))
    assert "kernel" in compiled.report(X)
    assert "define" in compiled.lower(X)


def test_debugging_compares_both_ways(monkeypatch):
    monkeypatch.setenv("DISPATCHML_DEBUG", "1")
    ticks = iter(range(100))
    honest, counting = dm.jit(wave), dm.jit(lambda x: x * next(ticks))
    same(honest(X), wave(X))
    same(dm.grad(honest)(X), dm.grad(wave)(X))
    with pytest.raises(CompiledDifferenceError, match="index"):
        counting(X)


def test_a_function_that_is_not_compiled_has_derivatives():
    def f(x, y):
        v = np.array(x)  # refused while it is recorded, and fine for the plain array that x is
        v **= 2
        return np.sum(v * y)

    with pytest.warns(FallbackWarning, match="numpy.asarray"):
        same(dm.grad(dm.jit(f, lift=False), 1)(X, X), X**2)


@pytest.mark.parametrize("x", [1.5, 1.5 + 1j, np.float32(1.5), np.array(1.5)], ids=repr)
@pytest.mark.parametrize(
    "f",
    [
        np.zeros_like, np.copy, np.transpose, np.squeeze, np.real, np.imag, np.atleast_1d, np.abs,
        lambda x: np.where(x == 0, x, 2), lambda x: np.full_like(x, 3), lambda x: np.transpose(np.multiply(x, x)),
    ],
)  # fmt: skip
def test_numbers_have_the_class_that_numpys_functions_give(f, x):
    same(dm.jit(f)(x), f(x))


@pytest.mark.parametrize("x", [1.5, np.float32(1.5), np.float64(1.5), np.array(1.5)], ids=repr)
def test_a_derivative_by_a_number_that_has_no_influence_is_such_a_number(x):
    gradient = dm.grad(lambda x, y: y * 2.0)
    same(dm.jit(gradient)(x, 1.0), gradient(x, 1.0))


def test_unaligned_arguments_are_not_handed_out():
    memory = np.zeros(X.nbytes + 1, np.uint8)
    x = memory[1:].view(X.dtype)
    x[:] = X

    def f(x, w):
        return np.sin(x), x, w, x[::-1]

    found = dm.jit(f)(x, W)
    same(found, f(X, W))
    for k, y in enumerate(found):
        assert not any(np.shares_memory(y, other) for other in (x, W, *found[:k]))


def test_what_is_reached_may_become_an_array_and_stop_being_one():
    factor = X

    def f(x):
        return np.sum(x * factor)

    compiled = dm.jit(f)
    for value in (X, 2.0, W, 3):
        factor = value
        same(compiled(X), f(X))


def test_layers_that_a_function_reaches_are_parts_of_the_signature():
    @dm.layer(slot="structure")
    @attrs.define(eq=False)
    class Scaled:
        numbers: dm.Array
        name: str = "a"

    held = Scaled(np.ones(5))
    dispatch_rule = dm.ops.multiply.layer(Scaled, lambda a, b: Scaled(dm.ops.multiply(a, b.numbers), b.name))
    assert dispatch_rule is not None

    def f(x):
        RUNS.put(1)
        return x * held

    compiled = dm.jit(f)
    for change in ("nothing", "nothing", "numbers", "name"):
        if change == "numbers":
            held.numbers[0] = 7.0
        elif change == "name":
            held.name = "b"
        got = compiled(X)
        same(got.numbers, X * held.numbers)
        assert got.name == held.name
    assert RUNS.qsize() == 3


def test_masked_arrays_that_a_function_reaches():
    held = np.ma.array([1.0, 2.0, 3.0, 4.0, 5.0], mask=[0, 1, 0, 0, 0])
    compiled = dm.jit(lambda x: x * held)
    with pytest.warns(FallbackWarning, match="MaskedArray"):
        assert compiled(X).mask.tolist() == [False, True, False, False, False]
    held[0] = np.ma.masked
    with pytest.warns(FallbackWarning, match="MaskedArray"):
        assert compiled(X).mask.tolist() == [True, True, False, False, False]


def test_a_function_that_raises_runs_once_more_than_it_is_recorded():
    def f(x):
        RUNS.put(1)
        int(x.item())
        return [][1]

    compiled = dm.jit(f)
    for count in (2, 4):  # nothing says that it cannot be compiled while it raises
        with pytest.raises(IndexError) as caught:
            compiled(np.array(1.0))
        assert caught.value.__context__ is None
        assert RUNS.qsize() == count


def test_an_uncompiled_function_that_raises_runs_once():
    def f(x):
        RUNS.put(1)
        if float(x) > 1:
            raise KeyError("mine")
        return x

    compiled = dm.jit(f, lift=False)
    with pytest.warns(FallbackWarning):
        compiled(np.array(0.5))
    RUNS.get(), RUNS.get()
    with pytest.raises(KeyError, match="mine"):
        compiled(np.array(1.5))
    assert RUNS.qsize() == 1


def test_errors_under_a_transform_are_the_functions_own():
    def f(x):
        np.array(x).copy()
        return [][1]

    def g(x):
        return f(np.argmin(x)) + x

    with pytest.raises(IndexError):
        dm.jit(dm.grad(g))(1.5)


class Held:
    def __init__(self, x):
        self.x = x


@pytest.mark.parametrize(
    ("f", "read"),
    [
        (lambda x: (v * x for v in (1, 2)), next),
        (lambda x: Held(x * 2), lambda y: y.x),
        (lambda x: lambda: x * 3, lambda y: y()),
        (lambda x: {"a": Held(x + 1)}, lambda y: y["a"].x),
    ],
)
def test_results_that_hide_values_run_uncompiled(f, read):
    same(read(refused(f, X, match="returns")), read(f(X)))


def test_values_stored_outside_run_uncompiled():
    kept = {}

    def f(x):
        kept["x"] = x * 2
        return x + 1

    with pytest.warns(FallbackWarning, match="stores a computed value"):
        same(dm.jit(f)(X), X + 1)
    same(kept["x"], X * 2)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i2", "i4", "i8", "f2", "f4", "f8"])
@pytest.mark.parametrize("f", [np.fabs, np.modf, lambda x: np.ldexp(x, 2)])
def test_floats_of_whole_numbers_are_numpys(f, dtype):
    x = np.array([0, 1, 1]).astype(dtype)
    for got, wanted in zip(np.atleast_2d(*[dm.jit(f)(x)]), np.atleast_2d(*[f(x)]), strict=True):
        np.testing.assert_array_equal(got, wanted)
        assert got.dtype == wanted.dtype


def test_a_report_is_of_plain_arguments():
    compiled = dm.jit(np.sin)
    with pytest.raises(RecordingError, match="report and lower"):
        dm.grad(lambda x: (compiled.report(x), np.sum(x))[1])(X)
    with pytest.raises(TypeError):
        dm.jit(wave).report()


def test_the_order_of_keys_is_part_of_the_signature():
    compiled = dm.jit(lambda d, rest: [v * 2 for v in d.values()] + [v for e in rest for v in e["x"].values()])
    for d in ({"a": 1.0, "b": 2.0}, {"b": 2.0, "a": 1.0}, {"a": 1.0, "b": 2.0}):
        for inner in ({"p": 3.0, "q": 4.0}, {"q": 4.0, "p": 3.0}):
            same(compiled(d, [{"x": inner}]), [v * 2 for v in d.values()] + list(inner.values()))


@pytest.mark.parametrize("options", [{"static_argnums": "x"}, {"static_argnums": 1.0}, {"static_argnames": 0}])
def test_static_arguments_are_named_by_position_or_name(options):
    with pytest.raises(ArgumentError, match="static_arg"):
        dm.jit(wave, **options)


def test_flags_that_raise_are_seen_where_numpy_keeps_the_setting_elsewhere(monkeypatch):
    monkeypatch.setattr(compiling, "FLAGS", compiling.Unknown())
    compiled = dm.jit(lambda x: 1 / x)
    same(compiled(np.ones(2)), np.ones(2))
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        compiled(np.zeros(2))
