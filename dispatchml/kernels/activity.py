"""Which local arrays of a function receive values that depend on active arguments: they must hold dual numbers.

The analysis looks at names, not at their values at different lines: a name is active where anything assigned to it is.
That takes a few more arrays for active than are, which costs time and nothing else. Types do the rest: a number becomes
a dual number where it is computed from one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import partials
from .source import Source
from .text import dotted

#: Attributes and functions of arrays that depend on no number in them.
SHAPES = frozenset(("shape", "ndim", "size", "dtype", "itemsize", "nbytes", "strides"))
UNCHANGING = frozenset(
    "len range int bool round isinstance zeros empty ones zeros_like empty_like ones_like arange argmax argmin "
    "argsort searchsorted floor_divide isnan isinf isfinite lifted new_tangents new_batch extent room".split()
)
#: Methods and functions whose result may be a view of what they are called on.
VIEWS = frozenset("reshape ravel transpose view squeeze swapaxes asarray ascontiguousarray broadcast_to T".split())


#: Methods of arrays that are called as functions, which know dual numbers.
METHODS = {
    "sum": partials.array_sum,
    "prod": partials.array_product,
    "mean": partials.array_mean,
    "max": partials.array_maximum,
    "min": partials.array_minimum,
    "dot": partials.dot,
}
#: NumPy's functions that they are.
FUNCTIONS: dict[Any, str] = {np.amax: "max", np.amin: "min", **{getattr(np, name): name for name in METHODS}}


#: Functions that stand for operators in place.
IN_PLACE: dict[type[ast.operator], str] = {
    ast.Add: "in_place_add",
    ast.Sub: "in_place_subtract",
    ast.Mult: "in_place_multiply",
    ast.Div: "in_place_divide",
}


class Activity:
    """The activity of one function. active: names that depend on active arguments. written: names of arrays into which
    such values are written. result: whether what it returns is active.
    """

    __slots__ = ("source", "active", "written", "result")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.active: set[str] = set()
        self.written: set[str] = set()
        self.result = False

    @property
    def state(self) -> tuple[int, int, bool]:
        """What only grows."""
        return len(self.active), len(self.written), self.result


def analyse(source: Source, active: tuple[bool, ...]) -> dict[int, Activity]:
    """The activity of a closed source and of all that it reaches, by the identity of the source."""
    every = list(source.reached())
    found = {id(s): Activity(s) for s in every}
    first = found[id(source)]
    first.active.update(name for name, flag in zip(source.parameters, active, strict=True) if flag)
    while True:
        before = [found[id(s)].state for s in every]
        for s in every:
            Pass(found[id(s)], found).run()
        if before == [found[id(s)].state for s in every]:
            return found


class Pass:
    """Goes through the statements of one function once."""

    def __init__(self, activity: Activity, found: dict[int, Activity]) -> None:
        self.activity, self.found, self.helpers = activity, found, activity.source.helpers

    def run(self) -> None:
        """Every statement, and what the calls of helpers mean for them."""
        for node in ast.walk(self.activity.source.tree):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    self.assign(target, node.value)
            elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and node.value is not None:
                self.assign(node.target, node.value, isinstance(node, ast.AugAssign))
            elif isinstance(node, ast.NamedExpr):
                self.assign(node.target, node.value)
            elif isinstance(node, (ast.For, ast.comprehension)):
                self.assign(node.target, node.iter)
            elif isinstance(node, ast.Return) and node.value is not None:
                self.activity.result |= self.is_active(node.value)
            elif isinstance(node, ast.Call):
                self.call(node)

    def assign(self, target: ast.expr, value: ast.expr, in_place: bool = False) -> None:
        """A value goes to a target."""
        if isinstance(target, (ast.Tuple, ast.List)):
            if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
                for t, v in zip(target.elts, value.elts, strict=True):
                    self.assign(t, v)
            else:
                for t in target.elts:
                    self.assign(t, value)
            return
        active = self.is_active(value)
        if isinstance(target, ast.Name):
            if active:
                self.activity.active.add(target.id)
                if in_place:  # of an array it writes into it, of a number it does not matter
                    self.activity.written.add(target.id)
            if target.id in self.activity.written and not in_place:
                self.activity.written.update(roots(value))
                self.activity.active.update(roots(value))
        elif isinstance(target, (ast.Subscript, ast.Attribute)) and active:
            self.activity.written.update(roots(target))
            self.activity.active.update(roots(target))

    def call(self, node: ast.Call) -> None:
        """A helper gets active arguments; a list or an array may get an element."""
        helper = self.helper_of(node)
        if helper is None:
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("append", "insert", "extend", "fill"):
                if any(map(self.is_active, node.args)):
                    self.activity.written.update(roots(node.func.value))
                    self.activity.active.update(roots(node.func.value))
            elif isinstance(node.func, ast.Name) and node.func.id == "put" and self.is_active(node.args[-1]):
                self.activity.written.update(roots(node.args[0]))
                self.activity.active.update(roots(node.args[0]))
            return
        inside = self.found[id(helper)]
        for name, argument in arguments_of(node, helper):
            if self.is_active(argument):
                inside.active.add(name)
            if name in inside.written:
                self.activity.written.update(roots(argument))
                self.activity.active.update(roots(argument))

    def helper_of(self, node: ast.Call) -> Source | None:
        """The helper that is called."""
        return self.helpers.get(node.func.id) if isinstance(node.func, ast.Name) else None

    def is_active(self, node: ast.AST) -> bool:
        """Whether the value of an expression depends on active arguments."""
        if isinstance(node, ast.Name):
            return node.id in self.activity.active
        if isinstance(node, ast.Compare):
            return False
        if isinstance(node, ast.Attribute) and node.attr in SHAPES:
            return False
        if isinstance(node, ast.Subscript):
            return self.is_active(node.value)
        if isinstance(node, ast.IfExp):
            return self.is_active(node.body) or self.is_active(node.orelse)
        if isinstance(node, ast.Call):
            helper = self.helper_of(node)
            if helper is not None:
                return self.found[id(helper)].result
            name = (dotted(node.func) or "").rpartition(".")[2]
            if name in UNCHANGING:
                return False
        return any(map(self.is_active, ast.iter_child_nodes(node)))


def arguments_of(node: ast.Call, helper: Source) -> Iterator[tuple[str, ast.expr]]:
    """The parameters of a helper with the arguments of a call."""
    yield from zip(helper.parameters, node.args, strict=False)
    yield from ((k.arg, k.value) for k in node.keywords if k.arg is not None)


def roots(node: ast.AST) -> set[str]:
    """The names of the arrays whose memory the value of an expression may share."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, (ast.Subscript, ast.Starred)):
        return roots(node.value)
    if isinstance(node, ast.Attribute):
        return roots(node.value)
    if isinstance(node, ast.IfExp):
        return roots(node.body) | roots(node.orelse)
    if isinstance(node, (ast.Tuple, ast.List)):
        return set().union(*map(roots, node.elts)) if node.elts else set()
    if isinstance(node, ast.Call):
        name = (dotted(node.func) or "").rpartition(".")[2]
        if isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS:
            return set().union(roots(node.func.value), *map(roots, node.args[:1]))
        if name in VIEWS:
            return set().union(*map(roots, node.args[:1]))
    return set()


