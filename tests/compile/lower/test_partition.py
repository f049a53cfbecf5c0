"""How programs fall into kernels and calls."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.graph import evaluate
from dispatchml.compile.lower import partition

from ..programs import assert_alike, traced

X = np.random.default_rng(0).normal(size=(300, 40))


def kernels(f, *arguments):
    """How many kernels and calls a program has, when it is right."""
    program = traced(f, *arguments)
    executable = build(program)
    for found, expected in zip(executable(*arguments), evaluate(program, arguments), strict=True):
        assert_alike(found, expected, 1e-10)
    head = executable.report().split("\n")[0].split()
    return int(head[3]), int(head[6])


CASES = [
    # positions that a gather reads are found in two passes over each row, as those are that are results
    (lambda x: ops.take(ops.getitem(x, index=0), ops.argmin(x, axis=1), axis=0, mode="raise"), 2, 0),
    (lambda x: ops.softmax(x, axis=1), 1, 0),
    (lambda x: (ops.sum(ops.exp(x)), ops.exp(x), ops.sum(x, axis=0), ops.sum(x, axis=1)), 1, 0),
    (lambda x: ops.subtract(x, ops.mean(x)), 2, 0),
    (lambda x: ops.subtract(x, ops.mean(x, axis=0)), 2, 0),
    (lambda x: ops.divide(x, ops.vector_norm(x, axis=1, keepdims=True)), 1, 0),
    (lambda x: ops.sum(ops.logsumexp(x, axis=1)), 1, 0),
    (lambda x: ops.exp(ops.matmul(ops.tanh(x), ops.transpose(x))), 2, 0),
    (lambda x: ops.multiply(ops.sort(x, axis=1), 2.0), 1, 1),
    (lambda x: x, 0, 0),
    (lambda x: ops.reshape(ops.transpose(x), shape=(-1,)), 1, 0),
    # neighbours of what is expensive: it is written once and read twice
    (lambda x: ops.subtract(ops.getitem(ops.tanh(ops.exp(ops.sin(x))), index=(slice(1, None),)),
                            ops.getitem(ops.tanh(ops.exp(ops.sin(x))), index=(slice(None, -1),))), 2, 0),
    # what is expensive of one row and used for each is computed once
    (lambda x: ops.multiply(x, ops.exp(ops.getitem(x, index=(0,)))), 2, 0),
    (lambda x: ops.multiply(x, ops.negative(ops.getitem(x, index=(0,)))), 1, 0),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(CASES)))
def test_kernels_and_calls(case):
    f, fused, called = CASES[case]
    assert kernels(f, X) == (fused, called)


def test_what_two_levels_read_is_computed_once_where_it_is_expensive():
    def f(x):
        y = ops.tanh(ops.exp(ops.sin(x)))
        return ops.subtract(y, ops.mean(y)), ops.sum(y)

    report = build(traced(f, np.ones((300, 400)))).report()
    assert report.count("tanh") == 1


def test_dtypes_without_machine_code_are_calls():
    x = np.ones(5, np.longdouble)
    report = build(traced(lambda x: ops.exp(x), x)).report()
    assert "call of exp" in report
    assert "longdouble" in report or "float128" in report


def test_arrays_without_elements_are_calls():
    x = np.ones((0, 4))
    assert kernels(lambda x: (ops.sum(x, axis=0), ops.exp(x)), x) == (0, 2)


def steps_of_heat(u, count=40):
    for _ in range(count):
        middle = ops.getitem(u, index=(slice(1, -1),))
        ahead, behind = ops.getitem(u, index=(slice(2, None),)), ops.getitem(u, index=(slice(None, -2),))
        bent = ops.subtract(ops.add(ahead, behind), ops.multiply(2.0, middle))
        u = ops.setitem(u, ops.add(middle, ops.multiply(0.1, bent)), index=(slice(1, -1),))
    return u


@pytest.mark.parametrize("shape", [(500,), (60, 40)])
def test_neighbours_of_neighbours_are_written_now_and_then(shape):
    fused, called = kernels(steps_of_heat, np.random.default_rng(1).normal(size=shape))
    assert called == 0
    assert fused <= 60


def test_what_is_read_at_many_places_is_written_once():
    def f(x):
        y = ops.exp(x)
        parts = [ops.getitem(y, index=(slice(k, 270 + k),)) for k in range(30)]
        total = parts[0]
        for part in parts[1:]:
            total = ops.add(total, part)
        return total

    assert kernels(f, X) == (2, 0)


def test_long_chains_of_stencils_are_divided_beforehand(monkeypatch):
    rounds = []
    divide = partition.Partition.divide
    monkeypatch.setattr(partition.Partition, "divide", lambda self: (rounds.append(1), divide(self)))

    def steps(u):
        for _ in range(25):
            flux = 0.5 * u * u
            inner = u[1:-1] - 0.1 * (flux[2:] - flux[:-2]) + 0.2 * (u[2:] - 2.0 * u[1:-1] + u[:-2])
            u = np.concatenate([u[:1], inner, u[-1:]])
        return np.sum(u * u)

    u = np.linspace(0.1, 1.0, 70)
    gradient = dm.grad(steps)
    np.testing.assert_allclose(dm.jit(gradient)(u), gradient(u), rtol=1e-11)
    assert len(rounds) < 15  # each follows elements through a part of the program
