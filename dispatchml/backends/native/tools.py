"""Machine code for what engines ask of values: are they alike, are they finite, do they change, do they stay."""

from __future__ import annotations

from typing import Any

from . import layout
from .assembler import I1, I32, I64, VOID, Assembler, number
from .elementwise import same_shape, size_of, word

#: How many places of a large array are looked at to see whether it was overwritten.
SAMPLES = 64


def alike(a: Assembler) -> None:
    """Whether all arguments are plain arrays of one float dtype and one shape."""
    answer_no = a.block("no")
    no, a.slow = a.slow, answer_no
    x = a.argument(0)
    a.need(a.is_array(x))
    descr = a.load(x, layout.ARRAY_DESCR)
    a.need(a.b.or_(a.equal(descr, word(a, 1)), a.equal(descr, word(a, 2))))
    ndim, dims = a.ndim(x), a.load(x, layout.ARRAY_DIMS)

    def same_as_first(k: Any) -> None:
        y = a.load(a.b.add(a.args, a.b.mul(a.b.add(k, number(1)), number(8))))
        a.need(a.is_array(y))
        a.need(a.b.icmp_signed("==", a.load(y, layout.ARRAY_DESCR), descr))
        same_shape(a, ndim, dims, y)

    a.loop(a.b.sub(a.nargs, number(1)), same_as_first)
    give(a, "True")
    a.b.position_at_end(answer_no)
    give(a, "False")
    a.slow = no
    a.finish()


def finite(a: Assembler) -> None:
    """Whether a contiguous array of floats or a Python float holds neither nan nor inf: no exponent has all bits set.

    Masks are always finite.
    """
    a.need(a.equal(a.nargs, 1))
    x, data, size = a.argument(0), a.room(1), a.room(1)
    no, yes, array, floating, look = (a.block(n) for n in ("no", "yes", "array", "float", "look"))
    a.b.cbranch(a.is_array(x), array, floating)
    a.b.position_at_end(floating)
    a.need(a.equal(a.load(x, layout.TYPE), a.addresses["float"]))
    a.store(a.b.add(x, number(layout.FLOAT_VALUE)), data)
    a.store(number(1), size)
    a.b.branch(look)
    a.b.position_at_end(array)
    descr, doubles = a.load(x, layout.ARRAY_DESCR), a.block("doubles")
    a.b.cbranch(a.equal(descr, a.addresses["bool descr"]), yes, doubles)
    a.b.position_at_end(doubles)
    single = a.equal(descr, word(a, 2))
    a.need(a.b.or_(a.equal(descr, word(a, 1)), single))
    a.need_flags(x, layout.CONTIGUOUS | layout.ALIGNED)
    a.store(size_of(a, a.ndim(x), a.load(x, layout.ARRAY_DIMS)), size)
    a.store(a.load(x, layout.ARRAY_DATA), data)
    singles = a.block("singles")
    a.b.cbranch(single, singles, look)
    for block, kind, exponent in ((singles, I32, 0xFF << 23), (look, I64, 0x7FF << 52)):
        a.b.position_at_end(block)
        place, mask = a.load(data), number(exponent, kind)

        def element(k: Any, found: Any, place: Any = place, mask: Any = mask, kind: Any = kind) -> tuple[Any]:
            bits = a.load(a.b.add(place, a.b.mul(k, number(kind.width // 8))), 0, kind)
            return (a.b.or_(found, a.b.icmp_signed("==", a.b.and_(bits, mask), mask)),)

        (found,) = a.loop(a.load(size), element, (number(0, I1),))
        a.b.cbranch(found, no, yes)
    for block, answer in ((no, "False"), (yes, "True")):
        a.b.position_at_end(block)
        give(a, answer)
    a.finish()


def kept(a: Assembler) -> None:
    """kept(tape, x): a plain array that stays as it is: itself where it cannot be written, else a copy in C's order;
    large ones are left to the function behind.
    """
    a.need(a.equal(a.nargs, 2))
    x = a.argument(1)
    a.need(a.is_array(x))
    descr, flags = a.load(x, layout.ARRAY_DESCR), a.load(x, layout.ARRAY_FLAGS, I32)
    frozen, copied = a.block("frozen"), a.block("copied")
    a.b.cbranch(a.equal(a.b.and_(flags, number(layout.WRITEABLE, I32)), 0), frozen, copied)
    a.b.position_at_end(frozen)
    a.need(a.equal(a.load(x, layout.ARRAY_BASE), 0))  # a view may be of something that can be written
    a.call("Py_IncRef", x, result=VOID)
    a.b.ret(x)
    a.b.position_at_end(copied)
    a.need(a.b.or_(a.equal(descr, word(a, 1)), a.b.or_(a.equal(descr, word(a, 2)), a.equal(descr, word(a, 3)))))
    size_of(a, a.ndim(x), a.load(x, layout.ARRAY_DIMS))
    a.b.ret(a.call("copy_array", x, number(0, I32)))
    a.finish()


def sample(a: Assembler) -> None:
    """sample(x): a number made of some elements of a contiguous array, spread over it."""
    a.need(a.equal(a.nargs, 1))
    x = a.argument(0)
    a.need(a.is_array(x))
    descr = a.load(x, layout.ARRAY_DESCR)
    single = a.equal(descr, word(a, 2))
    a.need(a.b.or_(a.equal(descr, word(a, 1)), single))
    a.need_flags(x, layout.CONTIGUOUS | layout.ALIGNED)
    dims = a.load(x, layout.ARRAY_DIMS)
    (size,) = a.loop(a.ndim(x), lambda k, n: (a.b.mul(n, a.load(a.b.add(dims, a.b.mul(k, number(8))))),), (number(1),))
    item = a.b.select(single, number(4), number(8))
    words = a.b.sdiv(a.b.mul(size, item), number(8))  # pairs of single precision; an odd last one is not looked at
    stride = a.b.add(a.b.sdiv(words, number(SAMPLES)), number(1))
    count = a.b.sdiv(a.b.sub(a.b.add(words, stride), number(1)), stride)
    data, advance = a.load(x, layout.ARRAY_DATA), a.b.mul(stride, number(8))

    def element(k: Any, found: Any) -> tuple[Any]:
        bits = a.load(a.b.add(data, a.b.mul(k, advance)))
        mixed = a.b.mul(a.b.xor(found, bits), number(0x9E3779B97F4A7C15 - (1 << 64)))
        return (a.b.xor(mixed, a.b.lshr(mixed, number(29))),)

    (found,) = a.loop(count, element, (size,))
    a.b.ret(a.call("PyLong_FromLongLong", found))
    a.finish()


def give(a: Assembler, name: str) -> None:
    """Return one of Python's constants."""
    a.call("Py_IncRef", number(a.addresses[name]), result=VOID)
    a.b.ret(number(a.addresses[name]))
