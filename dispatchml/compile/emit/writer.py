"""What kernels of every scheme share: addresses, blocks, loops, and where results go."""

from __future__ import annotations

from typing import Any

from ..lower.expressions import Expr, postorder
from ..lower.gathers import base_of
from ..lower.regions import Region
from .body import Body, Scope
from .joining import identity, joined
from .kernel import Kernel, Pointer
from .passes import Passes
from .text import MEMORY, REGISTERS, Text, constant

#: Nanoseconds of work that a block should have, at least, and how many blocks there are, at most.
BLOCK_WORK = 25_000
MOST_BLOCKS = 512
#: Numbers in the parts of all blocks together, at most.
MOST_PARTS = 1 << 16
#: Costs of an element, in nanoseconds: of a loop's long body, of a large and of a huge kernel.
LONG, LARGE, HUGE = 3.0, 25.0, 70.0
TOGETHER = '!"llvm.loop.interleave.count"'
MASKED = '!"llvm.loop.vectorize.predicate.enable", i1 true'


class Writer:
    """Writes one kernel; `rows(function, low, high)` is what the scheme adds.

    scheme: its name. extent: how many units blocks are made of; unit: how many elements one has.
    """

    scheme = ""

    def __init__(self, region: Region, symbol: str, fast: bool = False) -> None:
        self.region, self.symbol = region, symbol
        self.text = Text()
        self.needs: dict[str, Any] = {}
        self.pointers: list[Pointer] = []
        self.places: dict[Any, str] = {}
        self.body = Body(self.text, self.pointer_of, self.needs, fast)
        self.passes = Passes(region, self.may_keep)
        self.reduced = [t for t in region.targets if t.operation is not None and not t.scan]
        self.parts: dict[Any, str] = {}

    def may_keep(self, expr: Expr) -> bool:
        """Whether a pass may keep an expression for later ones."""
        return True

    # ---- memory ------------------------------------------------------------------------------------------------------

    def pointer_of(self, value: Any) -> str:
        """The register of the address of a value's memory."""
        found = self.places.get(value)
        if found is None:
            found = self.places[value] = self.pointer(Pointer("value", value))
        return found

    def status(self) -> str:
        """The register of the address of the word that says whether something went wrong."""
        found = self.places.get("status")
        if found is None:
            found = self.places["status"] = self.pointer(Pointer("status", None, 0, "store"))
        return found

    def pointer(self, pointer: Pointer) -> str:
        """One more address."""
        self.pointers.append(pointer)
        return f"%p{len(self.pointers) - 1}"

    # ---- the kernel --------------------------------------------------------------------------------------------------

    def units(self) -> tuple[int, int]:
        """How many units there are, and how many elements each has."""
        return self.region.count, self.region.inner.extent

    def rows(self, function: Scope, low: str, high: str) -> None:
        """The loop over units."""
        raise NotImplementedError

    def write(self) -> Kernel:
        """The kernel."""
        region, text = self.region, self.text
        extent, unit = self.units()
        grain = self.grain(extent, unit)
        for target in region.targets:
            if target.operation is None or target.scan:
                value = target.root.value
                place = self.places[value] = self.pointer(Pointer("value", value, 0, "store"))
                if value in region.in_place:
                    self.places[region.in_place[value]] = place
        parts = [
            self.pointer(Pointer("partial", t.root.value, t.root.value.size, t.operation or "")) for t in self.reduced
        ]
        self.scratch = self.allocate()
        function = Scope()
        if self.reduced:
            begin, step = self.loop("block", "%low", "%high", text.size(grain))
            number = text.let(f"sdiv i64 {begin}, {text.size(grain)}")
            end = self.least(text.let(f"add i64 {begin}, {text.size(grain)}"), "%high")
            self.parts = {t: self.part(p, t, number) for p, t in zip(parts, self.reduced, strict=True)}
            self.rows(function, begin, end)
            step()
        else:
            self.rows(function, "%low", "%high")
        text.add("ret void")
        return Kernel(self.symbol, text, self.needs, self.pointers, extent, grain, region, self.scheme)

    def hints(self, cost: float) -> tuple[str, ...]:
        """How LLVM should make vectors of a loop whose body costs so much, in nanoseconds an element.

        Two vectors at a time hide the latency of long bodies, of which LLVM takes one; large kernels are compiled in
        half the time with one, in a third without a loop for the elements that are left over.
        """
        total = sum(each.cost for each in self.passes.passes)
        if total > HUGE:
            return (MASKED,)
        if total > LARGE:
            return (f"{TOGETHER}, i32 1",)
        return (f"{TOGETHER}, i32 2",) if cost > LONG else ()

    def allocate(self) -> dict[Expr, str]:
        """Room for what passes keep for later ones."""
        raise NotImplementedError

    def room(self, character: str, count: str) -> str:
        """The address of memory that lives as long as the call."""
        kind = MEMORY[character] if character not in "FD" else REGISTERS[character]
        return self.text.let(f"alloca {kind}, i64 {count}, align 64", "scratch")

    def least(self, a: str, b: str) -> str:
        """The smaller of two whole numbers."""
        smin = self.text.intrinsic("llvm.smin.i64", "i64", "i64", "i64")
        return self.text.let(f"call i64 @{smin}(i64 {a}, i64 {b})")

    def grain(self, extent: int, chunk: int) -> int:
        """How many rows, or chunks of one, a block has."""
        cost = 0.3 + sum(each.cost for each in self.passes.passes)
        grain = max(1, round(BLOCK_WORK / (cost * chunk)), -(-extent // MOST_BLOCKS))
        kept = max((t.root.value.size for t in self.reduced), default=1)
        if kept > MOST_PARTS // 4:
            return extent  # parts would cost more than they save
        if kept > 1:
            grain = max(grain, -(-extent // max(MOST_PARTS // kept, 4)))
        return min(grain, extent)

    def part(self, pointer: str, target: Any, number: str) -> str:
        """The address of this block's part, filled with the number that changes nothing."""
        text, value = self.text, target.root.value
        character = target.expr.character
        size = text.size(value.size)
        offset = text.let(f"mul i64 {number}, {size}")
        kind = REGISTERS[character] if character in "FD" else MEMORY[character]
        address = text.let(f"getelementptr inbounds {kind}, ptr {pointer}, i64 {offset}", "part")
        start = identity(target.operation, character)
        if base_of(target.root.node) is not None:
            return address  # what it is added to lies there
        if value.size == 1:
            text.store(character, start, address, "0")
        else:
            k, step = self.loop("fill", "0", size, "1")
            text.store(character, start, address, k)
            step()
        return address

    def loop(self, stem: str, low: str, high: str, by: str, hints: tuple[str, ...] = ()) -> tuple[str, Any]:
        """Begin a loop over low, low + by, ... below high, of which there is at least one; returns its counter and
        what ends it. hints: how LLVM makes vectors of it.
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
            if hints:
                text.hint(hints)
            lines = [f"{counter} = phi i64 [ {low}, %{before} ], [ {following}, %{text.label} ]"]
            for register, kind, start, last in carried:
                lines.append(f"{register} = phi {kind} [ {start}, %{before} ], [ {last}, %{text.label} ]")
            text.fill(place, lines)
            text.begin(after)

        return counter, end

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

    def got(self, expr: Expr, scope: Scope) -> str:
        """The register of an expression that is written."""
        found = scope.get(expr)
        assert found is not None, expr
        return found

    def put(self, target: Any, value: str, scope: Scope) -> None:
        """Write an element, where there is such a one."""
        text, place = self.text, self.pointer_of(target.root.value)
        offset = self.body.form(target.offset, scope)
        if not target.conditions:
            text.store(target.expr.character, value, place, offset)
            return
        inside, after = text.fresh("inside"), text.fresh("after")
        text.branch(self.body.condition(target.conditions, scope), inside, after)
        text.begin(inside)
        text.store(target.expr.character, value, place, offset)
        text.jump(after)
        text.begin(after)

    def carry(self, operation: str, character: str, value: str, carried: list[Any], in_order: bool = False) -> str:
        """Join an element to what the inner loop carries; returns the register with the total. in_order: exactly so."""
        text = self.text
        register = f"%{text.fresh('sum')}"
        total = joined(text, operation, character, register, value, free=not in_order)
        start = identity(operation, character)
        if in_order and operation == "add" and character in "fd":
            start = constant(-0.0, character)  # the first element stays what it is
        carried.append((register, REGISTERS[character], start, total))
        return total

    def add_up(self, target: Any, value: str, scope: Scope) -> None:
        """Join an element to one in this block's part."""
        text, character = self.text, target.expr.character
        offset = self.body.form(target.offset, scope)
        before = text.load(character, self.parts[target], offset)
        text.store(character, joined(text, target.operation, character, before, value), self.parts[target], offset)
