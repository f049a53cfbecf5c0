"""Code of the entry points: one function, with CPython's fastcall signature, that runs any plan.

What it shall do is in a record of 64-bit words: a head, and for each input, output and step an entry; `entry` writes
it. The object that the function is bound to is a list: the record, what is called where an argument is not as the
record says, and what must live as long.
"""

from __future__ import annotations

from ..backends.native import layout
from .assembly import Function, Register, Variable
from .blocks import FRAME_SIZE, LOOKED, RELEASE_TIME, STOPPED, TABLE, THREAD, function_at
from .table import OFFSETS

LIST_ITEMS = 24
TUPLE_ITEMS, SIZE = tuple.__basicsize__, 16
DESCR_KIND = 24  # eight bytes of a dtype: kind, character, byte order, flags, number
#: Words of the head, in bytes. Places are counted from the record's beginning.
(
    HEAD_TABLE, STATE, ARGUMENTS, LEAVES, UNPACKS, UNPACK_COUNT, SLOTS, INPUTS, INPUT_COUNT, CONSTANTS, CONSTANT_COUNT,
    OUTPUTS, OUTPUT_COUNT, PACKS, PACK_COUNT, STEPS, STEP_COUNT, SCRATCH_SIZE, SCRATCH, SCRATCH_COUNT, RESULT,
    MOST_POINTERS, LARGE, HEAD_SIZE,
) = range(0, 8 * 24, 8)  # fmt: skip
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
#: Words of a plan's state: calls that were short, nanoseconds of the last one, scratch memory that waits, calls.
SHORT_CALLS, LAST, FREE_COUNT, FREE, CALLS, STATE_SIZE = 0, 8, 16, 24, 56, 64
MOST_FREE = 4
#: Scratch memory up to this size is on the stack.
ON_STACK = 4096
#: A plan whose calls took less than RELEASE_TIME so many times is not timed any more.
SURE = 4
#: FE_INVALID, as both x86 and ARM number it, is 1.
INVALID = 1


class Frame:
    """What the parts of the entry function share."""

    def __init__(self, f: Function, arguments: Register, record: Register) -> None:
        self.f, self.arguments, self.record = f, arguments, record
        self.table = f.load(record, HEAD_TABLE, "ptr")
        self.state = f.load(record, STATE, "ptr")
        slots, self.made = f.load(record, SLOTS), f.load(record, OUTPUT_COUNT) + f.load(record, PACK_COUNT)
        self.pointers, self.cells = f.room(slots * 8), f.room(slots * 16)
        self.objects, self.step_pointers = f.room(self.made * 8), f.room(f.load(record, MOST_POINTERS) * 8)
        self.leaves, self.held = f.room(f.load(record, LEAVES) * 8), f.variable()
        self.slot: Variable = f.variable()

    def function(self, name: str) -> Register:
        """A function of the table."""
        return function_at(self.f, self.table, name)

    def object(self, name: str) -> Register:
        """An object of the table."""
        return function_at(self.f, self.table, name)

    def entries(self, head: int, size: int, k: Register) -> Register:
        """Where the k-th entry of a kind begins."""
        return self.record + self.f.load(self.record, head) + k * size

    def cell(self) -> Register:
        """Sixteen bytes for the value of the current slot."""
        return self.cells + self.slot.get() * 16

    def point(self, address: Register) -> None:
        """Write the pointer of the current slot, and go on to the next."""
        slot = self.slot.get()
        self.f.store(address, self.pointers, slot * 8)
        self.slot.set(slot + 1)

    def take(self, x: Register) -> None:
        """Another reference to an object."""
        self.f.call(self.function("Py_IncRef"), x, result="void")

    def drop(self, x: Register) -> None:
        """One reference less."""
        self.f.call(self.function("Py_DecRef"), x, result="void")


def dispatch(f: Function, value: Register, count: int, otherwise: str) -> list[str]:
    """A block for each of the numbers below count."""
    blocks = [f.block() for _ in range(count)]
    cases = " ".join(f"i64 {k}, label {block}" for k, block in enumerate(blocks))
    f.line(f"switch i64 {value.name}, label {otherwise} [ {cases} ]")
    return blocks


