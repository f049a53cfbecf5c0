"""Machine code for several elementwise calls in one: what a rule's text computes from plain arrays of one shape.

A program is a list of ufunc loops over registers: its inputs, its outputs, constants and scratch rows. It gives what
the calls one by one give, to the last bit, and leaves everything that is not plain to them by answering None.
"""

from __future__ import annotations

from typing import Any

from . import layout
from .assembler import F64, I32, TROUBLE, VOID, Assembler, number
from .elementwise import convert, read_number, same_shape, word

#: How many elements are computed at a time; scratch rows of so many doubles lie on the stack.
BLOCK = 1024
#: Above this many elements other threads run meanwhile.
ALONE = 4096
#: The most scratch rows, and registers of all kinds.
ROWS, REGISTERS = 4, 24
#: Words of a record: counts, which input is surely an array, the class that is made and where its slots are, for each
#: dtype four words.
INPUTS, OUTPUTS, STEPS, CONSTANTS, SCRATCH, LEADER, CLASS, SLOTS, DTYPES = 0, 1, 2, 3, 4, 5, 6, 7, 11
#: Behind them, of a recording: the class of the tape, how many indices an entry has, how many operands or results it
#: keeps, and which.
TAPE, INDICES, KEPT = 19, 20, 21
DESCR, SIZE, TABLE, VALUES, ENTRY = 0, 1, 2, 3, 4
#: Words of a step: the loop, its data, two operands and the result; a loop of one operand has its result twice.
STEP = 5


def program(a: Assembler) -> None:
    """program(x, ...): an array, a tuple of two, or None; with a class program(level, x, ...): an object of it."""
    unlike = a.slow
    kind = word(a, CLASS)
    made_object = a.b.icmp_signed("!=", kind, number(0))
    first = a.b.select(made_object, number(1), number(0))
    a.need(a.b.icmp_signed("==", a.nargs, a.b.add(word(a, INPUTS), first)))
    made, second, two = computed(a, a.b.add(a.args, a.b.mul(first, number(8))))
    finished(a, made, second, two, made_object, kind)
    answer_none(a, unlike)


def recording(a: Assembler) -> None:
    """recording(tape, backward, index, ..., x, ...): the traced value of a result, whose entry is on the tape, or None.

    The entry is backward, the indices, and those of the operands and the result that the record names.
    """
    unlike = a.slow
    inputs, tape = word(a, INPUTS), a.argument(0)
    own = a.b.add(word(a, INDICES), number(1))  # backward and the indices
    a.need(a.b.icmp_signed("==", a.nargs, a.b.add(a.b.add(inputs, own), number(1))))
    a.need(a.b.icmp_signed("==", a.load(tape, layout.TYPE), word(a, TAPE)))
    given = a.b.add(a.args, a.b.mul(a.b.add(own, number(1)), number(8)))
    made, _, _ = computed(a, given)
    entry = a.checked(a.call("PyTuple_New", a.b.add(own, word(a, KEPT))))

    def head(k: Any) -> None:
        x = a.load(a.b.add(a.args, a.b.mul(a.b.add(k, number(1)), number(8))))
        a.call("Py_IncRef", x, result=VOID)
        a.call("PyTuple_SetItem", entry, k, x, result=I32)

    def residual(k: Any) -> None:
        which = a.load(a.b.add(a.record, a.b.mul(a.b.add(k, number(KEPT + 1)), number(8))))
        at = a.b.add(given, a.b.mul(which, number(8)))
        place = a.room(1)
        a.store(made, place)
        with a.b.if_then(a.b.icmp_signed("<", which, inputs)):
            a.store(a.load(at), place)
        x = a.load(place)
        a.call("Py_IncRef", x, result=VOID)
        a.call("PyTuple_SetItem", entry, a.b.add(own, k), x, result=I32)

    a.loop(own, head)
    a.loop(word(a, KEPT), residual)
    index = a.checked(a.call("PyLong_FromLongLong", a.call("PyList_Size", tape)))
    found = a.checked(a.call("PyType_GenericAlloc", word(a, CLASS), number(0)))
    none = number(a.addresses["None"])
    for x in (tape, none):
        a.call("Py_IncRef", x, result=VOID)
    for k, x in enumerate((made, tape, index, none)):
        a.store(x, a.b.add(found, word(a, SLOTS + k)))
    failed = a.call("PyList_Append", tape, entry, result=I32)
    a.call("Py_DecRef", entry, result=VOID)
    lost, following = a.block("lost"), a.block("following")
    a.b.cbranch(a.equal(failed, 0), following, lost)
    a.b.position_at_end(lost)
    a.call("Py_DecRef", found, result=VOID)
    a.b.ret(number(0))
    a.b.position_at_end(following)
    a.b.ret(found)
    answer_none(a, unlike)


