"""How compiled functions return: a number in registers beside the status, everything else where the caller says.

LLVM sees through the first: it leaves out a status that is always 0, and turns a call at a function's end into a loop.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import callconv

NUMBERS = (ir.IntType, ir.DoubleType, ir.FloatType)


def returned(function: Any) -> Any:
    """The type of {status, number} that a function, or a type of functions, returns; None where it writes its result to
    memory.
    """
    kind = getattr(function, "function_type", function).return_type
    return kind if isinstance(kind, ir.LiteralStructType) else None


class Registers(callconv.MinimalCallConv):
    """Numba's smallest calling convention, where numbers are returned in registers."""

    def get_function_type(self, restype: Any, argtypes: Any) -> Any:
        """LLVM's type of a function: without the address of its result where that is a number."""
        own, kind = super().get_function_type(restype, argtypes), self.get_return_type(restype).pointee
        if not isinstance(kind, NUMBERS):
            return own
        return ir.FunctionType(ir.LiteralStructType([callconv.errcode_t, kind]), own.args[1:])

    def return_value(self, builder: Any, retval: Any) -> None:
        """Leave the function with its result."""
        kind = returned(builder.function)
        if kind is None:
            super().return_value(builder, retval)
            return
        made = builder.insert_value(ir.Constant(kind, ir.Undefined), callconv.RETCODE_OK, 0)
        builder.ret(builder.insert_value(made, retval, 1))

    def _return_errcode_raw(self, builder: Any, code: Any) -> None:
        kind = returned(builder.function)
        if kind is None:
            super()._return_errcode_raw(builder, code)
            return
        code = ir.Constant(callconv.errcode_t, code) if isinstance(code, int) else code
        builder.ret(builder.insert_value(ir.Constant(kind, None), code, 0))
