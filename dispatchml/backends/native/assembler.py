"""A thin hand on llvmlite's builder: addresses are 64-bit integers, and what does not hold goes to the block `slow`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import llvmlite.ir as ir

from . import layout

I1, I8, I32, I64 = ir.IntType(1), ir.IntType(8), ir.IntType(32), ir.IntType(64)
F32, F64, VOID = ir.FloatType(), ir.DoubleType(), ir.VoidType()
#: Floating-point flags that NumPy may warn of: invalid, division by zero, overflow, underflow.
TROUBLE = {"x86": 0b011101, "arm": 0b001111}


def number(value: int, kind: Any = I64) -> Any:
    """An integer constant."""
    return ir.Constant(kind, value)


class Assembler:
    """Builds one function with CPython's fastcall signature: `(self, args, nargs) -> object`, all 64-bit integers."""

    def __init__(self, module: Any, name: str, machine: str, addresses: dict[str, int]) -> None:
        self.function = ir.Function(module, ir.FunctionType(I64, (I64, I64, I64)), name)
        self.machine, self.addresses = machine, addresses
        self.b = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.slow = self.function.append_basic_block("slow")
        self.self, self.args, self.nargs = self.function.args
        self.record = self.b.add(self.self, number(layout.BYTES_DATA))

    # ---- memory and calls --------------------------------------------------------------------------------------------

    def block(self, name: str) -> Any:
        """A new basic block."""
        return self.function.append_basic_block(name)

    def load(self, address: Any, offset: int = 0, kind: Any = I64) -> Any:
        """A value in memory."""
        return self.b.load(self.b.inttoptr(self.b.add(address, number(offset)), kind.as_pointer()), align=1)

    def store(self, value: Any, address: Any, offset: int = 0) -> None:
        """Write a value into memory."""
        self.b.store(value, self.b.inttoptr(self.b.add(address, number(offset)), value.type.as_pointer()), align=1)

    def room(self, words: int) -> Any:
        """The address of some 64-bit words on the stack, taken in the entry block."""
        with self.b.goto_entry_block():
            return self.b.ptrtoint(self.b.alloca(I64, words), I64)

    def call(self, name: str, *arguments: Any, result: Any = I64) -> Any:
        """Call a C function whose address is known."""
        return self.call_at(number(self.addresses[name]), *arguments, result=result)

    def call_at(self, address: Any, *arguments: Any, result: Any = I64) -> Any:
        """Call a C function at an address."""
        kind = ir.FunctionType(result, tuple(a.type for a in arguments))
        return self.b.call(self.b.inttoptr(address, kind.as_pointer()), arguments)

    def argument(self, k: int) -> Any:
        """A positional argument."""
        return self.load(self.args, 8 * k)

    # ---- conditions --------------------------------------------------------------------------------------------------

    def equal(self, a: Any, b: Any) -> Any:
        """a == b; a Python integer is a constant."""
        return self.b.icmp_signed("==", a, number(b, a.type) if isinstance(b, int) else b)

    def need(self, condition: Any) -> None:
        """Go on where a condition holds, else leave everything to NumPy."""
        following = self.block("")
        self.b.cbranch(condition, following, self.slow)
        self.b.position_at_end(following)

    def is_array(self, x: Any) -> Any:
        """Whether an object is exactly a numpy.ndarray."""
        return self.equal(self.load(x, layout.TYPE), self.addresses["ndarray"])

    def need_flags(self, x: Any, flags: int) -> None:
        """Go on where an array has these flags."""
        have = self.load(x, layout.ARRAY_FLAGS, I32)
        self.need(self.equal(self.b.and_(have, number(flags, I32)), flags))

    def is_contiguous(self, x: Any) -> Any:
        """Whether an array's elements lie one behind the other, in steps that say so: those of one element may not."""
        flags = self.b.and_(self.load(x, layout.ARRAY_FLAGS, I32), number(layout.CONTIGUOUS, I32))
        several = self.b.icmp_signed("!=", self.ndim(x), number(1))  # a 0-d array has no strides to look at
        strides = self.b.select(several, x, self.load(x, layout.ARRAY_STRIDES))
        forward = self.b.icmp_signed(">", self.load(strides), number(0))
        return self.b.and_(self.b.icmp_signed("!=", flags, number(0, I32)), self.b.or_(several, forward))

    def ndim(self, x: Any) -> Any:
        """The number of axes of an array."""
        return self.b.zext(self.load(x, layout.ARRAY_NDIM, I32), I64)

    def loop(self, count: Any, body: Any, carried: Sequence[Any] = ()) -> list[Any]:
        """`for k in range(count)`: body(k, *carried) gives the carried values of the next round, and may `need`."""
        before, head, inside, after = self.b.block, self.block("head"), self.block("body"), self.block("after")
        self.b.branch(head)
        self.b.position_at_end(head)
        k = self.b.phi(I64)
        values = [self.b.phi(c.type) for c in carried]
        self.b.cbranch(self.b.icmp_signed("<", k, count), inside, after)
        self.b.position_at_end(inside)
        new = body(k, *values) or ()
        for phi, first, later in zip(
            (k, *values), (number(0), *carried), (self.b.add(k, number(1)), *new), strict=True
        ):
            phi.add_incoming(first, before)
            phi.add_incoming(later, self.b.block)
        self.b.branch(head)
        self.b.position_at_end(after)
        return values

    # ---- results -----------------------------------------------------------------------------------------------------

    def new_array(self, descr: Any, ndim: Any, dims: Any) -> Any:
        """A fresh array; returns NULL with the error set where there is no memory."""
        self.call("Py_IncRef", descr, result=VOID)
        made = self.call(
            "new_array", number(self.addresses["ndarray"]), descr, self.b.trunc(ndim, I32), dims, number(0), number(0),
            number(0, I32), number(0),
        )  # fmt: skip
        return self.checked(made)

    def checked(self, made: Any) -> Any:
        """A new object; NULL, with the error set, is returned at once."""
        failed, following = self.block("failed"), self.block("made")
        self.b.cbranch(self.equal(made, 0), failed, following)
        self.b.position_at_end(failed)
        self.b.ret(number(0))
        self.b.position_at_end(following)
        return made

    def clear_flags(self) -> None:
        """Forget the floating-point flags that are raised."""
        before = self.read_flags()
        quiet = self.b.and_(before, self.b.not_(number(0b111111 if self.machine == "x86" else 0b10011111, before.type)))
        with self.b.if_then(self.b.icmp_unsigned("!=", before, quiet)):
            if self.machine == "x86":
                place = self.room(1)
                self.store(quiet, place)
                self.assembly("ldmxcsr ($0)", "r,~{memory}", VOID, place)
            else:
                self.assembly("msr fpsr, $0", "r,~{memory}", VOID, quiet)

    def read_flags(self) -> Any:
        """The floating-point status of this thread."""
        if self.machine == "x86":
            place = self.room(1)
            self.assembly("stmxcsr ($0)", "r,~{memory}", VOID, place)
            return self.load(place, 0, I32)
        return self.assembly("mrs $0, fpsr", "=r,~{memory}", I64)

    def assembly(self, text: str, constraint: str, result: Any, *arguments: Any) -> Any:
        """One instruction that LLVM has no word for."""
        kind = ir.FunctionType(result, tuple(a.type for a in arguments))
        return self.b.asm(kind, text, constraint, arguments, side_effect=True)

    def drop_if_troubled(self, made: Any) -> None:
        """Drop a result and leave the call to NumPy where a flag is raised that it may warn of."""
        flags = self.read_flags()
        fine, troubled = self.block("fine"), self.block("troubled")
        self.b.cbranch(self.equal(self.b.and_(flags, number(TROUBLE[self.machine], flags.type)), 0), fine, troubled)
        self.b.position_at_end(troubled)
        self.clear_flags()
        self.call("Py_DecRef", made, result=VOID)
        self.b.branch(self.slow)
        self.b.position_at_end(fine)

    def finish(self) -> None:
        """Write the way out: the call goes to the function whose address is the first word of the record."""
        self.b.position_at_end(self.slow)
        self.b.ret(self.call("PyObject_Vectorcall", self.load(self.record), self.args, self.nargs, number(0)))
