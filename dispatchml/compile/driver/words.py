"""Where a driver's record and state have what: places in bytes, and the numbers that stand there."""

from __future__ import annotations

LIST_ITEMS = 24
TUPLE_ITEMS, SIZE = tuple.__basicsize__, 16
DESCR_KIND = 24  # eight bytes of a dtype: kind, character, byte order, flags, number
#: Words of the head, in bytes. Places are counted from the record's beginning.
(
    HEAD_TABLE, STATE, ARGUMENTS, LEAVES, UNPACKS, UNPACK_COUNT, SLOTS, INPUTS, INPUT_COUNT, CONSTANTS, CONSTANT_COUNT,
    OUTPUTS, OUTPUT_COUNT, PACKS, PACK_COUNT, STEPS, STEP_COUNT, SCRATCH_SIZE, SCRATCH, SCRATCH_COUNT, RESULT,
    MOST_POINTERS, LARGE, ROUNDS, ROUNDS_FIRST, ROUNDS_SLOT, ROUNDS_NUMBER, ROUNDS_BACK, ROUNDS_WIDE, MOVES, MOVE_COUNT,
    HEAD_SIZE,
) = range(0, 8 * 32, 8)  # fmt: skip
#: How steps are repeated, from number ROUNDS_FIRST to the last one: not at all; ROUNDS_NUMBER times; as often as the
#: 64-bit number in the slot ROUNDS_SLOT says; as long as the byte there is not zero. Of the latter two at most
#: ROUNDS_NUMBER times, if that is not negative. ROUNDS_WIDE: whether a step has blocks that threads could share.
ONCE, FIXED, COUNTED, TESTED = range(4)
#: Words of a slot whose pointer moves from round to round: its number, the bytes of a row.
MOVE_SIZE = 16
#: Words of a container among the arguments: the number of its leaf, KIND, its class, how many leaves it has, its keys.
FROM, KIND, CLASS, COUNT, KEYS, UNPACK_SIZE = range(0, 48, 8)
#: Kinds of containers.
TUPLE, LIST, DICT = range(3)
#: Words of an input (FROM, CLASS as above).
_, FORM, _, DESCR, DESCR_WORD, NDIM, FLAGS, DIMS, STRIDES, VALUE, INPUT_SIZE = range(0, 88, 8)
#: Forms of inputs: an array; a number held in its object; Python's int; Python's bool; one object; any array; an int of
#: one value; a text.
ARRAY, NUMBER, INT, BOOL, SAME, ANY_ARRAY, EQUAL_INT, EQUAL_TEXT = range(8)
#: Words of an output (FORM, DESCR, NDIM, DIMS, STRIDES as above); OBJECT: an object, or the number of a leaf.
OBJECT, OUTPUT_SIZE = 72, 80
#: Words of a container of the result (KIND, COUNT, KEYS as above); CHILDREN: numbers of outputs and of containers.
CHILDREN, PACK_SIZE = 16, 48
#: Forms of outputs: an array; NumPy's scalar; Python's float, complex, int, bool; a leaf; one object.
NEW_ARRAY, NEW_SCALAR, NEW_FLOAT, NEW_COMPLEX, NEW_INT, NEW_BOOL, LEAF, CONSTANT = range(8)
#: Words of a step. A kernel's sizes, or the dimensions of a ufunc's loop; the loop's steps and data.
FUNCTION, POINTERS, SLOT_NUMBERS, SIZES, EXTENT, GRAIN, BLOCKS, LOOP_STEPS, DATA, CHECKED, STEP_SIZE = range(0, 88, 8)
#: The number of the output or container that is the result, or this: None.
NOTHING = -1
#: Words of a plan's state: calls that were short, nanoseconds of the last one, scratch memory that waits, calls; and
#: behind them, for each step, the nanoseconds that one of its blocks takes.
SHORT_CALLS, LAST, FREE_COUNT, FREE, CALLS, STATE_SIZE = 0, 8, 16, 24, 56, 64
MOST_FREE = 4
#: Scratch memory up to this size is on the stack.
ON_STACK = 4096
#: Scratch memory beyond LARGE_PAGES bytes is asked for in large pages, as NumPy asks for its arrays: the system then
#: clears it in a third of the time. HUGEPAGE: Linux's MADV_HUGEPAGE, which other systems refuse without harm.
LARGE_PAGES, LARGE_PAGE, HUGEPAGE = 2**22, 2**21, 14
#: A plan whose calls took less than RELEASE_TIME so many times is not timed any more.
SURE = 4
#: FE_INVALID, as both x86 and ARM number it, is 1.
INVALID = 1