def answer_none(a: Assembler, unlike: Any) -> None:
    """Write the way out for what is not plain."""
    a.b.position_at_end(unlike)
    a.call("Py_IncRef", number(a.addresses["None"]), result=VOID)
    a.b.ret(number(a.addresses["None"]))


def computed(a: Assembler, given: Any) -> tuple[Any, Any, Any]:
    """Run the steps on arrays from an address on: the results, the second or 0, and whether there are two."""
    inputs, outputs = word(a, INPUTS), word(a, OUTPUTS)
    x = a.load(a.b.add(given, a.b.mul(word(a, LEADER), number(8))))
    a.need(a.is_array(x))
    descr = a.load(x, layout.ARRAY_DESCR)
    double = a.equal(word(a, DTYPES + DESCR), descr)
    single = a.equal(word(a, DTYPES + ENTRY + DESCR), descr)
    a.need(a.b.or_(double, single))
    entry = a.b.add(a.record, a.b.select(double, number(8 * DTYPES), number(8 * (DTYPES + ENTRY))))
    item = a.load(entry, 8 * SIZE)
    ndim, dims = a.ndim(x), a.load(x, layout.ARRAY_DIMS)
    a.need(a.b.icmp_signed(">", ndim, number(0)))
    (size,) = a.loop(ndim, lambda k, n: (a.b.mul(n, a.load(a.b.add(dims, a.b.mul(k, number(8))))),), (number(1),))
    a.need(a.b.icmp_signed(">", size, number(0)))
    places, widths = a.room(REGISTERS), a.room(REGISTERS)

    def put(register: Any, place: Any, width: Any) -> None:
        at = a.b.mul(register, number(8))
        a.store(place, a.b.add(places, at))
        a.store(width, a.b.add(widths, at))

    numbers, value, is_double = a.room(REGISTERS), a.room(1), a.room(1)
    position = a.b.select(double, number(0), number(1))

    def take(k: Any) -> None:
        y = a.load(a.b.add(given, a.b.mul(k, number(8))))
        array, other, ready, following = (a.block(n) for n in ("array", "other", "ready", "following"))
        a.b.cbranch(a.is_array(y), array, other)
        a.b.position_at_end(array)
        a.need(a.b.icmp_signed("==", a.load(y, layout.ARRAY_DESCR), descr))
        same_shape(a, ndim, dims, y)
        a.need_flags(y, layout.ALIGNED)
        a.need(a.is_contiguous(y))
        put(k, a.load(y, layout.ARRAY_DATA), item)
        a.b.branch(following)
        a.b.position_at_end(other)
        a.store(number(0), is_double)
        read_number(a, y, value, is_double, ready)
        a.b.position_at_end(ready)
        a.need(a.b.or_(a.equal(a.load(is_double), 0), double))  # a float64 widens a float32
        a.clear_flags()
        place = a.b.add(numbers, a.b.mul(k, number(8)))
        convert(a, a.load(value, 0, F64), position, place)
        a.need(a.b.not_(raised(a)))  # too large for a float32
        put(k, place, number(0))
        a.b.branch(following)
        a.b.position_at_end(following)

    a.loop(inputs, take)
    made = a.new_array(descr, ndim, dims)
    put(inputs, a.load(made, layout.ARRAY_DATA), item)
    second = a.room(1)
    a.store(number(0), second)
    two = a.b.icmp_signed("==", outputs, number(2))
    with a.b.if_then(two):
        other = a.new_array(descr, ndim, dims)
        a.store(other, second)
        put(a.b.add(inputs, number(1)), a.load(other, layout.ARRAY_DATA), item)
    behind = a.b.add(inputs, outputs)
    values = a.load(entry, 8 * VALUES)

    def constant(k: Any) -> None:
        put(a.b.add(behind, k), a.b.add(values, a.b.mul(k, item)), number(0))

    a.loop(word(a, CONSTANTS), constant)
    rows, behind = a.room(ROWS * BLOCK), a.b.add(behind, word(a, CONSTANTS))

    def row(k: Any) -> None:
        put(a.b.add(behind, k), a.b.add(rows, a.b.mul(k, number(8 * BLOCK))), item)

    a.loop(word(a, SCRATCH), row)
    a.clear_flags()
    seen = a.room(1)
    a.store(a.read_flags(), seen)
    unlocked = a.room(1)
    a.store(number(0), unlocked)
    large = a.b.icmp_signed(">", size, number(ALONE))
    with a.b.if_then(large):
        a.store(a.call("PyEval_SaveThread"), unlocked)
    run_blocks(a, entry, size, a.b.add(inputs, outputs), (places, widths), seen)
    with a.b.if_then(large):
        a.call("PyEval_RestoreThread", a.load(unlocked), result=VOID)
    flags = a.load(seen, 0, a.read_flags().type)
    fine, troubled = a.block("fine"), a.block("troubled")
    a.b.cbranch(a.equal(a.b.and_(flags, number(TROUBLE[a.machine], flags.type)), 0), fine, troubled)
    a.b.position_at_end(troubled)
    a.clear_flags()
    a.call("Py_DecRef", made, result=VOID)
    with a.b.if_then(two):
        a.call("Py_DecRef", a.load(second), result=VOID)
    a.b.branch(a.slow)
    a.b.position_at_end(fine)
    return made, a.load(second), two


