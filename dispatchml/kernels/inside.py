"""Derivatives that a kernel takes itself: `dm.grad(k)(x)` in its body, or a function made by `dm.grad(k)` outside.

They become helpers that run the function on dual numbers, whose text does not depend on the types of the arguments:
numbers are differentiated in one pass, arrays in several.
"""

from __future__ import annotations

import ast
from typing import Any

from . import partials
from .errors import KernelSourceError
from .forward import next_tag, on_duals, written
from .partials import Partials
from .source import Source
from .text import dotted

#: Transforms that are known inside of kernels.
KINDS = ("grad", "value_and_grad", "derivative", "jacfwd", "jacrev", "jacobian")
#: How many partials a pass over an array takes along.
CHUNK = 4


class Derivative:
    """What a helper is: the derivative of a source by arguments at some positions, the value beside it or not."""

    __slots__ = ("kind", "argnums", "positions", "single", "source", "arity")

    def __init__(self, kind: str, argnums: Any, source: Source, arity: int | None = None) -> None:
        self.kind, self.argnums, self.source = kind, argnums, source
        self.arity = len(source.parameters) if arity is None else arity
        self.single = not isinstance(argnums, tuple)
        self.positions: tuple[int, ...] = (argnums,) if self.single else tuple(argnums)


def derivative_source(derivative: Derivative) -> Source:
    """The helper for a derivative; the function's text is copied for it when everything is read."""
    source, kind, positions = derivative.source, derivative.kind, derivative.positions
    given = [f"p{k}" for k in range(len(source.parameters))]
    result = written(f"def {source.name}_{kind}({', '.join(given)}):\n    pass\n", {"function": source}, {})
    result.defaults = source.defaults
    result.derivative = derivative
    for p in positions:
        if not -len(given) <= p < len(given):
            raise KernelSourceError(f"{kind} of {source.name} by argument {p}: it has {len(given)} arguments.")
    return result


def write_out(source: Source) -> None:
    """Write the texts of the derivatives that a closed source takes, the innermost first."""
    waiting = [s for s in source.reached() if s.derivative is not None and s.names.get("T") is None]
    for s in sorted(waiting, key=lambda s: sum(1 for r in s.reached() if r.derivative is not None)):
        write(s)


def write(made: Source) -> None:
    """The text of one."""
    derivative, function = made.derivative, made.helpers["function"]
    assert derivative is not None
    names = list(made.parameters)
    inner_names = list(function.parameters)
    positions = [p % derivative.arity for p in derivative.positions]
    active = tuple(k in positions for k in range(len(inner_names)))
    single = len(positions) == 1
    t = Partials(next_tag(function), CHUNK if single else len(positions), single)
    chosen = [names[p] for p in positions]
    given = ", ".join(f"unit({n}, o{positions.index(k)}, k, T)" if k in positions else n for k, n in enumerate(names))
    starts = "\n".join(
        f"    o{j} = " + (" + ".join(f"extent({n})" for n in chosen[:j]) or "0") for j in range(len(chosen))
    )
    shaped = [f"shaped(g, {n}, o{j}, {j})" for j, n in enumerate(chosen)]
    answer = shaped[0] if derivative.single else f"({', '.join(shaped)},)"
    if derivative.kind == "value_and_grad":
        answer = f"(value(y, T), {answer})"
    text = f"""\
def {made.name}({", ".join(names)}):
{starts}
    total = {" + ".join(f"extent({n})" for n in chosen)}
    k = 0
    y = function({given})
    g = put_part(room(y, total, T, ({", ".join(chosen)},)), y, k, T)
    for k in range({t.count}, total, {t.count}):
        g = put_part(g, function({given}), k, T)
    return {answer}
"""
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    made.tree = tree
    functions = "unit", "extent", "room", "put_part", "shaped", "value"
    made.names = {**{n: getattr(partials, n) for n in functions}, "T": t}
    made.helpers = {"function": on_duals(function, active, t)}


def push_source(function: Source, tangents: list[ast.expr]) -> tuple[Source, list[ast.expr]]:
    """The helper for `dm.jvp(function, primals, tangents)`, and the tangents that it takes after the primals.

    It is the value and the slope at 0 of the function along a line. A tangent that is written as 0 leaves its primal
    alone, which may be a whole number then.
    """
    moved = [not (isinstance(t, ast.Constant) and t.value == 0) for t in tangents]
    primals = [f"p{k}" for k in range(len(tangents))]
    given = [*primals, *(f"d{k}" for k in range(len(tangents)) if moved[k])]
    at = ", ".join(f"p{k} + t * d{k}" if moved[k] else f"p{k}" for k in range(len(tangents)))
    along = written(f"def along(t, {', '.join(given)}):\n    return function({at})\n", {"function": function}, {})
    slope = derivative_source(Derivative("value_and_grad", 0, along))
    text = f"def {function.name}_jvp({', '.join(given)}):\n    return slope(0.0, {', '.join(given)})\n"
    return written(text, {"slope": slope}, {}), [t for k, t in enumerate(tangents) if moved[k]]


def pushed_inside(node: ast.Call, names: dict[str, Any]) -> tuple[str, list[ast.expr], list[ast.expr]] | None:
    """The function's name, the primals and the tangents of `dm.jvp(f, (x, y), (dx, dy))`; None for something else."""
    from ..transforms.directional import jvp

    if names.get(dotted(node.func) or "") is not jvp or node.keywords or len(node.args) != 3:
        return None
    function, *lists = node.args
    if not all(isinstance(given, (ast.Tuple, ast.List)) for given in lists):
        return None
    primals, tangents = (list(given.elts) for given in lists)  # pyright: ignore[reportAttributeAccessIssue]
    return (dotted(function) or "", primals, tangents) if primals and len(primals) == len(tangents) else None


def taken_inside(node: ast.AST, names: dict[str, Any]) -> tuple[str, ast.expr, Any] | None:
    """The kind, the function and the positions of `dm.grad(f, argnums)` in a text; None for something else."""
    if not isinstance(node, ast.Call):
        return None
    value = names.get(dotted(node.func) or "")
    kind = getattr(value, "__name__", "")
    if kind not in KINDS or not (getattr(value, "__module__", None) or "").startswith("dispatchml.transforms."):
        return None
    extra = [*node.args[1:], *(k.value for k in node.keywords if k.arg in ("argnums", "argnum"))]
    try:
        argnums = ast.literal_eval(extra[0]) if extra else 0
    except ValueError:
        return None
    return (kind, node.args[0], argnums) if node.args else None
