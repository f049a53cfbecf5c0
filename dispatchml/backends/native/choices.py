"""Machine code for choices between two values."""

from __future__ import annotations

from typing import Any

from . import layout
from .assembler import F32, F64, I8, Assembler, number
from .elementwise import DESCR, SIZE, convert, entry_for, shared, size_of


def choose(a: Assembler) -> None:
    """where(condition, x, y): a contiguous mask with arrays of its shape and of one dtype, or Python floats."""
    a.need(a.equal(a.nargs, 3))
    mask, sources = a.argument(0), (a.argument(1), a.argument(2))
    a.need(a.is_array(mask))
    a.need(a.equal(a.load(mask, layout.ARRAY_DESCR), a.addresses["bool descr"]))
    a.need_flags(mask, layout.CONTIGUOUS | layout.ALIGNED)
    ndim, dims = a.ndim(mask), a.load(mask, layout.ARRAY_DIMS)
    a.need(a.b.icmp_signed(">", ndim, number(0)))
    size = size_of(a, ndim, dims)
    arrays = [a.is_array(s) for s in sources]
    a.need(a.b.or_(*arrays))
    entry, position = entry_for(a, a.load(a.b.select(arrays[0], *sources), layout.ARRAY_DESCR), kinds=2)
    item = a.load(entry, 8 * SIZE)
    places, strides = [], []
    for source, is_array in zip(sources, arrays, strict=True):
        place, stride = a.room(1), a.room(1)
        with a.b.if_else(is_array) as (array, scalar):
            with array:
                a.need(a.equal(a.load(source, layout.ARRAY_DESCR), a.load(entry, 8 * DESCR)))
                a.need_flags(source, layout.CONTIGUOUS | layout.ALIGNED)
                a.need(a.b.icmp_signed("==", a.ndim(source), ndim))
                shared(a, ndim, dims, source, size, item, a.room(1), stride)
                a.store(a.load(source, layout.ARRAY_DATA), place)
            with scalar:
                a.need(a.equal(a.load(source, layout.TYPE), a.addresses["float"]))
                value, converted = a.load(source, layout.FLOAT_VALUE, F64), a.room(2)
                a.clear_flags()
                convert(a, value, position, converted)
                flags = a.read_flags()
                a.need(a.equal(a.b.and_(flags, number(0b11100 if a.machine == "x86" else 0b1110, flags.type)), 0))
                a.store(converted, place)
                a.store(number(0), stride)
        places.append(a.load(place))
        strides.append(a.load(stride))
    made = a.new_array(a.load(entry, 8 * DESCR), ndim, dims)
    bits, out = a.load(mask, layout.ARRAY_DATA), a.load(made, layout.ARRAY_DATA)

    def pick(kind: Any) -> Any:
        def element(k: Any) -> None:
            chosen = a.b.icmp_unsigned("!=", a.load(a.b.add(bits, k), 0, I8), number(0, I8))
            from_x, from_y = (a.load(a.b.add(p, a.b.mul(k, s)), 0, kind) for p, s in zip(places, strides, strict=True))
            a.store(a.b.select(chosen, from_x, from_y), a.b.add(out, a.b.mul(k, item)))

        return element

    with a.b.if_else(a.equal(position, 0)) as (wide, narrow):
        with wide:
            a.loop(size, pick(F64))
        with narrow:
            a.loop(size, pick(F32))
    a.b.ret(made)
    a.finish()
