"""Changing what a value is stored as, cutting derivatives, and exact literals."""

import numbers
from typing import Any

import numpy as np

from ..dispatch import layer_of, operation
from ..dispatch.join import value_class
from .metadata import dtype as dtype_of

__all__ = ["astype", "constant", "literal", "quotient", "stop_gradient"]

EXTENDED = (np.dtype(np.longdouble), np.dtype(np.clongdouble))
PYTHON_NUMBERS = frozenset({bool, int, float, complex})


@operation(family="elementwise")
def astype(a: Any, *, dtype: Any = np.float64) -> Any:
    """a with another dtype (NumPy's casting: floats to integers truncate, complex to real drops the imaginary part).

    Differentiable between floating-point and complex dtypes; integers and booleans have derivative zero.
    """


@operation(family="elementwise", strips=("transform",))
def stop_gradient(a: Any) -> Any:
    """a, as a constant to every derivative that is being taken, at all levels."""


def literal(p: int, q: int, like: Any) -> Any:
    """The ratio p / q of whole numbers as exactly as the type of `like` can hold it.

    Fraction, Decimal and mpmath numbers stay what they are; floating-point numbers and arrays get a Python float, which
    does not change their dtype. Whole ratios are Python ints everywhere.
    """
    if p % q == 0:
        return p // q
    cls = type(like)
    if cls in PYTHON_NUMBERS:
        return p / q
    if isinstance(like, (np.ndarray, np.generic)):
        if like.dtype == object and like.size:
            element = next((e for e in like.flat if type(e) not in PYTHON_NUMBERS), like.flat[0])
            return np.asarray(literal(p, q, element), dtype=object)  # its class need not be a value of ours
        return np.longdouble(p) / np.longdouble(q) if like.dtype in EXTENDED else p / q
    if layer_of(cls) is not None:
        return literal(p, q, numbers_below(like))
    if value_class(cls) is not None and dtype_of(like).kind == "O":
        from .. import ops

        one = ops.one_like(like)
        return ops.divide(ops.multiply(one, p), ops.multiply(one, q))
    if isinstance(like, numbers.Number):
        return cls(p) / cls(q)  # type: ignore[call-arg]
    return p / q


def numbers_below(x: Any) -> Any:
    """The value below all layers and derivatives, or one of several."""
    layer = layer_of(type(x))
    while layer is not None:
        x = getattr(x, "_normal", x)  # one element of a batch of structures stands for the whole
        x = layer.payload(x) if layer.payload is not None else getattr(x, "_value", None)
        x = x[0] if type(x) is tuple and x else x
        layer = layer_of(type(x))
    if type(x) is np.ndarray and x.dtype == object:  # an array of layers, such as uncertain numbers, is one of theirs
        element = next((e for e in x.flat if type(e) not in PYTHON_NUMBERS), None)
        return x if element is None or layer_of(type(element)) is None else numbers_below(element)
    return x


def is_ordinary(x: Any) -> bool:
    """Whether the numbers below all layers are of a dtype: Python's, NumPy's, or those of another array library."""
    return dtype_of(numbers_below(x)).kind != "O"


def constant(value: float, text: str, like: Any) -> Any:
    """A number that a rule's text computes of whole numbers, such as "sqrt(2*arccos(-1))", in the class of `like`: the
    float `value` for Python's and NumPy's own numbers, as many digits as the others have.
    """
    if is_ordinary(like):
        return value
    import ast

    below = numbers_below(like)
    return computed(ast.parse(text, mode="eval").body, below)


def computed(node: Any, like: Any) -> Any:
    """The number behind a constant expression of a rule, in the class of `like`."""
    import ast

    from .. import ops

    if isinstance(node, ast.Constant):
        return ops.multiply(ops.ones_of(like, shape=()), node.value)
    if isinstance(node, ast.UnaryOp):
        return ops.negative(computed(node.operand, like))
    if isinstance(node, ast.BinOp):
        name = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}
        op = getattr(ops, name[type(node.op)])
        return op(computed(node.left, like), computed(node.right, like))
    return getattr(ops, node.func.id)(*(computed(n, like) for n in node.args))


def quotient(p: int, b: Any, like: Any) -> Any:
    """The whole number p over b, in the class of `like` where b is whole numbers, too: 1 / 3 is no float there."""
    if type(b) is float and b:
        return p / b
    from .. import ops

    kind = type(b)
    if (kind is int or getattr(getattr(b, "dtype", None), "kind", "f") in "iubO") and not is_ordinary(like):
        return ops.divide(ops.multiply(ops.ones_of(numbers_below(like), shape=()), p), b)
    return ops.divide(p, b)


def weights_like(weights: Any, x: Any) -> Any:
    """Constant real weights in the precision of x, so that single precision stays single.

    Beside numbers of another library a weight is the ratio of whole numbers that the float is.
    """
    from .placement import beside

    have, kind = np.asarray(weights), dtype_of(x)
    if kind.kind == "O" and have.dtype.kind == "f":
        exact = np.frompyfunc(lambda w: literal(*w.as_integer_ratio(), like=x), 1, 1)(have)
        return np.frompyfunc(lambda w: w[()] if isinstance(w, np.ndarray) else w, 1, 1)(exact)
    if kind.kind not in "fc":
        return beside(weights, x)
    return beside(have.astype(np.finfo(kind).dtype), x)
