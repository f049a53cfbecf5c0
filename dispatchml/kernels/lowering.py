"""From Numba's typed statements to LLVM's: what kernels need beside what Numba does.

A function that fails gives its local arrays back. Loops look now and then whether the user wants to stop them: all but
those innermost ones that go over arrays, which LLVM vectorises, and which memory bounds.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm
from numba.core import callconv, cgutils, ir, lowering
from numba.core.analysis import compute_cfg_from_blocks

from .calling import ERRORS, LOWERING, look_for_user

#: A loop looks at every so many rounds.
ROUNDS = 256
#: Expressions that read arrays.
READING = ("getitem", "static_getitem", "typed_getitem")


class Lower(lowering.Lower):
    """Lowers one function."""

    def init(self) -> None:
        """Local arrays lie in memory, where the way out finds them."""
        super().init()
        self.borrows, self.borrowed = False, self.borrowed_names()
        holds = self.context.data_model_manager
        for name in tuple(self._singly_assigned_vars):
            if holds[self.typeof(name)].contains_nrt_meminfo():
                self._singly_assigned_vars.discard(name)

    # ---- references --------------------------------------------------------------------------------------------------

    def borrowed_names(self) -> set[str]:
        """The variables that are arguments and nothing else: who calls keeps these alive."""
        given, others = set[str](), set[str]()
        for block in self.blocks.values():
            for x in block.find_insts(ir.Assign):
                (given if isinstance(x.value, ir.Arg) and x.target.name not in given else others).add(x.target.name)
        return given - others

    def lower_assign(self, ty: Any, inst: Any) -> Any:
        """What is assigned, as a reference of the variable's own unless it is borrowed."""
        self.borrows = isinstance(inst.value, ir.Arg) and inst.target.name in self.borrowed
        try:
            return super().lower_assign(ty, inst)
        finally:
            self.borrows = False

    def incref(self, typ: Any, val: Any) -> None:
        """One reference more."""
        if not self.borrows:
            super().incref(typ, val)

    def delvar(self, name: str) -> None:
        """A variable that is not needed any more."""
        if name not in self.borrowed:
            super().delvar(name)

    # ---- statements --------------------------------------------------------------------------------------------------

    def lower_inst(self, inst: Any) -> None:
        """Lower one statement; remember its line."""
        before = getattr(LOWERING, "loc", None)
        LOWERING.loc = inst.loc
        try:
            if id(inst) in self.looking:
                self.count_round()
            super().lower_inst(inst)
        finally:
            LOWERING.loc = before

    def _lower_call_RecursiveCall(self, fnty: Any, expr: Any, signature: Any) -> Any:
        """Lower a call of a function that is being lowered, as far as the stack reaches."""
        LOWERING.below = self.call_conv.look_at_stack(self.builder)
        try:
            return super()._lower_call_RecursiveCall(fnty, expr, signature)  # pyright: ignore[reportAttributeAccessIssue]
        finally:
            LOWERING.below = None

    # ---- the way out ------------------------------------------------------------------------------------------------

    def pre_lower(self) -> None:
        """Make the way out of a function that fails."""
        super().pre_lower()
        slot = cgutils.alloca_once(self.builder, callconv.errcode_t, name="error")
        self.function.leave = self.function.append_basic_block("leave"), slot
        self.looking = {id(self.blocks[b].terminator) for b in self.ends_of_rounds()}
        self.rounds: Any = None

    def post_lower(self) -> None:
        """Write the way out: what is alive is given back."""
        super().post_lower()
        block, slot = self.function.leave
        self.builder.position_at_end(block)
        for name, place in self.varmap.items():
            ty = self.typeof(name)
            if name not in self.borrowed and self.context.data_model_manager[ty].contains_nrt_meminfo():
                self.decref(ty, self.builder.load(place))
        code = self.builder.load(slot)
        if ERRORS.place(self.func_ir.loc):  # the number says where: nobody above has more to say
            self.call_conv.leave_at_once(self.builder, code)
        self.call_conv._return_errcode_raw(self.builder, code)

    # ---- stopping ----------------------------------------------------------------------------------------------------

    def ends_of_rounds(self) -> set[int]:
        """The blocks from which a loop that looks begins its next round."""
        graph = compute_cfg_from_blocks(self.blocks)
        loops = list(graph.loops().values())
        found: set[int] = set()
        for loop in loops:
            is_innermost = not any(other.header in loop.body for other in loops if other is not loop)
            if not is_innermost or not self.is_over_arrays(loop):
                found.update(b for b, _ in graph.predecessors(loop.header) if b in loop.body)
        return found

    def is_over_arrays(self, loop: Any) -> bool:
        """Whether a loop is a `for` that reads or writes arrays."""
        counts = any(True for x in self.blocks[loop.header].find_exprs("iternext"))
        body = [self.blocks[b] for b in loop.body]
        reads = any(x.op in READING for block in body for x in block.find_exprs())
        writes = any(isinstance(x, (ir.SetItem, ir.StaticSetItem)) for block in body for x in block.body)
        return counts and (reads or writes)

    def count_round(self) -> None:
        """Look at every so many rounds."""
        b, kind = self.builder, llvm.IntType(32)
        if self.rounds is None:
            self.rounds = cgutils.alloca_once(b, kind, name="rounds")
        count = b.add(b.load(self.rounds), llvm.Constant(kind, 1))
        b.store(count, self.rounds)
        last = b.icmp_unsigned("==", b.and_(count, llvm.Constant(kind, ROUNDS - 1)), llvm.Constant(kind, 0))
        with cgutils.if_unlikely(b, last):
            look_for_user(self.call_conv, b)
