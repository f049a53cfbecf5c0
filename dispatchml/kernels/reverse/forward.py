"""The text of a derived function: the way there, with what it saves."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from .activity import Activity
from .program import (
    Block,
    Call,
    Carried,
    Check,
    Compute,
    If,
    Instruction,
    Load,
    Loop,
    Number,
    Operand,
    Program,
    Store,
    Value,
)
from .recursion import STACK
from .saving import Plan, Saving
from .stacks import Stack, trips

DEFAULTS = {"f8": "0.0", "f4": "0.0", "i8": "0", "b1": "False"}


class Text:
    """Lines of Python with the places that they come from."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.places: list[int] = []
        self.depth = 1
        self.line = 0

    def put(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)
        self.places.append(self.line)


class Forward:
    """Writes instructions as they are, or with what the way back needs saved."""

    shared: str  # what the names of the records of recursive calls end with

    def __init__(
        self, program: Program, active: Activity, saving: Saving, stacks: dict[Loop, Stack], text: Text
    ) -> None:
        self.program, self.active, self.saving, self.stacks, self.text = program, active, saving, stacks, text

    # ---- operands ----------------------------------------------------------------------------------------------------

    def put(self, text: str) -> None:
        self.text.put(text)

    def show(self, x: Operand | None) -> str:
        return repr(x)

    def item(self, array: Value | str, index: tuple[Any, ...], ndim: int | None = None) -> str:
        """array[index]."""
        parts = [repr(i) for i in index] or [":"]
        return f"{array}[{', '.join(parts)}]"

    def expression(self, op: Compute) -> str:
        """What a primitive computes, as text."""
        settings = tuple(str(s).format(*map(repr, op.arguments)) for s in op.settings)
        return op.primitive.text.format(*map(repr, op.arguments), s=settings)

    # ---- blocks ------------------------------------------------------------------------------------------------------

    def block(self, block: Block, record: bool) -> None:
        """Write a block; record: with what the way back needs."""
        if not block.code:
            return
        for op in block.code:
            self.text.line = op.place[1] if op.place[0] == self.program.file else self.text.line
            self.instruction(op, record)

    def body(self, block: Block, record: bool) -> None:
        """Write an indented block."""
        self.text.depth += 1
        before = len(self.text.lines)
        self.block(block, record)
        if len(self.text.lines) == before:
            self.put("pass")
        self.text.depth -= 1

    def instruction(self, op: Instruction, record: bool) -> None:
        if isinstance(op, Compute):
            self.put(f"{op.result} = {self.expression(op)}")
        elif isinstance(op, Load):
            self.put(f"{op.result} = {self.item(op.array, op.index)}")
        elif isinstance(op, Store):
            if record and op in self.saving.undone:
                self.put(f"{op.old} = {self.item(op.array, op.index)}")
            sign = {0: "=", 1: "+=", -1: "-="}[op.sign]
            self.put(f"{self.item(op.array, op.index)} {sign} {self.show(op.value)}")
        elif isinstance(op, Call):
            self.call(op, record and self.active.works(op))
        elif isinstance(op, Check):
            self.put(op.text.format(*map(repr, op.arguments)) if op.arguments else op.text)
        elif isinstance(op, If):
            self.branch(op, record)
        elif isinstance(op, Loop):
            self.loop(op, record)

    def call(self, op: Call, record: bool) -> None:
        """A call of a recursive function; where it is not recorded, its records are written over."""
        floats, float_place, wholes, whole_place = (f"{word}_{self.shared}" for word in STACK)
        kept = (floats, float_place, wholes, whole_place) if record else (floats, "unused", wholes, "unused")
        made, given = map(str, op.made), map(repr, op.arguments)
        shared = ", ".join((floats, float_place, wholes, whole_place))
        self.put(f"{', '.join((*made, *kept))} = {op.function.name}_forward({', '.join(given)}, {shared})")

    def branch(self, op: If, record: bool) -> None:
        """An if with its joins."""
        self.put(f"if {self.show(op.condition)}:")
        self.body(op.then, record)
        self.joins(op, True, op.joins)
        if op.other.code or op.joins:
            self.put("else:")
            self.body(op.other, record)
            self.joins(op, False, op.joins)

    def joins(self, op: If, then: bool, joins: list[Any]) -> None:
        """Assign the variables that are there after an if, at the end of a branch."""
        assigned = [(j.result, j.then if then else j.other) for j in joins]
        if assigned and self.text.lines[-1].strip() == "pass":
            self.text.lines.pop()
            self.text.places.pop()
        self.text.depth += 1
        for result, x in assigned:
            self.put(f"{result} = {self.default(result) if x is None else self.show(x)}")
        self.text.depth -= 1

    # ---- loops -------------------------------------------------------------------------------------------------------

    def loop(self, op: Loop, record: bool) -> None:
        plan = self.saving.plans.get(op) if record else None
        stack = self.stacks.get(op) if plan is not None else None
        own = stack is not None and stack.loop is op
        if own:
            assert stack is not None
            stack.open(self)
        elif stack is not None:
            stack.reserve(self, op)
        for c in op.carried:
            self.first(c)
        if own and stack is not None and stack.fixed:
            self.fixed_segments(op, plan, stack)
            return
        counting = plan is not None and (op.counted or own and stack is not None and stack.segmented)
        if counting:
            self.put(f"{op.count} = 0")
        if op.index is None:
            if not op.test.code:
                self.put(f"while {self.show(op.condition)}:")
                self.text.depth += 1
            else:
                self.put("while True:")
                self.text.depth += 1
                self.block(op.test, False)
                self.put(f"if not {self.show(op.condition)}:")
                self.put("    break")
        else:
            self.put(f"for {op.index} in {self.range(op)}:")
            self.text.depth += 1
        if own and stack is not None and stack.segmented:
            stack.begin(self, op)
        self.iteration(op, plan, stack)
        if counting:
            self.put(f"{op.count} += 1")
        if op.leave is not None:
            self.put(f"if {self.show(op.leave)}:")
            self.put("    break")
        self.text.depth -= 1

    def fixed_segments(self, op: Loop, plan: Plan | None, stack: Stack) -> None:
        """A loop in segments of a length that is known."""
        n = stack.number
        self.put(f"{op.count} = {trips(op)}")
        self.put(f"for begin_{n} in range(0, {op.count}, length_{n}):")
        self.text.depth += 1
        stack.begin(self, op)
        stop = f"min(begin_{n} + length_{n}, {op.count})"
        plain = one_step(op) and isinstance(op.start, Number) and op.start.value == 0
        self.put(f"for {op.index if plain else 'step'} in range(begin_{n}, {stop}):")
        self.text.depth += 1
        if not plain:
            self.put(f"{op.index} = {self.at(op, 'step')}")
        self.iteration(op, plan, stack)
        self.text.depth -= 2

    def at(self, op: Loop, step: str) -> str:
        """The index of a loop's iteration."""
        if one_step(op):
            return step if isinstance(op.start, Number) and op.start.value == 0 else f"{op.start!r} + {step}"
        return f"{op.start!r} + {step} * {op.step!r}"

    def iteration(self, op: Loop, plan: Plan | None, stack: Stack | None) -> None:
        """The body of a loop and what it saves."""
        if plan is not None:
            for v in plan.saved:
                if v.block is not op.body and isinstance(v.block and v.block.parent, If) and not is_head(op, v):
                    self.put(f"{v} = {self.default(v)}")
        before = len(self.text.lines)
        self.block(op.body, plan is not None)
        if plan is not None and stack is not None:
            stack.push(self, plan.saved, op)
        self.advance(op)
        if len(self.text.lines) == before:
            self.put("pass")

    def advance(self, op: Loop) -> None:
        """Carry values over to the next iteration, all at once."""
        moved = [(c.value, c.next) for c in op.carried if c.next is not None and c.next is not c.value]
        heads = {c.value for c in op.carried}
        if sum(x in heads for _, x in moved) and len(moved) > 1:
            self.put(f"{', '.join(str(v) for v, _ in moved)} = {', '.join(self.show(x) for _, x in moved)}")
        else:
            for v, x in moved:
                self.put(f"{v} = {self.show(x)}")

    def first(self, c: Carried) -> None:
        """A carried value before its loop."""
        if c.first is not None:
            own = c.value in self.saving.written
            self.put(f"{c.value} = {self.show(c.first)}{'.copy()' if own else ''}")
        else:
            self.put(f"{c.value} = {self.default(c.value)}")

    def default(self, v: Value) -> str:
        """Something of a value's kind where it is not assigned."""
        if v.kind.scalar:
            return DEFAULTS[v.kind.code]
        dtype = {"f8": "np.float64", "f4": "np.float32", "i8": "np.int64", "b1": "np.bool_"}[v.kind.code]
        return f"np.empty(({', '.join(['0'] * v.kind.ndim)},), {dtype})"

    def range(self, op: Loop) -> str:
        """The range of a loop."""
        if one_step(op):
            if isinstance(op.start, Number) and op.start.value == 0:
                return f"range({self.show(op.stop)})"
            return f"range({self.show(op.start)}, {self.show(op.stop)})"
        return f"range({self.show(op.start)}, {self.show(op.stop)}, {self.show(op.step)})"

    # ---- computing again ---------------------------------------------------------------------------------------------

    def again(self, block: Block, again: set[Hashable]) -> None:
        """Write what is computed again of a block; inner loops are left out."""
        for op in block.code:
            if isinstance(op, (Compute, Load)):
                v = op.result
                if v in again or ("form", v) in again:
                    self.instruction(op, False)
            elif isinstance(op, If):
                joins = [j for j in op.joins if j.result in again or ("form", j.result) in again]
                if not joins and not self.has(op.then, again) and not self.has(op.other, again):
                    continue
                self.put(f"if {self.show(op.condition)}:")
                self.part(op, op.then, again, joins, True)
                if self.has(op.other, again) or joins:
                    self.put("else:")
                    self.part(op, op.other, again, joins, False)

    def part(self, op: If, block: Block, again: set[Hashable], joins: list[Any], then: bool) -> None:
        """A branch of what is computed again."""
        self.text.depth += 1
        before = len(self.text.lines)
        self.again(block, again)
        if len(self.text.lines) == before:
            self.put("pass")
        self.text.depth -= 1
        self.joins(op, then, joins)

    def has(self, block: Block, again: set[Hashable]) -> bool:
        """Whether something of a block is computed again."""
        return any(v in again or ("form", v) in again for op in block.straight() for v in op.results())


def is_head(op: Loop, v: Value) -> bool:
    """Whether a value is one that a loop carries."""
    return any(c.value is v for c in op.carried)


def one_step(op: Loop) -> bool:
    """Whether a loop counts by one."""
    return isinstance(op.step, Number) and op.step.value == 1
