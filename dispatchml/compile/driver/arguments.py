"""Arguments: containers are taken apart, and each leaf is compared with what the record says."""

from __future__ import annotations

from ...backends.native import layout
from ..assembly import Register
from .frame import Frame, dispatch
from .words import (
    ANY_ARRAY,
    ARGUMENTS,
    ARRAY,
    BOOL,
    CLASS,
    COUNT,
    DESCR,
    DESCR_KIND,
    DESCR_WORD,
    DICT,
    DIMS,
    EQUAL_INT,
    EQUAL_TEXT,
    FLAGS,
    FORM,
    FROM,
    INPUT_COUNT,
    INPUT_SIZE,
    INPUTS,
    INT,
    KEYS,
    KIND,
    LIST,
    LIST_ITEMS,
    NDIM,
    NUMBER,
    SAME,
    SIZE,
    STRIDES,
    TUPLE,
    TUPLE_ITEMS,
    UNPACK_COUNT,
    UNPACK_SIZE,
    UNPACKS,
    VALUE,
)


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
