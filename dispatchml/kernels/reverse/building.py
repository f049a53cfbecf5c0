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
from .looping import Loops
from .memory import Memory
from .numpy_functions import NumPyFunctions
from .program import If, Instruction, Join, Number, Operand, Program, Slice, Store, Value
from .records import FUNCTIONS
from .recursion import Known
from .reductions import Reductions
from .sequences import Sequences
from .structures import Closure, Constant, Frame, Undefined, same


class Builder(Expressions, Calls, Sequences, NumPyFunctions, Loops, Arrays, Reductions):
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


def name_of(target: ast.expr) -> str:
    """The name of an assignment's target."""
    return target.id if isinstance(target, ast.Name) else "t"