def take_apart(e: Frame, miss: str) -> None:
    """The leaves: the arguments, and behind them what is in those that are containers, each held by a reference."""
    f = e.f
    arguments = f.load(e.record, ARGUMENTS)
    e.held.set(arguments)
    with f.loop(arguments) as k:
        f.store(f.load(e.arguments, k * 8, "ptr"), e.leaves, k * 8)
    with f.loop(f.load(e.record, UNPACK_COUNT)) as k:
        wanted, following = e.entries(UNPACKS, UNPACK_SIZE, k), f.block()
        x, count = f.load(e.leaves, f.load(wanted, FROM) * 8, "ptr"), f.load(wanted, COUNT)
        keys = e.record + f.load(wanted, KEYS)
        f.need(f.load(x, layout.TYPE, "ptr").equals(f.load(wanted, CLASS, "ptr")), miss)
        kinds = dispatch(f, f.load(wanted, KIND), 3, miss)
        for block, items in (
            (kinds[TUPLE], lambda: x + TUPLE_ITEMS),
            (kinds[LIST], lambda: f.load(x, LIST_ITEMS, "ptr")),
        ):
            f.begin(block)
            f.need(f.load(x, SIZE).equals(count), miss)
            inside = items()
            with f.loop(count) as j:
                hold(e, f.load(inside, j * 8, "ptr"))
            f.go(following)
        f.begin(kinds[DICT])
        f.need(f.call(e.function("PyDict_Size"), x).equals(count), miss)
        with f.loop(count) as j:
            value = f.call(e.function("PyDict_GetItemWithError"), x, f.load(keys, j * 8, "ptr"), result="ptr")
            with f.when(value.equals(0)):
                f.call(e.function("PyErr_Clear"), result="void")
            f.need(value.differs(0), miss)
            hold(e, value)
        f.go(following)
        f.begin(following)


def hold(e: Frame, x: Register) -> None:
    """One more leaf; others may exchange it in its container while this runs."""
    held = e.held.get()
    e.take(x)
    e.f.store(x, e.leaves, held * 8)
    e.held.set(held + 1)


def drop_leaves(e: Frame) -> None:
    """Give the references back."""
    f = e.f
    arguments = f.load(e.record, ARGUMENTS)
    with f.loop(e.held.get() - arguments) as k:
        e.drop(f.load(e.leaves, (arguments + k) * 8, "ptr"))


def check_arguments(e: Frame, miss: str) -> None:
    """Compare each leaf with what the record says, and note where its numbers are."""
    f = e.f
    with f.loop(f.load(e.record, INPUT_COUNT)) as k:
        wanted, following = e.entries(INPUTS, INPUT_SIZE, k), f.block()
        x = f.load(e.leaves, f.load(wanted, FROM) * 8, "ptr")
        forms = dispatch(f, f.load(wanted, FORM), 8, miss)
        f.begin(forms[ARRAY])
        check_array(e, x, wanted, miss)
        e.point(f.load(x, layout.ARRAY_DATA, "ptr"))
        f.go(following)

        f.begin(forms[NUMBER])
        f.need(f.load(x, layout.TYPE, "ptr").equals(f.load(wanted, CLASS, "ptr")), miss)
        e.point(x + f.load(wanted, VALUE))
        f.go(following)

        f.begin(forms[INT])
        f.need(f.load(x, layout.TYPE, "ptr").equals(e.object("int")), miss)
        overflow = f.variable("i32")
        value = f.call(e.function("PyLong_AsLongLongAndOverflow"), x, overflow.place)
        f.need(overflow.get().equals(0), miss)
        f.store(value, e.cell())
        e.point(e.cell())
        f.go(following)

        f.begin(forms[BOOL])
        true = x.equals(e.object("True"))
        f.need(true | x.equals(e.object("False")), miss)
        f.store(true.as_kind("i8"), e.cell())
        e.point(e.cell())
        f.go(following)

        f.begin(forms[SAME])
        f.need(x.equals(f.load(wanted, CLASS, "ptr")), miss)
        e.point(x)
        f.go(following)

        f.begin(forms[ANY_ARRAY])
        f.need(f.load(x, layout.TYPE, "ptr").equals(e.object("ndarray")), miss)
        e.point(f.load(x, layout.ARRAY_DATA, "ptr"))
        f.go(following)

        f.begin(forms[EQUAL_INT])
        f.need(f.load(x, layout.TYPE, "ptr").equals(e.object("int")), miss)
        value = f.call(e.function("PyLong_AsLongLongAndOverflow"), x, overflow.place)
        f.need(overflow.get().equals(0) & value.equals(f.load(wanted, VALUE)), miss)
        e.point(x)
        f.go(following)

        f.begin(forms[EQUAL_TEXT])
        text = f.load(wanted, CLASS, "ptr")
        f.need(f.load(x, layout.TYPE, "ptr").equals(f.load(text, layout.TYPE, "ptr")), miss)
        f.need(f.call(e.function("PyUnicode_Compare"), x, text, result="i32").equals(0), miss)
        e.point(x)
        f.go(following)
        f.begin(following)


