"""Machine code for reductions over one axis or all: a binary ufunc's inner loop with a place to gather in."""

from __future__ import annotations

from typing import Any

from . import layout
from .assembler import F32, F64, VOID, Assembler, number
from .elementwise import DATA, LOOP, SIZE, convert, entry_for, size_of, word


def reduction(a: Assembler) -> None:
    """reduce(x, axis, keepdims) of a contiguous array; axis: an int or None. The record's second word is the neutral
    element, as a double.
    """
    a.need(a.equal(a.nargs, 3))
    x, axis, keepdims = (a.argument(k) for k in range(3))
    a.need(a.is_array(x))
    descr = a.load(x, layout.ARRAY_DESCR)
    entry, position = entry_for(a, descr, kinds=2)
    a.need_flags(x, layout.CONTIGUOUS | layout.ALIGNED)
    ndim, dims = a.ndim(x), a.load(x, layout.ARRAY_DIMS)
    a.need(a.b.and_(a.b.icmp_signed(">", ndim, number(0)), a.b.icmp_signed("<=", ndim, number(8))))
    size = size_of(a, ndim, dims)
    kept = a.equal(keepdims, a.addresses["True"])
    a.need(a.b.or_(kept, a.equal(keepdims, a.addresses["False"])))
    out_dims, out_axes, outer, length, inner = a.room(8), a.room(1), a.room(1), a.room(1), a.room(1)
    with a.b.if_else(a.equal(axis, a.addresses["None"])) as (everything, along):
        with everything:
            a.need(a.b.not_(kept))
            for place, value in ((out_axes, number(0)), (outer, number(1)), (length, size), (inner, number(1))):
                a.store(value, place)
        with along:
            one_axis(a, axis, kept, ndim, dims, (out_dims, out_axes, outer, length, inner))
    outer, length, inner = a.load(outer), a.load(length), a.load(inner)
    made = a.new_array(descr, a.load(out_axes), out_dims)
    item, target, source = a.load(entry, 8 * SIZE), a.load(made, layout.ARRAY_DATA), a.load(x, layout.ARRAY_DATA)
    fill(a, entry, position, target, a.b.mul(outer, inner), item)
    function, data = a.load(entry, 8 * LOOP), a.load(entry, 8 * DATA)
    pointers, counts, steps = a.room(3), a.room(1), a.room(3)
    last = a.equal(inner, 1)
    # along the last axis a call gathers one row; along another it adds one row to the result
    stride = a.b.select(last, number(0), item)
    a.store(a.b.select(last, length, inner), counts)
    for k, step in enumerate((stride, item, stride)):
        a.store(step, steps, 8 * k)
    rows, width = a.b.select(last, number(1), length), a.b.mul(inner, item)
    advance = a.b.select(last, a.b.mul(length, item), width)
    a.clear_flags()

    def block(k: Any, place: Any, where: Any) -> list[Any]:
        def row(_: Any, current: Any) -> list[Any]:
            a.store(place, pointers, 0)
            a.store(current, pointers, 8)
            a.store(place, pointers, 16)
            a.call_at(function, pointers, counts, steps, data, result=VOID)
            return [a.b.add(current, advance)]

        (after,) = a.loop(rows, row, (where,))
        return [a.b.add(place, width), after]

    a.loop(outer, block, (target, source))
    a.drop_if_troubled(made)
    a.b.ret(a.call("as_scalar", made))
    a.finish()


def one_axis(a: Assembler, axis: Any, kept: Any, ndim: Any, dims: Any, places: tuple[Any, ...]) -> None:
    """The array seen as (outer, length, inner) round an axis, and the shape of the result."""
    out_dims, out_axes, outer, length, inner = places
    a.need(a.equal(a.load(axis, layout.TYPE), a.addresses["int"]))
    given = a.call("PyLong_AsSsize_t", axis)
    with a.b.if_then(a.equal(given, -1)):  # the axis -1, or one that is too large, of which NumPy knows what to say
        failed = a.b.icmp_signed("!=", a.call("PyErr_Occurred"), number(0))
        with a.b.if_then(failed):
            a.call("PyErr_Clear", result=VOID)
        a.need(a.b.not_(failed))
    k = a.b.select(a.b.icmp_signed("<", given, number(0)), a.b.add(given, ndim), given)
    a.need(a.b.and_(a.b.icmp_signed(">=", k, number(0)), a.b.icmp_signed("<", k, ndim)))
    for place in (outer, length, inner):
        a.store(number(1), place)
    a.store(number(0), out_axes)

    def extent(j: Any) -> None:
        mine = a.load(a.b.add(dims, a.b.mul(j, number(8))))
        here = a.b.icmp_signed("==", j, k)
        target = a.b.select(here, length, a.b.select(a.b.icmp_signed("<", j, k), outer, inner))
        a.store(a.b.mul(a.load(target), mine), target)
        with a.b.if_then(a.b.or_(kept, a.b.not_(here))):
            at = a.load(out_axes)
            a.store(a.b.select(here, number(1), mine), a.b.add(out_dims, a.b.mul(at, number(8))))
            a.store(a.b.add(at, number(1)), out_axes)

    a.loop(ndim, extent)


def fill(a: Assembler, entry: Any, position: Any, target: Any, count: Any, item: Any) -> None:
    """Write the neutral element into every place of the result."""
    start = a.room(2)
    convert(a, a.b.bitcast(word(a, 1), F64), position, start)
    with a.b.if_else(a.equal(position, 0)) as (wide, narrow):
        for branch, kind in ((wide, F64), (narrow, F32)):
            with branch:
                value = a.load(start, 0, kind)
                a.loop(count, lambda k, value=value: a.store(value, a.b.add(target, a.b.mul(k, item))))
