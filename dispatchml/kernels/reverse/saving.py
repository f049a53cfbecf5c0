"""What each iteration of a loop saves for the way back, and what is computed again there.

On the way back an iteration needs the numbers that its partial derivatives, indices and conditions read. They are
computed again from what was saved at the end of the same iteration on the way there: carried values, items of arrays
that the loop writes, results of costly functions, whichever is least (`cutting`). Items of arrays that the loop does
not write are read again; for that, what stores overwrote is put back in reverse order.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from .activity import Activity
from .cutting import INFINITE, cut
from .errors import refused
from .kinds import INTEGER
from .lengths import of_one_shape
from .primitives import FRESH, SHAPE, VIEWS, reads
from .program import (
    Block,
    Call,
    Compute,
    If,
    Instruction,
    Load,
    Loop,
    Operand,
    Program,
    Store,
    Value,
    arrays_written,
    flat,
)
from .sharing import check_sharing, within

#: The shape of an array, apart from what is in it.
Form = tuple[str, Value]


def form(array: Value) -> Form:
    return ("form", array)


class Plan:
    """Of one loop. saved: at the end of each iteration, in this order. again: what is computed again on the way back.

    outer: what the way back reads from outside of the loop.
    """

    __slots__ = ("saved", "again", "outer")

    def __init__(self, saved: list[Value], again: set[Hashable], outer: set[Hashable]) -> None:
        self.saved, self.again, self.outer = saved, again, outer


class Saving:
    """The plans of all loops of a program through which a derivative goes.

    own: the memories of arguments that may be written into: the way back leaves them as they were.
    """

    def __init__(
        self, program: Program, active: Activity, name: object, checkpoints: bool, own: frozenset[Value] = frozenset()
    ) -> None:
        self.program, self.active, self.new_value = program, active, name
        self.checkpoints = checkpoints
        #: Of arrays that loops bind again and that may change their shape: the lengths at the head of an iteration.
        self.lengths: dict[Value, tuple[Value, ...]] = {}
        for op in list(program.body.walk()):
            if isinstance(op, Loop) and active.works(op):
                self.measure(op)
        self.order = {op: i for i, op in enumerate(program.body.walk())}
        self.stores = [op for op in self.order if isinstance(op, Store)]
        self.writes = [(op, a) for op in self.order for a in arrays_written(op)]
        self.plans: dict[Loop, Plan] = {}
        self.undone: set[Store] = set()
        self.check_parameters(own)
        self.undo({s for s in self.stores if s.array.root in own})
        self.written = check_sharing(program)
        while True:
            self.plans = {}
            self.plan(program.body)
            more = {s for s in self.stores if s not in self.undone and self.is_read_before(s)}
            if not more:
                break
            self.undo(more)

    def measure(self, loop: Loop) -> None:
        """Compute the lengths of carried arrays, for their cotangents, where they may differ from round to round."""
        staying = of_one_shape(loop)
        for c in loop.carried:
            if c.first is None or c.value.kind.scalar or c.value in staying or not self.active(c.value):
                continue
            made = []
            for axis in range(c.value.kind.ndim):
                v: Value = self.new_value("length", INTEGER)  # type: ignore[operator]
                v.made, v.block = Compute(v, SHAPE, (c.value,), (axis,)), loop.body
                v.made.block, v.made.place = loop.body, loop.place
                loop.body.code.insert(axis, v.made)
                made.append(v)
            self.lengths[c.value] = tuple(made)

    def undo(self, stores: set[Store]) -> None:
        """Keep what stores overwrite: the way back puts it back."""
        for s in sorted(stores, key=self.order.__getitem__):
            s.old = self.new_value("old", s.array.kind.with_ndim(0))  # type: ignore[operator]
            assert s.old is not None
            s.old.made, s.old.block = s, s.block
        self.undone |= stores

    def writes_in(self, loop: Loop) -> list[Value]:
        """The arrays that the body of a loop writes into."""
        return [a for s, a in self.writes if within(s.block, loop.body)]

    # ---- what may not be ---------------------------------------------------------------------------------------------

    def check_parameters(self, own: frozenset[Value]) -> None:
        """Raise where an argument is written."""
        for s, array in self.writes:
            root = array.root
            if root.made is None and (root not in own or root.name in self.program.outside):
                what = "an array from outside" if root.name in self.program.outside else f"its argument {root.name}"
                raise refused(s.place, f"it writes into {what}; write into a copy: {root.name}.copy()")

    # ---- plans -------------------------------------------------------------------------------------------------------

    def plan(self, block: Block) -> None:
        """Plan the loops of a block, the inner ones first."""
        for op in block.code:
            for inner in op.blocks():
                self.plan(inner)
            undoes = isinstance(op, Loop) and any(within(s.block, op.body) for s in self.undone)
            if isinstance(op, Loop) and (undoes or self.active.works(op)):
                self.plans[op] = self.plan_loop(op)

    def plan_loop(self, loop: Loop) -> Plan:
        needed = set(self.needs(loop.body, loop))
        for c in loop.carried:
            if self.active(c.value) and not c.value.kind.scalar and isinstance(c.next, Value):
                needed.add(form(c.next))
                needed.update(self.lengths.get(c.value, ()))
        written = {a.root for a in self.writes_in(loop)}
        mine = {n for n in needed if self.is_mine(n, loop)}
        saved, again = cut(mine, lambda n: self.inputs(n, loop, written), self.weight)
        outer = {n for n in needed if n not in mine}
        for n in again:
            found = self.all_inputs(n, loop, written)
            outer |= {x for x in found if not self.is_mine(x, loop)}
        places = {v: i for i, v in enumerate(v for op in self.order for v in (*op.results(), *olds(op)))}
        listed = sorted(
            (v for v in saved if isinstance(v, Value)), key=lambda v: (not v.kind.scalar, places.get(v, -1))
        )
        again -= {form(v) for v in listed}  # restored with what is in it
        return Plan(listed, again, outer)

    def is_mine(self, n: Hashable, loop: Loop) -> bool:
        """Whether a value is made by an iteration of a loop, inner loops apart."""
        v = n[1] if isinstance(n, tuple) else n
        assert isinstance(v, Value)
        if v.block is None:
            return False
        if isinstance(v.made, Loop) and v.block is v.made.block and v.made is not loop:
            return within(v.block, loop.body)
        if any(c.value is v for c in loop.carried):
            return True
        return within(v.block, loop.body)

    def weight(self, n: Hashable) -> float:
        """What it costs to save a value."""
        if isinstance(n, tuple):
            return INFINITE
        assert isinstance(n, Value)
        if isinstance(n.made, Loop) and n is n.made.index:
            return INFINITE
        return 1.0 if n.kind.scalar else 1000.0

    def inputs(self, n: Hashable, loop: Loop, written: set[Value]) -> list[Hashable] | None:
        """What a value is computed from inside of the iteration; None where it cannot be computed again."""
        found = self.sources(n, loop, written)
        return None if found is None else [x for x in found if self.is_mine(x, loop)]

    def all_inputs(self, n: Hashable, loop: Loop, written: set[Value]) -> list[Hashable]:
        return self.sources(n, loop, written) or []

    def sources(self, n: Hashable, loop: Loop, written: set[Value]) -> list[Hashable] | None:
        shape_only = isinstance(n, tuple)
        v = n[1] if isinstance(n, tuple) else n
        assert isinstance(v, Value)
        op = v.made
        found: list[Hashable] = []
        if isinstance(op, Loop):
            if v is op.index and op is loop:
                return []
            if not shape_only:
                return None
            return [v]
        if isinstance(op, Compute):
            if op.primitive is SHAPE:
                found = [form(op.arguments[0])]  # type: ignore[arg-type]
            elif op.primitive.name in FRESH:
                if not shape_only:
                    return None
                found = list(values(op.arguments))
            elif op.primitive.name in VIEWS:
                base = op.arguments[0]
                assert isinstance(base, Value)
                found = [form(base) if shape_only else base, *values(op.arguments[1:])]
            elif op.primitive.is_costly(op.arguments):
                return None
            else:
                found = list(values(op.arguments))
        elif isinstance(op, Load):
            if v.kind.scalar and op.array.root in written:
                return None
            found = [form(op.array) if shape_only else op.array, *values(flat(op.index))]
        elif isinstance(op, If):
            join = next(j for j in op.joins if j.result is v)
            found = [form(x) if shape_only else x for x in values((join.then, join.other))]
            found.extend(values((op.condition,)))
        else:
            return None
        block = v.block
        while block is not None and block is not loop.body and isinstance(block.parent, If):
            found.extend(values((block.parent.condition,)))
            block = block.parent.block
        return found

    # ---- what the way back reads -------------------------------------------------------------------------------------

    def needs(self, block: Block, loop: Loop) -> Iterator[Hashable]:
        """What the way back through a block reads."""
        for op in block.code:
            if isinstance(op, Store) and op in self.undone:
                assert op.old is not None
                yield op.old
                yield form(op.array)
                yield from values(flat(op.index))
                yield from self.conditions(op, loop)
            if isinstance(op, Loop) and op in self.plans:
                yield from self.plans[op].outer
                yield from values((op.start, op.step))
                yield from values((op.count if op.counted else op.stop,))
                for c in op.carried:
                    if not c.value.kind.scalar and self.active(c.value):
                        yield form(c.value)
                        if isinstance(c.first, Value):
                            yield form(c.first)
                yield from self.conditions(op, loop)
                continue
            for inner in op.blocks():
                yield from self.needs(inner, loop)
            if not self.active.works(op):
                continue
            yield from self.conditions(op, loop)
            if isinstance(op, Compute):
                yield from self.needs_of(op)
            elif isinstance(op, Load):
                yield from values(flat(op.index))
                yield form(op.array)
            elif isinstance(op, Store):
                yield from values(flat(op.index))
                yield form(op.array)
            elif isinstance(op, Call):
                yield from values(op.arguments)
            elif isinstance(op, If):
                yield from values((op.condition,))
                yield from (form(j.result) for j in op.joins if not j.result.kind.scalar)

    def conditions(self, op: Instruction, loop: Loop) -> Iterator[Hashable]:
        """The conditions under which an instruction runs inside of a loop."""
        block = op.block
        while block is not loop.body and isinstance(block.parent, If):
            yield from values((block.parent.condition,))
            block = block.parent.block

    def needs_of(self, op: Compute) -> Iterator[Hashable]:
        """What the partial derivatives of a function read."""
        if not op.result.kind.scalar:
            yield form(op.result)
            yield from values(op.arguments[1:] if op.primitive.name in VIEWS else op.arguments)
            return
        names: dict[str, Operand] = {"y": op.result, **dict(zip("abc", op.arguments, strict=False))}
        for x, text in zip(op.arguments, op.primitive.partials(op.arguments), strict=False):
            if text is not None and self.active(x):
                yield from values(names[n] for n in reads(text))

    # ---- stores that the way back undoes -----------------------------------------------------------------------------

    def is_read_before(self, s: Store) -> bool:
        """Whether the way back reads, after it has passed a store, what was there before it."""
        root, loops = s.array.root, s.block.loops()
        for op in self.order:
            if isinstance(op, Call) and any(
                isinstance(x, Value) and not x.kind.scalar and x.root is root for x in op.arguments
            ):
                if self.order[op] < self.order[s] or set(op.block.loops()) & set(loops):
                    return True
        for plan in self.plans.values():
            for n in plan.again:
                if isinstance(n, tuple) or not isinstance(n.made, Load) or not n.kind.scalar:  # type: ignore[union-attr]
                    continue
                load = n.made  # type: ignore[union-attr]
                if load.array.root is not root:
                    continue
                if self.order[load] < self.order[s]:
                    return True
                for common in load.block.loops():
                    if common in loops and not (root.block is not None and within(root.block, common.body)):
                        return True
        return self.checkpoints and self.is_run_again_before(s)

    def is_run_again_before(self, s: Store) -> bool:
        """Whether a loop before a store, which may be run again by segments, reads what is there."""
        for loop in self.plans:
            if loop.block.loop is None and loop not in s.block.loops() and self.order[loop] < self.order[s]:
                if any(isinstance(op, Load) and op.array.root is s.array.root for op in loop.body.walk()):
                    return True
        return False


def olds(op: Instruction) -> tuple[Value, ...]:
    """What a store overwrites, where it is kept."""
    return (op.old,) if isinstance(op, Store) and op.old is not None else ()


def values(operands: object) -> Iterator[Value]:
    """The values among operands."""
    for x in operands:  # type: ignore[attr-defined]
        if isinstance(x, Value):
            yield x
