"""How the ufuncs of scipy.special become operations, and how their partial derivatives are written: as text.

    partials("hyp1f1(a, b, x)", x="a/b*hyp1f1(a + 1, b + 1, x)")
    partials("fresnel(z)", z=("sin(pi/2*z*z)", "cos(pi/2*z*z)"))

A text may use the arguments by name, the result as `out` (`out0`, `out1`, ... where there are several), numbers, `pi`,
`+ - * / **`, comparisons, elementwise operations of dispatchml by name, all of SciPy's ufuncs, and the words of
`@word`. It becomes a function of operations, so that a derivative is differentiated, batched and compiled as any
program. An argument without a text has no derivative that anybody knows in closed form, and raises.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.special

from dispatchml import ops
from dispatchml.backends.numpy.kernels import kernel
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import NoRuleError, at_user_line
from dispatchml.numpy.protocols import UFUNCS
from dispatchml.rules import batch, rule
from dispatchml.rules.adjoints import align, element_rank, sum_to_shape
from dispatchml.rules.complexes import adjoint
from dispatchml.rules.text import COMPARISONS, OPERATORS

from . import operations

#: What a text calls by name, besides the operations of dispatchml.
WORDS: dict[str, Callable[..., Any]] = {}
#: What is declared: the ufunc's name -> its arguments and, for each, the text, the texts of several results, or None.
DECLARED: dict[str, dict[str, Any]] = {}
#: Functions that SciPy cannot compute in single precision: it gives nan or does not return.
SINGLE_FAILS = ("mathieu_", "obl_", "pro_")


def word(function: Any) -> Any:
    """A function of operations that texts may call."""
    WORDS[function.__name__] = function
    return function


def partials(call: str, **texts: Any) -> Any:
    """Declare a ufunc of scipy.special as an operation, with the texts of its partial derivatives by argument."""
    name, _, rest = call.partition("(")
    names = tuple(x.strip() for x in rest.rstrip(")").split(","))
    unknown = set(texts) - set(names)
    assert not unknown, f"{call}: {unknown}"
    DECLARED[name] = {n: texts.get(n) for n in names}
    ufunc = ufunc_of(name)
    if ufunc is None:
        return None
    function = new_operation(name, names, ufunc)
    declare(function, names, tuple(texts.get(n) for n in names))
    UFUNCS[ufunc] = WORDS[name] = function
    return function


def ufunc_of(name: str) -> Any:
    """A ufunc of scipy.special by name; of one that is private and not there in this version, None."""
    if not name.startswith("_"):
        return getattr(scipy.special, name)
    for module in ("_ufuncs", "_special_ufuncs"):
        found = getattr(getattr(scipy.special, module, None), name, None)
        if isinstance(found, np.ufunc):
            return found
    return None


def computed(call: str, compute: Callable[..., Any], **texts: Any) -> Any:
    """Declare an operation that no ufunc of SciPy computes, for texts to call."""
    name, _, rest = call.partition("(")
    names = tuple(x.strip() for x in rest.rstrip(")").split(","))
    function = WORDS[name] = new_operation(name, names, compute)
    declare(function, names, tuple(texts.get(n) for n in names))
    return function


def new_operation(name: str, names: tuple[str, ...], compute: Callable[..., Any]) -> Any:
    """An elementwise operation that is computed by a ufunc."""
    scope: dict[str, Any] = {"__name__": operations.__name__}
    text = ", ".join(names)
    exec(f'def {name}({text}):\n    "scipy.special.{name}({text})."', scope)
    several = getattr(compute, "nout", 1) > 1
    function = operation(family="special" if several else "elementwise")(scope[name])
    setattr(operations, name, function)

    def on_arrays(*arguments: Any) -> Any:
        if float in map(type, arguments):  # the order of a ufunc's loops can widen float32 beside a Python float
            kind = np.result_type(*arguments)
            arguments = tuple(kind.type(x) if type(x) is float and kind.kind == "f" else x for x in arguments)
        return compute(*arguments)

    def in_double(*arguments: Any) -> Any:
        kind = np.result_type(*arguments)
        y = compute(*(np.asarray(x, np.float64)[()] for x in arguments))
        if kind not in (np.float32, np.float16):
            return y
        return tuple(v.astype(kind) for v in y) if several else y.astype(kind)

    if name.startswith(SINGLE_FAILS):
        on_arrays = in_double

    on_arrays.__name__ = on_arrays.__qualname__ = name
    kernel(function, on_arrays)
    if several:
        batch(function)(batched_elements(function))
    return function


def batched_elements(function: Any) -> Any:
    """How an operation on elements with several results runs over a batch: with the axes of elements in line."""

    def batched_special(arguments: Any, batched: Any, size: int) -> Any:
        rank = max(element_rank(x, flag) for x, flag in zip(arguments, batched, strict=True))
        return function(*(align(x, flag, rank) for x, flag in zip(arguments, batched, strict=True)))

    return batched_special


def declare(function: Any, names: tuple[str, ...], texts: tuple[Any, ...]) -> None:
    """The derivative rule of an elementwise operation by texts."""
    slopes = [None if text is None else Slope(text, names) for text in texts]
    several = any(isinstance(text, tuple) for text in texts)

    def refuse(active: Any) -> None:
        for slope, is_active, argument in zip(slopes, active, names, strict=True):
            if slope is None and is_active:
                raise no_derivative(function.__name__, argument)

    @rule(function, select=True).jvp
    def special_jvp(y: Any, tangents: Any, *arguments: Any) -> Any:
        refuse([t is not None for t in tangents])
        changes = [
            tuple(ops.strong_multiply(dx, s) for s in each(slope(y, *arguments)))
            for slope, dx in zip(slopes, tangents, strict=True)
            if dx is not None and slope is not None
        ]
        total = changes[0]
        for change in changes[1:]:
            total = tuple(map(ops.add, total, change))
        return total if several else total[0]

    @rule(function, select=True).vjp
    def special_vjp(y: Any, *arguments: Any, needs: tuple[bool, ...]) -> Any:
        refuse(needs)

        def special_pullback(ct: Any) -> Any:
            return tuple(
                gathered(each(ct), each(slope(y, *arguments)), x) if needed and slope is not None else None
                for slope, needed, x in zip(slopes, needs, arguments, strict=True)
            )

        return special_pullback


def each(x: Any) -> tuple[Any, ...]:
    """Several results as they are, one as a tuple."""
    return tuple(x) if isinstance(x, tuple) else (x,)


def gathered(cotangents: tuple[Any, ...], slopes: tuple[Any, ...], x: Any) -> Any:
    """The sum of each cotangent times the adjoint of its slope, in the shape of the argument."""
    total = None
    for ct, slope in zip(cotangents, slopes, strict=True):
        term = ops.strong_multiply(ct, adjoint(slope))
        total = term if total is None else ops.add(total, term)
    return sum_to_shape(total, ops.shape(x)) if ops.shape(total) != ops.shape(x) else total


class Slope:
    """The texts of a derivative; they are compiled when it is asked for."""

    __slots__ = ("function", "names", "text")

    def __init__(self, text: Any, names: tuple[str, ...]) -> None:
        self.text, self.names, self.function = text, names, None

    def __call__(self, *arguments: Any) -> Any:
        if self.function is None:
            self.function = compiled(self.text, self.names)
        return self.function(*arguments)


def no_derivative(name: str, argument: str) -> NoRuleError:
    """The error for an argument in which no derivative is known."""
    return NoRuleError(
        f"scipy.special.{name} has no derivative in {argument}{at_user_line()}: there is no closed form. If it "
        "is meant to be constant, write dispatchml.stop_gradient round it; else define your own with "
        "@dispatchml.primitive."
    )


# ---- texts -----------------------------------------------------------------------------------------------------------


def compiled(text: Any, names: tuple[str, ...]) -> Callable[..., Any]:
    """A text as a function of the result and the arguments; of several texts, a tuple."""
    texts = text if isinstance(text, tuple) else (text,)
    outputs = [f"out{k}" for k in range(len(texts))] if isinstance(text, tuple) else ["out"]
    bodies = [ast.unparse(written(ast.parse(t, mode="eval").body, {*names, *outputs})) for t in texts]
    result = f"({', '.join(bodies)},)" if isinstance(text, tuple) else bodies[0]
    unpack = f"    {', '.join(outputs)}, = y_\n" if isinstance(text, tuple) else "    out = y_\n"
    source = f"def partial(y_, {', '.join(names)}):\n{unpack}    return {result}\n"
    scope = {"__builtins__": {}, "word_": find}
    exec(compile(source, f"<partial derivative: {text}>", "exec"), scope)
    return scope["partial"]  # type: ignore[return-value]


def find(name: str) -> Callable[..., Any]:
    """What a text means by a name that it calls: a word or ufunc of SciPy, else an operation of dispatchml."""
    return WORDS.get(name) or getattr(ops, name)


def written(node: ast.expr, names: set[str]) -> ast.expr:
    """An expression with calls of operations in the place of operators."""
    if isinstance(node, ast.Name):
        if node.id == "pi":
            return ast.Constant(math.pi)
        assert node.id in names, node.id
        return node
    if isinstance(node, ast.Constant):
        return node
    if isinstance(node, ast.UnaryOp):
        inner = written(node.operand, names)
        return ast.UnaryOp(node.op, inner) if is_number(node.operand) else call("negative", inner)
    if isinstance(node, ast.BinOp):
        left, right = written(node.left, names), written(node.right, names)
        if is_number(node.left) and is_number(node.right):
            return ast.BinOp(left, node.op, right)
        return call(OPERATORS[type(node.op)][1], left, right)
    if isinstance(node, ast.Compare):
        return call(COMPARISONS[type(node.ops[0])][1], written(node.left, names), written(node.comparators[0], names))
    if isinstance(node, ast.Subscript):
        return ast.Subscript(written(node.value, names), node.slice, ast.Load())
    assert isinstance(node, ast.Call), ast.unparse(node)
    assert isinstance(node.func, ast.Name)
    return call(node.func.id, *(written(a, names) for a in node.args))


def call(name: str, *arguments: ast.expr) -> ast.expr:
    """A call of what a name means, which is looked up when it runs: texts call what is declared after them."""
    found = ast.Call(ast.Name("word_", ast.Load()), [ast.Constant(name)], [])
    return ast.Call(found, list(arguments), [])


def is_number(node: ast.expr) -> bool:
    """Whether an expression is made of numbers alone."""
    return not any(isinstance(n, ast.Call) or isinstance(n, ast.Name) and n.id != "pi" for n in ast.walk(node))
