"""Machine code for elementwise calls: ufuncs of one and two operands.

A record of 64-bit words stands behind each function: the function to leave unusual calls to, the C function for two
Python or NumPy numbers (or 0), then for float64, float32 and complex128 one entry each.
"""

from __future__ import annotations

from typing import Any

from . import layout
from .assembler import F32, F64, I1, VOID, Assembler, number

#: Words of a record before its entries, and the words of an entry.
HEAD, DESCR, SIZE, LOOP, DATA, OUT_DESCR, OUT_SIZE, WORDS = 2, 0, 1, 2, 3, 4, 5, 6
#: Above this many elements NumPy's own preparation does not matter, and it lets other threads run meanwhile.
LARGEST = 4096


def word(a: Assembler, k: int) -> Any:
    """A word of the function's record."""
    return a.load(a.record, 8 * k)


def entry_for(a: Assembler, descr: Any, kinds: int = 3) -> tuple[Any, Any]:
    """The address of the entry for a dtype, and its position; other dtypes are left to NumPy."""
    position = number(-1)
    for k in reversed(range(kinds)):
        same = a.equal(word(a, HEAD + WORDS * k + DESCR), descr)
        position = a.b.select(same, number(k), position)
    a.need(a.b.icmp_signed(">=", position, number(0)))
    return a.b.add(a.record, a.b.add(a.b.mul(position, number(8 * WORDS)), number(8 * HEAD))), position


def size_of(a: Assembler, ndim: Any, dims: Any) -> Any:
    """The number of elements, at least 1 and at most LARGEST, or the call is NumPy's."""
    (size,) = a.loop(ndim, lambda k, n: (a.b.mul(n, a.load(a.b.add(dims, a.b.mul(k, number(8))))),), (number(1),))
    a.need(a.b.and_(a.b.icmp_signed(">", size, number(0)), a.b.icmp_signed("<=", size, number(LARGEST))))
    return size


def run_loop(a: Assembler, entry: Any, operands: list[Any], steps: list[Any], outer: Any, count: Any) -> None:
    """Call a ufunc's inner loop `outer` times on `count` elements; operands of which one row is all start again."""
    pointers, strides, counts = a.room(len(operands)), a.room(len(operands)), a.room(1)
    for k, step in enumerate(steps):
        a.store(step[0], strides, 8 * k)
    function, data = a.load(entry, 8 * LOOP), a.load(entry, 8 * DATA)

    def row(_: Any, *places: Any) -> list[Any]:
        a.store(count, counts)
        for k, place in enumerate(places):
            a.store(place, pointers, 8 * k)
        a.call_at(function, pointers, counts, strides, data, result=VOID)
        return [a.b.add(p, s[1]) for p, s in zip(places, steps, strict=True)]

    a.loop(outer, row, operands)


def unary(a: Assembler) -> None:
    """f(x) of one array, contiguous or of one or two axes, or of a numpy.float64."""
    a.need(a.equal(a.nargs, 1))
    x = a.argument(0)
    array, other = a.block("array"), a.block("other")
    a.b.cbranch(a.is_array(x), array, other)
    a.b.position_at_end(other)
    call_number_function(a, x)
    a.need(a.equal(a.load(x, layout.TYPE), a.addresses["float64"]))
    on_doubles(a, a.b.add(x, number(layout.FLOAT_VALUE)))

    a.b.position_at_end(array)
    entry, _ = entry_for(a, a.load(x, layout.ARRAY_DESCR))
    a.need_flags(x, layout.ALIGNED)
    ndim, dims = a.ndim(x), a.load(x, layout.ARRAY_DIMS)
    a.need(a.b.icmp_signed(">", ndim, number(0)))
    size = size_of(a, ndim, dims)
    count, step, row = a.room(1), a.room(1), a.room(1)
    with a.b.if_else(a.is_contiguous(x)) as (whole, by_rows):
        with whole:
            for place, value in ((count, size), (step, a.load(entry, 8 * SIZE)), (row, number(0))):
                a.store(value, place)
        with by_rows:
            own_row, own_step = rows_of(a, x, ndim)
            length = row_length(a, ndim, dims)
            need_rows(a, ndim, length, (own_row, own_step))
            for place, value in ((count, length), (step, own_step), (row, own_row)):
                a.store(value, place)
    count = a.load(count)
    made = a.new_array(a.load(entry, 8 * OUT_DESCR), ndim, dims)
    a.clear_flags()
    out_item = a.load(entry, 8 * OUT_SIZE)
    steps = [(a.load(step), a.load(row)), (out_item, a.b.mul(count, out_item))]
    operands = [a.load(x, layout.ARRAY_DATA), a.load(made, layout.ARRAY_DATA)]
    run_loop(a, entry, operands, steps, a.b.sdiv(size, count), count)
    a.drop_if_troubled(made)
    a.b.ret(made)
    a.finish()


