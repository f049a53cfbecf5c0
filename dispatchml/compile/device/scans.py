"""Sums and products up to each element of a row, by a group of lanes that goes through the row tile by tile.

In a tile each lane has an element. What those up to a lane's own give comes of five shuffles in a warp, and of shared
memory between the warps of a block; what the tiles before gave is carried along. Few long rows are cut into parts: one
kernel leaves the total of each part, a second one begins each part with what the parts before it give.
"""

from __future__ import annotations

from typing import Any

from ..emit.body import Scope
from ..emit.joining import joined
from ..emit.kernel import Kernel, Pointer
from ..emit.passes import Pass
from ..emit.rows import how_joined
from ..emit.text import REGISTERS, Text, constant
from ..lower.regions import Region
from .groups import GroupKernel
from .joins import WARP, as_words, from_words, masks, shuffled
from .kernel import LANES

#: Tiles of a part, at least, and parts of a row, at most.
TILES, MOST_PARTS = 8, 1024


class ScanKernel(GroupKernel):
    """Writes a kernel of a region with such sums. totals: what each part of a row gives, and nothing else."""

    scheme = "scans"

    def __init__(self, region: Region, symbol: str = "", fast: bool = False, ordered: bool = False) -> None:
        super().__init__(region, symbol, fast, ordered)
        #: Elements of a part, and what says whether a lane's element is one.
        self.length, self.inside = length_of(region, self.group), ""
        self.chunks = -(-region.inner.extent // self.length)
        self.scans = [t for t in region.targets if t.scan]
        self.totals: dict[Any, str] = {}
        if self.chunks > 1:
            self.totals = {t: self.pointer(self.total_pointer(t)) for t in self.scans}

    def total_pointer(self, target: Any) -> Pointer:
        """The array of the parts' totals."""
        return Pointer("totals", target.root.value, self.region.count * self.chunks)

    def lanes(self) -> int:
        """One group for each row, or part of it."""
        return 1

    def first(self, part: str) -> str:
        """The number of a lane; a pass with such sums begins at its part."""
        self.begin_at = self.text.let(f"mul i64 {part}, {self.text.size(self.length)}") if part else "0"
        self.own_part = part
        return "%lane"

    def one_loop(self, each: Pass, row: Scope, first: str, last: str, hints: tuple[str, ...]) -> list[tuple[Any, str]]:
        """The loop of a pass; through tiles, where it leaves what is added up so far."""
        if not any(t.scan for t in each.targets):
            return super().one_loop(each, row, first, last, hints)
        text = self.text
        stop = self.least(text.let(f"add i64 {self.begin_at}, {text.size(self.length)}"), last)
        starts = {t: self.start(t, row) for t in each.targets if t.scan}
        tile, end = self.loop("tile", self.begin_at, stop, text.size(self.group))
        at = text.let(f"add i64 {tile}, %lane")
        self.inside = text.let(f"icmp slt i64 {at}, {stop}")
        near = text.let(f"select i1 {self.inside}, i64 {at}, i64 {text.let(f'sub i64 {stop}, 1')}")
        scope = self.begin(each.sources, near, row, set(each.wanted))
        for expr in each.wanted:
            self.body.write(expr, scope)
        carried: list[Any] = []
        totals: list[tuple[Any, str]] = []
        for target in each.targets:
            value = self.got(target.expr, scope)
            if target.scan:
                total = self.scanned(target, self.or_nothing(target, value), starts[target], scope, carried)
            elif target.operation is not None:
                total = self.leave_inside(target, self.or_nothing(target, value), scope, carried)
            else:
                total = self.leave(target, value, scope, carried)  # neighbours write the last element again
            if total is not None:
                totals.append((target, total))
        for r in each.reductions:
            value = self.or_nothing(r, self.got(r.args[0], scope))
            totals.append((r, self.carry(*how_joined(r), value, carried)))
        end(carried)
        self.inside = ""
        return totals

    def leave_inside(self, target: Any, value: str, scope: Scope, carried: list[Any]) -> str | None:
        """Put an element where it goes, if it is one."""
        if self.is_carried(target):
            return self.leave(target, value, scope, carried)
        text, some, after = self.text, self.text.fresh("some"), self.text.fresh("after")
        text.branch(self.inside, some, after)
        text.begin(some)
        self.leave(target, value, scope, carried)
        text.jump(after)
        text.begin(after)
        return None

    def or_nothing(self, thing: Any, value: str) -> str:
        """An element, or what changes nothing."""
        operation, character = how_joined(thing)
        kind = REGISTERS[character]
        return self.text.let(f"select i1 {self.inside}, {kind} {value}, {kind} {neutral(operation, character)}")

    def scanned(self, target: Any, value: str, start: str, scope: Scope, carried: list[Any]) -> str | None:
        """Leave what the elements up to a lane's give; carry what all of them do."""
        text, (operation, character) = self.text, how_joined(target)
        kind, name = REGISTERS[character], scan_name(operation, character, self.group)
        if name not in self.joins:
            self.joins[name], intrinsics = scan_text(operation, character, self.group)
            text.intrinsics |= intrinsics
        both = text.let(f"call {{ {kind}, {kind} }} @{name}({kind} {value}, i64 %lane)")
        before = f"%{text.fresh('sum')}"
        found = joined(text, operation, character, before, text.let(f"extractvalue {{ {kind}, {kind} }} {both}, 0"))
        total = joined(text, operation, character, before, text.let(f"extractvalue {{ {kind}, {kind} }} {both}, 1"))
        carried.append((before, kind, start, total))
        some, after = text.fresh("some"), text.fresh("after")
        text.branch(self.inside, some, after)
        text.begin(some)
        self.put(target, found, scope)
        text.jump(after)
        text.begin(after)
        return None

    def start(self, target: Any, row: Scope) -> str:
        """What the parts before give, which lanes add up together."""
        operation, character = how_joined(target)
        if self.chunks == 1:
            return neutral(operation, character)
        text, kind = self.text, REGISTERS[character]
        head, more, after, before = text.fresh("head"), text.fresh("more"), text.fresh("after"), text.label
        k, total, following, sum_ = (f"%{text.fresh('n')}" for _ in range(4))
        base = text.let(f"mul i64 {self.body.form(self.region.row(), row)}, {text.size(self.chunks)}")
        text.jump(head)
        text.begin(head)
        text.add(f"{k} = phi i64 [ %lane, %{before} ], [ {following}, %{more} ]")
        text.add(f"{total} = phi {kind} [ {neutral(operation, character)}, %{before} ], [ {sum_}, %{more} ]")
        text.branch(text.let(f"icmp slt i64 {k}, {self.own_part}"), more, after)
        text.begin(more)
        found = text.load(character, self.totals[target], text.let(f"add i64 {base}, {k}"))
        text.add(f"{sum_} = bitcast {kind} {joined(text, operation, character, total, found)} to {kind}")
        text.add(f"{following} = add i64 {k}, {self.group}")
        text.jump(head)
        text.begin(after)
        return self.together(target, total)


class TotalsKernel(ScanKernel):
    """Writes the kernel that leaves the total of each part of a row."""

    scheme = "totals"

    def __init__(self, region: Region, symbol: str = "", fast: bool = False) -> None:
        super().__init__(region, symbol, fast)
        self.reduced, self.direct, self.scattered = [], [], []

    def total_pointer(self, target: Any) -> Pointer:
        """The array of the parts' totals, which is written."""
        return Pointer("totals", target.root.value, self.region.count * self.chunks, "store")

    def start(self, target: Any, row: Scope) -> str:
        """Nothing."""
        return ""

    def leave(self, target: Any, value: str, scope: Scope, carried: list[Any]) -> str | None:
        """Nothing else is left."""
        return None

    def scanned(self, target: Any, value: str, start: str, scope: Scope, carried: list[Any]) -> str | None:
        """Carry the total."""
        return self.carry(*how_joined(target), value, carried)

    def add_up(self, target: Any, value: str, scope: Scope) -> None:
        """Leave a part's total."""
        text = self.text
        base = text.let(f"mul i64 {self.body.form(self.region.row(), scope)}, {text.size(self.chunks)}")
        at = text.let(f"add i64 {base}, {self.own_part}")
        end = self.alone()
        text.store(target.expr.character, value, self.totals[target], at)
        end()


def length_of(region: Region, group: int) -> int:
    """How many elements of a row one group goes through: all, unless few rows would leave the card idle."""
    extent = region.inner.extent
    if (
        region.rows
        or region.count * group > LANES // 4
        or any(t.row or t.operation and not t.scan for t in region.targets)
    ):
        return extent
    parts = min(LANES // (region.count * group), MOST_PARTS, extent // (TILES * group))
    return extent if parts < 2 else -(-extent // (parts * group)) * group


def is_scanned(region: Region) -> bool:
    """Whether lanes that meet leave what is added up along rows."""
    return any(t.scan for t in region.targets) and region.inner.extent >= WARP


def neutral(operation: str, character: str) -> str:
    """The number that changes nothing, -0.0 among sums: the first element stays what it is."""
    if character in "fd":
        return constant(-0.0 if operation == "add" else 1.0, character)
    return constant(int(operation == "multiply"), character)


def scan_name(operation: str, character: str, lanes: int) -> str:
    """The name of a function that gives what all up to a lane give."""
    return f"group.scan.{operation}.{character}.{lanes}"


def scan_text(operation: str, character: str, lanes: int) -> tuple[str, dict[str, str]]:
    """A function of a lane's number: what the lanes up to it give together, and what all do."""
    text, kind = Text(), REGISTERS[character]
    found = total = "%x"
    for mask in masks(lanes):
        other = shuffled(text, character, total, mask, lanes)
        upper = text.let(f"icmp ne i64 {text.let(f'and i64 %lane, {mask}')}, 0")
        more = joined(text, operation, character, other, found)
        found = text.let(f"select i1 {upper}, {kind} {more}, {kind} {found}")
        total = joined(text, operation, character, total, other)
    if lanes > WARP:
        warp = text.let(f"udiv i64 %lane, {WARP}")
        (word,) = as_words(text, character, total)
        text.add(f"store i64 {word}, ptr {text.let(f'call ptr @group.place(i64 {warp})')}")
        text.add("call void @group.meet()")
        before, total = neutral(operation, character), ""
        for number in range(lanes // WARP):
            at = text.let(f"call ptr @group.place(i64 {number})")
            part = from_words(text, character, [text.let(f"load i64, ptr {at}")])
            earlier = text.let(f"icmp ult i64 {number}, {warp}")
            more = joined(text, operation, character, before, part)
            before = text.let(f"select i1 {earlier}, {kind} {more}, {kind} {before}")
            total = joined(text, operation, character, total, part) if total else part
        found = joined(text, operation, character, before, found)
        text.add("call void @group.meet()")
    pair = f"{{ {kind}, {kind} }}"
    half = text.let(f"insertvalue {pair} poison, {kind} {found}, 0")
    text.add(f"ret {pair} {text.let(f'insertvalue {pair} {half}, {kind} {total}, 1')}")
    head = (
        f"define internal {pair} @{scan_name(operation, character, lanes)}({kind} %x, i64 %lane) nounwind convergent {{"
    )
    return "\n".join([head, "entry:", *text.lines, "}"]), text.intrinsics


def scan_kernels(region: Region, ordered: bool) -> list[Kernel]:
    """The kernels of a region with such sums, in their order."""
    last = ScanKernel(region, ordered=ordered)
    return [TotalsKernel(region).write(), last.write()] if last.chunks > 1 else [last.write()]
