"""Machine code for products of matrices and vectors: NumPy's own inner loop of matmul, which calls BLAS."""

from __future__ import annotations

from typing import Any

from . import layout
from .assembler import VOID, Assembler, number
from .elementwise import DATA, LOOP, OUT_DESCR, SIZE, entry_for

#: Above this many multiplications NumPy's preparation does not matter, and it lets other threads run meanwhile.
LARGEST_PRODUCT = 32768


def matmul(a: Assembler) -> None:
    """x @ y of matrices and vectors of one float dtype, in any memory order; at least one is a matrix."""
    a.need(a.equal(a.nargs, 2))
    x, y = a.argument(0), a.argument(1)
    a.need(a.b.and_(a.is_array(x), a.is_array(y)))
    descr = a.load(x, layout.ARRAY_DESCR)
    a.need(a.b.icmp_signed("==", descr, a.load(y, layout.ARRAY_DESCR)))
    entry, _ = entry_for(a, descr, kinds=2)
    a.need_flags(x, layout.ALIGNED)
    a.need_flags(y, layout.ALIGNED)
    item, none, one = a.load(entry, 8 * SIZE), number(0), number(1)
    x_axes, y_axes = a.ndim(x), a.ndim(y)
    for axes in (x_axes, y_axes):
        a.need(a.b.and_(a.b.icmp_signed(">=", axes, one), a.b.icmp_signed("<=", axes, number(2))))
    a.need(a.b.icmp_signed(">", a.b.add(x_axes, y_axes), number(2)))
    x_matrix, y_matrix = a.equal(x_axes, 2), a.equal(y_axes, 2)
    x_dims, x_strides = a.load(x, layout.ARRAY_DIMS), a.load(x, layout.ARRAY_STRIDES)
    y_dims, y_strides = a.load(y, layout.ARRAY_DIMS), a.load(y, layout.ARRAY_STRIDES)
    last = a.b.select(x_matrix, number(8), none)  # where the last axis is described

    def at(base: Any, offset: Any) -> Any:
        return a.load(a.b.add(base, offset))

    rows, inner = a.b.select(x_matrix, a.load(x_dims), one), at(x_dims, last)
    # a vector has one axis, so its second entry is not read: the first stands in
    second = a.b.select(y_matrix, number(8), none)
    columns = a.b.select(y_matrix, at(y_dims, second), one)
    a.need(a.b.icmp_signed("==", inner, a.load(y_dims)))
    work = a.b.mul(a.b.mul(rows, inner), columns)
    for extent in (rows, inner, columns):
        a.need(a.b.icmp_signed("<=", extent, number(LARGEST_PRODUCT)))
    a.need(a.b.and_(a.b.icmp_signed(">", work, none), a.b.icmp_signed("<=", work, number(LARGEST_PRODUCT))))
    out_dims = a.room(2)
    a.store(a.b.select(x_matrix, rows, columns), out_dims)
    a.store(columns, out_dims, 8)
    out_axes = a.b.sub(a.b.add(x_axes, y_axes), number(2))
    made = a.new_array(a.load(entry, 8 * OUT_DESCR), out_axes, out_dims)
    pointers, sizes, steps = a.room(3), a.room(4), a.room(9)
    for k, array in enumerate((x, y, made)):
        a.store(a.load(array, layout.ARRAY_DATA), pointers, 8 * k)
    for k, size in enumerate((one, rows, inner, columns)):
        a.store(size, sizes, 8 * k)
    strides = (
        none, none, none,
        a.b.select(x_matrix, a.load(x_strides), none), at(x_strides, last),
        a.load(y_strides), a.b.select(y_matrix, at(y_strides, second), none),
        a.b.select(x_matrix, a.b.mul(columns, item), none), a.b.select(y_matrix, item, none),
    )  # fmt: skip
    for k, stride in enumerate(strides):
        a.store(stride, steps, 8 * k)
    a.clear_flags()
    a.call_at(a.load(entry, 8 * LOOP), pointers, sizes, steps, a.load(entry, 8 * DATA), result=VOID)
    a.drop_if_troubled(made)
    a.b.ret(made)
    a.finish()
