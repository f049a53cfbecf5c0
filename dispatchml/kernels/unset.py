"""Variables that may have no value where they are read: a kernel raises UnboundLocalError there, as Python does.

Compiled code has a value for every variable. Where a text does not show that a name was assigned before it is read, it
gets a flag: `y_is_set` becomes true with each assignment, and a statement that reads y looks at it first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from .errors import KernelSourceError

SCOPES = (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
#: What is defined after a statement; None where nothing follows it.
State = set[str] | None


def guarded(tree: ast.FunctionDef, file: str) -> ast.FunctionDef:
    """A function that raises where it reads what was never assigned; itself where that cannot happen."""
    reading = Reading(tree)
    reading.block(tree.body, {a.arg for a in (*tree.args.posonlyargs, *tree.args.args)})
    names = set().union(*reading.unsafe.values())
    for node, name in reading.hidden:
        raise KernelSourceError(
            f"{tree.name} cannot be a kernel: {name} may have no value where it is read ({file}:{node.lineno}). "
            "Assign it before, on every way there."
        )
    if names:
        tree.body = [flag(n, False, tree.body[0]) for n in sorted(names)] + Guarding(reading.unsafe, names).all(
            tree.body
        )
        ast.fix_missing_locations(tree)
    return tree


def flag(name: str, value: bool, at: ast.AST) -> ast.stmt:
    """`y_is_set = True`"""
    made = ast.Assign([ast.Name(f"{name}_is_set", ast.Store())], ast.Constant(value))
    return ast.fix_missing_locations(ast.copy_location(made, at))


def met(states: Iterable[State]) -> State:
    """What is defined where several ways meet."""
    found = [s for s in states if s is not None]
    return set.intersection(*found) if found else None


class Reading:
    """Finds the statements that read names which may have no value.

    unsafe: the names by the identity of the statement. hidden: places that are evaluated under a condition inside of a
    statement.
    """

    def __init__(self, tree: ast.FunctionDef) -> None:
        self.unsafe: dict[int, set[str]] = {}
        self.hidden: list[tuple[ast.Name, str]] = []
        self.local = {n.id for n in own_nodes(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        self.loops: list[tuple[list[State], list[State]]] = []

    def block(self, body: list[ast.stmt], state: State) -> State:
        """The state after some statements."""
        for s in body:
            if state is None:
                return None
            state = self.statement(s, state)
        return state

    def statement(self, s: ast.stmt, state: set[str]) -> State:
        """The state after a statement."""
        if isinstance(s, (ast.Return, ast.Raise)):
            self.read(s, s, state)
            return None
        if isinstance(s, (ast.Break, ast.Continue)):
            self.loops[-1][isinstance(s, ast.Continue)].append(set(state))
            return None
        if isinstance(s, ast.If):
            self.read(s, s.test, state)
            state = state | assigned(s.test)
            return met((self.block(s.body, set(state)), self.block(s.orelse, set(state))))
        if isinstance(s, (ast.For, ast.While)):
            return self.loop(s, state)
        if isinstance(s, ast.FunctionDef):
            return state | {s.name}
        if isinstance(s, ast.With):
            for item in s.items:
                self.read(s, item.context_expr, state)
            return self.block(s.body, state | assigned(*(i.optional_vars for i in s.items if i.optional_vars)))
        self.read(s, s, state)
        return state | assigned(s)

    def loop(self, s: ast.For | ast.While, state: set[str]) -> State:
        """The state after a loop."""
        self.read(s, s.iter if isinstance(s, ast.For) else s.test, state)
        inside = state | assigned(s.target if isinstance(s, ast.For) else s.test)
        self.loops.append(([], []))
        end = self.block(s.body, set(inside))
        broken, continued = self.loops.pop()
        if isinstance(s, ast.While):
            ends = isinstance(s.test, ast.Constant) and s.test.value
            after = None if ends else state | assigned(s.test)
        else:
            after = met((end, *continued)) if runs(s.iter) else state
            after = None if after is None else after | (inside if runs(s.iter) else set())
        return met((None if after is None else self.block(s.orelse, set(after)), *broken))

    def read(self, s: ast.stmt, node: ast.AST, state: set[str], sure: bool = True) -> None:
        """Note what a part of a statement reads."""
        if isinstance(node, (ast.Lambda, ast.FunctionDef)):
            return
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id in self.local and node.id not in state:
                self.note(s, node, sure)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            if node.target.id not in state:
                self.note(s, node.target, sure)
            self.read(s, node.value, state, sure)
        elif isinstance(node, ast.IfExp):
            self.read(s, node.test, state, sure)
            for part in (node.body, node.orelse):
                self.read(s, part, state | assigned(node.test), False)
        elif isinstance(node, ast.BoolOp):
            for k, part in enumerate(node.values):
                self.read(s, part, state, sure and not k)
                state = state | assigned(part)
        elif isinstance(node, SCOPES):
            state = state | {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            for child in ast.iter_child_nodes(node):
                self.read(s, child, state, False)
        else:
            for child in ast.iter_child_nodes(node):
                self.read(s, child, state, sure)
                state = state | {n.target.id for n in ast.walk(child) if isinstance(n, ast.NamedExpr)}

    def note(self, s: ast.stmt, node: ast.Name, sure: bool) -> None:
        """A name that may have no value."""
        if sure:
            self.unsafe.setdefault(id(s), set()).add(node.id)
        else:
            self.hidden.append((node, node.id))


def own_nodes(tree: ast.AST) -> Iterable[ast.AST]:
    """The nodes of a function without those of functions and comprehensions inside of it."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, SCOPES):
            yield child
            yield from own_nodes(child)