def run_blocks(a: Assembler, entry: Any, size: Any, moving: Any, registers: tuple[Any, Any], seen: Any) -> None:
    """Run all steps on a block of elements, then on the next one: what is between them stays in the fast caches.

    moving: how many registers, the first ones, are whole arrays or numbers. seen: where the flags of all steps are
    collected, for some of NumPy's loops leave none behind, not even those that they found.
    """
    places, widths = registers
    table, pointers, strides, count = a.load(entry, 8 * TABLE), a.room(3), a.room(3), a.room(1)

    def step(k: Any) -> None:
        at = a.b.add(table, a.b.mul(k, number(8 * STEP)))
        for j in range(3):
            register = a.b.mul(a.load(at, 8 * (2 + j)), number(8))
            a.store(a.load(a.b.add(places, register)), pointers, 8 * j)
            a.store(a.load(a.b.add(widths, register)), strides, 8 * j)
        a.store(a.load(length), count)
        a.call_at(a.load(at), pointers, count, strides, a.load(at, 8), result=VOID)
        flags = a.read_flags()
        a.store(a.b.or_(a.load(seen, 0, flags.type), flags), seen)

    def move(k: Any) -> None:
        at = a.b.mul(k, number(8))
        place, width = a.b.add(places, at), a.load(a.b.add(widths, at))
        a.store(a.b.add(a.load(place), a.b.mul(width, number(BLOCK))), place)

    length = a.room(1)

    def block(k: Any) -> None:
        left = a.b.sub(size, a.b.mul(k, number(BLOCK)))
        a.store(a.b.select(a.b.icmp_signed("<", left, number(BLOCK)), left, number(BLOCK)), length)
        a.loop(word(a, STEPS), step)
        a.loop(moving, move)

    a.loop(a.b.sdiv(a.b.add(size, number(BLOCK - 1)), number(BLOCK)), block)


def raised(a: Assembler) -> Any:
    """Whether a flag is raised that NumPy may warn of."""
    flags = a.read_flags()
    return a.b.icmp_signed("!=", a.b.and_(flags, number(TROUBLE[a.machine], flags.type)), number(0, flags.type))


def finished(a: Assembler, made: Any, other: Any, two: Any, made_object: Any, kind: Any) -> None:
    """Return one array, a tuple of two, or an object with two arrays, the level and None in its slots."""
    one, several, whole, pair = (a.block(n) for n in ("one", "several", "whole", "pair"))
    a.b.cbranch(two, several, one)
    a.b.position_at_end(one)
    a.b.ret(made)
    a.b.position_at_end(several)
    a.b.cbranch(made_object, whole, pair)
    a.b.position_at_end(pair)
    found = a.checked(a.call("PyTuple_New", number(2)))
    for k, x in enumerate((made, other)):
        a.call("PyTuple_SetItem", found, number(k), x, result=I32)
    a.b.ret(found)
    a.b.position_at_end(whole)
    found = a.checked(a.call("PyType_GenericAlloc", kind, number(0)))
    level, none = a.argument(0), number(a.addresses["None"])
    for x in (level, none):
        a.call("Py_IncRef", x, result=VOID)
    for k, x in enumerate((made, other, level, none)):
        a.store(x, a.b.add(found, word(a, SLOTS + k)))
    a.b.ret(found)
