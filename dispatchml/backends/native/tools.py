"""Machine code for what engines ask of values: are they alike, are they finite, do they change, do they stay."""

from __future__ import annotations

from typing import Any

import llvmlite.ir as ir

from . import layout
from .assembler import I1, I32, I64, VOID, Assembler, number
from .elementwise import same_shape, size_of, word

#: How many 64-bit words of an array are looked at together, and the low half of one.
LANES, LOW = 8, 0xFFFFFFFF
#: A key for each word of a block of sixteen such stripes: the multiples of an odd number, mixed.
KEYS = [
    [(k * 0x9E3779B97F4A7C15 ^ (k * 0xD6E8FEB86659FD93) >> 31) % 2**64 for k in range(first, first + LANES)]
    for first in range(1, 16 * LANES, LANES)
]


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
    """kept(tape, x): a plain array that stays as it is: itself where it cannot be written, else a copy that lies
    in memory as it does; large ones are left to the function behind.
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
    a.b.ret(a.call("copy_array", x, number(layout.KEEP_ORDER, I32)))
    a.finish()


def fingerprint(a: Assembler) -> None:
    """fingerprint(x): a number that changes when the contents of a dense array of floats do, also of complex ones.

    The NH hash of Black, Halevi, Krawczyk, Krovetz and Rogaway (UMAC, 1999), eight lanes wide: the two halves of each
    word, each with a key of its place added, are multiplied, and the products summed; what a block of places has given
    is mixed before the next one is added, so that the order of blocks counts.
    """
    a.need(a.equal(a.nargs, 1))
    x = a.argument(0)
    a.need(a.is_array(x))
    descr, item = a.load(x, layout.ARRAY_DESCR), number(0)
    for k, bytes_each in enumerate((8, 4, 16, 8), 1):
        item = a.b.select(a.equal(descr, word(a, k)), number(bytes_each), item)
    flags = a.b.and_(a.load(x, layout.ARRAY_FLAGS, I32), number(layout.CONTIGUOUS | layout.FORTRAN, I32))
    a.need(a.b.icmp_signed("!=", flags, number(0, I32)))
    dims, data = a.load(x, layout.ARRAY_DIMS), a.load(x, layout.ARRAY_DATA)
    (size,) = a.loop(a.ndim(x), lambda k, n: (a.b.mul(n, a.load(a.b.add(dims, a.b.mul(k, number(8))))),), (number(1),))
    count = a.b.mul(size, item)
    a.need(a.b.icmp_signed(">", count, number(0)))
    lanes = ir.VectorType(I64, LANES)
    stripe, half = 8 * LANES, splat(32, lanes)
    block = stripe * len(KEYS)
    blocks = a.b.udiv(count, number(block))

    def add_block(k: Any, sums: Any) -> tuple[Any]:
        place = a.b.add(data, a.b.mul(k, number(block)))
        sums = a.b.mul(a.b.xor(sums, a.b.lshr(sums, splat(47, lanes))), splat(0x9E3779B1, lanes))
        for j, keys in enumerate(KEYS):
            words = a.load(place, j * stripe, lanes)
            low = a.b.and_(a.b.add(words, ir.Constant(lanes, [key & LOW for key in keys])), splat(LOW, lanes))
            high = a.b.add(a.b.lshr(words, half), ir.Constant(lanes, [key >> 32 for key in keys]))
            high = a.b.and_(high, splat(LOW, lanes))
            sums = a.b.add(sums, a.b.mul(low, high))
        return (sums,)

    (sums,) = a.loop(blocks, add_block, (splat(0, lanes),))
    found: Any = count
    for k in range(LANES):
        found = mixed(a, found, a.b.extract_element(sums, number(k, I32)))
    start = a.b.mul(blocks, number(block))
    words = a.b.udiv(a.b.sub(count, start), number(8))
    rest = a.b.add(data, start)
    (found,) = a.loop(words, lambda k, h: (mixed(a, h, a.load(a.b.add(rest, a.b.mul(k, number(8))))),), (found,))
    # of an odd number in single precision the last one; of others the last word once more
    last = a.b.sub(a.b.add(data, count), number(4))
    found = mixed(a, found, a.b.zext(a.load(last, 0, I32), I64))
    a.b.ret(a.call("PyLong_FromLongLong", found))
    a.finish()


def splat(value: int, lanes: Any) -> Any:
    """A vector of one number."""
    return ir.Constant(lanes, [value] * LANES)


def mixed(a: Assembler, found: Any, bits: Any) -> Any:
    """A number in which all that was found and one more word tell."""
    product = a.b.mul(a.b.xor(found, bits), number(0x9E3779B97F4A7C15 - (1 << 64)))
    return a.b.xor(product, a.b.lshr(product, number(29)))


def give(a: Assembler, name: str) -> None:
    """Return one of Python's constants."""
    a.call("Py_IncRef", number(a.addresses[name]), result=VOID)
    a.b.ret(number(a.addresses[name]))
