"""NumPy's loops as steps: against NumPy's own functions."""

import numpy as np
import pytest
from numpy.linalg import _umath_linalg as decompositions

from dispatchml.compile.entry import InputSpec, OutputSpec, Plan, build
from dispatchml.compile.loops import core_dimensions, loop_step


def function_of(ufunc, signature, inputs, outputs, checked=False):
    """The ufunc as an entry point for arrays like these, and the strides of all."""
    operands = [(x.shape, x.strides) for x in inputs] + [(y.shape, None) for y in outputs]
    step = loop_step(ufunc, signature, range(len(operands)), operands, checked)
    if step is None:
        return None
    specs = [InputSpec("array", x.dtype, x.shape, x.strides) for x in inputs]
    return build(Plan(specs, [OutputSpec("array", y.dtype, y.shape) for y in outputs], steps=[step]))


def normal(*shape, dtype="d"):
    """Random numbers."""
    x = np.random.default_rng(len(shape)).normal(size=(2, *shape))
    return (x[0] + 1j * x[1] if dtype in "FD" else x[0]).astype(dtype)


SHAPES = [
    ((3, 4), (4, 5)), ((4,), (4, 5)), ((3, 4), (4,)), ((4,), (4,)), ((7, 3, 4), (7, 4, 5)), ((7, 3, 4), (4, 5)),
    ((3, 4), (7, 4, 5)), ((2, 7, 3, 4), (2, 7, 4, 5)), ((2, 7, 3, 4), (4, 5)), ((4,), (7, 4, 5)), ((7, 3, 4), (4,)),
    ((1, 3, 4), (7, 4, 5)), ((0, 3, 4), (0, 4, 5)), ((3, 0), (0, 5)), ((0, 4), (4, 5)), ((3, 4), (4, 0)),
    ((100, 80), (80, 90)), ((1, 1), (1, 1)),
]  # fmt: skip


@pytest.mark.parametrize("dtype", "fdFDlq?")
@pytest.mark.parametrize(("one", "other"), SHAPES)
def test_products(one, other, dtype):
    a, b = normal(*one).astype(dtype) if dtype in "lq?" else normal(*one, dtype=dtype), None
    b = normal(*other).astype(dtype) if dtype in "lq?" else normal(*other, dtype=dtype)
    wanted = a @ b
    (found,) = function_of(np.matmul, dtype * 3, [a, b], [np.asarray(wanted)])(a, b)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    "turn", [lambda x: x.T.copy().T, lambda x: x[::-1, ::-1], lambda x: np.repeat(x, 2, 1)[:, ::2]]
)
def test_products_of_any_order(turn):
    a, b = turn(normal(30, 40)), turn(normal(40, 50))
    (found,) = function_of(np.matmul, "ddd", [a, b], [a @ b])(a, b)
    np.testing.assert_allclose(found, a @ b, rtol=1e-13)


def test_products_that_take_several_calls():
    a, b = normal(2, 1, 3, 4), normal(1, 7, 4, 5)
    assert function_of(np.matmul, "ddd", [a, b], [a @ b]) is None


def positive(*shape):
    """Symmetric positive definite matrices."""
    x = normal(*shape)
    return x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1])


@pytest.mark.parametrize("batch", [(), (6,), (2, 3), (0,)])
def test_decompositions_and_systems(batch):
    a, b = positive(*batch, 4, 4), normal(*batch, 4, 3)
    for ufunc, signature, inputs, wanted in (
        (decompositions.inv, "dd", [a], [np.linalg.inv(a)]),
        (decompositions.cholesky_lo, "dd", [a], [np.linalg.cholesky(a)]),
        (decompositions.solve, "ddd", [a, b], [np.linalg.solve(a, b)]),
        (decompositions.eigh_lo, "ddd", [a], list(np.linalg.eigh(a))),
        (decompositions.slogdet, "ddd", [a], list(np.linalg.slogdet(a))),
    ):
        found = function_of(ufunc, signature, inputs, [np.asarray(w) for w in wanted], checked=True)(*inputs)
        for f, w in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(f, w)


def test_what_has_no_solution_is_a_miss():
    a = np.stack([np.eye(3), np.ones((3, 3))])
    f = function_of(decompositions.inv, "dd", [a], [a], checked=True)
    assert f(a) is NotImplemented
    np.testing.assert_array_equal(f(np.stack([np.eye(3)] * 2))[0], np.stack([np.eye(3)] * 2))


def test_plain_ufuncs():
    x, y = normal(4, 5), normal(5)
    (found,) = function_of(np.hypot, "ddd", [x.ravel(), x.ravel()], [x.ravel()])(x.ravel(), x.ravel())
    np.testing.assert_array_equal(found, np.hypot(x, x).ravel())
    assert function_of(np.hypot, "ddd", [x, y], [x]) is None


def test_core_dimensions():
    assert core_dimensions(np.matmul) == [["n?", "k"], ["k", "m?"], ["n?", "m?"]]
    assert core_dimensions(np.add) == [[], [], []]
    assert core_dimensions(decompositions.det) == [["m", "m"], []]


@pytest.mark.parametrize(
    ("signature", "operands", "says"),
    [
        ("ddd", [((3, 4), None), ((5, 6), None), ((3, 6), None)], "the axes k have 4 and 5 elements"),
        ("ddd", [((3, 1), None), ((5, 6), None), ((3, 6), None)], "the axes k have 1 and 5 elements"),
        ("ddd", [((3, 4), None), ((4, 6), None)], "takes 3 operands"),
        ("ddd", [((), None), ((4, 6), None), ((6,), None)], "has too few axes for n"),
    ],
)
def test_shapes_that_do_not_fit(signature, operands, says):
    with pytest.raises(ValueError, match=says):
        loop_step(np.matmul, signature, range(3), operands)


def test_loops_that_there_are_not():
    with pytest.raises(LookupError):
        loop_step(np.matmul, "MMM", range(3), [((3, 4), None), ((4, 6), None), ((3, 6), None)])
