"""How a program falls into regions and calls.

A value is in memory where something outside of its region reads it: results, arguments of calls, reductions over what
several rows hold, and what would cost more to compute again. The others exist only within loops. A level counts how
many such barriers lie before a value; regions of one level with the same loops become one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..graph import Literal, Node, Program, Value
from .ahead import costs_of, wanted_ahead
from .classes import is_row_reduction, reason_against
from .elements import REDUCTIONS, SCANS, CannotInline
from .expressions import cost_of
from .gathers import SCATTERS, base_of
from .moves import is_move
from .regions import Region, Root, is_inside
from .stages import in_rings

#: What costs less than this, in nanoseconds an element, is computed again rather than written and read.
CHEAP = 1.0
#: The same for what one region would compute at several positions, which the other way takes a region more.
CHEAP_AGAIN = 2.5
#: What is broadcast is computed before where computing it again takes longer, in all and for each position.
STRETCHED, STRETCHED_EACH = 1000.0, 0.5
#: How often one region goes through its rows, at most.
MOST_PASSES = 8
#: Expressions in one region beyond which nothing more joins it.
LARGEST_REGION = 4000


def is_dear(cost: float, times: int, share: float) -> bool:
    """Whether what is broadcast costs more to compute again than a region that does it before."""
    return cost * times > STRETCHED and cost * share > STRETCHED_EACH


class Step:
    """One step of the plan: a region, or a node that is called. view: the call moves no elements."""

    __slots__ = ("region", "node", "view")

    def __init__(self, region: Region | None = None, node: Node | None = None, view: bool = False) -> None:
        self.region, self.node, self.view = region, node, view


class Partition:
    """The steps of a program. reasons: why a node is called; kept: the values that are in memory."""

    #: Whether rows that a stencil reads are kept in a ring, computed shortly before.
    rings = True

    def __init__(self, program: Program) -> None:
        self.program = program
        self.makers = program.makers()
        self.users = program.uses()
        self.reasons = {node: reason for node in program.nodes if (reason := reason_against(node))}
        self.barriers = wanted_ahead(program, self.reasons, CHEAP_AGAIN) | self.dear_sources_of_scans()
        self.kept: set[Value] = set()
        #: Regions that were followed, by their roots.
        self.regions: dict[Any, Region] = {}
        for _ in range(100 + len(program.nodes)):
            try:
                self.divide()
                if not (self.keep_shared() or self.cut_long()):
                    self.steps = in_rings(self, set(program.outputs)) if self.rings else self.steps
                    return
            except CannotInline as found:
                self.put_into_memory(found.value)
        raise RecursionError("a program is divided without end")

    def dear_sources_of_scans(self) -> set[Value]:
        """What is added up element by element, where computing it beside would cost too much without vectors."""
        found: set[Value] = set()
        scans = [node for node in self.program.nodes if node.op.name in SCANS and node not in self.reasons]
        costs = costs_of(self.program, self.reasons) if scans else {}
        for node in scans:
            x = node.inputs[0]
            while x in self.makers and is_move(self.makers[x]) and self.makers[x] not in self.reasons:
                x = self.makers[x].inputs[0]
            if isinstance(x, Value) and costs.get(x, 0.0) > CHEAP / 2 and self.makers[x] not in self.reasons:
                found.add(x)
        return found

    def put_into_memory(self, value: Value) -> None:
        """A value cannot be followed where it is read: it is computed before, or its node is called."""
        if value in self.barriers:
            self.reasons[self.makers[value]] = "its elements lie in no simple order"
        self.barriers.add(value)

    # ---- what is in memory -------------------------------------------------------------------------------------------

    def divide(self) -> None:
        """Find levels, roots and regions."""
        makers, reasons = self.makers, self.reasons
        self.viewed: set[Node] = set()
        stored: set[Value] = set(self.kept)
        for node in self.program.nodes:
            if node in reasons:
                continue
            y = node.outputs[0]
            name = node.op.name
            reduces = name in REDUCTIONS and not (is_row_reduction(node) and self.within_row(node))
            if reduces or name in (*SCATTERS, *SCANS):
                self.barriers.add(y)
            base = base_of(node)
            if base is not None and makers[base] not in reasons:
                stored.add(base)
        stored |= {v for v in self.barriers if makers[v] not in reasons}
        wanted = [x for x in self.program.outputs if isinstance(x, Value)]
        for x in wanted:
            if x in makers and makers[x] not in reasons:
                stored.add(x)
        for node in reversed(self.program.nodes):
            if node in reasons or node in self.viewed:
                for x in node.inputs:
                    self.demand(x, stored)
        self.stored = stored
        self.levels = self.found_levels()
        self.arrange()

    def within_row(self, node: Node) -> bool:
        """Whether a loop uses a reduction, or its result has rows: a number that is only a result needs no row."""
        y, x = node.outputs[0], node.inputs[0]
        assert isinstance(x, Value)
        return y.size > 1 or x.size == 1 or any(u not in self.reasons for u in self.users.get(y, ()))

    def needs_passes(self, node: Node) -> bool:
        """Whether a reduction of rows reads another one of the same rows, which is known after a pass over them."""
        if node.op.name not in REDUCTIONS or not is_row_reduction(node) or not self.within_row(node):
            return False
        x, seen = node.inputs[0], set[Any]()
        waiting = [x]
        while waiting:
            y = waiting.pop()
            inner = None if y in seen else self.makers.get(y)  # pyright: ignore[reportArgumentType]
            seen.add(y)
            if inner is None or inner in self.reasons or y in self.stored:
                continue
            if inner.op.name not in REDUCTIONS:
                waiting += inner.inputs
            elif is_row_reduction(inner) and inner.inputs[0].size == x.size:  # type: ignore[union-attr]
                return True
        return False

    def demand(self, x: Any, stored: set[Value]) -> None:
        """An argument of a call has to be in memory; where it only moves elements, a view does."""
        node = self.makers.get(x)
        if node is None or node in self.reasons or x in stored:
            return
        if is_move(node) and not self.is_copy(node, stored):
            self.viewed.add(node)
            return
        stored.add(x)

    def is_copy(self, node: Node, stored: set[Value]) -> bool:
        """Whether a reshape copies, because what it reshapes is itself a view of another order."""
        inner = self.makers.get(node.inputs[0]) if node.op.name in ("reshape", "ravel") else None  # type: ignore[arg-type]
        if inner is None or inner in self.reasons or inner.outputs[0] in stored or not is_move(inner):
            return False
        return inner.op.name not in ("reshape", "ravel", "expand_dims", "squeeze")

    def found_levels(self) -> dict[Value, int]:
        """How many barriers lie before each value."""
        levels: dict[Value, int] = {}

        def before(x: Any) -> int:
            if isinstance(x, Literal) or x not in levels:
                return 0
            return levels[x] + (x in self.barriers)

        for node in self.program.nodes:
            called = node in self.reasons
            level = max(map(before, node.inputs), default=0)
            base = base_of(node)
            if base is not None and not called:
                level = max(level, levels[base] + 1)
            for y in node.outputs:
                levels[y] = level + called
        return levels

    def reads(self, step: Step) -> set[Value]:
        """What a step reads from memory."""
        if step.region is not None:
            return step.region.reads
        assert step.node is not None
        return {x for x in step.node.inputs if isinstance(x, Value)}

    # ---- regions -----------------------------------------------------------------------------------------------------

    def arrange(self) -> None:
        """Put roots of one level into regions and everything into order."""
        by_level: dict[int, list[Root]] = {}
        for node in self.program.nodes:
            for y in node.outputs:
                if y in self.stored and node not in self.reasons:
                    adds = node.op.name in (*REDUCTIONS, *SCATTERS) and y in self.barriers
                    kind = "reduce" if adds and not self.needs_passes(node) else "store"
                    kind = "scan" if node.op.name in SCANS else kind
                    by_level.setdefault(self.levels[y], []).append(Root(y, node, kind))
        calls: dict[int, list[Node]] = {}
        for node in self.program.nodes:
            if node in self.reasons:
                calls.setdefault(self.levels[node.outputs[0]] - 1 if node.outputs else 0, []).append(node)
            elif node in self.viewed:
                calls.setdefault(self.levels[node.outputs[0]], []).append(node)
        self.order: dict[Value, int] = {}
        self.steps: list[Step] = []
        for level in range(max([*by_level, *calls], default=-1) + 1):
            roots = sorted(by_level.get(level, ()), key=lambda root: -root.size)
            for region in self.grouped(roots):
                for root in region.roots:
                    self.order[root.value] = len(self.steps)
                self.steps.append(Step(region=region))
            self.steps += [Step(node=n, view=n in self.viewed) for n in calls.get(level, ())]

    def grouped(self, roots: list[Root]) -> list[Region]:
        """The regions of one level."""
        groups: list[tuple[list[Root], Region]] = []
        for root in roots:
            alone = self.region([root])
            for k, (members, region) in enumerate(groups):
                if self.may_join(region, alone):
                    try:
                        merged = self.region([*members, root])
                    except CannotInline:
                        continue
                    groups[k] = [*members, root], merged
                    break
            else:
                groups.append(([root], alone))
        return [region for _, region in groups]

    def region(self, roots: list[Root]) -> Region:
        """A region of roots that read what lower levels have left in memory."""
        level = self.levels[roots[0].value]
        own = {root.value for root in roots}

        def lies(x: Value) -> Any:
            node = self.makers.get(x)
            if node is None or node in self.reasons:
                return x
            if x in self.stored and x not in own and (self.levels[x] < level or x in self.order):
                return x
            return None

        key = tuple((root.value, root.kind) for root in roots)
        found = self.regions.get(key)
        if found is None or not found.still_holds(lies):
            found = self.regions[key] = Region(roots, self.makers, lies)
        return found

    def may_join(self, region: Region, alone: Region) -> bool:
        """Whether two regions may have the same loops."""
        total, other = region.count * region.inner.extent, alone.count * alone.inner.extent
        if len(region.elements.known) + len(alone.elements.known) > LARGEST_REGION:
            return False
        if total == other:
            return not (region.rows and alone.rows) or region.inner.extent == alone.inner.extent
        return not region.rows and not alone.rows and is_inside(alone.shape, region.shape)

    def cut_long(self) -> bool:
        """Let reductions end a region that would go through its rows too often; what follows becomes another one."""
        found: set[Value] = set()
        for step in self.steps:
            region = step.region
            if region is not None and region.passes > MOST_PASSES:
                found |= region.reductions(MOST_PASSES) - self.barriers
        self.barriers |= found
        return bool(found)

    # ---- what is computed twice --------------------------------------------------------------------------------------

    def keep_shared(self) -> bool:
        """Choose values to keep in memory because several regions, or several places of one, would compute them."""
        visited: dict[Value, set[int]] = {}
        repeated: dict[Value, int] = {}
        for k, step in enumerate(self.steps):
            if step.region is None:
                continue
            for value, times in step.region.elements.visits.items():
                visited.setdefault(value, set()).add(k)
                if times > 1 and value not in self.barriers:
                    repeated[value] = max(times, repeated.get(value, 0))
        again = self.chosen(
            lambda y, cost: cost * (repeated.get(y, 1) - 1) > CHEAP_AGAIN and not self.is_handed_on(y, repeated)
        )
        again |= self.stretched_reductions()
        if not again:
            stretched = self.stretched()
            again = self.chosen(lambda y, cost: y in stretched and is_dear(cost, *stretched[y]))
        if again:
            self.barriers |= again
            return True
        shared = self.chosen(lambda y, cost: cost > CHEAP and self.is_shared(y, visited))
        for value in shared:
            levels = {self.levels[self.steps[k].region.roots[0].value] for k in visited.get(value, ())}  # type: ignore[union-attr]
            # regions of one level cannot read each other's results
            (self.barriers if len(levels) <= 1 else self.kept).add(value)
        return bool(shared)

    def stretched(self) -> dict[Value, tuple[int, float]]:
        """How many of the evaluations of a value give what others of its region do, because it is broadcast; and their
        number by that of the region's positions.
        """
        found: dict[Value, tuple[int, float]] = {}
        for step in self.steps:
            region = step.region
            if region is None:
                continue
            for (value, _), expr in region.elements.known.items():
                rounds = region.count * (region.inner.extent if region.inner in expr.depends else 1)
                different = math.prod(v.extent for v in expr.depends)
                share = (rounds - different) / (region.count * region.inner.extent)
                if expr.kind == "call" and rounds >= 4 * different and value not in self.stored:
                    found[value] = max(found.get(value, (0, 0.0)), (rounds - different, share))
        return found

    def stretched_reductions(self) -> set[Value]:
        """Reductions within rows that a region does for more rows than they have, as where their results are broadcast
        along an axis.
        """
        regions = [step.region for step in self.steps if step.region is not None]
        return {
            v for region in regions for v in region.elements.reductions
            if region.count >= 2 * v.size and region.inner.extent > 1 and v not in self.barriers
        }  # fmt: skip

    def is_handed_on(self, value: Value, repeated: dict[Value, int]) -> bool:
        """Whether a value is computed repeatedly only because the one that is made of it is."""
        users = self.users.get(value, ())
        if len(users) != 1 or users[0] in self.reasons or users[0].op.family != "elementwise":
            return False
        (made,) = users[0].outputs
        return made.size == value.size and made not in self.stored and repeated.get(made) == repeated[value]

    def is_shared(self, value: Value, visited: dict[Value, set[int]]) -> bool:
        """Whether a value is the last one that several regions compute alike."""
        regions = visited.get(value, set())
        if len(regions) < 2 or value in self.stored:
            return False
        users = [y for node in self.users.get(value, ()) if node not in self.reasons for y in node.outputs]
        return any(visited.get(y, set()) != regions for y in users)

    def chosen(self, wanted: Callable[[Value, float], bool]) -> set[Value]:
        """Values to be in memory, by what an element costs with those before them in memory already."""
        costs: dict[Value, float] = {}
        found: set[Value] = set()
        for node in self.program.nodes:
            for y in node.outputs:
                if node in self.reasons or y in self.stored:
                    costs[y] = 0.0
                    continue
                total = 0.0 if is_move(node) else cost_of(node.op.name)
                total += sum(costs.get(x, 0.0) for x in node.inputs if isinstance(x, Value))
                if node.op.name in REDUCTIONS:
                    total = (total + 0.1) * max(getattr(node.inputs[0], "size", 1) // max(y.size, 1), 1)
                costs[y] = min(total, 1e9)
                if wanted(y, costs[y]):
                    value = self.source_of_cost(y, costs)
                    if value not in self.stored:
                        found.add(value)
                    costs[value] = costs[y] = 0.0
        return found

    def source_of_cost(self, value: Value, costs: dict[Value, float]) -> Value:
        """The value itself, or the one further back that is as large and whose cost it only hands on."""
        while True:
            node = self.makers[value]
            if node.op.name in REDUCTIONS or cost_of(node.op.name) > 0.2 and not is_move(node):
                return value
            back = [x for x in node.inputs if isinstance(x, Value) and costs.get(x, 0) > CHEAP / 2]
            if len(back) != 1 or back[0].size > value.size or back[0] in self.stored:
                return value
            value = back[0]
