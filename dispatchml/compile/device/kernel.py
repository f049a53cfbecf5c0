"""Kernels for many threads: what a block of the CPU's kernel does, a thread does for one element, or one row.

Neighbouring threads have neighbouring elements, so that a warp reads whole lines of memory. What is added up over the
loops goes to a part for each thread, and `merging` joins the parts in a tree whose shape depends on the sizes alone:
results do not depend on how many threads run. A region that reduces within rows has a thread for each row.
"""

from __future__ import annotations

from typing import Any

from ..emit.body import Scope
from ..emit.joining import joined
from ..emit.kernel import Kernel, Pointer
from ..emit.passes import Pass
from ..emit.rows import RowKernel
from ..emit.text import REGISTERS, Text
from ..lower.expressions import Expr, depends_of
from ..lower.gathers import base_of
from ..lower.regions import Region

#: Threads that add up, at most: about as many as a large card has at once.
LANES = 1 << 17
#: Numbers in the parts of all threads together, at most.
MOST_PARTS = 1 << 23
#: Parts that one thread joins.
GROUP = 64
#: Rows that one thread adds up, at most: more would leave the card idle.
MOST_ROWS = 256


class Unfit(Exception):
    """A region that has no kernel for a device. Its text says why."""


class ThreadKernel(RowKernel):
    """Writes a kernel whose units are elements, strides of elements that are added up, or rows."""

    scheme = "threads"
    #: Threads that share a unit.
    group = 1

    def __init__(self, region: Region, symbol: str = "", fast: bool = False) -> None:
        refuse_unfit(region)
        super().__init__(region, symbol, fast)
        self.quick: dict[Pass, list[Expr]] = {}
        self.height = 1
        self.chunks = 1 if region.rows else self.lanes()

    def lanes(self) -> int:
        """How many threads share a row of the loop: all of its elements where nothing is added up."""
        extent = self.region.inner.extent
        if not self.reduced:
            return extent
        kept = sum(t.root.value.size for t in self.reduced)
        if any(self.region.inner in depends_of(target.offset) for target in self.reduced):
            return extent  # each element goes to a place of its own, which its row's neighbours share
        return max(1, min(extent, LANES // self.region.count, MOST_PARTS // (kept * self.region.count)))

    def may_keep(self, expr: Expr) -> bool:
        return False  # a row would not fit into the registers: it is read, or computed, once more

    def plan_divisions(self) -> None:
        self.quick = {}

    def units(self) -> tuple[int, int]:
        return self.region.count * self.chunks, -(-self.region.inner.extent // self.chunks)

    def grain(self, extent: int, chunk: int) -> int:
        kept = max((t.root.value.size for t in self.reduced), default=1)
        grain = max(1, -(-extent * kept // MOST_PARTS)) if self.reduced else 1
        if grain > MOST_ROWS:
            raise Unfit("what it adds up has too many places for a part in each thread")
        return grain

    def allocate(self) -> dict[Expr, str]:
        return {}

    def rows(self, function: Scope, low: str, high: str) -> None:
        text, region = self.text, self.region
        counter, end = self.loop("row", low, high, "1")
        row, number, part = Scope(function), counter, ""
        if self.chunks > 1:
            chunks = text.size(self.chunks)
            number, part = text.let(f"udiv i64 {counter}, {chunks}"), text.let(f"urem i64 {counter}, {chunks}")
        first = self.first(part)
        self.outer_variables(number)
        for each in self.passes.passes:
            self.one_pass(each, row, first, text.size(region.inner.extent))
        self.row_targets(row)
        end()

    def first(self, part: str) -> str:
        """The first element of a thread, whose unit is a part of a row if there is one."""
        return part or "0"

    def inner_loop(self, each: Pass, row: Scope, first: str, last: str) -> list[tuple[Any, str]]:
        return self.one_loop(each, row, first, last, ())

    def loop(self, stem: str, low: str, high: str, by: str, hints: tuple[str, ...] = ()) -> tuple[str, Any]:
        """A pass goes from a thread's first element to the next one that is its own."""
        step = self.text.size(self.chunks * self.group) if stem == "pass" else by
        return super().loop(stem, low, high, step, ())


def refuse_unfit(region: Region) -> None:
    """Raise Unfit for what threads cannot do side by side, or what would have to be looked at."""
    if region.stages:
        raise Unfit("it keeps rows in a ring")
    if region.checks:
        raise Unfit("positions that are read from memory would have to be checked")
    if any(t.scan for t in region.targets):
        raise Unfit("it adds up along rows, element by element")
    if any(base_of(t.root.node) is not None for t in region.targets):
        raise Unfit("several elements are added to one place")


def merging(operation: str, character: str, blocks: int, size: int) -> Kernel:
    """out[g, k] = the parts [b, k] of group g joined, b after b; one thread for each g and k."""
    text, kind = Text(), REGISTERS[character]
    text.sizes = {0: "%s0", 1: "%s1"}  # always arguments: one text for each operation and dtype
    text.lines += ["  br label %unit", "unit:", "  %u = phi i64 [ %low, %entry ], [ %u.next, %stored ]"]
    text.lines += ["  %g = udiv i64 %u, %s1", "  %k = urem i64 %u, %s1", f"  %b0 = mul i64 %g, {GROUP}"]
    text.lines += [f"  %b1 = add i64 %b0, {GROUP}", "  %less = icmp slt i64 %b1, %s0"]
    text.lines += ["  %end = select i1 %less, i64 %b1, i64 %s0", "  %at0 = mul i64 %b0, %s1"]
    first = text.load(character, "%p0", text.let("add i64 %at0, %k"))
    text.lines += ["  %b2 = add i64 %b0, 1", "  br label %head", "head:"]
    text.lines += ["  %b = phi i64 [ %b2, %unit ], [ %b.next, %more ]"]
    text.lines += [f"  %total = phi {kind} [ {first}, %unit ], [ %joined, %more ]"]
    text.lines += ["  %again = icmp slt i64 %b, %end", "  br i1 %again, label %more, label %stored", "more:"]
    at = text.let("mul i64 %b, %s1")
    found = text.load(character, "%p0", text.let(f"add i64 {at}, %k"))
    total = joined(text, operation, character, "%total", found)
    text.lines += renamed(kind, total, character)
    text.lines += ["  %b.next = add i64 %b, 1", "  br label %head", "stored:"]
    text.store(character, "%total", "%p1", "%u")
    text.lines += ["  %u.next = add i64 %u, 1", "  %on = icmp slt i64 %u.next, %high"]
    text.lines += ["  br i1 %on, label %unit, label %done", "done:", "  ret void"]
    pointers = [Pointer("partial", None, size), Pointer("value", None, 0, "store")]
    extent = -(-blocks // GROUP) * size
    symbol = f"merge_{operation}_{character if character != '?' else 'bool'}"
    made = Kernel(symbol, text, {}, pointers, extent, 1, None, "merge")
    made.sizes = [blocks, size]
    return made


def renamed(kind: str, total: str, character: str) -> list[str]:
    """The lines that give a register the name %joined."""
    if character not in "FD":
        return [f"  %joined = bitcast {kind} {total} to {kind}"]
    part = kind[1:-1].split(",")[0]
    return [f"  %re = extractvalue {kind} {total}, 0", f"  %joined = insertvalue {kind} {total}, {part} %re, 0"]
