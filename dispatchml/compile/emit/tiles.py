"""Kernels for many short rows: vectors run across rows, the short inner loop lies outside of them.

A tile is a number of rows. What is known once a row is a vector of the tile, kept on the stack, as are elements that
one pass hands to the next. Rows of 16 elements are done twice as fast so than one by one.
"""

from __future__ import annotations

from typing import Any

from ..lower.expressions import Expr, depends_of, postorder
from ..lower.forms import Form, Variable
from ..lower.regions import Region, Target
from .body import Scope
from .joining import identity, joined
from .passes import Pass, row_needs
from .text import BYTES, MEMORY, REGISTERS
from .writer import LARGE, Writer

#: Bytes that a tile may keep on the stack.
STACK = 24 * 1024
#: Expressions of a region, each of which may need a vector of a tile.
MOST_EXPRESSIONS = 1500
#: Rows in a tile, at most and at least.
MOST_ROWS, FEWEST_ROWS = 256, 32
#: The inner loop is at most this long. Longer rows in memory, which vectors then cross, are faster one by one; rather
#: long ones may be where a row has much to compute once, more than DEAR nanoseconds, which one by one is no vector.
LONGEST, LONGEST_IN_MEMORY, LONGEST_DEAR, DEAR = 48, 24, 48, 0.6
#: What a row's expression must cost, in nanoseconds, to be kept when it was computed on the way.
KEPT = 0.3


def suits(region: Region) -> bool:
    """Whether a region has rows that are short and many, and not so many expressions that tiles overflow the stack."""
    if len(region.elements.graph.known) > MOST_EXPRESSIONS or any(t.conditions for t in region.targets):
        return False
    if region.stages or any(t.scan for t in region.targets):
        return False
    longest = LONGEST
    if crossed(region):
        longest = LONGEST_DEAR if row_cost(region) > DEAR else LONGEST_IN_MEMORY
    return 1 < region.inner.extent <= longest and region.count >= 2 * FEWEST_ROWS and not region.indexed


