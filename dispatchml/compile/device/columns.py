"""Kernels that add up over rows, for each column: a thread for each stretch of a column.

Neighbouring threads have neighbouring columns, so that a warp reads whole lines of memory at each row. What a thread
adds up goes to its stretch's part, and the parts are joined in their order.
"""

from __future__ import annotations

from typing import Any

from ..emit.body import Scope
from ..emit.kernel import Pointer
from ..emit.rows import how_joined
from ..lower.expressions import depends_of
from ..lower.regions import Region
from .kernel import LANES, MOST_PARTS, ThreadKernel
from .scatters import is_scatter

#: Rows of a stretch, at least: fewer would be more parts to join than rows to read.
FEWEST = 16


class ColumnKernel(ThreadKernel):
    """Writes a kernel whose units are stretches of columns."""

    scheme = "columns"

    def __init__(self, region: Region, symbol: str = "", fast: bool = False, ordered: bool = False) -> None:
        super().__init__(region, symbol, fast, ordered)
        self.width = 1
        self.summed, self.reduced = self.reduced, []
        kept = sum(t.root.value.size for t in self.summed)
        most = min(-(-region.count // FEWEST), LANES // region.inner.extent, MOST_PARTS // kept)
        #: Rows of a stretch, and how many stretches there are.
        self.tall = -(-region.count // max(most, 1))
        self.stretches = -(-region.count // self.tall)
        self.ends = {
            t: self.pointer(Pointer("stretches", t.root.value, t.root.value.size, t.operation or ""))
            for t in self.summed
        }

    def units(self) -> tuple[int, int]:
        """Stretches of columns."""
        return self.stretches * self.region.inner.extent, self.tall

    def rows(self, function: Scope, low: str, high: str) -> None:
        """The loop over stretches, and over the rows of each."""
        text, region = self.text, self.region
        (each,) = self.passes.passes
        unit, end = self.loop("stretch", low, high, "1")
        number = text.let(f"udiv i64 {unit}, {text.size(region.inner.extent)}")
        column = text.let(f"urem i64 {unit}, {text.size(region.inner.extent)}")
        top = text.let(f"mul i64 {number}, {text.size(self.tall)}")
        bottom = self.least(text.let(f"add i64 {top}, {text.size(self.tall)}"), text.size(region.count))
        line, end_line = self.loop("line", top, bottom, "1")
        self.outer_variables(line)
        row = Scope(function)
        scope = self.begin(each.sources, column, row, set(each.wanted))
        self.settle([*each.sources, *(t.expr for t in self.passes.row_targets)], scope)
        carried: list[Any] = []
        totals = []
        for target in each.targets:
            value = self.got(target.expr, scope)
            if target in self.summed:
                totals.append((target, self.carry(*how_joined(target), value, carried)))
            else:
                self.leave(target, value, scope, carried)
        for target in self.passes.row_targets:
            self.put(target, self.got(target.expr, scope), scope)
        end_line(carried)
        ends = Scope(function)
        for target, total in totals:
            base = text.let(f"mul i64 {number}, {text.size(target.root.value.size)}")
            at = text.let(f"add i64 {base}, {self.body.form(target.offset, ends)}")
            text.store(target.expr.character, total, self.ends[target], at)
        end()


def by_columns(region: Region) -> bool:
    """Whether what a region adds up goes to places that its columns alone decide."""
    reduced = [t for t in region.targets if t.operation is not None and not is_scatter(t)]
    if region.rows or not reduced or any(t.row or t.scan for t in region.targets if t.operation is not None):
        return False
    outer = {v for v in region.outer if v.extent > 1}
    return all(
        region.inner in depends_of(t.offset) and not outer & depends_of(t.offset) and not t.conditions for t in reduced
    )