def assigned(*nodes: ast.AST) -> set[str]:
    """The names that statements or expressions assign."""
    every = [n for node in nodes for n in (node, *own_nodes(node))]
    return {n.id for n in every if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def runs(iterator: ast.expr) -> bool:
    """Whether a `for` has at least one round: `range(3)`."""
    if isinstance(iterator, (ast.Tuple, ast.List)):
        return bool(iterator.elts)
    if not isinstance(iterator, ast.Call) or not isinstance(iterator.func, ast.Name) or iterator.func.id != "range":
        return False
    try:
        return len(range(*map(ast.literal_eval, iterator.args))) > 0
    except (ValueError, TypeError):
        return False


class Guarding:
    """Writes the flags and looks at them."""

    def __init__(self, unsafe: dict[int, set[str]], names: set[str]) -> None:
        self.unsafe, self.names = unsafe, names

    def all(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """Statements with what belongs to them."""
        return [t for s in body for t in self.one(s)]

    def one(self, s: ast.stmt) -> list[ast.stmt]:
        """A statement: the flags that it needs before, and those that it sets after."""
        before = [self.check(n, s) for n in sorted(self.unsafe.get(id(s), ()))]
        set_by: set[str] = set()
        if isinstance(s, (ast.If, ast.For, ast.While, ast.With)):
            inside = assigned(s.target) if isinstance(s, ast.For) else set()
            s.body = [flag(n, True, s.body[0]) for n in sorted(inside & self.names)] + self.all(s.body)
            if not isinstance(s, ast.With):
                s.orelse = self.all(s.orelse)
        elif not isinstance(s, (ast.Return, ast.Raise)):
            set_by = assigned(s)
        return [*before, s, *(flag(n, True, s) for n in sorted(set_by & self.names))]

    def check(self, name: str, at: ast.stmt) -> ast.stmt:
        """`if not y_is_set: raise UnboundLocalError(...)`"""
        text = f"if not {name}_is_set:\n raise UnboundLocalError('{name} was read before it had a value')"
        made = ast.parse(text).body[0]
        for node in ast.walk(made):
            ast.copy_location(node, at)
        return made
