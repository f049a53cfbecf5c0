"""Kernels that go through a region row by row: the inner loop becomes vectors, a long row without reductions is cut.

For each row, pass after pass runs over the inner loop; what a pass has added up is known to the next. What is added up
over rows goes to a part for each block, and the parts are joined in their order.
"""

from __future__ import annotations

from typing import Any

from ..lower.expressions import Expr
from ..lower.regions import Region
from .body import Scope
from .passes import Pass, row_needs
from .writer import Writer

#: Elements of the inner loop in one chunk: partial sums of more would round too much.
CHUNK = 2048


class RowKernel(Writer):
    """Writes a kernel that goes row by row."""

    scheme = "rows"

    def __init__(self, region: Region, symbol: str) -> None:
        super().__init__(region, symbol)
        self.pending: list[Any] = []
        self.chunks = 1 if region.rows else -(-region.inner.extent // CHUNK)

    def units(self) -> tuple[int, int]:
        """Rows, or chunks of rows."""
        inner = self.region.inner.extent
        return self.region.count * self.chunks, inner if self.chunks == 1 else CHUNK

    def allocate(self) -> dict[Expr, str]:
        """Room for what passes keep for later ones, one row of each."""
        size = self.text.size(self.region.inner.extent)
        return {e: self.room(e.character, size) for e, target in self.passes.kept.items() if target is None}

    def rows(self, function: Scope, low: str, high: str) -> None:
        """The loop over rows, or over chunks of rows."""
        text, region = self.text, self.region
        counter, end = self.loop("row", low, high, "1")
        row = Scope(function)
        first, last = "0", text.size(region.inner.extent)
        number = counter
        if self.chunks > 1:
            if region.count > 1:
                number = text.let(f"udiv i64 {counter}, {text.size(self.chunks)}")
                part = text.let(f"urem i64 {counter}, {text.size(self.chunks)}")
            else:
                part = counter
            first = text.let(f"mul i64 {part}, {text.size(CHUNK)}")
            last = self.least(text.let(f"add i64 {first}, {text.size(CHUNK)}"), last)
        self.outer_variables(number)
        for each in self.passes.passes:
            self.one_pass(each, row, first, last)
        self.row_targets(row)
        end()

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

    def leave(self, target: Any, value: str, scope: Scope, carried: list[Any]) -> None:
        """Put an element where it goes: into memory, into a part, or into what the loop carries."""
        character = target.expr.character
        if target.operation is None:
            self.put(target, value, scope)
        elif any(atom is self.region.inner for atom, _ in target.offset.terms):
            self.add_up(target, value, scope)
        else:
            total = self.carry(target.operation, character, value, carried)
            self.pending.append((target, total))

    def row_targets(self, row: Scope) -> None:
        """What is known once a row."""
        targets = self.passes.row_targets
        self.settle([t.expr for t in targets], row)
        for target in targets:
            value = self.got(target.expr, row)
            if target.operation is None:
                self.put(target, value, row)
            else:
                self.add_up(target, value, row)
