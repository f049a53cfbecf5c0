"""Early return, break and continue as conditions, so that every block has one end.

A `return` assigns `result`; what comes after it is moved into the other branch, or stands under a condition where the
return is inside a loop. Each loop says by which conditions it is left at the end of an iteration.
"""

from __future__ import annotations

import ast

RESULT, RETURNED = "result", "returned"


class Flow:
    """Rewrites one function. names: those that are taken."""

    def __init__(self, names: set[str]) -> None:
        self.names = names
        self.loops: list[tuple[str, str]] = []
        self.result, self.returned = self.fresh(RESULT), self.fresh(RETURNED)

    def fresh(self, name: str) -> str:
        """A name that nobody has."""
        made, count = name, 1
        while made in self.names:
            count += 1
            made = f"{name}_{count}"
        self.names.add(made)
        return made

    def function(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The statements of a function, with the result in the variable `self.result`."""
        nothing = ast.copy_location(ast.Return(ast.copy_location(ast.Constant(None), body[-1])), body[-1])
        made, _ = self.block([*body, nothing])
        return [self.flag(self.returned, False, body[0]), *made]

    def block(self, body: list[ast.stmt]) -> tuple[list[ast.stmt], set[str]]:
        """Statements with one end, and the conditions that they may set."""
        out: list[ast.stmt] = []
        for place, s in enumerate(body):
            rest = body[place + 1 :]
            if isinstance(s, ast.Return):
                value = s.value or ast.copy_location(ast.Constant(None), s)
                out.append(self.assign(self.result, value, s))
                return [*out, self.flag(self.returned, True, s)], {self.returned}
            if isinstance(s, (ast.Break, ast.Continue)):
                name = self.loops[-1][isinstance(s, ast.Continue)]
                return [*out, self.flag(name, True, s)], {name}
            if isinstance(s, ast.Raise):
                return [*out, s], set()
            if isinstance(s, ast.If):
                if not leaves_block(s.body) and not leaves_block(s.orelse):
                    out.append(self.branch(s, self.block(s.body)[0], self.block(s.orelse)[0]))
                    continue
                if always_leaves(s.body):
                    (then, a), (other, b) = self.block(s.body), self.block([*s.orelse, *rest])
                elif always_leaves(s.orelse):
                    (then, a), (other, b) = self.block([*s.body, *rest]), self.block(s.orelse)
                else:
                    (then, a), (other, b) = self.block(s.body), self.block(s.orelse)
                    after, c = self.block(rest)
                    out.append(self.branch(s, then, other))
                    return [*out, *self.unless(a | b, after, s)], a | b | c
                out.append(self.branch(s, then, other))
                return out, a | b
            if isinstance(s, (ast.For, ast.While)):
                made, returns = self.loop(s)
                out.append(made)
                if returns:
                    out.insert(len(out) - 1, self.flag(self.returned, False, s))
                    after, c = self.block(rest)
                    return [*out, *self.unless({self.returned}, after, s)], c | {self.returned}
                continue
            out.append(s)
        return out, set()

    def loop(self, s: ast.For | ast.While) -> tuple[ast.stmt, bool]:
        """A loop that says how it is left, and whether it may return."""
        broken, continued = self.fresh("broken"), self.fresh("continued")
        self.loops.append((broken, continued))
        body, flags = self.block(s.body)
        self.loops.pop()
        body = [*(self.flag(f, False, s) for f in sorted(flags)), *body]
        made: ast.For | ast.While
        if isinstance(s, ast.For):
            made = ast.For(s.target, s.iter, body, s.orelse, None)
        else:
            made = ast.While(s.test, body, s.orelse)
        made.leave = sorted(flags - {continued})  # type: ignore[attr-defined]
        return ast.copy_location(made, s), self.returned in flags

    def unless(self, flags: set[str], body: list[ast.stmt], at: ast.stmt) -> list[ast.stmt]:
        """Statements that run where no condition is set."""
        if not body:
            return []
        names: list[ast.expr] = [ast.copy_location(ast.Name(f, ast.Load()), at) for f in sorted(flags)]
        test = names[0] if len(names) == 1 else ast.copy_location(ast.BoolOp(ast.Or(), names), at)
        inverse = ast.copy_location(ast.UnaryOp(ast.Not(), test), at)
        return [ast.copy_location(ast.If(inverse, body, []), at)]

    def branch(self, s: ast.If, then: list[ast.stmt], other: list[ast.stmt]) -> ast.stmt:
        return ast.copy_location(ast.If(s.test, then, other), s)

    def flag(self, name: str, value: bool, at: ast.stmt) -> ast.stmt:
        return self.assign(name, ast.copy_location(ast.Constant(value), at), at)

    def assign(self, name: str, value: ast.expr, at: ast.stmt) -> ast.stmt:
        target = ast.copy_location(ast.Name(name, ast.Store()), at)
        return ast.copy_location(ast.Assign([target], value), at)


def leaves_block(body: list[ast.stmt]) -> bool:
    """Whether statements may end the block that they are in."""
    for s in body:
        if isinstance(s, (ast.Return, ast.Break, ast.Continue)):
            return True
        if isinstance(s, ast.If) and (leaves_block(s.body) or leaves_block(s.orelse)):
            return True
        if isinstance(s, (ast.For, ast.While)) and returns(s):
            return True
    return False


def returns(s: ast.For | ast.While) -> bool:
    """Whether a loop may return."""
    waiting: list[ast.AST] = list(s.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(node))
    return False


def always_leaves(body: list[ast.stmt]) -> bool:
    """Whether statements never come to their end."""
    for s in body:
        if isinstance(s, (ast.Return, ast.Break, ast.Continue, ast.Raise)):
            return True
        if isinstance(s, ast.If) and s.orelse and always_leaves(s.body) and always_leaves(s.orelse):
            return True
    return False
