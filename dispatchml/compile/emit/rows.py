"""Kernels that go through a region row by row: the inner loop becomes vectors, a long row without reductions is cut.

For each row, pass after pass runs over the inner loop; what a pass has added up is known to the next. What is added up
over rows goes to a part for each block, and the parts are joined in their order.
"""

from __future__ import annotations

from typing import Any

from ..lower.expressions import Expr
from ..lower.regions import Region
from .body import Body, Scope, postorder
from .joining import identity, joined
from .kernel import Kernel, Pointer
from .passes import Pass, Passes, row_needs
from .text import MEMORY, REGISTERS, Text

#: Elements of the inner loop in one chunk: partial sums of more would round too much.
CHUNK = 2048
#: Nanoseconds of work that a block should have, at least, and how many blocks there are, at most.
BLOCK_WORK = 25_000
MOST_BLOCKS = 512
#: Numbers in the parts of all blocks together, at most.
MOST_PARTS = 1 << 16


class RowKernel:
    """Writes one kernel."""

    def __init__(self, region: Region, symbol: str) -> None:
        self.region, self.symbol = region, symbol
        self.text = Text()
        self.needs: dict[str, Any] = {}
        self.pointers: list[Pointer] = []
        self.places: dict[Any, str] = {}
        self.body = Body(self.text, self.pointer_of, self.needs)
        self.passes = Passes(region)
        self.reduced = [t for t in region.targets if t.operation is not None]
        self.pending: list[Any] = []

    # ---- memory ------------------------------------------------------------------------------------------------------

    def pointer_of(self, value: Any) -> str:
        """The register of the address of a value's memory."""
        found = self.places.get(value)
        if found is None:
            found = self.places[value] = self.pointer(Pointer("value", value))
        return found

    def pointer(self, pointer: Pointer) -> str:
        """One more address."""
        self.pointers.append(pointer)
        return f"%p{len(self.pointers) - 1}"

    # ---- the kernel --------------------------------------------------------------------------------------------------

    def write(self) -> Kernel:
        """The kernel."""
        region, text = self.region, self.text
        chunks = 1 if region.rows else -(-region.inner.extent // CHUNK)
        chunk = region.inner.extent if chunks == 1 else CHUNK
        extent = region.count * chunks
        grain = self.grain(extent, chunk)
        for target in region.targets:
            if target.operation is None:
                self.places[target.root.value] = self.pointer(Pointer("value", target.root.value, 0, "store"))
        parts = [
            self.pointer(Pointer("partial", t.root.value, t.root.value.size, t.operation or "")) for t in self.reduced
        ]
        self.chunked, self.chunk, self.chunks = not region.rows, chunk, chunks
        self.scratch = self.allocate()
        function = Scope()
        if self.reduced:
            begin, step = self.loop("block", "%low", "%high", text.size(grain))
            number = text.let(f"sdiv i64 {begin}, {text.size(grain)}")
            end = text.let(f"add i64 {begin}, {text.size(grain)}")
            smin = text.intrinsic("llvm.smin.i64", "i64", "i64", "i64")
            end = text.let(f"call i64 @{smin}(i64 {end}, i64 %high)")
            self.parts = {t: self.part(p, t, number) for p, t in zip(parts, self.reduced, strict=True)}
            self.rows(function, begin, end)
            step()
        else:
            self.parts = {}
            self.rows(function, "%low", "%high")
        text.add("ret void")
        return Kernel(self.symbol, text, self.needs, self.pointers, extent, grain, region, "rows")

    def grain(self, extent: int, chunk: int) -> int:
        """How many rows, or chunks of one, a block has."""
        cost = 0.3 + sum(e.cost for each in self.passes.passes for e in each.wanted)
        grain = max(1, round(BLOCK_WORK / (cost * chunk)), -(-extent // MOST_BLOCKS))
        kept = max((t.root.value.size for t in self.reduced), default=1)
        if kept > 1:
            grain = max(grain, -(-extent // max(MOST_PARTS // kept, 4)))
        return min(grain, extent)

    def allocate(self) -> dict[Expr, str]:
        """Room for what passes keep for later ones, one row of each."""
        found = {}
        for expr, target in self.passes.kept.items():
            if target is None:
                kind = MEMORY[expr.character] if expr.character not in "FD" else REGISTERS[expr.character]
                size = self.text.size(self.region.inner.extent)
                found[expr] = self.text.let(f"alloca {kind}, i64 {size}, align 64", "scratch")
        return found

    def part(self, pointer: str, target: Any, number: str) -> str:
        """The address of this block's part, filled with the number that changes nothing."""
        text, value = self.text, target.root.value
        character = target.expr.character
        size = text.size(value.size)
        offset = text.let(f"mul i64 {number}, {size}")
        kind = REGISTERS[character] if character in "FD" else MEMORY[character]
        address = text.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {offset}", "part")
        start = identity(target.operation, character)
        if value.size == 1:
            text.store(character, start, address, "0")
        else:
            k, step = self.loop("fill", "0", size, "1")
            text.store(character, start, address, k)
            step()
        return address

    def loop(self, stem: str, low: str, high: str, by: str) -> tuple[str, Any]:
        """Begin a loop over low, low + by, ... below high, of which there is at least one; returns its counter and
        what ends it.
        """
        text = self.text
        label, after = text.fresh(stem), text.fresh("after")
        before = text.label
        text.jump(label)
        text.begin(label)
        place = text.reserve()
        counter = f"%{text.fresh('n')}"

        def end(carried: list[tuple[str, str, str, str]] = []) -> None:  # noqa: B006
            following = text.let(f"add nuw nsw i64 {counter}, {by}")
            more = text.let(f"icmp slt i64 {following}, {high}")
            text.branch(more, label, after)
            lines = [f"{counter} = phi i64 [ {low}, %{before} ], [ {following}, %{text.label} ]"]
            for register, kind, start, last in carried:
                lines.append(f"{register} = phi {kind} [ {start}, %{before} ], [ {last}, %{text.label} ]")
            text.fill(place, lines)
            text.begin(after)

        return counter, end

    def rows(self, function: Scope, low: str, high: str) -> None:
        """The loop over rows, or over chunks of rows."""
        text, region = self.text, self.region
        counter, end = self.loop("row", low, high, "1")
        row = Scope(function)
        first, last = "0", text.size(region.inner.extent)
        number = counter
        if self.chunked and self.chunks > 1:
            if region.count > 1:
                number = text.let(f"udiv i64 {counter}, {text.size(self.chunks)}")
                part = text.let(f"urem i64 {counter}, {text.size(self.chunks)}")
            else:
                part = counter
            first = text.let(f"mul i64 {part}, {text.size(self.chunk)}")
            last = text.let(f"add i64 {first}, {text.size(self.chunk)}")
            smin = text.intrinsic("llvm.smin.i64", "i64", "i64", "i64")
            last = text.let(f"call i64 @{smin}(i64 {last}, i64 {text.size(region.inner.extent)})")
        self.outer_variables(number)
        for each in self.passes.passes:
            self.one_pass(each, row, first, last)
        self.row_targets(row)
        end()

    def outer_variables(self, number: str) -> None:
        """The outer loops' counters from the number of the row."""
        text, variables = self.text, [v for v in self.region.outer if v.extent > 1]
        for k, variable in enumerate(reversed(variables)):
            if k == len(variables) - 1:
                self.body.variables[variable] = number
            else:
                size = text.size(variable.extent)
                self.body.variables[variable] = text.let(f"urem i64 {number}, {size}")
                number = text.let(f"udiv i64 {number}, {size}")

    def settle(self, expressions: list[Expr], scope: Scope) -> None:
        """Write expressions that do not change in the inner loop."""
        for expr in postorder(expressions, lambda e: scope.get(e) is not None):
            self.body.write(expr, scope)

    def one_pass(self, each: Pass, row: Scope, first: str, last: str) -> None:
        """One pass over the inner loop."""
        text, inner = self.text, self.region.inner
        sources = [r.args[0] for r in each.reductions] + [t.expr for t in each.targets]
        outside = [e for e in sources if inner not in e.depends]
        self.settle([*row_needs(each.wanted, inner), *outside], row)
        counter, end = self.loop("pass", first, last, "1")
        self.body.variables[inner] = counter
        scope = Scope(row)
        for expr, target in self.passes.kept.items():
            if expr not in each.wanted and expr not in scope.registers:
                self.lazily(expr, target, each, scope)
        for expr in each.wanted:
            self.body.write(expr, scope)
        carried = []
        for expr in each.saves:
            text.store(expr.character, self.got(expr, scope), self.scratch[expr], counter)
        for target in each.targets:
            value = self.got(target.expr, scope)
            self.leave(target, value, scope, carried)
        results = {}
        for r in each.reductions:
            operation, character = r.payload[0], r.character
            results[r] = self.carry(operation, character, self.got(r.args[0], scope), carried)
        end(carried)
        for r, register in results.items():
            row.registers[r] = register
        for target, total in self.pending:
            self.add_up(target, total, row)
        self.pending = []

    def lazily(self, expr: Expr, target: Any, each: Pass, scope: Scope) -> None:
        """Read what an earlier pass has kept, where this pass uses it."""
        sources = [r.args[0] for r in each.reductions] + [t.expr for t in each.targets]
        if expr in sources or any(expr in e.args for e in each.wanted):
            if target is None:
                place, offset = self.scratch[expr], self.body.variables[self.region.inner]
            else:
                place, offset = self.pointer_of(target.root.value), self.body.form(target.offset, scope)
            scope.registers[expr] = self.text.load(expr.character, place, offset)

    def got(self, expr: Expr, scope: Scope) -> str:
        """The register of an expression that is written."""
        found = scope.get(expr)
        assert found is not None, expr
        return found

    def leave(self, target: Any, value: str, scope: Scope, carried: list[Any]) -> None:
        """Put an element where it goes: into memory, into a part, or into what the loop carries."""
        text, character = self.text, target.expr.character
        if target.operation is None:
            place = self.pointer_of(target.root.value)
            text.store(character, value, place, self.body.form(target.offset, scope))
        elif any(atom is self.region.inner for atom, _ in target.offset.terms):
            self.add_up(target, value, scope)
        else:
            total = self.carry(target.operation, character, value, carried)
            self.pending.append((target, total))

    def carry(self, operation: str, character: str, value: str, carried: list[Any]) -> str:
        """Join an element to what the inner loop carries; returns the register with the total."""
        text = self.text
        register = f"%{text.fresh('sum')}"
        total = joined(text, operation, character, register, value, free=True)
        carried.append((register, REGISTERS[character], identity(operation, character), total))
        return total

    def add_up(self, target: Any, value: str, scope: Scope) -> None:
        """Join an element to one in this block's part."""
        text, character = self.text, target.expr.character
        offset = self.body.form(target.offset, scope)
        before = text.load(character, self.parts[target], offset)
        text.store(character, joined(text, target.operation, character, before, value), self.parts[target], offset)

    def row_targets(self, row: Scope) -> None:
        """What is known once a row."""
        targets = self.passes.row_targets
        self.settle([t.expr for t in targets], row)
        for target in targets:
            value = self.got(target.expr, row)
            if target.operation is None:
                offset = self.body.form(target.offset, row)
                self.text.store(target.expr.character, value, self.pointer_of(target.root.value), offset)
            else:
                self.add_up(target, value, row)
