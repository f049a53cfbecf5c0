"""A kernel's text run over units: each name of a function has one unit, which everything assigned to it must have.

All branches are looked at, and the statements over again until nothing changes, so that an array of zeros gets the
units of what is written into it later. Views share their units with what they are views of.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from ..activity import roots
from ..source import Source
from ..text import dotted
from .algebra import FREE, METHODS, Algebra, NotKnown, listed_units, table

#: How often the statements of a kernel are gone through at most.
ROUNDS = 30
#: Attributes of arrays that are plain numbers.
PLAIN = frozenset(("shape", "size", "ndim"))


class Variables:
    """The units of a function's names, of its result, and of the functions that it calls, by the place of the call."""

    def __init__(self, source: Source, parent: Variables | None) -> None:
        self.source, self.parent = source, parent
        self.names: dict[str, Any] = {}
        self.result: Any = FREE
        self.calls: dict[int, Variables] = {}


class Reading:
    """Goes through a source and the helpers that it calls."""

    def __init__(self, algebra: Algebra) -> None:
        self.algebra, self.rules, self.changed = algebra, table(), False

    def run(self, source: Source, given: tuple[Any, ...]) -> Any:
        """The units of the result for the units of the arguments. Raises NotKnown, or the library's error."""
        top = Variables(source, None)
        for _ in range(ROUNDS):
            self.changed = False
            self.function(top, given)
            if not self.changed:
                return top.result
        raise NotKnown("its units change from round to round")

    def function(self, v: Variables, given: tuple[Any, ...]) -> None:
        """One function, with the units of its arguments."""
        tree = v.source.tree
        if any(isinstance(n, (ast.Lambda, ast.FunctionDef)) and n is not tree for n in ast.walk(tree)):
            raise NotKnown(f"{v.source.name} has a function inside")
        if len(given) != len(v.source.parameters):
            raise NotKnown(f"{v.source.name} is called without some of its arguments")
        for name, units in zip(v.source.parameters, given, strict=True):
            self.bind(v, name, units)
        self.block(v, tree.body)

    # ---- statements --------------------------------------------------------------------------------------------------

    def block(self, v: Variables, statements: list[ast.stmt]) -> None:
        for s in statements:
            self.statement(v, s)

    def statement(self, v: Variables, s: ast.stmt) -> None:
        """What a statement does to the units of names."""
        self.algebra.place = v.source.line(s)
        if isinstance(s, ast.Assign):
            value = self.of(v, s.value)
            for target in s.targets:
                self.assign(v, target, value, s.value)
        elif isinstance(s, ast.AnnAssign):
            if s.value is not None:
                self.assign(v, s.target, self.of(v, s.value), s.value)
        elif isinstance(s, ast.AugAssign):
            target = ast.copy_location(ast.fix_missing_locations(readable(s.target)), s)
            value = ast.copy_location(ast.BinOp(target, s.op, s.value), s)
            self.assign(v, s.target, self.of(v, value), None)
        elif isinstance(s, (ast.If, ast.While)):
            self.of(v, s.test)
            self.block(v, s.body)
            self.block(v, s.orelse)
        elif isinstance(s, ast.For):
            self.assign(v, s.target, self.item(self.of(v, s.iter)), s.iter)
            self.block(v, s.body)
            self.block(v, s.orelse)
        elif isinstance(s, ast.Return):
            found = self.algebra.joined(v.result, FREE if s.value is None else self.of(v, s.value))
            self.changed |= not self.algebra.same(found, v.result)
            v.result = found
        elif isinstance(s, (ast.Expr, ast.Assert)):
            self.of(v, s.value if isinstance(s, ast.Expr) else s.test)
        elif not isinstance(s, (ast.Pass, ast.Break, ast.Continue, ast.Raise)):
            raise NotKnown(f"a statement of the kind {type(s).__name__} ({self.algebra.place})")

    def assign(self, v: Variables, target: ast.expr, value: Any, expression: ast.expr | None) -> None:
        """A value goes to a target; a view of an array gives its units back to it."""
        if isinstance(target, ast.Name):
            self.bind(v, target.id, value)
            for name in roots(expression) if expression is not None else ():
                if name in v.names and not isinstance(v.names[name], tuple) and not isinstance(value, tuple):
                    self.bind(v, name, v.names[target.id])
        elif isinstance(target, (ast.Tuple, ast.List)):
            values = value if isinstance(value, tuple) else (value,) * len(target.elts)
            if len(values) != len(target.elts):
                raise NotKnown(f"tuples of different lengths ({self.algebra.place})")
            parts = expression.elts if isinstance(expression, (ast.Tuple, ast.List)) else [expression] * len(values)
            for t, x, e in zip(target.elts, values, parts, strict=True):
                self.assign(v, t, x, e)
        elif isinstance(target, ast.Subscript):
            self.of(v, target.slice)
            for name in roots(target):
                self.bind(v, name, listed_units(self.algebra, value))
        else:
            raise NotKnown(f"an assignment to something that is no name and no array ({self.algebra.place})")

    def bind(self, v: Variables, name: str, units: Any) -> None:
        """A name gets units, beside those that it has."""
        before = v.names.get(name, FREE)
        found = self.algebra.joined(before, units)
        if name not in v.names or not self.algebra.same(before, found):
            self.changed, v.names[name] = True, found

    # ---- expressions -------------------------------------------------------------------------------------------------

    def of(self, v: Variables, node: ast.expr) -> Any:
        """The units of an expression."""
        found = getattr(self, f"of_{type(node).__name__}", None)
        if found is None:
            raise NotKnown(f"an expression of the kind {type(node).__name__} ({self.algebra.place})")
        return found(v, node)

    def of_Constant(self, v: Variables, node: ast.Constant) -> Any:
        return value_units(node.value)

    def of_Name(self, v: Variables, node: ast.Name) -> Any:
        if node.id in v.names:
            return v.names[node.id]
        if node.id in v.source.names:
            return value_units(v.source.names[node.id])
        return FREE  # it gets its units further down

    def of_Attribute(self, v: Variables, node: ast.Attribute) -> Any:
        text = dotted(node)
        if text in v.source.names:
            return value_units(v.source.names[text])
        if node.attr in PLAIN:
            self.of(v, node.value)
            return None
        if node.attr == "T":
            return self.of(v, node.value)
        raise NotKnown(f"the attribute {node.attr} ({self.algebra.place})")

    def of_Tuple(self, v: Variables, node: ast.Tuple) -> Any:
        return tuple(self.of(v, e) for e in node.elts)

    def of_List(self, v: Variables, node: ast.List) -> Any:
        return listed_units(self.algebra, tuple(self.of(v, e) for e in node.elts)) if node.elts else FREE

    def of_Slice(self, v: Variables, node: ast.Slice) -> Any:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.of(v, part)
        return None

    def of_Subscript(self, v: Variables, node: ast.Subscript) -> Any:
        base = self.of(v, node.value)
        self.of(v, node.slice)
        if not isinstance(base, tuple):
            return base
        if isinstance(node.slice, ast.Constant) and type(node.slice.value) is int and node.slice.value < len(base):
            return base[node.slice.value]
        return self.item(base)

    def of_UnaryOp(self, v: Variables, node: ast.UnaryOp) -> Any:
        units = self.of(v, node.operand)
        return None if isinstance(node.op, ast.Not) else units

    def of_BinOp(self, v: Variables, node: ast.BinOp) -> Any:
        a, b, op, s = self.of(v, node.left), self.of(v, node.right), node.op, self.algebra
        if isinstance(op, (ast.Add, ast.Sub, ast.Mod)):
            return s.beside(a, b)
        if isinstance(op, (ast.Mult, ast.MatMult)):
            return s.product(a, b)
        if isinstance(op, ast.Div):
            return s.quotient(a, b)
        if isinstance(op, ast.Pow):
            s.number(b)
            return s.power(a, known_number(node.right))
        if isinstance(op, ast.FloorDiv):
            s.beside(a, b)
            return s.quotient(a, b)
        s.number(a)
        s.number(b)
        return None

    def of_Compare(self, v: Variables, node: ast.Compare) -> Any:
        units = [self.of(v, e) for e in (node.left, *node.comparators)]
        for a, b in zip(units, units[1:], strict=False):
            self.algebra.beside(a, b)
        return None

    def of_BoolOp(self, v: Variables, node: ast.BoolOp) -> Any:
        found: Any = FREE
        for e in node.values:
            found = self.algebra.joined(found, self.of(v, e))
        return found

    def of_IfExp(self, v: Variables, node: ast.IfExp) -> Any:
        self.of(v, node.test)
        return self.algebra.joined(self.of(v, node.body), self.of(v, node.orelse))

    def of_ListComp(self, v: Variables, node: ast.ListComp) -> Any:
        for part in node.generators:
            self.assign(v, part.target, self.item(self.of(v, part.iter)), None)
            for test in part.ifs:
                self.of(v, test)
        return self.of(v, node.elt)

    def item(self, units: Any) -> Any:
        """Of the items of an array, or of a tuple whose items are of one kind."""
        if not isinstance(units, tuple):
            return units
        if len(units) == 2 and units[0] == "items":
            return units[1]
        return listed_units(self.algebra, units)

    # ---- calls -------------------------------------------------------------------------------------------------------

    def of_Call(self, v: Variables, node: ast.Call) -> Any:
        text = dotted(node.func)
        if any(isinstance(a, ast.Starred) for a in node.args):
            raise NotKnown(f"a call with * ({self.algebra.place})")
        given = [self.of(v, a) for a in node.args]
        keywords = {k.arg: self.of(v, k.value) for k in node.keywords if k.arg != "dtype"}
        helper = v.source.helpers.get(text or "")
        if helper is not None:
            return self.helper(v, node, helper, given, keywords)
        if keywords.keys() - {"axis", "keepdims"}:
            raise NotKnown(f"a call with keywords ({self.algebra.place})")
        name = text if text is not None and text not in v.names else None
        if name in ("enumerate", "zip", "reversed", "list", "tuple"):
            return self.iterated(name, given)
        if name is not None:
            value = v.source.names.get(name, getattr(__import__("builtins"), name, None))
            rule = self.rules.get(value) if callable(value) and value.__hash__ else None
            if rule is not None:
                return rule(self.algebra, *given)
        if isinstance(node.func, ast.Attribute) and (text is None or text.partition(".")[0] not in v.source.names):
            return self.method(v, node.func, given)
        raise NotKnown(f"the function {ast.unparse(node.func)} ({self.algebra.place})")

    def iterated(self, name: str, given: list[Any]) -> Any:
        """What is gone through in pairs."""
        if name == "enumerate":
            return "items", (None, self.item(given[0]))
        if name == "zip":
            return "items", tuple(map(self.item, given))
        return given[0] if given else FREE

    def method(self, v: Variables, node: ast.Attribute, given: list[Any]) -> Any:
        """A method of an array or a list."""
        units = self.of(v, node.value)
        if node.attr in ("append", "fill", "insert"):
            for name in roots(node.value):
                self.bind(v, name, given[-1])
            return None
        if node.attr == "pop":
            return units
        if node.attr in METHODS and not isinstance(units, tuple):
            rule = self.rules.get(getattr(np, {"flatten": "ravel", "astype": "copy"}.get(node.attr, node.attr)))
            if rule is not None:
                return rule(self.algebra, units, *(given if node.attr == "dot" else ()))
        raise NotKnown(f"the method {node.attr} ({self.algebra.place})")

    def helper(self, v: Variables, node: ast.Call, helper: Source, given: list[Any], keywords: dict[Any, Any]) -> Any:
        """A function of the user's, with units of its own at each place where it is called."""
        up: Variables | None = v
        while up is not None:
            if up.source is helper:
                raise NotKnown(f"{helper.name} calls itself ({self.algebra.place})")
            up = up.parent
        if helper.derivative is not None or helper.function is None or keywords:
            raise NotKnown(f"a derivative, or a call with keywords ({self.algebra.place})")
        place = self.algebra.place
        inside = v.calls.setdefault(id(node), Variables(helper, v))
        self.function(inside, tuple(given))
        self.algebra.place = place
        for parameter, argument in zip(helper.parameters, node.args, strict=True):
            for name in roots(argument):
                if not isinstance(v.names.get(name), tuple) and not isinstance(inside.names[parameter], tuple):
                    self.bind(v, name, inside.names[parameter])
        return inside.result


def readable(target: ast.expr) -> Any:
    """A target as an expression."""
    if isinstance(target, ast.Name):
        return ast.Name(target.id, ast.Load())
    if isinstance(target, ast.Subscript):
        return ast.Subscript(target.value, target.slice, ast.Load())
    raise NotKnown("an operator in place on something that is no name and no array")


def known_number(node: ast.expr) -> Any:
    """A number that is written out, as an exponent; None for others."""
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node, sign = node.operand, -1
    value = node.value if isinstance(node, ast.Constant) else None
    return sign * value if type(value) in (int, float) else None  # pyright: ignore[reportOperatorIssue]


def value_units(value: Any) -> Any:
    """The units of a plain value: a zero and nan fit any."""
    if type(value) is tuple:
        return tuple(map(value_units, value))
    if type(value) in (int, float) and (value == 0 or value != value):
        return FREE
    if value is None or isinstance(value, (bool, int, float, str, np.generic, slice)) or type(value) is np.ndarray:
        return None
    if value is Ellipsis or isinstance(value, type):
        return None
    raise NotKnown(f"{value!r} from outside")
