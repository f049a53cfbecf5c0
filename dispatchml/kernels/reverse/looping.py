"""From the text of a kernel to a program: loops, and the variables that they carry."""

from __future__ import annotations

import ast
from typing import Any

from .arrays import Lazy
from .kinds import joined
from .memory import Memory
from .program import Carried, Loop, Number, Value, arrays_written
from .structures import Constant, Undefined, assigned_names, same, structure_values


class Loops:
    """Builds loops; a part of the builder."""

    def do_For(self: Any, s: ast.For) -> None:
        if s.orelse:
            raise self.refuse("it has a for with else; write the condition with a variable", s)
        leave = getattr(s, "leave", [])
        items = self.sequence(s.iter)
        if isinstance(items, list):
            self.unrolled(s, items, leave)
            return
        start, stop, step, item = items
        if not leave and all(isinstance(x, Number) for x in (start, stop, step)) and step.value:
            places = range(start.value, stop.value, step.value)
            if len(places) <= UNROLLED and len(places) * size(s.body) <= UNROLLED_SIZE:
                numbers = [Number(i) for i in places]
                self.unrolled(s, [n if item is None else item(n) for n in numbers], leave)
                return
        self.loop(s, (start, stop, step, item), leave)

    def unrolled(self: Any, s: ast.For, items: list[Any], leave: list[str]) -> None:
        """A loop over a tuple: its body once for each item."""
        for place, item in enumerate(items):
            self.assign(s.target, item)
            self.statements(s.body)
            if leave and place + 1 < len(items):
                names: list[ast.expr] = [ast.copy_location(ast.Name(n, ast.Load()), s) for n in leave]
                test = names[0] if len(names) == 1 else ast.copy_location(ast.BoolOp(ast.Or(), names), s)
                remaining = Remaining(self, s, items[place + 1 :], leave)
                inverse = ast.copy_location(ast.UnaryOp(ast.Not(), test), s)
                self.do_If(ast.copy_location(ast.If(inverse, [remaining], []), s))  # type: ignore[list-item]
                return

    def do_Remaining(self, s: Any) -> None:
        self.unrolled(s.loop, s.items, s.leave)

    def do_While(self: Any, s: ast.While) -> None:
        if s.orelse:
            raise self.refuse("it has a while with else; write the condition with a variable", s)
        self.loop(s, None, getattr(s, "leave", []))

    def loop(self: Any, s: ast.For | ast.While, over: Any, leave: list[str]) -> None:
        """A loop; built again where a variable turns out to be of another kind at the end of an iteration."""
        here, before, shapes = self.block, dict(self.variables), dict(self.shapes)
        memory = self.memory
        key = (*self.path, id(s))
        while True:
            self.block, self.frame.variables, self.shapes = here, dict(before), dict(shapes)
            self.memory = self.inner_memory(memory)
            length, outside, place = len(here.code), self.path, self.place
            self.path = key
            op = self.loop_once(s, over, leave, key)
            self.path = outside
            self.memory = memory
            if op is not None and not any(map(arrays_written, op.test.walk())):
                memory.passed(*op.blocks())
                return
            del here.code[length:]
            self.place = place
            if op is not None:  # what its condition writes is put back with what the body writes
                assert isinstance(s, ast.While)
                self.block, self.frame.variables, self.shapes = here, before, shapes
                s = with_test_inside(s, self.fresh("stopped"), leave)
                leave, over = s.leave, None  # type: ignore[attr-defined]
                before = dict(self.variables)

    def inner_memory(self: Any, memory: Memory) -> Memory:
        """What is known in each iteration of a loop."""
        made = memory.copy()
        made.items = {}
        return made

    def loop_once(self: Any, s: ast.For | ast.While, over: Any, leave: list[str], key: tuple[Any, ...]) -> Loop | None:
        """Build a loop; None where a kind must be forced and it is to be built again."""
        op = Loop()
        self.put(op)
        op.count = self.value("count", op.count.kind)
        here, carried = self.block, {}
        names = sorted(assigned_names(s.body) | (assigned_names([s.target]) if isinstance(s, ast.For) else set()))
        for name in names:
            first = self.variables.get(name, Undefined)
            if first is not Undefined:
                self.variables[name] = carried[name] = self.carry(op, name, first, (*key, name))
        self.block = op.test
        if over is None:
            memory, self.memory = self.memory, self.memory.copy()
            op.condition = self.truth(self.evaluate(s.test))  # type: ignore[union-attr]
            self.memory = memory
            if not isinstance(op.condition, (Value, Number)):
                op.condition = Number(bool(op.condition.value))
        self.block = op.body
        self.assert_same(names, carried)
        if over is not None:
            op.start, op.stop, op.step, item = over
            named = s.target.id if isinstance(s, ast.For) and isinstance(s.target, ast.Name) else "i"
            op.index = self.value(named if item is None else "i", joined(op.start.kind, op.step.kind))
            assert op.index is not None
            op.index.made, op.index.block = op, op.body
            self.assign(s.target, op.index if item is None else item(op.index))  # type: ignore[union-attr]
        self.statements(s.body)
        if leave:
            flags = [self.variables[n] for n in leave]
            op.leave = flags[0]
            for flag in flags[1:]:
                op.leave = self.compute("either", op.leave, flag)
        ends = self.variables
        self.block = here
        again = False
        after = {}
        for name in names:
            end = ends.get(name, Undefined)
            if name in carried:
                again |= self.carry_end(op, name, carried[name], end, (*key, name), s)
                after[name] = carried[name]
            elif end is not Undefined:
                after[name] = self.carry_late(op, name, end)
        if again:
            return None
        self.frame.variables = {**{n: v for n, v in ends.items() if n not in names and n in self.variables}, **after}
        for c in op.carried:
            c.value.made, c.value.block = op, here
        return op

    def assert_same(self: Any, names: list[str], carried: dict[str, Any]) -> None:
        """Forget what is known of arrays that the body binds again."""
        for name in names:
            for value in structure_values(carried.get(name)):
                self.shapes.pop(value, None)

    def carry(self: Any, op: Loop, name: str, first: Any, key: tuple[Any, ...]) -> Any:
        """A variable at the head of an iteration."""
        if isinstance(first, tuple):
            return tuple(self.carry(op, f"{name}_{i}", x, (*key, i)) for i, x in enumerate(first))
        if not isinstance(first, (Value, Number)):
            return first
        kind = self.forced.get(key, first.kind)
        value = self.value(name, kind)
        value.made, value.block = op, op.body
        here, self.block = self.block, self.block
        op_place = self.block.code.index(op)
        rest = self.block.code[op_place:]
        del self.block.code[op_place:]
        memory, self.memory = self.memory, Memory()
        first = first if kind.ndim else self.converted(first, kind)
        self.memory = memory
        self.block.code.extend(rest)
        self.block = here
        op.carried.append(Carried(value, first, None))
        return value

    def carry_end(self: Any, op: Loop, name: str, head: Any, end: Any, key: tuple[Any, ...], node: ast.AST) -> bool:
        """The same variable at the end of an iteration. Returns whether the loop must be built again."""
        if isinstance(head, tuple):
            if not isinstance(end, tuple) or len(end) != len(head):
                raise self.refuse(f"{name} changes its length in a loop; use an array", node)
            again = [
                self.carry_end(op, f"{name}_{i}", h, e, (*key, i), node)
                for i, (h, e) in enumerate(zip(head, end, strict=True))
            ]
            return any(again)
        if not isinstance(head, Value):
            if not same(head, end):
                if isinstance(head, Constant) and head.value is None:
                    return False
                raise self.refuse(f"{name} becomes something else in a loop", node)
            return False
        here, self.block = self.block, op.body
        if isinstance(end, Lazy):
            end = self.materialised(end, name)
        if isinstance(end, Constant) and end.value is None:
            end = None
        if end is not None and not isinstance(end, (Value, Number)):
            raise self.refuse(f"{name} becomes something else in a loop", node)
        if end is not None:
            if end.kind.ndim != head.kind.ndim:
                raise self.refuse(
                    f"{name} is a {head.kind} before a loop and a {end.kind} in it; make it of one kind before", node
                )
            common = joined(head.kind, end.kind)
            if common != head.kind:
                if head.kind.ndim:
                    raise self.refuse(f"{name} is a {head.kind} before a loop and a {end.kind} in it", node)
                self.forced[key] = common
                self.block = here
                return True
            if not head.kind.ndim:
                end = self.converted(end, head.kind)
        self.block = here
        next(c for c in op.carried if c.value is head).next = end
        return False

    def carry_late(self: Any, op: Loop, name: str, end: Any) -> Any:
        """A variable that a loop's body assigns before it reads it: it is there after the loop, too."""
        if isinstance(end, tuple):
            return tuple(self.carry_late(op, f"{name}_{i}", x) for i, x in enumerate(end))
        if isinstance(end, Lazy):
            here, self.block = self.block, op.body
            end = self.materialised(end, name)
            self.block = here
        if not isinstance(end, (Value, Number)):
            return end
        value = self.value(name, end.kind)
        op.carried.append(Carried(value, None, end))
        return value


