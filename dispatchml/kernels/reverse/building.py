"""From the text of a kernel to a program: statements.

Every variable becomes values that are assigned once; helper functions are put in where they are called; tuples are
taken apart; array expressions become loops.
"""

from __future__ import annotations

import ast
import builtins
from typing import Any

from ..source import Source
from .arrays import Arrays, Lazy
from .calls import Calls
from .errors import refused
from .expressions import Expressions
from .flow import Flow
from .kinds import FLOAT, Kind, joined
from .memory import Memory
from .program import Carried, If, Instruction, Join, Loop, Number, Operand, Program, Slice, Store, Value, arrays_written
from .records import FUNCTIONS
from .recursion import Known
from .structures import Closure, Constant, Frame, Undefined, assigned_names


class Builder(Expressions, Calls, Arrays):
    """Builds the program of one function."""

    def __init__(self, source: Source, recursive: Known | None = None) -> None:
        self.source = source
        self.recursive = Known() if recursive is None else recursive
        self.program = Program(source.name)
        self.program.file, self.program.line = source.file, source.tree.lineno
        self.block = self.program.body
        self.names: set[str] = {"np", "math", "step", "slope", "begin_of_state", "unused", *vars(builtins)}
        self.names.update(f.__name__ for f in FUNCTIONS)
        self.frames: list[Frame] = []
        self.place = (source.file, source.tree.lineno)
        self.memory = Memory()
        self.shapes: dict[Value, tuple[Operand, ...]] = {}
        self.forced: dict[tuple[Any, ...], Kind] = {}
        self.path: tuple[Any, ...] = ()
        self.outer_arrays: dict[str, tuple[Any, Value]] = {}

    # ---- names and instructions --------------------------------------------------------------------------------------

    def value(self, name: str, kind: Kind) -> Value:
        """A value with a name that nobody has."""
        made, count = name, 1
        while made in self.names:
            count += 1
            made = f"{name}_{count}"
        self.names.add(made)
        return Value(made, kind)

    def put(self, op: Instruction) -> None:
        """Append an instruction."""
        op.block, op.place = self.block, self.place
        for value in op.results():
            value.made, value.block = op, self.block
        self.block.code.append(op)

    def refuse(self, text: str, node: ast.AST | None = None) -> Any:
        """Raise for something that cannot be done."""
        if node is not None and hasattr(node, "lineno"):
            self.at(node)
        return refused(self.place, text)

    def at(self, node: Any) -> None:
        """Remember where in the user's file we are."""
        line = getattr(node, "lineno", None)
        if line is not None:
            self.place = (self.frames[-1].source.file, line)

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    @property
    def variables(self) -> dict[str, Any]:
        return self.frames[-1].variables

    def fresh(self, name: str) -> str:
        """A name that nobody has."""
        return self.value(name, FLOAT).name

    # ---- the function ------------------------------------------------------------------------------------------------

    def function(self, kinds: tuple[Any, ...]) -> Program:
        """The program of the source, for arguments of these kinds."""
        result = self.run(self.source, self.source.tree, self.arguments(kinds))
        self.program.result = self.bound(result)
        return self.program

    def calling(self, kinds: tuple[Any, ...]) -> Program:
        """The program that calls the source, a function that calls itself: its body need not stand here, too."""
        self.frames.append(Frame(self.source, self.source.tree, self.arguments(kinds), None))
        given = list(self.variables.values())
        self.program.result = self.recursion(self.source, self.source.tree, given, {}, self.source.tree)
        return self.program

    def arguments(self, kinds: tuple[Any, ...]) -> dict[str, Any]:
        """The parameters of the program, for arguments of these kinds."""
        variables: dict[str, Any] = {}
        for name, kind in zip(self.source.parameters, kinds, strict=True):
            given = self.value(name, FLOAT).name
            variables[name] = self.parameter(given, given, kind)
            self.program.parameters.append(variables[name])
            self.program.parameter_names.append(given)
        return variables

    def parameter(self, name: str, text: str, kind: Any) -> Any:
        """The values of a parameter: tuples are taken apart at entry."""
        if isinstance(kind, tuple):
            return tuple(self.parameter(f"{name}_{i}", f"{text}[{i}]", k) for i, k in enumerate(kind))
        if not isinstance(kind, Kind):
            return Constant(kind)
        if text == name:
            return Value(name, kind)
        made = self.value(name, kind)
        self.program.unpacked.append((made, text))
        return made

    def run(self, source: Source, tree: Any, variables: dict[str, Any], outer: Frame | None = None) -> Any:
        """The result of a function's body, put in here."""
        if len(self.frames) > 60:
            raise self.refuse(f"{source.name} calls itself without an end that is known when it is compiled")
        self.frames.append(Frame(source, tree, variables, outer))
        before = self.place
        if isinstance(tree, ast.Lambda):
            result = self.evaluate(tree.body)
        else:
            flow = Flow({n.id for n in ast.walk(tree) if isinstance(n, ast.Name)})
            self.statements(flow.function(tree.body))
            result = self.variables[flow.result]
        self.frames.pop()
        self.place = before
        return result

    # ---- statements --------------------------------------------------------------------------------------------------

    def statements(self, body: list[ast.stmt]) -> None:
        for s in body:
            self.at(s)
            method = getattr(self, f"do_{type(s).__name__}", None)
            if method is None:
                raise self.refuse(f"it has a {type(s).__name__.lower()} statement", s)
            method(s)

    def do_Pass(self, s: ast.Pass) -> None:
        """Nothing."""

    def do_Expr(self, s: ast.Expr) -> None:
        if not isinstance(s.value, ast.Constant):
            self.evaluate(s.value)

    def do_FunctionDef(self, s: ast.FunctionDef) -> None:
        self.variables[s.name] = Closure(s, self.frame)

    def do_Assign(self, s: ast.Assign) -> None:
        value = self.evaluate(s.value)
        if isinstance(value, Lazy) and (len(s.targets) > 1 or not isinstance(s.targets[0], ast.Subscript)):
            value = self.materialised(value, name_of(s.targets[0]))
        for target in s.targets:
            self.assign(target, value)

    def do_AnnAssign(self, s: ast.AnnAssign) -> None:
        if s.value is not None:
            self.assign(s.target, self.bound(self.evaluate(s.value), name_of(s.target)))

    def do_AugAssign(self, s: ast.AugAssign) -> None:
        sign = {ast.Add: 1, ast.Sub: -1}.get(type(s.op), 0)
        if isinstance(s.target, ast.Name):
            old = self.name(s.target)
            value = self.evaluate(s.value)
            if isinstance(old, Value) and not old.kind.scalar:
                self.store_array(old, (), value, sign, s)
                return
            new = self.binary(type(s.op).__name__, old, value, s)
            self.variables[s.target.id] = self.bound(new, s.target.id)
            return
        if not isinstance(s.target, ast.Subscript):
            raise self.refuse("it changes an attribute; return the value instead", s)
        array = self.evaluate(s.target.value)
        if isinstance(array, tuple):
            raise self.refuse("it changes an item of a tuple or list; use an array: np.array([...])", s)
        index = self.index(array, s.target.slice)
        value = self.evaluate(s.value)
        self.store_array(array, index, value, sign, s)

    def store_array(self, array: Any, index: tuple[Any, ...], value: Any, sign: int, s: ast.AugAssign) -> None:
        """array[index] op= value."""
        if sign:
            self.store(array, index, value, sign)
        else:
            self.store(array, index, self.binary(type(s.op).__name__, self.load(array, index), value, s), 0)

    def assign(self, target: ast.expr, value: Any) -> None:
        """target = value."""
        if isinstance(target, ast.Name):
            self.rename(value, target.id)
            self.variables[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            parts = self.items(value, len(target.elts), target)
            for t, v in zip(target.elts, parts, strict=True):
                self.assign(t, v)
        elif isinstance(target, ast.Subscript):
            array = self.evaluate(target.value)
            if isinstance(array, tuple):
                raise self.refuse("it changes an item of a tuple or list; use an array: np.array([...])", target)
            self.store(array, self.index(array, target.slice), value, 0)
        else:
            raise self.refuse("it assigns to something else than a name or an item of an array", target)

    def rename(self, value: Any, name: str) -> None:
        """Give an intermediate value the name of the variable that it is assigned to."""
        if isinstance(value, Value) and value.name.startswith("t_") and value.made is not None:
            value.name = self.value(name, value.kind).name

    def do_Raise(self, s: ast.Raise) -> None:
        self.check(f"raise {ast.unparse(s.exc) if s.exc else 'ValueError'}", s)

    def do_Assert(self, s: ast.Assert) -> None:
        condition = self.truth(self.evaluate(s.test))
        self.check("assert {0}" + (f", {ast.unparse(s.msg)}" if s.msg else ""), s, condition)

    def do_If(self, s: ast.If) -> None:
        condition = self.truth(self.evaluate(s.test))
        if isinstance(condition, (Number, Constant)):
            self.statements(s.body if condition.value else s.orelse)
            return
        op = If(condition)
        self.put(op)
        here, before, memory = self.block, dict(self.variables), self.memory
        ends = []
        for block, body in zip(op.blocks(), (s.body, s.orelse), strict=True):
            self.block, self.frame.variables, self.memory = block, dict(before), memory.copy()
            self.statements(body)
            ends.append((block, self.variables))
        self.block, self.frame.variables, self.memory = here, before, memory
        memory.passed(*op.blocks())
        then, other = ends[0][1], ends[1][1]
        for name in {**then, **other}:
            a, b = then.get(name, Undefined), other.get(name, Undefined)
            before[name] = a if same(a, b) else self.join(op, name, a, b, s)

    def join(self, op: If, name: str, a: Any, b: Any, node: ast.AST) -> Any:
        """A variable after an `if`."""
        if same(a, b):
            return a
        if isinstance(a, Constant) and a.value is None:
            a = Undefined
        if isinstance(b, Constant) and b.value is None:
            b = Undefined
        some = b if a is Undefined else a
        if isinstance(a, tuple) or isinstance(b, tuple):
            parts = [x if isinstance(x, tuple) else (Undefined,) * len(some) for x in (a, b)]  # pyright: ignore[reportArgumentType]
            if not isinstance(some, tuple) or len(parts[0]) != len(parts[1]):
                raise self.refuse(f"{name} is a tuple of another length in each branch", node)
            return tuple(self.join(op, f"{name}_{i}", x, y, node) for i, (x, y) in enumerate(zip(*parts, strict=True)))
        both: list[Any] = [a, b]
        sides: list[Any] = [x for x in both if x is not Undefined]
        if any(not isinstance(x, (Value, Number, Lazy)) for x in sides):
            if len(sides) == 1:
                return sides[0]
            raise self.refuse(f"{name} is something else in each branch of an if", node)
        made: list[Operand | None] = []
        kind = joined(sides[0].kind, sides[-1].kind)
        for x, block in zip(both, op.blocks(), strict=True):
            if x is Undefined:
                made.append(None)
                continue
            here, self.block = self.block, block
            memory, self.memory = self.memory, Memory()
            x = self.materialised(x, name) if isinstance(x, Lazy) else x
            if x.kind.ndim != kind.ndim:
                raise self.refuse(f"{name} is a number in one branch of an if and an array in the other", node)
            made.append(x if kind.ndim else self.converted(x, kind))
            self.block, self.memory = here, memory
        result = self.value(name, kind)
        result.made, result.block = op, op.block
        for x in made:
            if isinstance(x, Value) and kind.ndim:
                result.share(x)
        op.joins.append(Join(result, made[0], made[1]))
        return result

    # ---- loops -------------------------------------------------------------------------------------------------------

    def do_For(self, s: ast.For) -> None:
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

    def unrolled(self, s: ast.For, items: list[Any], leave: list[str]) -> None:
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

    def do_While(self, s: ast.While) -> None:
        if s.orelse:
            raise self.refuse("it has a while with else; write the condition with a variable", s)
        self.loop(s, None, getattr(s, "leave", []))

    def loop(self, s: ast.For | ast.While, over: Any, leave: list[str]) -> None:
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

    def inner_memory(self, memory: Memory) -> Memory:
        """What is known in each iteration of a loop."""
        made = memory.copy()
        made.items = {}
        return made

    def loop_once(self, s: ast.For | ast.While, over: Any, leave: list[str], key: tuple[Any, ...]) -> Loop | None:
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

    def assert_same(self, names: list[str], carried: dict[str, Any]) -> None:
        """Forget what is known of arrays that the body binds again."""
        for name in names:
            for value in structure_values(carried.get(name)):
                self.shapes.pop(value, None)

    def carry(self, op: Loop, name: str, first: Any, key: tuple[Any, ...]) -> Any:
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

    def carry_end(self, op: Loop, name: str, head: Any, end: Any, key: tuple[Any, ...], node: ast.AST) -> bool:
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

    def carry_late(self, op: Loop, name: str, end: Any) -> Any:
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

    # ---- places in arrays --------------------------------------------------------------------------------------------

    def store(self, array: Any, index: tuple[Any, ...], value: Any, sign: int) -> None:
        """array[index] = value, or += or -= it."""
        if not isinstance(array, Value) or array.kind.scalar:
            raise self.refuse("it writes into something that is no array")
        left = array.kind.ndim - sum(not isinstance(i, Slice) for i in index)
        if left:
            self.store_region(array, index, value, sign)
            return
        value = self.number(value)
        if array.kind.floating:
            value = self.converted(value, Kind(array.kind.code)) if not value.kind.floating else value
        elif value.kind.floating:
            value = self.converted(value, Kind(array.kind.code))
        self.put(Store(array, index, value, sign, 0))
        self.memory.stored(array, index, None if sign else value)


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

    def __init__(self, builder: Builder, loop: ast.For, items: list[Any], leave: list[str]) -> None:
        super().__init__()
        self.loop, self.items, self.leave = loop, items, leave
        ast.copy_location(self, loop)


def name_of(target: ast.expr) -> str:
    """The name of an assignment's target."""
    return target.id if isinstance(target, ast.Name) else "t"


def structure_values(structure: Any) -> list[Value]:
    """The values in a structure of tuples."""
    if isinstance(structure, tuple):
        return [v for part in structure for v in structure_values(part)]
    return [structure] if isinstance(structure, Value) else []


def same(a: Any, b: Any) -> bool:
    """Whether two variables are one."""
    if a is b:
        return True
    if isinstance(a, Number) and isinstance(b, Number):
        return type(a.value) is type(b.value) and repr(a.value) == repr(b.value)
    if isinstance(a, Constant) and isinstance(b, Constant):
        return a.value is b.value or type(a.value) is type(b.value) and a.value == b.value
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return False
