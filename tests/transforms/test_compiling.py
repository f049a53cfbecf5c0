"""jit: the same results as without it, recorded once for each signature; what cannot be compiled runs and says why."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import (
    CompiledDifferenceError,
    RecordingError,
)

from .compiled import RUNS, W, X, same, wave

pytestmark = [
    pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning"),
    pytest.mark.usefixtures("no_runs"),
]


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
