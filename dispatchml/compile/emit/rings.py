"""The rows of a ring: before each row of a region those that it reads and that are not there yet are computed."""

from __future__ import annotations

from typing import Any

from ..lower.stages import Stage
from .body import Scope
from .passes import Passes, row_needs
from .text import constant


class Ring:
    """Writes into a kernel what fills a ring. writer: the kernel's."""

    def __init__(self, writer: Any, stage: Stage) -> None:
        self.writer, self.stage = writer, stage
        self.character = stage.region.targets[0].expr.character
        self.passes = Passes(stage.region, lambda expr: False)

    @property
    def cost(self) -> float:
        """Nanoseconds an element, about."""
        return sum(each.cost for each in self.passes.passes)

    def allocate(self) -> None:
        """Room for the rows."""
        writer, stage = self.writer, self.stage
        place = writer.room(self.character, writer.text.size(stage.rows * stage.width))
        writer.body.rings[stage.value] = stage, place

    def fill(self, function: Scope, number: str, first: str) -> None:
        """Compute the last row that row `number` reads; all of its rows where it is the first of a block."""
        writer, stage, text = self.writer, self.stage, self.writer.text
        last = text.let(f"add i64 {number}, {stage.first + stage.rows - 1}")
        if stage.rows > 1:
            all_of_them = text.let(f"add i64 {number}, {stage.first}")
            is_first = text.let(f"icmp eq i64 {number}, {first}")
            low = text.let(f"select i1 {is_first}, i64 {all_of_them}, i64 {last}")
        else:
            low = last
        count = text.let(f"add i64 {text.let(f'sub i64 {last}, {low}')}, 1")
        counter, end = writer.loop("ring", "0", count, "1")
        row = text.let(f"add i64 {low}, {counter}")
        _, place = writer.body.rings[stage.value]
        start = writer.body.ring_row(stage, row)
        inside, outside, after = text.fresh("inside"), text.fresh("outside"), text.fresh("after")
        text.branch(text.let(f"icmp ult i64 {row}, {text.size(stage.height)}"), inside, outside)
        text.begin(outside)
        self.zeros(place, start, -stage.left, stage.length + stage.right)
        text.jump(after)
        text.begin(inside)
        self.row(function, row, place, start)
        self.zeros(place, start, -stage.left, 0)
        self.zeros(place, start, stage.length, stage.length + stage.right)
        text.jump(after)
        text.begin(after)
        end()

    def zeros(self, place: str, start: str, low: int, high: int) -> None:
        """Zeros beside a row, or instead of one."""
        text = self.writer.text
        if low == high:
            return
        begin = text.let(f"add i64 {start}, {low}") if low else start
        k, end = self.writer.loop("zero", "0", text.size(high - low), "1")
        at = text.let(f"add i64 {begin}, {k}")
        text.store(self.character, constant(0, self.character), place, at)
        end()

    def row(self, function: Scope, number: str, place: str, start: str) -> None:
        """One row of the value."""
        writer, text, region = self.writer, self.writer.text, self.stage.region
        variables = writer.body.variables
        variables[self.stage.outer] = number
        (each,) = self.passes.passes
        row = Scope(function)
        outside = [e for e in each.sources if region.inner not in e.depends]
        writer.settle([*row_needs(each.wanted, region.inner), *outside], row)
        counter, end = writer.loop("fill", "0", text.size(region.inner.extent), "1", writer.hints(each.cost))
        variables[region.inner] = counter
        scope = Scope(row)
        for expr in each.wanted:
            writer.body.write(expr, scope)
        value = writer.got(region.targets[0].expr, scope)
        text.store(self.character, value, place, text.let(f"add i64 {start}, {counter}"))
        end()
