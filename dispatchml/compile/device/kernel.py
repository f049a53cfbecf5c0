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
from ..emit.rows import RowKernel, how_joined
from ..emit.text import REGISTERS, Text
from ..lower.expressions import Expr, depends_of, forms_of
from ..lower.regions import Region
from .body import DeviceBody, is_vector_store, width_of
from .scatters import ADDED, Scattering, is_scatter

#: Threads that add up, at most: about as many as a large card has at once.
LANES = 1 << 18
#: Numbers in the parts of all threads together, at most.
MOST_PARTS = 1 << 23
#: Parts that one thread joins.
GROUP = 64
#: Rows that one thread adds up, at most: more would leave the card idle.
MOST_ROWS = 256


class Unfit(Exception):
    """A region that has no kernel for a device. Its text says why."""


class ThreadKernel(Scattering, RowKernel):
    """Writes a kernel whose units are elements, strides of elements that are added up, or rows.

    ordered: what goes to places that are read from memory is not added up, but left with its places, to be sorted.
    """

    scheme = "threads"
    #: Threads that share a unit.
    group = 1

    def __init__(self, region: Region, symbol: str = "", fast: bool = False, ordered: bool = False) -> None:
        refuse_unfit(region)
        region.checks = []  # nobody looks at positions on a device
        super().__init__(region, symbol, fast)
        self.body: DeviceBody = DeviceBody(self.text, self.pointer_of, self.needs, fast, region.inner)
        self.body.lanes = {region.inner}
        self.quick: dict[Pass, list[Expr]] = {}
        self.height = 1
        self.ordered = ordered
        self.scattered = [t for t in self.reduced if is_scatter(t)]
        self.reduced = [t for t in self.reduced if not is_scatter(t)]
        self.scatter_pointers()
        #: How many neighbouring elements a thread does at once, and in which loop it does.
        self.width = 1 if region.rows and self.group == 1 else width_of(region, self.group)
        self.wide = False
        at_once = not region.rows and not any(t.scan or t.row and is_scatter(t) for t in region.targets)
        self.chunks = self.lanes() if at_once else 1

    @property
    def columns(self) -> int:
        """How many threads can share a row of the loop."""
        return self.region.inner.extent // self.width

    def lanes(self) -> int:
        """How many threads share a row of the loop: all of its elements where nothing is added up."""
        extent = self.columns
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
        """The number of a thread among those that share a row, whose unit is a part of it if there is one."""
        return part or "0"

    def inner_loop(self, each: Pass, row: Scope, first: str, last: str) -> list[tuple[Any, str]]:
        """The loop of a pass: through vectors, and what is left over behind them."""
        if self.width == 1:
            return self.one_loop(each, row, first, last, ())
        text, extent = self.text, self.region.inner.extent
        whole = extent - extent % self.width
        self.wide = True
        start = text.let(f"mul i64 {first}, {self.width}")
        totals = self.wide_loop(each, row, start, text.size(whole))
        self.wide = False
        if whole == extent:
            return totals
        before, some, after = text.label, text.fresh("some"), text.fresh("after")
        text.branch(text.let(f"icmp slt i64 {first}, {extent - whole}"), some, after)
        text.begin(some)
        start = text.let(f"add i64 {first}, {text.size(whole)}")
        rest = self.one_loop(each, row, start, last, ())
        both = [(thing, self.join(thing, a, b)) for (thing, a), (_, b) in zip(totals, rest, strict=True)]
        inside = text.label
        text.jump(after)
        text.begin(after)
        return [
            (thing, text.let(f"phi {self.kind_of(thing)} [ {b}, %{inside} ], [ {a}, %{before} ]"))
            for (thing, a), (_, b) in zip(totals, both, strict=True)
        ]

    def wide_loop(self, each: Pass, row: Scope, first: str, last: str) -> list[tuple[Any, str]]:
        """The loop of a pass whose threads have several neighbouring elements, read and written at once."""
        text, body, inner = self.text, self.body, self.region.inner
        counter, end = self.loop("pass", first, last, "1")
        body.width, body.vectors = self.width, {}
        early = sorted(each.wanted, key=lambda e: e.kind != "load" or e.stage or any(type(a) is Expr for a in atoms(e)))
        scopes = []
        for body.number in range(self.width):
            at = text.let(f"add i64 {counter}, {body.number}") if body.number else counter
            scope = self.begin(each.sources, at, row, set(each.wanted))
            for expr in early:
                body.write(expr, scope)
            scopes.append((at, scope))
        body.width = 1
        carried: list[Any] = []
        totals: list[tuple[Any, str]] = []
        for target in each.targets:
            values = [self.got(target.expr, scope) for _, scope in scopes]
            if is_vector_store(target, inner, self.width):
                place = self.pointer_of(target.root.value)
                body.variables[inner] = counter
                body.store_vector(target.expr.character, values, place, body.form(target.offset, scopes[0][1]))
            elif self.is_carried(target):
                totals.append((target, self.carry_all(target, values, carried)))
            else:
                for (at, scope), value in zip(scopes, values, strict=True):
                    body.variables[inner] = at
                    self.leave(target, value, scope, carried)
        for r in each.reductions:
            values = [self.got(r.args[0], scope) for _, scope in scopes]
            totals.append((r, self.carry_all(r, values, carried)))
        end(carried)
        return totals

    def is_carried(self, target: Any) -> bool:
        """Whether the inner loop adds a target up."""
        if target.operation is None or self.ordered and target in self.scattered:
            return False
        return self.region.inner not in depends_of(target.offset)

    def carry_all(self, thing: Any, values: list[str], carried: list[Any]) -> str:
        """Join several elements to what the inner loop carries."""
        total, (operation, character) = values[0], how_joined(thing)
        for value in values[1:]:
            total = joined(self.text, operation, character, total, value, free=True)
        return self.carry(operation, character, total, carried)

    def loop(self, stem: str, low: str, high: str, by: str, hints: tuple[str, ...] = ()) -> tuple[str, Any]:
        """A pass goes from a thread's first element to the next one that is its own."""
        step = self.text.size(self.chunks * self.group * (self.width if self.wide else 1)) if stem == "pass" else by
        return super().loop(stem, low, high, step, ())


def atoms(expr: Expr) -> list[Any]:
    """What the forms of an expression are made of."""
    return [atom for form in forms_of(expr) for atom, _ in form.terms]


def refuse_unfit(region: Region) -> None:
    """Raise Unfit for what threads cannot do side by side, or what would have to be looked at."""
    if region.stages:
        raise Unfit("it keeps rows in a ring")
    for target in region.targets:
        if is_scatter(target) and target.expr.character not in ADDED:
            raise Unfit(f"numbers of {target.root.value.dtype} are not added to a place that others add to")


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
