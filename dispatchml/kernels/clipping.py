"""`np.clip(x, low, high)` in a text becomes `np.minimum(np.maximum(x, low), high)`.

That is what NumPy computes. Numba's own takes no numbers, casts the bounds to the array's type (whole numbers between
0.2 and 0.6 would be 0), and chooses at the bounds, where the derivative is shared.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .text import dotted

#: The names that stand for the two functions.
NAMES = {"numpy_maximum": np.maximum, "numpy_minimum": np.minimum}
LOW, HIGH = frozenset(("a_min", "min")), frozenset(("a_max", "max"))


class Clipping(ast.NodeTransformer):
    """Rewrites the calls of a text. names: what its names mean; gets those of the two functions."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> Any:
        """A call of the function or of the method."""
        self.generic_visit(node)
        value = self.names.get(dotted(node.func) or "")
        if value is np.clip:
            given = node.args
        elif value is None and isinstance(node.func, ast.Attribute) and node.func.attr == "clip":
            given = [node.func.value, *node.args]
        else:
            return node
        bounds = {"low" if k.arg in LOW else "high" if k.arg in HIGH else "": k.value for k in node.keywords}
        if "" in bounds or not 1 <= len(given) <= 3 or any(isinstance(x, ast.Starred) for x in given):
            return node
        made, found = given[0], {**dict(zip(("low", "high"), given[1:], strict=False)), **bounds}
        for side, name in (("low", "numpy_maximum"), ("high", "numpy_minimum")):
            bound = found.get(side)
            if bound is not None and not (isinstance(bound, ast.Constant) and bound.value is None):
                self.names[name] = NAMES[name]
                function = ast.copy_location(ast.Name(name, ast.Load()), node)
                made = ast.copy_location(ast.Call(function, [made, bound], []), node)
        return made
