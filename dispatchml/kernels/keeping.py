"""What derived functions call to keep numbers (`reverse/records.py`), as LLVM's instructions.

Numba compiles none of them from Python, and no index is looked at: a place in a record is in it.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types

from .duals.seeds import INDEX, Code, implement
from .reverse import records


def index(c: Code, ty: Any, value: Any) -> Any:
    """A whole number as an index."""
    return c.cast(value, ty, types.intp)


def address(c: Code, ty: Any, array: Any, place: Any) -> Any:
    """Where a number of a record lies."""
    return c.builder.gep(c.array(ty, array).data, [place], inbounds=True)


def put_code(c: Code, sig: Any, args: Any) -> Any:
    """numbers[place] = x."""
    from numba.np.arrayobj import store_item

    (aty, pty, xty), (numbers, place, x) = sig.args, args
    store_item(c.context, c.builder, aty, c.cast(x, xty, aty.dtype), address(c, aty, numbers, index(c, pty, place)))
    return c.context.get_dummy_value()


def take_code(c: Code, sig: Any, args: Any) -> Any:
    """numbers[place]."""
    from numba.np.arrayobj import load_item

    (aty, pty), (numbers, place) = sig.args, args
    return load_item(c.context, c.builder, aty, address(c, aty, numbers, index(c, pty, place)))


def longer_code(c: Code, sig: Any, args: Any) -> Any:
    """A longer array that begins with the same numbers."""
    (aty, uty, mty), (numbers, used, more) = sig.args, args
    size = c.builder.add(c.builder.mul(c.shape(aty, numbers)[0], ir.Constant(INDEX, 2)), index(c, mty, more))
    made = c.new(sig.return_type, [size])
    with cgutils.loop_nest(c.builder, [index(c, uty, used)], INDEX) as indices:
        c.store(sig.return_type, made, indices, c.load(aty, numbers, indices))
    return made


def counted(c: Code, start: Any) -> Any:
    """A place that moves on: its address."""
    return cgutils.alloca_once_value(c.builder, start)


def keep_code(c: Code, sig: Any, args: Any) -> Any:
    """The items of an array written into a record; the place after them."""
    (nty, pty, aty), (numbers, place, array) = sig.args, args
    at = counted(c, index(c, pty, place))
    with cgutils.loop_nest(c.builder, c.shape(aty, array), INDEX) as indices:
        here = c.builder.load(at)
        x = c.cast(c.load(aty, array, tuple(indices)), aty.dtype, nty.dtype)
        c.store(nty, numbers, (here,), x)
        c.builder.store(c.builder.add(here, ir.Constant(INDEX, 1)), at)
    return c.builder.load(at)


def put_back_code(c: Code, sig: Any, args: Any) -> Any:
    """The items of an array out of a record; the place of the first."""
    (aty, nty, pty), (array, numbers, place) = sig.args, args
    start = index(c, pty, place)
    at = counted(c, start)
    with cgutils.loop_nest(c.builder, c.shape(aty, array), INDEX) as indices:
        here = c.builder.load(at)
        c.store(aty, array, tuple(indices), c.cast(c.load(nty, numbers, (here,)), nty.dtype, aty.dtype))
        c.builder.store(c.builder.add(here, ir.Constant(INDEX, 1)), at)
    return start


def known_code(c: Code, sig: Any, args: Any) -> Any:
    """From here on in the function no index is compared with the size of its array."""
    c.context.enable_boundscheck = False
    return c.context.get_dummy_value()


def has_nan_code(c: Code, sig: Any, args: Any) -> Any:
    """Whether a number or an item of an array is nan."""
    (ty,), (x,) = sig.args, args
    b = c.builder
    if not isinstance(ty, types.Array):
        return b.fcmp_unordered("uno", x, x)
    found = cgutils.alloca_once_value(b, ir.Constant(ir.IntType(1), 0))
    with cgutils.loop_nest(b, c.shape(ty, x), INDEX) as indices:
        item = c.load(ty, x, tuple(indices))
        b.store(b.or_(b.load(found), b.fcmp_unordered("uno", item, item)), found)
    return b.load(found)


implement(records.has_nan, lambda x: types.boolean, has_nan_code)
implement(records.put, lambda numbers, place, x: types.none, put_code)
implement(records.take, lambda numbers, place: numbers.dtype, take_code)
implement(records.longer, lambda numbers, used, more: types.Array(numbers.dtype, 1, "C"), longer_code)
implement(records.indices_are_known, lambda: types.none, known_code)
for function in (records.keep_1, records.keep_2, records.keep_n):
    implement(function, lambda numbers, place, array: types.intp, keep_code)
for function in (records.put_back_1, records.put_back_2, records.put_back_n):
    implement(function, lambda array, numbers, place: types.intp, put_back_code)