def check_array(e: Frame, x: Register, wanted: Register, miss: str) -> None:
    """Class, dtype, axes, extents, flags, and strides where the record has some."""
    f = e.f
    f.need(f.load(x, layout.TYPE, "ptr").equals(e.object("ndarray")), miss)
    descr, same, other = f.load(x, layout.ARRAY_DESCR, "ptr"), f.block(), f.block()
    f.branch(descr.equals(f.load(wanted, DESCR, "ptr")), same, other)
    f.begin(other)  # an array that was unpickled may have a dtype of its own, equal to everybody's
    word = f.load(descr, DESCR_KIND) & f.load(wanted, VALUE)
    f.need(word.equals(f.load(wanted, DESCR_WORD)), miss)
    f.go(same)
    f.begin(same)
    ndim = f.load(x, layout.ARRAY_NDIM, "i32").as_kind("i64")
    f.need(ndim.equals(f.load(wanted, NDIM)), miss)
    flags = f.load(wanted, FLAGS)
    f.need((f.load(x, layout.ARRAY_FLAGS, "i32").as_kind("i64") & flags).equals(flags), miss)
    dims, wanted_dims = f.load(x, layout.ARRAY_DIMS, "ptr"), e.record + f.load(wanted, DIMS)
    with f.loop(ndim) as j:
        f.need(f.load(dims, j * 8).equals(f.load(wanted_dims, j * 8)), miss)
    with f.when(f.load(wanted, STRIDES).differs(0)):
        strides, wanted_strides = f.load(x, layout.ARRAY_STRIDES, "ptr"), e.record + f.load(wanted, STRIDES)
        with f.loop(ndim) as j:
            same_step = f.load(strides, j * 8).equals(f.load(wanted_strides, j * 8))
            f.need(same_step | f.load(dims, j * 8).below(2), miss)


def make_outputs(e: Frame, failed: str) -> None:
    """Fresh arrays, and cells for the numbers that come out."""
    f = e.f
    with f.loop(e.made) as k:
        f.store(0, e.objects, k * 8, "ptr")
    with f.loop(f.load(e.record, OUTPUT_COUNT)) as k:
        wanted, array, number, following = e.entries(OUTPUTS, OUTPUT_SIZE, k), f.block(), f.block(), f.block()
        f.branch(f.load(wanted, FORM).equals(NEW_ARRAY), array, number)
        f.begin(array)
        descr, strides = f.load(wanted, DESCR, "ptr"), f.load(wanted, STRIDES)
        e.take(descr)
        given = f.choose(strides.equals(0), f.constant(0, "ptr"), e.record + strides)
        null = f.constant(0, "ptr")
        made = f.call(
            e.function("new_array"), e.object("ndarray"), descr, f.load(wanted, NDIM).as_kind("i32"),
            e.record + f.load(wanted, DIMS), given, null, f.constant(0, "i32"), null, result="ptr",
        )  # fmt: skip
        f.need(made.differs(0), failed)
        f.store(made, e.objects, k * 8)
        e.point(f.load(made, layout.ARRAY_DATA, "ptr"))
        f.go(following)
        f.begin(number)
        for offset in (0, 8):
            f.store(0, e.cell() + offset)
        e.point(e.cell())
        f.go(following)
        f.begin(following)