def with_test_inside(s: ast.While, stopped: str, leave: list[str]) -> ast.While:
    """The same loop as one that tests its condition within its body."""
    stop = ast.Assign([ast.Name(stopped, ast.Store())], ast.UnaryOp(ast.Not(), s.test))
    rest = ast.If(ast.UnaryOp(ast.Not(), ast.Name(stopped, ast.Load())), s.body, [])
    made = ast.While(ast.Constant(True), [stop, rest], [])
    for node in (stop, stop.targets[0], stop.value, rest, rest.test, rest.test.operand, made.test):  # type: ignore[attr-defined]
        ast.copy_location(node, s)
    made.leave = [*leave, stopped]  # type: ignore[attr-defined]
    return ast.copy_location(made, s)


#: Loops of a known number of iterations are written out: how many at most, and how many nodes they may come to.
UNROLLED, UNROLLED_SIZE = 4, 400


def size(body: list[ast.stmt]) -> int:
    """The number of nodes of statements."""
    return sum(1 for s in body for _ in ast.walk(s))


class Remaining(ast.Pass):
    """The items of an unrolled loop that come after a condition."""

    def __init__(self, builder: Any, loop: ast.For, items: list[Any], leave: list[str]) -> None:
        super().__init__()
        self.loop, self.items, self.leave = loop, items, leave
        ast.copy_location(self, loop)