class TileKernel(Writer):
    """Writes a kernel that goes tile by tile."""

    scheme = "tiles"

    def __init__(self, region: Region, symbol: str, fast: bool = False) -> None:
        self.outer = {v for v in region.outer if v.extent > 1}
        self.varying = varying([t.expr for t in region.targets], self.outer)
        super().__init__(region, symbol, fast)
        self.inner: Variable = region.inner
        self.body.lanes = self.outer
        self.length = region.inner.extent
        self.together = next(u for u in (4, 3, 2, self.length if self.length <= 8 else 1) if self.length % u == 0)
        if self.length <= 4:
            self.together = self.length
        if sum(each.cost for each in self.passes.passes) > LARGE:
            self.together = 1
        #: Where rows' expressions are kept.
        self.vectors: dict[Expr, str] = {}
        saved = [e for e, target in self.passes.kept.items() if target is None]
        wide = (sum(BYTES[e.character] for e in saved) + crossed(region)) * self.length + 64
        self.tile = max(FEWEST_ROWS, min(MOST_ROWS, STACK // wide // 8 * 8))

    def may_keep(self, expr: Expr) -> bool:
        """What is the same for all rows is computed again, once a tile."""
        return expr in self.varying

    def grain(self, extent: int, unit: int) -> int:
        """How many rows a block has: whole tiles."""
        return min(-(-super().grain(extent, unit) // self.tile) * self.tile, extent)

    # ---- memory ------------------------------------------------------------------------------------------------------

    def allocate(self) -> dict[Expr, str]:
        """Room for elements that passes keep."""
        saved = [e for e, target in self.passes.kept.items() if target is None]
        #: Vectors are allocated as they turn up, but in the function's first lines.
        self.stack = self.text.reserve()
        self.allocations: list[str] = []
        return {e: self.stack_room(e.character, self.tile * self.length) for e in saved}

    def stack_room(self, character: str, count: int) -> str:
        """Memory on the stack."""
        name = self.text.fresh("stack")
        kind = REGISTERS[character] if character in "FD" else MEMORY[character]
        self.allocations.append(f"%{name} = alloca {kind}, i64 {count}, align 64")
        return f"%{name}"

    def vector(self, expr: Expr) -> str:
        """Where a row's expression is kept."""
        found = self.vectors.get(expr)
        if found is None:
            found = self.vectors[expr] = self.stack_room(expr.character, self.tile)
        return found

    # ---- loops -------------------------------------------------------------------------------------------------------

    def rows(self, function: Scope, low: str, high: str) -> None:
        """The loop over tiles."""
        text = self.text
        self.first, end = self.loop("tile", low, high, text.size(self.tile))
        self.number = self.least(text.let(f"sub i64 {high}, {self.first}"), text.size(self.tile))
        tile = Scope(function)
        for each in self.passes.passes:
            outside = [e for e in each.sources if self.inner not in e.depends]
            self.row_stage([*row_needs(each.wanted, self.inner), *outside], each.reductions, tile)
            self.one_pass(each, tile)
        if self.passes.row_targets:
            self.row_stage([t.expr for t in self.passes.row_targets], [], tile, self.passes.row_targets)
        end()
        text.fill(self.stack, self.allocations)

    def across(self, tile: Scope, cost: float = 0.0) -> tuple[Scope, str, Any]:
        """Begin a loop across the rows of the tile."""
        place, end = self.loop("across", "0", self.number, "1", self.hints(cost))
        scope = Scope(tile)
        self.outer_variables(self.text.let(f"add i64 {self.first}, {place}"))
        return scope, place, end

    def is_row(self, expr: Expr) -> bool:
        """Whether an expression is one for each row, and not the same for all."""
        return expr in self.varying

    def same_for_all(self, expressions: list[Expr], tile: Scope) -> None:
        """Write what is the same for all rows."""
        for expr in postorder(expressions, lambda e: self.is_row(e) or tile.get(e) is not None):
            self.body.write(expr, tile)

    def row_stage(
        self, wanted: list[Expr], reductions: list[Expr], tile: Scope, targets: list[Target] | None = None
    ) -> None:
        """Compute what is known once a row; begin the reductions of the next pass; leave results."""
        text = self.text
        order = postorder(wanted, lambda e: e in self.vectors or tile.get(e) is not None)
        rows = [e for e in order if self.is_row(e)]
        self.same_for_all([e for e in order if not self.is_row(e)], tile)
        kept = [e for e in rows if e.kind not in ("load", "literal") and (e in wanted or e.cost > KEPT)]
        if not kept and not reductions and not targets:
            return
        scope, place, end = self.across(tile)
        self.bring(rows + [t.expr for t in targets or ()], place, scope)
        for expr in rows:
            if scope.get(expr) is None:
                self.body.write(expr, scope)
        carried: list[Any] = []
        totals = [self.leave(t, self.got(t.expr, scope), scope, carried) for t in targets or ()]
        if targets is None:
            for expr in kept:
                text.store(expr.character, self.got(expr, scope), self.vector(expr), place)
        for r in reductions:
            text.store(r.character, identity(r.payload[0], r.character), self.vector(r), place)
        end(carried)
        self.add_totals(zip(targets or (), totals, strict=True), tile)

    def bring(self, expressions: list[Expr], place: str, scope: Scope) -> None:
        """Read the rows' expressions that these need and that are kept."""
        seen = set(expressions)
        stack = list(expressions)
        while stack:
            expr = stack.pop()
            if expr in self.vectors:
                if scope.get(expr) is None:
                    scope.registers[expr] = self.text.load(expr.character, self.vectors[expr], place)
                continue
            for a in expr.args:
                if a not in seen:
                    seen.add(a)
                    stack.append(a)

    def one_pass(self, each: Pass, tile: Scope) -> None:
        """One pass: the inner loop, some of its elements at a time, and in it the loop across rows."""
        text = self.text
        if self.together == self.length:
            self.several(each, tile, ["0", *map(str, range(1, self.length))])
            return
        start, end = self.loop("inner", "0", text.size(self.length), text.size(self.together))
        more = [text.let(f"add i64 {start}, {k}") for k in range(1, self.together)]
        self.several(each, tile, [start, *more])
        end()

    def several(self, each: Pass, tile: Scope, places: list[str]) -> None:
        """A pass for some elements of the inner loop."""
        text, variables = self.text, self.body.variables
        shared = Scope(tile)
        sources = each.sources
        columns = [e for e in each.wanted if not self.is_row(e)]
        scopes = []
        for register in places:  # what is the same for all rows
            variables[self.inner] = register
            scopes.append(Scope(shared))
            for expr in columns:
                self.body.write(expr, scopes[-1])
        scope, place, end = self.across(shared, each.cost * len(places))
        needs = [e for e in [*row_needs(each.wanted, self.inner), *sources] if self.inner not in e.depends]
        self.bring(needs, place, scope)
        for expr in postorder(needs, lambda e: scope.get(e) is not None):
            self.body.write(expr, scope)
        carried: list[Any] = []
        totals: list[tuple[Target, Any, str]] = []
        sums = {r: text.load(r.character, self.vector(r), place) for r in each.reductions}
        for register, columns_scope in zip(places, scopes, strict=True):
            variables[self.inner] = register
            own = Scope(scope)
            own.registers.update(columns_scope.registers)
            self.recall(each, place, register, own, sources)
            for expr in each.wanted:
                if own.get(expr) is None:
                    self.body.write(expr, own)
            for expr in each.saves:
                at = text.let(f"mul i64 {register}, {self.tile}")
                text.store(expr.character, self.got(expr, own), self.scratch[expr], text.let(f"add i64 {at}, {place}"))
            for target in each.targets:
                totals.append((target, self.leave(target, self.got(target.expr, own), own, carried), register))
            for r in each.reductions:
                sums[r] = joined(text, r.payload[0], r.character, sums[r], self.got(r.args[0], own))
        for r, total in sums.items():
            text.store(r.character, total, self.vector(r), place)
        end(carried)
        for target, total, register in totals:
            variables[self.inner] = register
            self.add_totals([(target, total)], Scope(tile))

    def recall(self, each: Pass, place: str, register: str, scope: Scope, sources: list[Expr]) -> None:
        """Read elements that an earlier pass has kept."""
        text = self.text
        wanted = set(each.wanted)
        needed = {a for e in each.wanted for a in e.args} | set(sources)
        for expr, target in self.passes.kept.items():
            if expr in wanted or expr not in needed:
                continue
            if target is None:
                at = text.let(f"mul i64 {register}, {self.tile}")
                offset = text.let(f"add i64 {at}, {place}")
                scope.registers[expr] = text.load(expr.character, self.scratch[expr], offset)
            else:
                offset = self.body.form(target.offset, scope)
                scope.registers[expr] = text.load(expr.character, self.pointer_of(target.root.value), offset)

    # ---- results -----------------------------------------------------------------------------------------------------

    def varies(self, form: Form) -> bool:
        """Whether a form changes from row to row."""
        return not self.outer.isdisjoint(depends_of(form))

    def leave(self, target: Target, value: str, scope: Scope, carried: list[Any]) -> str | None:
        """Put an element where it goes; the register of a total that is added up after the loop."""
        if target.operation is None:
            self.put(target, value, scope)
        elif self.varies(target.offset):
            self.add_up(target, value, scope)
        else:
            return self.carry(target.operation, target.expr.character, value, carried)
        return None

    def add_totals(self, totals: Any, scope: Scope) -> None:
        """Add to this block's part what loops across rows have added up."""
        for target, total in totals:
            if total is not None:
                self.add_up(target, total, scope)


def crossed(region: Region) -> int:
    """Bytes that one element of a row takes in arrays whose rows lie one behind the other in memory."""
    outer = {v for v in region.outer if v.extent > 1}
    known = region.elements.graph.known.values()
    loads = {e.payload[0] for e in known if e.kind == "load" and region.inner in e.depends and outer & e.depends}
    stores = [t.root.value for t in region.targets if t.operation is None and not t.row]
    return sum(v.dtype.itemsize for v in (*loads, *stores))


def row_cost(region: Region) -> float:
    """What is computed once a row costs, in nanoseconds when it is done in vectors."""
    known = region.elements.graph.known.values()
    return sum(e.cost for e in known if e.kind == "call" and region.inner not in e.depends)


def varying(targets: list[Expr], outer: set[Variable]) -> set[Expr]:
    """The expressions that are not the same for all rows; reductions within rows are kept for each row anyway."""
    found: set[Expr] = set()
    pending = list(targets)
    seen: set[Expr] = set()
    while pending:
        for e in postorder([pending.pop()], seen.__contains__):
            seen.add(e)
            if e.kind == "reduce":
                pending.append(e.args[0])
            if e.kind == "reduce" or not outer.isdisjoint(e.depends) or any(a in found for a in e.args):
                found.add(e)
    return found