def take_scratch(e: Frame, scratch: Variable, failed: str) -> None:
    """Memory for what lives within a call: on the stack, from an earlier call, or new."""
    f = e.f
    size = f.load(e.record, SCRATCH_SIZE)
    small, large, kept, new, ready = (f.block() for _ in range(5))
    f.branch(size.above(ON_STACK), large, small)
    f.begin(small)
    scratch.set(f.room(size, alignment=64))
    f.go(ready)
    f.begin(large)
    count = f.load(e.state, FREE_COUNT)
    f.branch(count.above(0), kept, new)
    f.begin(kept)
    f.store(count - 1, e.state, FREE_COUNT)
    f.store(f.load(e.table, OFFSETS["kept"]) - size, e.table, OFFSETS["kept"])
    scratch.set(f.load(e.state + FREE, (count - 1) * 8, "ptr"))
    f.go(ready)
    f.begin(new)
    refused = f.call(e.function("posix_memalign"), scratch.place, f.constant(64), size, result="i32")
    fine, no_memory = f.block(), f.block()
    f.branch(refused.equals(0), fine, no_memory)
    f.begin(no_memory)
    scratch.set(f.constant(0, "ptr"))
    f.call(e.function("PyErr_NoMemory"), result="ptr")
    f.go(failed)
    f.begin(fine)
    f.go(ready)
    f.begin(ready)
    with f.loop(f.load(e.record, SCRATCH_COUNT)) as k:
        e.point(scratch.get() + f.load(e.entries(SCRATCH, 8, k)))


def leave_scratch(e: Frame, scratch: Variable) -> None:
    """Keep the memory for the next call, unless much is kept already."""
    f = e.f
    size, memory, after = f.load(e.record, SCRATCH_SIZE), scratch.get(), f.block()
    f.need(size.above(ON_STACK) & memory.differs(0), after)
    count, kept = f.load(e.state, FREE_COUNT), f.load(e.table, OFFSETS["kept"]) + size
    fits = kept.compare("sle", f.load(e.table, OFFSETS["most_kept"])) & count.below(MOST_FREE)
    keep, give = f.block(), f.block()
    f.branch(fits, keep, give)
    f.begin(keep)
    f.store(memory, e.state + FREE, count * 8)
    f.store(count + 1, e.state, FREE_COUNT)
    f.store(kept, e.table, OFFSETS["kept"])
    f.go(after)
    f.begin(give)
    f.call(e.function("free"), memory, result="void")
    f.go(after)
    f.begin(after)


def run_steps(e: Frame, frame: Register | None, status: Variable, stop: str) -> None:
    """Each step in order. frame: where calls are timed; without, every block is done by the caller at once."""
    f = e.f
    with f.loop(f.load(e.record, STEP_COUNT)) as k:
        step = e.entries(STEPS, STEP_SIZE, k)
        slots, count = e.record + f.load(step, SLOT_NUMBERS), f.load(step, POINTERS)
        with f.loop(count) as j:
            f.store(f.load(e.pointers, f.load(slots, j * 8) * 8, "ptr"), e.step_pointers, j * 8)
        function, sizes = f.load(step, FUNCTION, "ptr"), e.record + f.load(step, SIZES)
        loop, kernel, following = f.block(), f.block(), f.block()
        f.branch(f.load(step, LOOP_STEPS).differs(0), loop, kernel)

        f.begin(loop)
        checked = f.load(step, CHECKED).differs(0)
        invalid = f.constant(INVALID, "i32")
        with f.when(checked):
            f.call(e.function("feclearexcept"), invalid, result="i32")
        steps, data = e.record + f.load(step, LOOP_STEPS), f.load(step, DATA, "ptr")
        f.call(function, e.step_pointers, sizes, steps, data, result="void")
        with f.when(checked):
            with f.when(f.call(e.function("fetestexcept"), invalid, result="i32").differs(0)):
                status.set(1)
        f.go(following)

        f.begin(kernel)
        extent, grain, blocks = f.load(step, EXTENT), f.load(step, GRAIN), f.load(step, BLOCKS)
        if frame is None:
            with f.loop(blocks) as block:
                f.call("one_block", function, e.step_pointers, sizes, extent, grain, block, result="void")
        else:
            with f.when(blocks.above(0)):
                f.call(
                    "measured", frame, function, e.step_pointers, sizes, extent, grain, blocks, result="void"
                )  # fmt: skip
        f.go(following)
        f.begin(following)
        if frame is not None:
            f.need(f.load(frame, STOPPED).equals(0), stop)


