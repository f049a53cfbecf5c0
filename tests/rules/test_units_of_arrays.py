"""Rules of array operations on payloads with units: what they add has one unit, and gradients come out in y / x."""

import itertools
import math

import attrs
import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch import Array, layer
from dispatchml.rules.registry import rule_of


@layer(slot="meaning", operators=False)
@attrs.frozen(eq=False)
class Metres:
    """Numbers in metres to a power."""

    number: Array
    power: int

    @property
    def shape(self):
        return np.shape(self.number)

    @property
    def dtype(self):
        return ops.dtype(self.number)


def metres(value, power):
    return value if power == 0 else Metres(value, power)


def split(x):
    return (x.number, x.power) if type(x) is Metres else (x, 0)


def declare(op, unit):
    """The rule of an operation for Metres; unit(powers, shape, keywords) is the power of the result."""

    def on_metres(*arguments, **keywords):
        if op.info.variadic:
            values, powers = zip(*map(split, arguments[0]), strict=True)
            y = op(values, **keywords)
        else:
            values, powers = zip(*map(split, arguments), strict=True)
            y = op(*values, **keywords)
        return metres(y, unit(powers, np.shape(values[0]), keywords))

    op.layer(Metres, on_metres)


def same(powers, shape, keywords):
    assert len(set(powers)) == 1, f"units differ: {powers}"
    return powers[0]


def count(shape, axis):
    return math.prod(shape) if axis is None else shape[axis]


for operation in (ops.add, ops.subtract, ops.setitem, ops.add_at, ops.concatenate, ops.stack):
    declare(operation, same)
for operation in (
    ops.sum, ops.mean, ops.max, ops.min, ops.std, ops.median, ops.vector_norm, ops.partition, ops.getitem, ops.reshape,
    ops.transpose, ops.expand_dims, ops.squeeze, ops.broadcast_to, ops.scatter, ops.take_along_axis, ops.sort, ops.flip,
    ops.zeros_of, ops.ones_of, ops.zeros_like, ops.absolute, ops.pad_constant, ops.negative, ops.cumsum,
    ops.scatter_along_axis,
):  # fmt: skip
    declare(operation, lambda powers, shape, keywords: powers[0])
for operation in (ops.equal, ops.not_equal, ops.less, ops.greater):
    declare(operation, lambda powers, shape, keywords: 0 * same(powers, shape, keywords))
for operation in (ops.sign, ops.argsort):
    declare(operation, lambda powers, shape, keywords: 0)
declare(ops.where, lambda powers, shape, keywords: same(powers[1:], shape, keywords))
declare(ops.where_or_zero, lambda powers, shape, keywords: powers[1])
for operation in (ops.multiply, ops.strong_multiply):
    declare(operation, lambda powers, shape, keywords: powers[0] + powers[1])
for operation in (ops.divide, ops.divide_or_zero):
    declare(operation, lambda powers, shape, keywords: powers[0] - powers[1])
declare(ops.var, lambda powers, shape, keywords: 2 * powers[0])
declare(ops.prod, lambda powers, shape, keywords: powers[0] * count(shape, keywords.get("axis")))
ops.power.layer(Metres, lambda a, b: metres(ops.power(a.number, b), a.power * int(b)))

X = np.random.default_rng(7).standard_normal((3, 4))
AXIS = [{"axis": None}, {"axis": 1}]
CASES = [
    *itertools.product((ops.sum, ops.mean, ops.max, ops.min, ops.median, ops.var, ops.std, ops.prod), AXIS),
    *((ops.vector_norm, {"axis": 1, "ord": ord}) for ord in (1, 2, 3, np.inf, -np.inf, 0.5)),
    (ops.getitem, {"index": (0, slice(1, 3))}),
    (ops.getitem, {"index": np.array([0, 0])}),
    (ops.broadcast_to, {"shape": (2, 3, 4)}),
    (ops.sort, {"axis": 0}),
    (ops.partition, {"kth": 1, "axis": 0}),
    (ops.cumsum, {"axis": None}),
    (ops.pad_constant, {"pad_width": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("op", "keywords"), CASES)
@pytest.mark.parametrize("zero", [False, True])
def test_units_of_derivatives(op, keywords, zero):
    plain = np.zeros_like(X) if zero else X
    x = Metres(plain, 1)
    rule = rule_of(op.info)
    y = op(x, **keywords)
    unit = split(y)[1]
    ct = Metres(np.ones(np.shape(split(y)[0])), 5)  # whatever the cotangent's unit is, it is carried along
    dx = Metres(np.ones_like(X), 3)
    if rule.kind == "linear":
        cotangent, dy = rule.transpose(ct, x, **keywords), op(dx, **keywords)
    else:
        (cotangent,) = rule.vjp(y, x, needs=(True,), **keywords)(ct)
        dy = rule.jvp(y, (dx,), x, **keywords)
    assert split(cotangent)[1] == 5 + unit - 1
    assert split(dy)[1] == 3 + unit - 1
    if rule.kind == "linear":
        want = rule.transpose(ct.number, plain, **keywords)
    else:
        (want,) = rule.vjp(op(plain, **keywords), plain, needs=(True,), **keywords)(ct.number)
    np.testing.assert_allclose(split(cotangent)[0], want)


def test_units_of_updates():
    x, value = Metres(X, 1), Metres(np.ones(4), 1)
    for op in (ops.setitem, ops.add_at):
        rule = rule_of(op.info)
        y = op(x, value, index=np.array([0, 0]))
        found = rule.vjp(y, x, value, needs=(True, True), index=np.array([0, 0]))(Metres(np.ones_like(X), 5))
        assert [split(c)[1] for c in found] == [5, 5]
        for tangents in ((Metres(X, 3), None), (None, Metres(np.ones(4), 3)), (Metres(X, 3), Metres(np.ones(4), 3))):
            assert split(rule.jvp(y, tangents, x, value, index=np.array([0, 0])))[1] == 3
