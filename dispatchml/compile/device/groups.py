"""Kernels in which a warp, a part of one or a block shares a row, or a stretch of what is added up.

Neighbouring lanes have neighbouring elements; what each adds up is joined by shuffles (`joins`), and known to all of
them in the next pass over the row. One lane leaves what is known once a row. Each lane has at least one element.
"""

from __future__ import annotations

from typing import Any

from ..emit.body import Scope
from ..emit.joining import identity, joined
from ..emit.kernel import Kernel, Pointer
from ..emit.passes import Pass
from ..emit.rows import how_joined
from ..emit.text import MEMORY, REGISTERS, Text
from ..lower.expressions import depends_of
from ..lower.forms import form_of
from ..lower.regions import Region
from .joins import BLOCK, PARTS, WARP, join_name, join_text
from .kernel import LANES, MOST_PARTS, ThreadKernel, renamed
from .scatters import is_scatter

#: Elements of a row from which a block shares it, and threads that a card wants at least.
LONG, WANTED = 4096, 1 << 15
#: Lanes, at most, where groups have a part of all columns each: more parts would be more to join than to read.
COLUMN_LANES = 1 << 16


class GroupKernel(ThreadKernel):
    """Writes a kernel whose units are rows, or stretches of what is added up, each of a group of lanes."""

    scheme = "groups"

    def __init__(self, region: Region, symbol: str = "", fast: bool = False, ordered: bool = False) -> None:
        self.group = group_of(region)
        #: Whether there are rows enough for a group to have one each.
        self.whole_rows = region.rows or region.count * self.group >= WANTED
        self.joins: dict[str, str] = {}
        super().__init__(region, symbol, fast, ordered)
        self.text.sizes["lane"] = "%lane"  # type: ignore[index]  # the first of the arguments behind the arrays
        self.direct = [t for t in self.reduced if self.whole_rows and is_direct(region, t)]
        self.reduced = [t for t in self.reduced if t not in self.direct]
        #: What is added up over rows for each column: a lane has the same columns in all rows.
        self.columnwise = [t for t in self.reduced if is_column(region, t)]
        if self.columnwise:
            self.width = 1
        for target in self.direct:
            value = target.root.value
            self.places[value] = self.pointer(Pointer("value", value, 0, "store"))

    def lanes(self) -> int:
        """How many groups share a row of the loop."""
        if self.whole_rows and any(is_direct(self.region, t) for t in self.region.targets):
            return 1
        return max(1, super().lanes() // self.group)

    def write(self) -> Kernel:
        """The kernel."""
        made = super().write()
        made.group, made.joins, made.sizes = self.group, self.joins, made.sizes[1:]
        return made

    def first(self, part: str) -> str:
        """The number of a lane among those that share a row."""
        if not part:
            return "%lane"
        return self.text.let(f"add i64 {self.text.let(f'mul i64 {part}, {self.group}')}, %lane")

    def inner_loop(self, each: Pass, row: Scope, first: str, last: str) -> list[tuple[Any, str]]:
        """The loop of a pass; what all lanes have added up."""
        totals = super().inner_loop(each, row, first, last)
        return [(thing, self.together(thing, total)) for thing, total in totals]

    def together(self, thing: Any, total: str) -> str:
        """A lane's total joined with the others'."""
        operation, character = how_joined(thing)
        name = join_name(operation, character, self.group)
        if name not in self.joins:
            self.joins[name], intrinsics = join_text(operation, character, self.group)
            self.text.intrinsics |= intrinsics
        kind = self.kind_of(thing)
        return self.text.let(f"call {kind} @{name}({kind} {total}, i64 %lane)")

    def grain(self, extent: int, chunk: int) -> int:
        kept = max((t.root.value.size for t in self.columnwise), default=1)
        lanes = COLUMN_LANES if self.columnwise else LANES
        return max(1, -(-extent * self.group // lanes), -(-extent * kept // MOST_PARTS)) if self.reduced else 1

    # ---- what is known once a row ------------------------------------------------------------------------------------

    def alone(self) -> Any:
        """Begin what the first lane does alone; what ends it."""
        text = self.text
        only, after = text.fresh("only"), text.fresh("after")
        text.branch(text.let("icmp eq i64 %lane, 0"), only, after)
        text.begin(only)

        def end() -> None:
            text.jump(after)
            text.begin(after)

        return end

    def part(self, pointer: str, target: Any, number: str) -> str:
        """The address of this group's part, which the first lane fills."""
        text, character, nothing = self.text, target.expr.character, identity(target.operation, target.expr.character)
        kind = REGISTERS[character] if character in "FD" else MEMORY[character]
        size = text.size(target.root.value.size)
        if size != "1":
            number = text.let(f"mul i64 {number}, {size}")
        address = text.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {number}", "part")
        if target in self.columnwise:
            column, end_columns = self.loop("fill", "%lane", size, text.size(self.group))
            text.store(character, nothing, address, column)
            end_columns()
            return address
        end = self.alone()
        row, end_rows = self.loop("fill", "0", size, "1")
        text.store(character, nothing, address, row)
        end_rows()
        end()
        return address

    def add_up(self, target: Any, value: str, scope: Scope) -> None:
        """Leave what all lanes have added up, in this group's part or where it belongs; each lane its own columns."""
        text = self.text
        if target in self.columnwise:
            super().add_up(target, value, scope)
            return
        offset = self.body.form(target.offset, scope)
        end = self.alone()
        if target in self.direct:
            text.store(target.expr.character, value, self.places[target.root.value], offset)
        else:
            super().add_up(target, value, scope)
        end()


def group_of(region: Region) -> int:
    """How many lanes share a unit; 1 where there are not enough elements, or they go to places of their own."""
    extent = region.inner.extent
    reduced = [t for t in region.targets if t.operation is not None and not t.scan and not is_scatter(t)]
    scans = any(t.scan for t in region.targets)
    if not reduced and not region.rows and not scans:
        return 1
    if any(t.root.value.size != 1 and not is_direct(region, t) and not is_column(region, t) for t in reduced):
        return 1
    if extent >= LONG or extent >= BLOCK and region.count * WARP < WANTED:
        return BLOCK
    return next((lanes for lanes in (WARP, *PARTS) if extent >= lanes), 1)


def is_column(region: Region, target: Any) -> bool:
    """Whether a target is added up over rows that lanes share, for each column."""
    plain = region.rows and target.operation is not None and not target.scan and not target.row
    return plain and not is_scatter(target) and target.offset == form_of(region.inner)


def is_direct(region: Region, target: Any) -> bool:
    """Whether all that is added up for a place of a target is one row of the region."""
    if target.operation is None or target.scan or target.row or is_scatter(target):
        return False
    if target.root.value.size != region.count:
        return False
    depends = depends_of(target.offset)
    return region.inner not in depends and all(v in depends for v in region.outer if v.extent > 1)


def joining(operation: str, character: str, count: int) -> Kernel:
    """out[0] = all parts joined: one block, whose lanes go through them in strides."""
    text, kind = Text(), REGISTERS[character]
    text.sizes = {0: "%lane", 1: "%s0"}
    name = join_name(operation, character, BLOCK)
    join, intrinsics = join_text(operation, character, BLOCK)
    first = text.load(character, "%p0", "%lane")
    text.lines += [f"  %b0 = add i64 %lane, {BLOCK}", "  br label %head", "head:"]
    text.lines += ["  %b = phi i64 [ %b0, %entry ], [ %b.next, %more ]"]
    text.lines += [f"  %total = phi {kind} [ {first}, %entry ], [ %joined, %more ]"]
    text.lines += ["  %again = icmp slt i64 %b, %s0", "  br i1 %again, label %more, label %all", "more:"]
    found = text.load(character, "%p0", "%b")
    text.lines += renamed(kind, joined(text, operation, character, "%total", found), character)
    text.lines += [f"  %b.next = add i64 %b, {BLOCK}", "  br label %head", "all:"]
    total = text.let(f"call {kind} @{name}({kind} %total, i64 %lane)")
    text.lines += ["  %only = icmp eq i64 %lane, 0", "  br i1 %only, label %leave, label %done", "leave:"]
    text.store(character, total, "%p1", "0")
    text.lines += ["  br label %done", "done:", "  ret void"]
    text.intrinsics |= intrinsics
    pointers = [Pointer("partial", None, 1), Pointer("value", None, 0, "store")]
    made = Kernel(
        f"join_{operation}_{'bool' if character == '?' else character}", text, {}, pointers, 1, 1, None, "join"
    )
    made.sizes, made.group, made.joins = [count], BLOCK, {name: join}
    return made
