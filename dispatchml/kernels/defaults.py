"""Calls of helper functions that leave arguments out get them written in: Numba has no defaults in recursive calls."""

from __future__ import annotations

import ast
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .source import Source


class Defaults(ast.NodeTransformer):
    """Writes numbers that are defaults into the calls of a text's helpers."""

    def __init__(self, helpers: dict[str, Source]) -> None:
        self.helpers = helpers

    def visit_Call(self, node: ast.Call) -> Any:
        """A call of a helper by its name."""
        self.generic_visit(node)
        helper = self.helpers.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if helper is None or not helper.defaults or helper.function is None or helper.derivative is not None:
            return node
        signature = helper.tree.args
        names = [a.arg for a in (*signature.posonlyargs, *signature.args)]
        given = {k.arg: k.value for k in node.keywords}
        rest = names[len(node.args) :]
        if signature.kwonlyargs or any(isinstance(a, ast.Starred) for a in node.args) or not given.keys() <= set(rest):
            return node
        known = dict(zip(names[::-1], helper.defaults[::-1], strict=False))
        if all(n in given for n in rest) or not all(n in given or is_literal(known.get(n)) for n in rest):
            return node
        node.args += [given[n] if n in given else ast.copy_location(ast.Constant(known[n]), node) for n in rest]
        node.keywords = []
        return node


def is_literal(value: Any) -> bool:
    """Whether a default can be written as it is."""
    return isinstance(value, (bool, int, float)) and math.isfinite(value)