def call_number_function(a: Assembler, *numbers: Any) -> None:
    """Python's and NumPy's numbers: the C function behind Python's operator, where there is one."""
    function = word(a, 1)
    there, not_there = a.block("there"), a.block("not_there")
    a.b.cbranch(a.b.icmp_signed("!=", function, number(0)), there, not_there)
    a.b.position_at_end(there)
    a.b.ret(a.call_at(function, *numbers, number(a.addresses["None"])))  # powers have a third operand
    a.b.position_at_end(not_there)


def on_doubles(a: Assembler, *places: Any) -> None:
    """The function of doubles in memory, returned as a NumPy scalar."""
    entry = a.b.add(a.record, number(8 * HEAD))
    a.need(a.b.icmp_signed("!=", a.load(entry, 8 * DESCR), number(0)))
    made = a.new_array(a.load(entry, 8 * OUT_DESCR), number(0), number(0))
    a.clear_flags()
    operands = [*places, a.load(made, layout.ARRAY_DATA)]
    steps = [(number(0), number(0))] * len(operands)  # as NumPy does for numbers; some loops take it for a sign
    run_loop(a, entry, operands, steps, number(1), number(1))
    a.drop_if_troubled(made)
    a.b.ret(a.call("as_scalar", made))


def row_length(a: Assembler, ndim: Any, dims: Any) -> Any:
    """The size of the last of one or two axes."""
    return a.load(a.b.add(dims, a.b.mul(a.b.sub(ndim, number(1)), number(8))))


def rows_of(a: Assembler, x: Any, ndim: Any) -> tuple[Any, Any]:
    """How far apart the rows and the elements of an array of one or two axes are, in bytes.

    NumPy runs over an array of two axes by rows, too, where rows lie further apart than elements and these come one
    after the other; it turns other orders round first, which may change the last bit of a result.
    """
    a.need(a.b.icmp_signed("<=", ndim, number(2)))
    strides = a.load(x, layout.ARRAY_STRIDES)
    step = row_length(a, ndim, strides)
    row = a.b.select(a.equal(ndim, 2), a.load(strides), number(0))
    far = a.b.select(a.b.icmp_signed("<", row, number(0)), a.b.neg(row), row)
    by_rows = a.b.and_(a.b.icmp_signed(">", step, number(0)), a.b.icmp_signed(">", far, step))
    a.need(a.b.or_(a.equal(ndim, 1), by_rows))
    return row, step


def need_rows(a: Assembler, ndim: Any, count: Any, *operands: tuple[Any, Any]) -> None:
    """Go on where NumPy would not see two axes as one: rows of several elements, not one behind the other in all."""
    one = number(1, I1)
    for row, step in operands:
        one = a.b.and_(one, a.b.icmp_signed("==", row, a.b.mul(step, count)))
    apart = a.b.and_(a.b.not_(one), a.b.icmp_signed(">", count, number(1)))
    a.need(a.b.or_(a.equal(ndim, 1), apart))


