"""Machine code for reductions over one axis or all: a binary ufunc's inner loop with a place to gather in."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir

from . import layout
from .assembler import F32, F64, I32, I64, VOID, Assembler, number
from .elementwise import DATA, LOOP, SIZE, convert, entry_for, size_of, word


def reduction(a: Assembler) -> None:
    """reduce(x, axis, keepdims) of a contiguous array; axis: an int or None. The record's second word is the neutral
    element, as a double; nan where there is none.
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
    # what has no neutral element starts with its first row, as in NumPy: the sign of a zero among zeros depends on it
    first = a.b.select(
        a.b.fcmp_unordered("uno", a.b.bitcast(word(a, 1), F64), ir.Constant(F64, 0.0)), number(1), number(0)
    )
    with a.b.if_then(a.equal(first, 0)):
        fill(a, entry, position, target, a.b.mul(outer, inner), item)
    left = a.b.sub(length, first)
    function, data = a.load(entry, 8 * LOOP), a.load(entry, 8 * DATA)
    pointers, counts, steps = a.room(3), a.room(1), a.room(3)
    last = a.equal(inner, 1)
    # along the last axis a call gathers one row; along another it adds one row to the result
    stride = a.b.select(last, number(0), item)
    a.store(a.b.select(last, left, inner), counts)
    for k, step in enumerate((stride, item, stride)):
        a.store(step, steps, 8 * k)
    rows, width = a.b.select(last, number(1), left), a.b.mul(inner, item)
    a.clear_flags()

    def block(k: Any, place: Any, where: Any) -> list[Any]:
        with a.b.if_then(a.equal(first, 1)):
            copy(a, position, where, place, inner)

        def row(_: Any, current: Any) -> list[Any]:
            a.store(place, pointers, 0)
            a.store(current, pointers, 8)
            a.store(place, pointers, 16)
            a.call_at(function, pointers, counts, steps, data, result=VOID)
            return [a.b.add(current, width)]

        a.loop(rows, row, (a.b.add(where, a.b.mul(first, width)),))
        return [a.b.add(place, width), a.b.add(where, a.b.mul(length, width))]

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


def copy(a: Assembler, position: Any, source: Any, target: Any, count: Any) -> None:
    """Copy elements that lie one behind the other."""
    with a.b.if_else(a.equal(position, 0)) as (wide, narrow):
        for branch, kind, item in ((wide, I64, 8), (narrow, I32, 4)):
            with branch:

                def element(k: Any, kind: Any = kind, item: int = item) -> None:
                    offset = a.b.mul(k, number(item))
                    a.store(a.load(a.b.add(source, offset), 0, kind), a.b.add(target, offset))

                a.loop(count, element)
