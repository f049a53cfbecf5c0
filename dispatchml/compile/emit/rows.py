"""Kernels that go through a region row by row: the inner loop becomes vectors, a long row without reductions is cut.

For each row, pass after pass runs over the inner loop; what a pass has added up is known to the next. What is added up
over rows goes to a part for each block, and the parts are joined in their order.
"""

from __future__ import annotations

from typing import Any

from ..lower.expressions import Expr, depends_of, postorder
from ..lower.regions import Region, Target
from .body import Scope
from .division import divisions, is_unsafe, looked_at, products
from .interior import interior, loops
from .joining import identity, joined
from .passes import Pass, row_needs
from .rings import Ring
from .text import REGISTERS, constant
from .writer import LARGE, Writer

#: Elements of the inner loop in one chunk: partial sums of more would round too much.
CHUNK = 2048
#: Rows of a block for each row of a ring that two blocks compute.
MOST_AGAIN = 12
#: Rows and columns of a square, in which arrays that the inner loop crosses stay in the cache.
SQUARE = 64


class RowKernel(Writer):
    """Writes a kernel that goes row by row."""

    scheme = "rows"

    def __init__(self, region: Region, symbol: str, fast: bool = False) -> None:
        super().__init__(region, symbol, fast)
        self.plan_divisions()
        self.rings = [Ring(self, stage) for stage in region.stages]
        self.body.lanes = {region.inner, *(stage.region.inner for stage in region.stages)}
        scans = any(target.scan for target in region.targets)
        self.chunk, self.height = (SQUARE, SQUARE) if is_crossed(region) and not scans else (CHUNK, 1)
        self.chunks = 1 if region.rows or self.rings or scans else -(-region.inner.extent // self.chunk)

    def units(self) -> tuple[int, int]:
        """Rows, or chunks of rows, or squares."""
        inner = self.region.inner.extent if self.chunks == 1 else self.chunk
        return -(-self.region.count // self.height) * self.chunks, inner * self.height

    def grain(self, extent: int, chunk: int) -> int:
        """How many rows a block has: rings are filled anew for each."""
        grain = super().grain(extent, chunk)
        rows = max((ring.stage.rows - 1 for ring in self.rings), default=0)
        return min(max(grain, MOST_AGAIN * rows), extent)

    def allocate(self) -> dict[Expr, str]:
        """Room for what passes keep for later ones, one row of each."""
        for ring in self.rings:
            ring.allocate()
        size = self.text.size(self.region.inner.extent)
        return {e: self.room(e.character, size) for e, target in self.passes.kept.items() if target is None}

    def rows(self, function: Scope, low: str, high: str) -> None:
        """The loop over rows, over chunks of rows, or over squares and their rows."""
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
            first = text.let(f"mul i64 {part}, {text.size(self.chunk)}")
            last = self.least(text.let(f"add i64 {first}, {text.size(self.chunk)}"), last)
        ends = [end]
        if self.height > 1:
            top = text.let(f"mul i64 {number}, {text.size(self.height)}")
            bottom = self.least(text.let(f"add i64 {top}, {text.size(self.height)}"), text.size(region.count))
            number, end = self.loop("line", top, bottom, "1")
            ends.append(end)
        for ring in self.rings:
            ring.fill(function, number, "%low")
        self.outer_variables(number)
        for each in self.passes.passes:
            self.one_pass(each, row, first, last)
        self.row_targets(row)
        for end in reversed(ends):
            end()

    def one_pass(self, each: Pass, row: Scope, first: str, last: str) -> None:
        """One pass over the inner loop."""
        inner = self.region.inner
        outside = [e for e in each.sources if inner not in e.depends]
        self.settle([*row_needs(each.wanted, inner), *outside], row)
        quick = self.quick.get(each)
        totals = self.two_ways(each, quick, row, first, last) if quick else self.inner_loop(each, row, first, last)
        for thing, total in totals:
            if character_of(thing) == "?":
                total = self.text.opaque(total)
            if thing == CHECKS:
                self.report(total)
            elif isinstance(thing, Target):
                self.add_up(thing, total, row)
            else:
                row.registers[thing] = total

    def plan_divisions(self) -> None:
        """Find the passes with quick divisions; an earlier pass that has the dividends looks at their size."""
        self.quick: dict[Pass, list[Expr]] = {}
        for k, each in enumerate(self.passes.passes):
            kept = set(self.passes.kept) - set(each.wanted)
            quick = divisions(each, self.region.inner, kept)
            if quick:
                self.quick[each] = quick
            for dividend in looked_at(quick):
                for before in self.passes.passes[:k]:
                    if dividend in before.wanted:
                        if dividend not in before.looked_at:
                            before.looked_at.append(dividend)
                        break

    def two_ways(self, each: Pass, quick: list[Expr], row: Scope, first: str, last: str) -> list[tuple[Any, str]]:
        """A pass with quick divisions, where they are exact, and with ordinary ones, where they might not be."""
        text, body, inner = self.text, self.body, self.region.inner
        flag = "false"
        reciprocals: dict[Expr, str] = {}
        for divisor in dict.fromkeys(e.args[1] for e in quick):
            b = self.got(divisor, row)
            y = text.let(f"fdiv double {constant(1.0, 'd')}, {b}")
            reciprocals |= {e: y for e in quick if e.args[1] is divisor}
            flag = text.let(f"or i1 {flag}, {is_unsafe(text, b, False)}")
        plain = products(each, inner)
        for factor in dict.fromkeys(a for e in plain for a in e.args if inner not in a.depends):
            flag = text.let(f"or i1 {flag}, {is_unsafe(text, self.got(factor, row), False, True)}")
        body.reciprocals = reciprocals
        unknown = []
        for dividend in looked_at(quick):
            known = row.get(("unsafe", dividend))
            if known is None:
                unknown.append(dividend)
            else:
                flag = text.let(f"or i1 {flag}, {known}")
        if unknown:
            flag = text.let(f"or i1 {flag}, {self.look(unknown, each, row, first, last)}")
        exact, fast, after = text.fresh("exact"), text.fresh("fast"), text.fresh("after")
        text.branch(flag, exact, fast)
        text.begin(fast)
        body.plain = set(plain)
        one = self.inner_loop(each, row, first, last)
        one_end = text.label
        text.jump(after)
        text.begin(exact)
        body.reciprocals, body.plain = {}, set()
        other = self.inner_loop(each, row, first, last)
        other_end = text.label
        text.jump(after)
        text.begin(after)
        found = []
        for (thing, a), (_, b) in zip(one, other, strict=True):
            kind = REGISTERS[character_of(thing)]
            found.append((thing, text.let(f"phi {kind} [ {a}, %{one_end} ], [ {b}, %{other_end} ]")))
        return found

    def look(self, dividends: list[Expr], each: Pass, row: Scope, first: str, last: str) -> str:
        """A loop that says whether some dividend is not of ordinary size."""
        self.body.exactly = False
        counter, end = self.loop("look", first, last, "1")
        scope = self.begin(dividends, counter, row, set(each.wanted))
        for expr in postorder(dividends, lambda e: scope.get(e) is not None):
            self.body.write(expr, scope)
        carried: list[Any] = []
        total = self.unsafe(dividends, scope, carried)
        end(carried)
        self.body.exactly = True
        return total

    def unsafe(self, dividends: list[Expr], scope: Scope, carried: list[Any]) -> str:
        """Carry on whether some dividend is not of ordinary size."""
        found = "false"
        for dividend in dividends:
            found = self.text.let(f"or i1 {found}, {is_unsafe(self.text, self.got(dividend, scope), True)}")
        return self.carry("logical_or", "?", found, carried)

    def begin(self, wanted: list[Expr], counter: str, row: Scope, own: set[Expr]) -> Scope:
        """The scope of an inner loop, with what earlier passes have kept."""
        self.body.variables[self.region.inner] = counter
        scope = Scope(row)
        read = {*wanted, *(a for e in own for a in e.args)}
        for expr, target in self.passes.kept.items():
            if expr in own:
                continue
            if target is None:
                place, offset = self.scratch[expr], counter
            else:
                place, offset = self.pointer_of(target.root.value), self.body.form(target.offset, scope)
            if expr in read:
                scope.registers[expr] = self.text.load(expr.character, place, offset)
        return scope

    def inner_loop(self, each: Pass, row: Scope, first: str, last: str) -> list[tuple[Any, str]]:
        """The loop of a pass, with its ends apart where conditions change there; what it has added up."""
        found = None
        if each.cost < LARGE and not any(t.scan for t in each.targets):
            found = interior(each.wanted, each.targets, self.region.inner)
        if found is None:
            return self.one_loop(each, row, first, last, self.hints(each.cost))
        return loops(
            self, found, first, last, lambda a, b, h: self.one_loop(each, row, a, b, h or self.hints(each.cost))
        )

    def join(self, thing: Any, a: str, b: str) -> str:
        """What two loops have added up, together."""
        operation, character = how_joined(thing)
        return joined(self.text, operation, character, a, b)

    def nothing(self, thing: Any) -> str:
        """What a loop without elements has added up."""
        return identity(*how_joined(thing))

    def kind_of(self, thing: Any) -> str:
        """LLVM's type of what a loop has added up."""
        return REGISTERS[character_of(thing)]

    def one_loop(self, each: Pass, row: Scope, first: str, last: str, hints: tuple[str, ...]) -> list[tuple[Any, str]]:
        """The loop of a pass; what it has added up for reductions and targets."""
        text = self.text
        counter, end = self.loop("pass", first, last, "1", hints)
        scope = self.begin(each.sources, counter, row, set(each.wanted))
        for expr in each.wanted:
            self.body.write(expr, scope)
        carried: list[Any] = []
        for expr in each.saves:
            text.store(expr.character, self.got(expr, scope), self.scratch[expr], counter)
        totals: list[tuple[Any, str]] = []
        for target in each.targets:
            total = self.leave(target, self.got(target.expr, scope), scope, carried)
            if total is not None:
                totals.append((target, total))
        for r in each.reductions:
            totals.append((r, self.carry(r.payload[0], r.character, self.got(r.args[0], scope), carried)))
        if each.checks:
            totals.append((CHECKS, self.carry("logical_or", "?", self.any_of(each.checks, scope), carried)))
        for dividend in each.looked_at:
            totals.append((("unsafe", dividend), self.unsafe([dividend], scope, carried)))
        end(carried)
        return totals

    def leave(self, target: Any, value: str, scope: Scope, carried: list[Any]) -> str | None:
        """Put an element where it goes; the register of a total that is added up after the loop."""
        if target.scan:
            total = self.carry(target.operation, target.expr.character, value, carried, in_order=True)
            self.put(target, total, scope)
        elif target.operation is None:
            self.put(target, value, scope)
        elif self.region.inner in depends_of(target.offset):
            self.add_up(target, value, scope)
        else:
            return self.carry(target.operation, target.expr.character, value, carried)
        return None

    def any_of(self, checks: list[Expr], scope: Scope) -> str:
        """Whether one of the checks comes up."""
        found = "false"
        for expr in checks:
            found = self.text.let(f"or i1 {found}, {self.got(expr, scope)}")
        return found

    def report(self, failed: str) -> None:
        """Say in the status that a position was outside."""
        text, status = self.text, self.status()
        wrong, after = text.fresh("wrong"), text.fresh("after")
        text.branch(failed, wrong, after)
        text.begin(wrong)
        text.add(f"store i64 1, ptr {status}")
        text.jump(after)
        text.begin(after)

    def row_targets(self, row: Scope) -> None:
        """What is known once a row."""
        if self.passes.row_checks:
            self.settle(self.passes.row_checks, row)
            self.report(self.any_of(self.passes.row_checks, row))
        targets = self.passes.row_targets
        atoms = [a for t in targets for a, _ in t.offset.terms if type(a) is Expr]
        self.settle([*(t.expr for t in targets), *atoms], row)
        for target in targets:
            value = self.got(target.expr, row)
            if target.operation is None:
                self.put(target, value, row)
            else:
                self.add_up(target, value, row)


def is_crossed(region: Region) -> bool:
    """Whether the inner loop runs across the rows of an array, as it does where that is transposed."""
    if region.rows or region.indexed or region.stages or min(region.inner.extent, region.count) < SQUARE // 2:
        return False
    known = region.elements.graph.known.values()
    forms = [e.payload[1] for e in known if e.kind == "load"] + [t.offset for t in region.targets]
    return any(abs(c) > 1 and atom is region.inner and len(form.terms) > 1 for form in forms for atom, c in form.terms)


#: What inner loops carry for their checks.
CHECKS = ("checks", None)


def how_joined(thing: Any) -> tuple[str, str]:
    """How what loops have added up is joined, and its dtype."""
    if isinstance(thing, tuple):
        return "logical_or", "?"
    if isinstance(thing, Target):
        assert thing.operation is not None
        return thing.operation, thing.expr.character
    return thing.payload[0], thing.character


def character_of(thing: Any) -> str:
    """The dtype of what a loop has added up."""
    return "?" if isinstance(thing, tuple) else thing.expr.character if isinstance(thing, Target) else thing.character
