"""The entry of a kernel: `int32 kernel(words of the arguments, words of the results, end of the stack)`, around Numba's
function.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.np import numpy_support

from . import depth, kinds
from .calling import DEPTH, POINTER, RUN, WORD
from .errors import KernelError

DOUBLE = ir.DoubleType()


def numba_type(kind: str, readonly: bool = True) -> Any:
    """Numba's type for a kind. Arrays are read-only: a kernel changes none of its arguments.

    readonly: False for functions that are known not to, so that theirs are of the same type as arrays made inside.
    """
    if kinds.is_tuple(kind):
        return types.Tuple(tuple(numba_type(k, readonly) for k in kinds.elements(kind)))
    if kind == "N":
        return types.none
    dtype = numpy_support.from_dtype(np.dtype(kind[0]))
    if kinds.is_array(kind):
        return types.Array(dtype, kinds.dimensions(kind), kind[-1], readonly=readonly, aligned=True)
    return dtype


def kind_of_type(ty: Any) -> str:
    """The kind that Numba has found for a result."""
    ty = types.unliteral(ty)
    if isinstance(ty, types.BaseTuple):
        return f"({','.join(map(kind_of_type, ty.types))})"  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(ty, types.NoneType):
        return "N"
    if isinstance(ty, types.Array):
        return f"{kinds.character(numpy_support.as_dtype(ty.dtype))}{ty.ndim}{ty.layout}"
    if isinstance(ty, types.Boolean):
        return "?"
    if isinstance(ty, types.Number):
        return kinds.character(numpy_support.as_dtype(ty))
    if isinstance(ty, types.Optional):
        raise KernelError(
            "it returns a value at some of its returns and None at others. Return a value of one type everywhere."
        )
    raise KernelError(f"it returns {ty}: numbers, arrays of them and tuples of these can be returned.")


class Words:
    """A row of words in memory, read or written from the front."""

    def __init__(self, builder: Any, pointer: Any) -> None:
        self.builder, self.pointer, self.place = builder, pointer, 0

    def next(self, kind: Any) -> Any:
        """The address of the next word, as a pointer to something."""
        here = self.builder.gep(self.pointer, [ir.Constant(WORD, self.place)])
        self.place += 1
        return self.builder.bitcast(here, kind.as_pointer())

    def load(self, kind: Any) -> Any:
        """The next word."""
        return self.builder.load(self.next(kind))

    def store(self, value: Any) -> None:
        """Write the next word."""
        self.builder.store(value, self.next(value.type))


def read(context: Any, builder: Any, source: Words, ty: Any) -> Any:
    """A value out of words."""
    if isinstance(ty, types.BaseTuple):
        return context.make_tuple(builder, ty, [read(context, builder, source, t) for t in ty.types])  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(ty, types.NoneType):
        return context.get_dummy_value()
    if isinstance(ty, types.Array):
        return read_array(context, builder, source, ty)
    if isinstance(ty, types.Complex):
        made = context.make_complex(builder, ty)
        made.real = context.cast(builder, source.load(DOUBLE), types.float64, ty.underlying_float)
        made.imag = context.cast(builder, source.load(DOUBLE), types.float64, ty.underlying_float)
        return made._getvalue()
    if isinstance(ty, types.Float):
        return context.cast(builder, source.load(DOUBLE), types.float64, ty)
    return context.cast(builder, source.load(WORD), types.int64, ty)


def read_array(context: Any, builder: Any, source: Words, ty: Any) -> Any:
    """An array over the caller's memory, which nobody here owns."""
    from numba.np.arrayobj import make_array, populate_array

    made = make_array(ty)(context, builder)
    source.load(WORD)
    data = builder.inttoptr(source.load(WORD), made.data.type)
    shape = [source.load(WORD) for _ in range(ty.ndim)]
    strides = [source.load(WORD) for _ in range(ty.ndim)]
    size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(ty.dtype)))
    populate_array(made, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
    return made._getvalue()


def write(context: Any, builder: Any, target: Words, ty: Any, value: Any) -> None:
    """A value as words."""
    if isinstance(ty, types.BaseTuple):
        for t, x in zip(ty.types, cgutils.unpack_tuple(builder, value, len(ty.types)), strict=True):  # pyright: ignore[reportAttributeAccessIssue]
            write(context, builder, target, t, x)
    elif isinstance(ty, types.NoneType):
        pass
    elif isinstance(ty, types.Array):
        from numba.np.arrayobj import make_array

        array = make_array(ty)(context, builder, value)
        target.store(builder.ptrtoint(array.meminfo, WORD))
        target.store(builder.ptrtoint(array.data, WORD))
        for x in (*cgutils.unpack_tuple(builder, array.shape), *cgutils.unpack_tuple(builder, array.strides)):
            target.store(x)
    elif isinstance(ty, types.Complex):
        number = context.make_complex(builder, ty, value)
        for x in (number.real, number.imag):
            target.store(context.cast(builder, x, ty.underlying_float, types.float64))
    elif isinstance(ty, types.Float):
        target.store(context.cast(builder, value, ty, types.float64))
    else:
        to = types.uint64 if isinstance(ty, types.Integer) and not ty.signed else types.int64  # pyright: ignore[reportAttributeAccessIssue]
        target.store(context.cast(builder, value, types.unliteral(ty), to))


def entry(context: Any, compiled: Any, name: str) -> Any:
    """A module with the entry of a compiled function."""
    module = context.create_module("entry")
    fndesc = compiled.fndesc
    callee = ir.Function(
        module, context.call_conv.get_function_type(fndesc.restype, fndesc.argtypes), fndesc.llvm_func_name
    )
    pointer = WORD.as_pointer()
    function = ir.Function(module, ir.FunctionType(ir.IntType(32), [pointer, pointer, WORD]), name)
    builder = ir.IRBuilder(function.append_basic_block())
    begin(builder, function.args[2])
    source = Words(builder, function.args[0])
    given = [read(context, builder, source, ty) for ty in fndesc.argtypes]
    status, result = context.call_conv.call_function(builder, callee, fndesc.restype, fndesc.argtypes, given)
    with builder.if_then(builder.and_(status.is_error, builder.not_(status.is_none)), likely=False):
        builder.ret(status.code)
    write(context, builder, Words(builder, function.args[1]), fndesc.restype, result)
    builder.ret(ir.Constant(ir.IntType(32), 0))
    return module


def begin(builder: Any, end: Any) -> None:
    """Make the record of this run: the end of the stack, after how many calls to look for the user. A failure may jump
    back to here.
    """
    record = builder.alloca(ir.ArrayType(ir.IntType(8), depth.RECORD))
    record.align = 16
    words, run = builder.bitcast(record, WORD.as_pointer()), builder.bitcast(record, POINTER)
    builder.store(end, words)
    builder.store(ir.Constant(WORD, depth.CALLS), builder.gep(words, [ir.Constant(WORD, depth.LEFT // 8)]))
    builder.function.given = {RUN: run, DEPTH: ir.Constant(WORD, 1)}
    number = ir.IntType(32)
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(number, [POINTER]), depth.BEGINS)
    function.attributes.add("returns_twice")
    failed = builder.call(function, [builder.gep(run, [ir.Constant(WORD, depth.BUFFER)])])
    with builder.if_then(builder.icmp_signed("!=", failed, ir.Constant(number, 0)), likely=False):
        builder.ret(failed)