def run(e: Frame, frame: Register, status: Variable) -> None:
    """The steps; those of plans that were short so far without a look at the clock."""
    f = e.f
    short, timed, done, after = f.block(), f.block(), f.block(), f.block()
    f.branch(f.load(e.state, SHORT_CALLS).compare("sge", SURE), short, timed)
    f.begin(short)
    run_steps(e, None, status, after)
    f.go(after)
    f.begin(timed)
    last = f.load(e.state, LAST)
    began = f.call("now", e.table)
    f.store(e.table, frame, TABLE)
    f.store(began, frame, LOOKED)
    f.store(0, frame, STOPPED)
    f.store(0, frame, THREAD, "ptr")
    unknown = last.below(0) & f.load(e.record, LARGE).differs(0)
    with f.when(unknown | last.above(RELEASE_TIME)):
        f.store(f.call(e.function("PyEval_SaveThread"), result="ptr"), frame, THREAD)
    run_steps(e, frame, status, done)
    f.go(done)
    f.begin(done)
    took = f.call("now", e.table) - began
    thread = f.load(frame, THREAD, "ptr")
    with f.when(thread.differs(0)):
        f.call(e.function("PyEval_RestoreThread"), thread, result="void")
    f.store(took, e.state, LAST)
    is_short = took.below(RELEASE_TIME)
    f.store(f.choose(is_short, f.load(e.state, SHORT_CALLS) + 1, f.constant(0)), e.state, SHORT_CALLS)
    f.go(after)
    f.begin(after)


def make_numbers(e: Frame, failed: str) -> None:
    """The objects of outputs that are no arrays."""
    f = e.f
    with f.loop(f.load(e.record, OUTPUT_COUNT)) as k:
        wanted, following, store = e.entries(OUTPUTS, OUTPUT_SIZE, k), f.block(), f.block()
        made, slot = f.variable("ptr"), f.load(e.record, INPUT_COUNT) + f.load(e.record, CONSTANT_COUNT) + k
        cell = e.cells + slot * 16
        forms = dispatch(f, f.load(wanted, FORM), 8, following)
        f.begin(forms[NEW_ARRAY])
        f.go(following)

        f.begin(forms[NEW_SCALAR])
        null = f.constant(0, "ptr")
        made.set(f.call(e.function("new_scalar"), cell, f.load(wanted, DESCR, "ptr"), null, result="ptr"))
        f.go(store)
        f.begin(forms[NEW_FLOAT])
        made.set(f.call(e.function("PyFloat_FromDouble"), f.load(cell, 0, "double"), result="ptr"))
        f.go(store)
        f.begin(forms[NEW_COMPLEX])
        parts = f.load(cell, 0, "double"), f.load(cell, 8, "double")
        made.set(f.call(e.function("PyComplex_FromDoubles"), *parts, result="ptr"))
        f.go(store)
        f.begin(forms[NEW_INT])
        made.set(f.call(e.function("PyLong_FromLongLong"), f.load(cell), result="ptr"))
        f.go(store)
        f.begin(forms[NEW_BOOL])
        made.set(f.choose(f.load(cell, 0, "i8").differs(0), e.object("True"), e.object("False")))
        e.take(made.get())
        f.go(store)
        f.begin(forms[LEAF])
        made.set(f.load(e.leaves, f.load(wanted, OBJECT) * 8, "ptr"))
        e.take(made.get())
        f.go(store)
        f.begin(forms[CONSTANT])
        made.set(f.load(wanted, OBJECT, "ptr"))
        e.take(made.get())
        f.go(store)

        f.begin(store)
        f.need(made.get().differs(0), failed)
        f.store(made.get(), e.objects, k * 8)
        f.go(following)
        f.begin(following)