def binary(a: Assembler) -> None:
    """f(x, y) of two arrays of one dtype, or an array and a number. The arrays are contiguous, and one may have fewer
    leading axes; or they are of one shape with one or two axes.
    """
    a.need(a.equal(a.nargs, 2))
    x, y = a.argument(0), a.argument(1)
    leader, follower = a.room(1), a.room(1)
    swapped, value, is_number, is_double = a.room(1), a.room(1), a.room(1), a.room(1)
    a.store(number(0), is_number)
    a.store(number(0), is_double)
    a.store(number(0), value)
    x_array, y_array = a.is_array(x), a.is_array(y)
    both, one, neither = a.block("both"), a.block("one"), a.block("neither")
    either, ready = a.block("either"), a.block("ready")
    a.b.cbranch(a.b.and_(x_array, y_array), both, either)
    a.b.position_at_end(either)
    a.b.cbranch(a.b.or_(x_array, y_array), one, neither)

    a.b.position_at_end(neither)
    call_number_function(a, x, y)
    places, doubles = (a.room(1), a.room(1)), (a.room(1), a.room(1))
    for operand, place, double in zip((x, y), places, doubles, strict=True):
        a.store(number(0), double)
        known = a.block("known")
        read_number(a, operand, place, double, known)
        a.b.position_at_end(known)
    a.need(a.equal(a.b.or_(a.load(doubles[0]), a.load(doubles[1])), 1))  # Python's numbers alone are NumPy's affair
    on_doubles(a, *places)

    a.b.position_at_end(both)
    first = a.b.icmp_signed(">=", a.ndim(x), a.ndim(y))
    a.store(a.b.select(first, x, y), leader)
    a.store(a.b.select(first, y, x), follower)
    a.store(a.b.zext(a.b.not_(first), number(0).type), swapped)
    a.need(a.equal(a.load(x, layout.ARRAY_DESCR), a.load(y, layout.ARRAY_DESCR)))
    a.b.branch(ready)

    a.b.position_at_end(one)
    a.store(a.b.select(x_array, x, y), leader)
    a.store(number(0), follower)
    a.store(a.b.zext(y_array, number(0).type), swapped)
    a.store(number(1), is_number)
    read_number(a, a.b.select(x_array, y, x), value, is_double, ready)

    a.b.position_at_end(ready)
    x, y = a.load(leader), a.load(follower)
    plain_number = a.equal(a.load(is_number), 1)
    entry, position = entry_for(a, a.load(x, layout.ARRAY_DESCR))
    a.need(a.b.or_(a.equal(a.load(is_double), 0), a.equal(position, 0)))  # a float64 widens a float32, and stays real
    a.need_flags(x, layout.ALIGNED)
    ndim, dims = a.ndim(x), a.load(x, layout.ARRAY_DIMS)
    a.need(a.b.icmp_signed(">", ndim, number(0)))
    size = size_of(a, ndim, dims)
    item, none = a.load(entry, 8 * SIZE), number(0)
    count, step, row, other_step, other_row, place = (a.room(1) for _ in range(6))
    for target, given in (
        (count, size),
        (step, item),
        (row, none),
        (other_step, none),
        (other_row, none),
        (place, none),
    ):
        a.store(given, target)
    straight = a.is_contiguous(x)
    with a.b.if_else(plain_number) as (numbers, arrays):
        with numbers, a.b.if_then(a.b.not_(straight)):
            own_row, own_step = rows_of(a, x, ndim)
            length = row_length(a, ndim, dims)
            need_rows(a, ndim, length, (own_row, own_step))
            for target, given in ((count, length), (step, own_step), (row, own_row)):
                a.store(given, target)
        with arrays:
            a.need_flags(y, layout.ALIGNED)
            a.store(a.load(y, layout.ARRAY_DATA), place)
            with a.b.if_else(a.b.and_(straight, a.is_contiguous(y))) as (whole, by_rows):
                with whole:
                    shared(a, ndim, dims, y, size, item, count, other_step)
                    a.store(a.b.mul(a.load(count), item), row)
                with by_rows:
                    same_shape(a, ndim, dims, y)
                    own_row, own_step = rows_of(a, x, ndim)
                    its_row, its_step = rows_of(a, y, ndim)
                    length = row_length(a, ndim, dims)
                    need_rows(a, ndim, length, (own_row, own_step), (its_row, its_step))
                    for target, given in (
                        (count, length), (step, own_step), (row, own_row), (other_step, its_step),
                        (other_row, its_row),
                    ):  # fmt: skip
                        a.store(given, target)
    count, step, row, other_step, other_row = (a.load(p) for p in (count, step, row, other_step, other_row))
    made = a.new_array(a.load(entry, 8 * OUT_DESCR), ndim, dims)
    a.clear_flags()
    converted = a.room(2)
    convert(a, a.load(value, 0, F64), position, converted)
    a.drop_if_troubled(made)
    other = a.b.select(plain_number, converted, a.load(place))
    turned = a.equal(a.load(swapped), 1)
    mine = a.load(x, layout.ARRAY_DATA)
    out_item = a.load(entry, 8 * OUT_SIZE)
    steps = [
        (a.b.select(turned, other_step, step), a.b.select(turned, other_row, row)),
        (a.b.select(turned, step, other_step), a.b.select(turned, row, other_row)),
        (out_item, a.b.mul(count, out_item)),
    ]
    operands = [a.b.select(turned, other, mine), a.b.select(turned, mine, other), a.load(made, layout.ARRAY_DATA)]
    run_loop(a, entry, operands, steps, a.b.sdiv(size, count), count)
    a.drop_if_troubled(made)
    a.b.ret(made)
    a.finish()


