"""Loops whose ends are apart: what lies between them is decided before the loop, and nothing changes in the results."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build
from dispatchml.compile.emit.interior import holds_in, interior
from dispatchml.compile.graph import evaluate
from dispatchml.compile.lower.forms import Form, Variable

from ..programs import assert_alike, traced

INFINITY = float("inf")


def test_where_conditions_hold():
    rng = np.random.default_rng(0)
    for _ in range(3000):
        v = Variable(int(rng.integers(2, 12)))
        c, k = int(rng.choice([-3, -2, -1, 1, 2, 3])), int(rng.integers(-15, 16))
        low = rng.choice([-INFINITY, *range(-6, 6)])
        high = rng.choice([INFINITY, *range(-6, 12)])
        first, last = holds_in((Form(((v, c),), k), low, high), v)
        assert list(range(first, last)) == [i for i in range(v.extent) if low <= c * i + k < high]


def test_what_depends_on_other_loops_is_left_alone():
    v, w = Variable(100), Variable(5)
    assert holds_in((Form(((v, 1), (w, 1)), 0), 0, 3), v) is None
    assert interior([], [], v) is None


def shifted(x, by, axis=-1):
    """x moved along an axis, with ones where nothing comes from."""
    ones = ops.ones_like(ops.getitem(x, index=(Ellipsis, slice(None, by))))
    return ops.concatenate((ones, ops.getitem(x, index=(Ellipsis, slice(None, -by)))), axis=axis)


def stages(x):
    for _ in range(4):
        x = ops.multiply(ops.sin(x), shifted(x, 1))
    return x


CASES = {
    "shifts": lambda x: ops.add(x, ops.multiply(shifted(x, 1), shifted(x, 3))),
    "stages": stages,
    "totals": lambda x: (ops.sum(shifted(x, 2)), ops.max(shifted(x, 1)), ops.any(ops.isnan(shifted(x, 1)))),
    "sums of rows": lambda x: ops.divide(shifted(x, 1), ops.sum(shifted(x, 2), axis=-1, keepdims=True)),
    "padded": lambda x: ops.multiply(2.0, ops.pad_constant(x, pad_width=2, value=3.0)),
    "rolled": lambda x: ops.add(ops.roll(x, shift=3, axis=x.ndim - 1), x),
    "a triangle": lambda x: ops.tril(ops.exp(x), k=3) if x.ndim > 1 else ops.cumsum(shifted(x, 1), axis=0),
    "halves": lambda x: ops.concatenate((ops.exp(x), ops.sin(x)), axis=-1),
    "put": lambda x: ops.setitem(x, 7.0, index=(Ellipsis, slice(-3, None))),
    "backwards": lambda x: ops.add(ops.flip(shifted(x, 1), axis=-1), x),
}  # fmt: skip


@pytest.mark.parametrize("shape", [(5000,), (3, 64), (40, 130)])
@pytest.mark.parametrize("name", CASES)
def test_cases(name, shape):
    x = np.random.default_rng(0).normal(size=shape)
    program = traced(CASES[name], x)
    for found, wanted in zip(build(program)(x), evaluate(program, [x]), strict=True):
        assert_alike(found, wanted, 1e-10)
