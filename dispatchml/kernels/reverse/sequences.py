"""From the text of a kernel to a program: what loops go over, and what is unpacked."""

from __future__ import annotations

import ast
from typing import Any

from .arrays import Lazy
from .kinds import BOOLEAN, INTEGER
from .program import Number, Value
from .structures import Constant


class Sequences:
    """Ranges, arrays and tuples; a part of the builder."""

    def sequence(self: Any, node: ast.expr) -> Any:
        """What a loop runs over: a list of items, or (start, stop, step, item): item is None for a range."""
        if isinstance(node, ast.Call):
            function = self.evaluate(node.func)
            value = function.value if isinstance(function, Constant) else None
            if value is range:
                bounds = [self.number(self.evaluate(a)) for a in node.args]
                if any(b.kind not in (INTEGER, BOOLEAN) for b in bounds) or not 1 <= len(bounds) <= 3:
                    raise self.refuse("range takes one to three whole numbers", node)
                start = Number(0) if len(bounds) == 1 else bounds[0]
                return start, bounds[len(bounds) > 1], bounds[2] if len(bounds) == 3 else Number(1), None
            if value is enumerate and len(node.args) == 1 and not node.keywords:
                inner = self.sequence(node.args[0])
                if isinstance(inner, list):
                    return [(Number(i), x) for i, x in enumerate(inner)]
                start, stop, step, item = inner
                if not (
                    isinstance(start, Number) and start.value == 0 and isinstance(step, Number) and step.value == 1
                ):
                    raise self.refuse("enumerate takes an array, a tuple or range(n)", node)
                return start, stop, step, lambda i: (i, i if item is None else item(i))
            if value is zip and node.args and all(k.arg == "strict" for k in node.keywords):
                return self.zipped([self.sequence(a) for a in node.args], node)
            if value is reversed and len(node.args) == 1:
                inner = self.sequence(node.args[0])
                if isinstance(inner, list):
                    return inner[::-1]
                start, stop, step, item = inner
                if isinstance(start, Number) and start.value == 0 and isinstance(step, Number) and step.value == 1:
                    last = self.compute("subtract", stop, Number(1))
                    return last, Number(-1), Number(-1), item
                raise self.refuse("reversed takes an array, a tuple or range(n)", node)
        value = self.evaluate(node)
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, (Value, Lazy)) and not value.kind.scalar:
            array = self.bound(value)
            return Number(0), self.shape(array)[0], Number(1), lambda i: self.load(array, (i,))
        raise self.refuse("it loops over something that is no range, array or tuple", node)

    def zipped(self: Any, parts: list[Any], node: ast.AST) -> Any:
        """zip of arrays or tuples."""
        if all(isinstance(p, list) for p in parts):
            return list(zip(*parts, strict=False))
        if any(isinstance(p, list) for p in parts):
            raise self.refuse("zip takes arrays, or tuples, inside of a kernel", node)
        for start, _, step, _ in parts:
            if not (isinstance(start, Number) and start.value == 0 and isinstance(step, Number) and step.value == 1):
                raise self.refuse("zip takes arrays and range(n) inside of a kernel", node)
        stop = parts[0][1]
        for p in parts[1:]:
            stop = self.compute("python_min", stop, p[1])
        items = [p[3] for p in parts]
        return Number(0), stop, Number(1), lambda i: tuple(i if item is None else item(i) for item in items)

    def items(self: Any, value: Any, count: int, node: ast.AST) -> tuple[Any, ...]:
        """The parts of something that is unpacked."""
        if isinstance(value, tuple):
            if len(value) != count:
                raise self.refuse(f"it unpacks {len(value)} items into {count} names", node)
            return value
        if isinstance(value, (Value, Lazy)) and not value.kind.scalar:
            array = self.bound(value)
            return tuple(self.load(array, (Number(i),)) for i in range(count))
        raise self.refuse("it unpacks something that is no tuple and no array", node)