def read_number(a: Assembler, x: Any, value: Any, is_double: Any, ready: Any) -> None:
    """Store a Python float, a Python int or a numpy.float64 as a double and go to `ready`; else leave it to NumPy."""
    kind = a.load(x, layout.TYPE)
    floating, whole, other = a.block("float"), a.block("int"), a.block("other")
    double = a.equal(kind, a.addresses["float64"])
    a.b.cbranch(a.b.or_(a.equal(kind, a.addresses["float"]), double), floating, other)
    a.b.position_at_end(floating)
    a.store(a.load(x, layout.FLOAT_VALUE, F64), value)
    a.store(a.b.zext(double, number(0).type), is_double)
    a.b.branch(ready)
    a.b.position_at_end(other)
    a.need(a.equal(kind, a.addresses["int"]))
    a.b.branch(whole)
    a.b.position_at_end(whole)
    found = a.call("PyLong_AsDouble", x, result=F64)
    a.store(found, value)
    doubtful, failed = a.block("doubtful"), a.block("failed")
    small = a.b.fcmp_ordered("<=", found, F64(2.0**53))
    small = a.b.and_(small, a.b.fcmp_ordered(">=", found, F64(-(2.0**53))))
    a.b.cbranch(a.b.and_(small, a.b.fcmp_ordered("!=", found, F64(-1.0))), ready, doubtful)
    a.b.position_at_end(doubtful)  # -1.0 is also what an error gives; a larger one may be no double: NumPy knows
    a.b.cbranch(a.b.and_(small, a.equal(a.call("PyErr_Occurred"), 0)), ready, failed)
    a.b.position_at_end(failed)
    a.call("PyErr_Clear", result=VOID)
    a.b.branch(a.slow)


def shared(a: Assembler, ndim: Any, dims: Any, y: Any, size: Any, item: Any, count: Any, step: Any) -> None:
    """How the array with fewer axes meets the other: whole, row by row, or as one number."""
    fewer, own = a.ndim(y), a.load(y, layout.ARRAY_DIMS)
    skipped = a.b.mul(a.b.sub(ndim, fewer), number(8))

    def axis(k: Any, total: Any) -> Any:
        at = a.b.mul(k, number(8))
        mine = a.load(a.b.add(own, at))
        a.need(a.b.icmp_signed("==", mine, a.load(a.b.add(dims, a.b.add(skipped, at)))))
        return (a.b.mul(total, mine),)

    (row,) = a.loop(fewer, axis, (number(1),))
    scalar = a.b.or_(a.equal(fewer, 0), a.b.and_(a.equal(row, 1), a.b.icmp_signed(">", size, number(1))))
    a.store(a.b.select(scalar, size, row), count)
    a.store(a.b.select(scalar, number(0), item), step)


def convert(a: Assembler, value: Any, position: Any, place: Any) -> None:
    """Write a double as an element of the entry's dtype."""
    a.store(value, place)
    a.store(F64(0.0), place, 8)
    with a.b.if_then(a.equal(position, 1)):
        a.store(a.b.fptrunc(value, F32), place)


def same_shape(a: Assembler, ndim: Any, dims: Any, y: Any) -> None:
    """Go on where an array has this shape."""
    a.need(a.b.icmp_signed("==", a.ndim(y), ndim))
    own = a.load(y, layout.ARRAY_DIMS)

    def axis(k: Any) -> None:
        at = a.b.mul(k, number(8))
        a.need(a.b.icmp_signed("==", a.load(a.b.add(own, at)), a.load(a.b.add(dims, at))))

    a.loop(ndim, axis)
