"""The passes of a region over its inner loop: what is computed in which, and what is handed from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..lower.expressions import Expr, needed, postorder
from ..lower.forms import Variable
from ..lower.regions import Region, Target
from .text import BYTES

#: What costs more than this (nanoseconds an element) is kept for later passes.
KEPT = 0.3
#: Bytes that the passes of a row may keep; threads have small stacks.
MOST_KEPT = 1024 * 1024


class Pass:
    """One pass. reductions: what it adds up for the row; targets: what it leaves in memory; saves: what later passes
    read; wanted: all that it computes, in order; looked_at: of what it says whether all are of ordinary size; checks:
    truth values that must not come up.
    """

    def __init__(self) -> None:
        self.reductions: list[Expr] = []
        self.targets: list[Target] = []
        self.saves: list[Expr] = []
        self.wanted: list[Expr] = []
        self.looked_at: list[Expr] = []
        self.checks: list[Expr] = []

    @property
    def sources(self) -> list[Expr]:
        """What the pass is for."""
        return [*(r.args[0] for r in self.reductions), *(t.expr for t in self.targets), *self.forms, *self.checks]

    @property
    def forms(self) -> list[Expr]:
        """Positions that are read from memory, of what targets leave."""
        return [a for t in self.targets for a, _ in t.offset.terms if type(a) is Expr]

    @property
    def cost(self) -> float:
        """Nanoseconds an element, about."""
        return sum(e.cost for e in self.wanted)


class Passes:
    """passes, in order; loads: in which pass an expression is read from where an earlier one has kept it."""

    def __init__(self, region: Region, may_keep: Callable[[Expr], bool]) -> None:
        self.inner: Variable = region.inner
        self.may_keep = may_keep
        self.row_targets = [t for t in region.targets if t.row]
        self.row_checks = [e for e in region.checks if region.inner not in e.depends]
        checks = [e for e in region.checks if region.inner in e.depends]
        reductions = all_reductions([*(t.expr for t in region.targets), *region.checks])
        inner_targets = [t for t in region.targets if not t.row]
        stages = [r.args[0].stage for r in reductions] + [stage(t) for t in inner_targets] + [e.stage for e in checks]
        last, used = max(stages, default=0), bool(stages)
        self.passes = [Pass() for _ in range(last + 1)] if used else []
        for r in reductions:
            self.passes[r.args[0].stage].reductions.append(r)
        for t in inner_targets:
            self.passes[stage(t)].targets.append(t)
        for e in checks:
            self.passes[e.stage].checks.append(e)
        self.kept: dict[Expr, Target | None] = {}
        self.bytes = 0
        self.choose()

    def choose(self) -> None:
        """Decide what is kept between passes."""
        first: dict[Expr, int] = {}
        stored = {t.expr: (p, t) for p, each in enumerate(self.passes) for t in each.targets if t.operation is None}
        for p, each in enumerate(self.passes):

            def known(expr: Expr, p: int = p) -> bool:
                if self.inner not in expr.depends:
                    return True
                at = first.get(expr)
                if at is None or at == p:
                    return False
                if expr in self.kept:
                    return True
                if not self.may_keep(expr):
                    return False
                if expr in stored and stored[expr][0] < p:
                    self.kept[expr] = stored[expr][1]
                    return True
                if expr.kind == "load" or self.cost(expr) <= KEPT:
                    return False
                self.bytes += BYTES[expr.character] * self.inner.extent
                if self.bytes > MOST_KEPT:
                    return False
                self.kept[expr] = None
                self.passes[at].saves.append(expr)
                return True

            each.wanted = [e for e in postorder(each.sources, known) if self.inner in e.depends]
            for expr in each.wanted:
                first.setdefault(expr, p)

    def cost(self, expr: Expr) -> float:
        """What computing an expression anew costs in a pass, up to what is kept."""
        total, seen, stack = 0.0, {expr}, [expr]
        while stack and total <= KEPT:
            e = stack.pop()
            total += e.cost
            for a in needed(e):
                if a not in seen and self.inner in a.depends and a not in self.kept:
                    seen.add(a)
                    stack.append(a)
        return total


def stage(target: Target) -> int:
    """In which pass a target is left."""
    return max([target.expr.stage, *(a.stage for a, _ in target.offset.terms if type(a) is Expr)])


def all_reductions(targets: list[Expr]) -> list[Expr]:
    """Every reduction within rows that the targets need, those that others need first."""
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()
    stack = list(targets)
    while stack:
        e = stack.pop()
        if e in seen:
            continue
        seen.add(e)
        if e.kind == "reduce":
            found[e] = None
            stack.append(e.args[0])
        stack += needed(e)
    return sorted(found, key=lambda e: (e.stage, e.serial))


def row_needs(expressions: list[Expr], inner: Variable) -> list[Any]:
    """What the expressions read that does not change in the inner loop."""
    found: dict[Expr, None] = {}
    seen: set[Expr] = set()
    stack = list(expressions)
    while stack:
        e = stack.pop()
        for a in needed(e):
            if a in seen:
                continue
            seen.add(a)
            if inner not in a.depends:
                found[a] = None
            # what depends on the inner loop is among the expressions itself
    return list(found)