def put_together(e: Frame, failed: str) -> None:
    """The containers of the result, the inner ones first; what they hold is theirs."""
    f = e.f
    outputs = f.load(e.record, OUTPUT_COUNT)
    with f.loop(f.load(e.record, PACK_COUNT)) as k:
        wanted, following = e.entries(PACKS, PACK_SIZE, k), f.block()
        count, children = f.load(wanted, COUNT), e.record + f.load(wanted, CHILDREN)
        keys, place = e.record + f.load(wanted, KEYS), (outputs + k) * 8
        tuples, lists, dicts = dispatch(f, f.load(wanted, KIND), 3, failed)

        def child(j: Register, children: Register = children) -> Register:
            return e.objects + f.load(children, j * 8) * 8

        for block, new, put in ((tuples, "PyTuple_New", "PyTuple_SetItem"), (lists, "PyList_New", "PyList_SetItem")):
            f.begin(block)
            made = f.call(e.function(new), count, result="ptr")
            f.need(made.differs(0), failed)
            f.store(made, e.objects, place)
            with f.loop(count) as j:
                x = f.load(child(j), 0, "ptr")
                f.store(0, child(j), 0, "ptr")
                f.call(e.function(put), made, j, x, result="i32")
            f.go(following)
        f.begin(dicts)
        made = f.call(e.function("PyDict_New"), result="ptr")
        f.need(made.differs(0), failed)
        f.store(made, e.objects, place)
        with f.loop(count) as j:
            x = f.load(child(j), 0, "ptr")
            refused = f.call(e.function("PyDict_SetItem"), made, f.load(keys, j * 8, "ptr"), x, result="i32")
            f.need(refused.equals(0), failed)
            f.store(0, child(j), 0, "ptr")
            e.drop(x)
        f.go(following)
        f.begin(following)


def drop_outputs(e: Frame) -> None:
    """Give back what was made."""
    f = e.f
    with f.loop(e.made) as k:
        made = f.load(e.objects, k * 8, "ptr")
        with f.when(made.differs(0)):
            e.drop(made)


def call_otherwise(e: Frame, bound: Register, number: Register, keywords: Register) -> None:
    """Leave the call to somebody else; NotImplemented stands for nobody."""
    f = e.f
    other, nobody, somebody = f.load(f.load(bound, LIST_ITEMS, "ptr"), 8, "ptr"), f.block(), f.block()
    e.take(other)  # it may be exchanged while it runs
    f.branch(other.equals(e.object("NotImplemented")), nobody, somebody)
    f.begin(nobody)
    f.give_back(other)
    f.begin(somebody)
    result = f.call(e.function("PyObject_Vectorcall"), other, e.arguments, number, keywords, result="ptr")
    e.drop(other)
    f.give_back(result)


def entry() -> Function:
    """entry(bound, arguments, number, keywords): run the plan of the record, or leave the call to somebody else."""
    f = Function("entry", "ptr", ["ptr", "ptr", "i64", "ptr"])
    bound, arguments, number, keywords = f.arguments
    record = f.load(f.load(bound, LIST_ITEMS, "ptr"), 0, "ptr") + layout.BYTES_DATA
    e = Frame(f, arguments, record)
    e.slot.set(0)
    scratch, status = f.variable("ptr", f.constant(0, "ptr")), f.variable(value=0)
    frame, result = f.room(FRAME_SIZE), f.variable("ptr")
    elsewhere, miss, drop_and_miss, failed = (f.block() for _ in range(4))
    f.need(number.equals(f.load(record, ARGUMENTS)) & keywords.equals(0), elsewhere)
    take_apart(e, miss)
    check_arguments(e, miss)
    constants = f.load(record, CONSTANT_COUNT)
    with f.loop(constants) as k:
        e.point(f.load(e.entries(CONSTANTS, 8, k), 0, "ptr"))
    make_outputs(e, failed)
    take_scratch(e, scratch, failed)
    e.point(status.place)
    f.store(f.load(e.state, CALLS) + 1, e.state, CALLS)
    f.store(0, frame, STOPPED)
    run(e, frame, status)
    leave_scratch(e, scratch)
    f.need(f.load(frame, STOPPED).equals(0), failed)
    f.need(status.get().equals(0), drop_and_miss)
    make_numbers(e, failed)
    put_together(e, failed)
    chosen, nothing, something, leave = f.load(record, RESULT), f.block(), f.block(), f.block()
    f.branch(chosen.equals(NOTHING), nothing, something)
    f.begin(nothing)
    e.take(e.object("None"))
    result.set(e.object("None"))
    f.go(leave)
    f.begin(something)
    result.set(f.load(e.objects, chosen * 8, "ptr"))
    f.go(leave)
    f.begin(leave)
    drop_leaves(e)
    f.give_back(result.get())
    f.begin(drop_and_miss)
    drop_outputs(e)
    f.go(miss)
    f.begin(miss)
    drop_leaves(e)
    f.go(elsewhere)
    f.begin(elsewhere)
    call_otherwise(e, bound, number, keywords)
    f.begin(failed)
    drop_outputs(e)
    drop_leaves(e)
    f.give_back(0)
    return f