class Lifting(ast.NodeTransformer):
    """Wraps the arrays that must hold dual numbers: `a = np.zeros(n)` becomes `a = lifted(np.zeros(n), T)`."""

    def __init__(self, activity: Activity, found: dict[int, Activity], name: str) -> None:
        self.activity, self.found, self.name = activity, found, name

    def lifted(self, value: ast.expr) -> ast.expr:
        """An expression as an array of dual numbers: the derivative that began first is innermost."""
        if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "lifted":
            value.args[0] = self.lifted(value.args[0])
            return value
        call = ast.Call(ast.Name("lifted", ast.Load()), [value, ast.Name(self.name, ast.Load())], [])
        return ast.fix_missing_locations(ast.copy_location(call, value))

    def visit_Assign(self, node: ast.Assign) -> Any:
        """A definition of such an array."""
        self.generic_visit(node)
        if len(node.targets) == 1:
            node.value = self.for_target(node.targets[0], node.value)
        return node

    def for_target(self, target: ast.expr, value: ast.expr) -> ast.expr:
        """What is assigned to a target."""
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            value.elts = [self.for_target(t, v) for t, v in zip(target.elts, value.elts, strict=True)]
        elif isinstance(target, ast.Name):
            written = target.id in self.activity.written
            if is_new(value) if written else self.is_first_of_active(target.id, value):
                return self.lifted(value)
        return value

    def is_first_of_active(self, name: str, value: ast.expr) -> bool:
        """Whether constants go to a name that holds what is active later, so that both must be of one type."""
        return name in self.activity.active and not Pass(self.activity, self.found).is_active(value)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        """`a += b`, where a may be an array of dual numbers."""
        self.generic_visit(node)
        name = IN_PLACE.get(type(node.op))
        if isinstance(node.target, ast.Subscript):
            return self.part_in_place(node, node.target)
        if name is None or not isinstance(node.target, ast.Name) or node.target.id not in self.activity.active:
            return node
        call = ast.Call(ast.Name(name, ast.Load()), [ast.Name(node.target.id, ast.Load()), node.value], [])
        return ast.fix_missing_locations(ast.copy_location(ast.Assign([node.target], call), node))

    def part_in_place(self, node: ast.AugAssign, target: ast.Subscript) -> Any:
        """`a[i] += b`, where a may be an array of dual numbers: `a[i] = a[i] + b`, as a[i] may be a row."""
        if not Pass(self.activity, self.found).is_active(target.value):
            return node
        part = ast.Subscript(target.value, target.slice, ast.Load())
        made = ast.copy_location(ast.Assign([target], ast.BinOp(part, node.op, node.value)), node)
        return ast.fix_missing_locations(made)

    def visit_BinOp(self, node: ast.BinOp) -> Any:
        """A product of matrices."""
        active = Pass(self.activity, self.found).is_active
        product = isinstance(node.op, ast.MatMult) and (active(node.left) or active(node.right))
        self.generic_visit(node)
        if not product:
            return node
        call = ast.Call(ast.Name("numpy_dot", ast.Load()), [node.left, node.right], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def method(self, node: ast.Call) -> str | None:
        """The method that a function of NumPy's is."""
        value = self.activity.source.names.get(dotted(node.func) or "")
        return next((name for f, name in FUNCTIONS.items() if f is value), None)

    def is_stacking(self, node: ast.Call) -> bool:
        """Whether it makes an array of what stands there."""
        value = self.activity.source.names.get(dotted(node.func) or "")
        made = value is np.array or value is np.asarray
        return made and not node.keywords and len(node.args) == 1 and isinstance(node.args[0], (ast.List, ast.Tuple))

    def visit_Call(self, node: ast.Call) -> Any:
        """An array that is made where a helper gets it to write into; a method of an array of dual numbers."""
        active = Pass(self.activity, self.found).is_active
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS and active(node.func.value):
            name = ast.copy_location(ast.Name(f"numpy_{node.func.attr}", ast.Load()), node)
            node.args, node.func = [node.func.value, *node.args], name
            return node
        method = self.method(node)
        if method is not None and not node.keywords and any(map(active, node.args)):
            node.func = ast.copy_location(ast.Name(f"numpy_{method}", ast.Load()), node)
            return node
        if self.is_stacking(node) and any(map(active, node.args)):
            name = ast.copy_location(ast.Name("stacked", ast.Load()), node)
            return ast.copy_location(ast.Call(name, [as_tuple(node.args[0])], []), node)
        helper = self.activity.source.helpers.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if helper is not None:
            written = self.found[id(helper)].written
            node.args = [
                self.lifted(a) if p in written and is_new(a) else a
                for p, a in zip(helper.parameters, node.args, strict=False)
            ] + node.args[len(helper.parameters) :]
        return node


def as_tuple(node: ast.expr) -> ast.expr:
    """A list as it is written, as a tuple, which may hold numbers of several types."""
    if isinstance(node, (ast.List, ast.Tuple)):
        return ast.copy_location(ast.Tuple([as_tuple(x) for x in node.elts], ast.Load()), node)
    return node


def is_new(value: ast.expr) -> bool:
    """Whether an expression may be a new array, and not a name or a part of one."""
    return isinstance(value, (ast.Call, ast.BinOp))
