"""Results: fresh arrays, numbers, and the containers that they are put into."""

from __future__ import annotations

from ...backends.native import layout
from ..assembly import Register
from .frame import Frame, dispatch
from .words import (
    CHILDREN,
    CONSTANT,
    CONSTANT_COUNT,
    COUNT,
    DESCR,
    DIMS,
    FORM,
    INPUT_COUNT,
    KEYS,
    KIND,
    LEAF,
    NDIM,
    NEW_ARRAY,
    NEW_BOOL,
    NEW_COMPLEX,
    NEW_FLOAT,
    NEW_INT,
    NEW_SCALAR,
    OBJECT,
    OUTPUT_COUNT,
    OUTPUT_SIZE,
    OUTPUTS,
    PACK_COUNT,
    PACK_SIZE,
    PACKS,
    STRIDES,
)


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
