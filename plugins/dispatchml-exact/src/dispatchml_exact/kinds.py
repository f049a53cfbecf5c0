"""How a class of numbers is brought to dispatchml: a value, with a method for every elementwise operation.

These classes are values, not layers: a Fraction wraps no payload that derivatives would go through, and two classes of
numbers never nest in each other. So they have methods, of which each says which plain numbers it takes, and an edge up
to object arrays. There is no edge from int: operations on whole numbers alone would find their way to a Fraction.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml import ops, promotes
from dispatchml.dispatch import Operation, operators_are_operations

from .errors import refuse, refuse_pair

#: Numbers of Python and NumPy, which a number of a kind may meet.
Plain = bool | int | float | complex | np.generic


class Kind:
    """A class of numbers.

    cls: the class, or the base of those of several contexts. name: for the errors. functions: by name of an elementwise
    operation, on numbers of the kind. lift(x, like): a plain number as one of the kind of `like`, None where that would
    round. same(a, b): raises where two numbers of the kind do not meet. no_float, no_function: ways out. finite(x):
    whether a number is finite, None where all are. contexts: whether each subclass has numbers of its own. real:
    whether the numbers are.
    """

    def __init__(
        self,
        cls: type,
        name: str,
        functions: dict[str, Callable[..., Any]],
        *,
        lift: Callable[[Any, Any], Any],
        no_float: str,
        no_function: str,
        same: Callable[[str, Any, Any], None] | None = None,
        finite: Callable[[Any], bool] | None = None,
        contexts: bool = False,
        real: bool = True,
    ) -> None:
        self.cls, self.name, self.functions = cls, name, functions
        self.lift, self.same = lift, same
        self.no_float, self.no_function = no_float, no_function
        self.finite, self.contexts, self.real = finite, contexts, real

    def declare(self) -> None:
        """A method for every elementwise operation and every creation, and the edge of the lattice to object arrays."""
        promotes(self.cls, np.ndarray, convert=as_array)
        for op in elementwise():
            self.declare_operation(op)
        for name, function in creations(self).items():
            getattr(ops, name).register(function, self.cls)
        if self.real:
            operators_are_operations(self.cls, beside=(int,), finite=self.finite, subclasses=self.contexts)

    def declare_operation(self, op: Operation) -> None:
        """The methods of one elementwise operation."""
        function = self.functions.get(op.name)
        if function is None:
            function = self.refusal(op)
        register = op.function.register
        if op.name in ("where", "where_or_zero"):
            self.declare_choice(op)
        elif op.arity == 1:
            register(function, self.cls)
        elif op.arity == 2:
            register(self.checked(op, function), self.cls, self.cls)
            register(self.lifted(op, function), self.cls, Plain)
            register(self.lifted(op, function), Plain, self.cls)
        else:
            for hints in itertools.product((self.cls, Plain), repeat=op.arity):
                if self.cls in hints:
                    register(self.lifted(op, function), *hints)

    def declare_choice(self, op: Operation) -> None:
        """where and where_or_zero: the condition is plain."""
        if op.name == "where_or_zero":
            op.function.register(lambda c, a: a if c else zero_like(a), Plain, self.cls)
            return

        def choose(c: Any, a: Any, b: Any) -> Any:
            a, b = self.brought(op.name, (a, b))
            return a if c else b

        for hints in ((Plain, self.cls, self.cls), (Plain, self.cls, Plain), (Plain, Plain, self.cls)):
            op.function.register(choose, *hints)

    def checked(self, op: Operation, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function of two numbers of the kind, which may come from two contexts."""
        same = self.same
        if same is None:
            return function

        def on_two(a: Any, b: Any, **keywords: Any) -> Any:
            same(op.name, a, b)
            return function(a, b, **keywords)

        return on_two

    def lifted(self, op: Operation, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, of plain numbers too."""

        def on_any(*arguments: Any, **keywords: Any) -> Any:
            return function(*self.brought(op.name, arguments), **keywords)

        return on_any

    def brought(self, name: str, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments as numbers of the kind."""
        like = next(x for x in arguments if isinstance(x, self.cls))
        found = []
        for x in arguments:
            if isinstance(x, self.cls):
                if self.same is not None and x is not like:
                    self.same(name, like, x)
                found.append(x)
                continue
            made = self.lift(x, like)
            if made is None:
                raise refuse_pair(name, like, x, self.no_float)
            found.append(made)
        return tuple(found)

    def refusal(self, op: Operation) -> Callable[..., Any]:
        """What an operation does that the kind does not have."""

        def refuse_it(*arguments: Any, **keywords: Any) -> Any:
            raise refuse(op.name, self.name, self.no_function)

        return refuse_it


def elementwise() -> list[Operation]:
    """The elementwise operations."""
    found = {info for n in dir(ops) if (info := getattr(getattr(ops, n), "info", None)) is not None}
    return sorted((op for op in found if op.family == "elementwise"), key=lambda op: op.name)


def as_array(x: Any) -> Any:
    """A number as an object array without axes."""
    y = np.empty((), object)
    y[()] = x
    return y


def whole(x: Any) -> Any:
    """A plain whole number as Python's own, None for any other."""
    if isinstance(x, (bool, np.bool_, int, np.integer)):
        return int(x)
    return None


# ---- functions that all kinds share ----------------------------------------------------------------------------------


def zero_like(x: Any) -> Any:
    """The zero of a number's class."""
    return number_like(x, 0)


def number_like(x: Any, value: Any) -> Any:
    """A whole number in the class, or the mpmath context, of another one."""
    cls = type(x)
    context = getattr(cls, "context", None) or getattr(cls, "ctx", None)
    return cls(value) if context is None else context.mpf(value)


def creations(kind: Kind) -> dict[str, Callable[..., Any]]:
    """Zeros, ones and seeds, as numbers or as object arrays."""

    def made(x: Any, value: Any, shape: Any, dtype: Any) -> Any:
        if dtype is not None and np.dtype(dtype) != object:
            return np.full(() if shape is None else shape, value, dtype)[()]
        number = value if isinstance(value, kind.cls) else kind.lift(value, x)
        if number is None and isinstance(value, float) and not math.isfinite(value) and hasattr(x, "is_finite"):
            number = number_like(x, value)  # nan and the infinities are what they are in every class that has them
        if number is None:
            raise refuse_pair("full_like", x, value, kind.no_float)
        if shape is None or shape == ():
            return number
        y = np.empty(shape, object)
        y[...] = number
        return y

    return {
        "zeros_like": lambda x, *, dtype: made(x, 0, None, dtype),
        "ones_like": lambda x, *, dtype: made(x, 1, None, dtype),
        "empty_like": lambda x, *, dtype: made(x, 0, None, dtype),
        "full_like": lambda x, *, value, dtype: made(x, value, None, dtype),
        "one_like": lambda x: made(x, 1, None, None),
        "zeros_of": lambda x, *, shape, dtype: made(x, 0, shape, dtype),
        "ones_of": lambda x, *, shape, dtype: made(x, 1, shape, dtype),
        "full_of": lambda x, *, value, shape, dtype: made(x, value, shape, dtype),
    }


def maximum(a: Any, b: Any) -> Any:
    """The larger number, nan where either is nan."""
    return a if ops.isnan(a) else b if ops.isnan(b) or ops.less(a, b) else a


def minimum(a: Any, b: Any) -> Any:
    """The smaller number, nan where either is nan."""
    return a if ops.isnan(a) else b if ops.isnan(b) or ops.less(b, a) else a


def fmax(a: Any, b: Any) -> Any:
    """The larger number that is not nan."""
    return b if ops.isnan(a) else a if ops.isnan(b) or not ops.less(a, b) else b


def fmin(a: Any, b: Any) -> Any:
    """The smaller number that is not nan."""
    return b if ops.isnan(a) else a if ops.isnan(b) or not ops.less(b, a) else b


def sign(a: Any) -> Any:
    """-1, 0, 1 or nan in the number's class."""
    return a if ops.isnan(a) else number_like(a, (a > 0) - (a < 0))


def isclose(a: Any, b: Any, *, rtol: float, atol: float, equal_nan: bool) -> bool:
    """|a - b| <= atol + rtol |b|, the tolerances as they are written."""
    if ops.isnan(a) or ops.isnan(b):
        return bool(equal_nan and ops.isnan(a) and ops.isnan(b))
    if not (ops.isfinite(a) and ops.isfinite(b)):
        return bool(a == b)
    return bool(abs(a - b) <= tolerance(atol, a) + tolerance(rtol, a) * abs(b))


def tolerance(x: Any, like: Any) -> Any:
    """A tolerance in a number's class, by the digits in which it is written."""
    from fractions import Fraction

    ratio = Fraction(repr(x)) if isinstance(x, float) else Fraction(x)
    return ops.divide(number_like(like, ratio.numerator), number_like(like, ratio.denominator))


def astype(a: Any, *, dtype: Any) -> Any:
    """The number as it is for dtype=object, else converted, which the caller has asked for."""
    return a if np.dtype(dtype) == object else np.asarray(a).astype(dtype)[()]


def heaviside(a: Any, b: Any) -> Any:
    """0, b or 1."""
    if ops.isnan(a):
        return a
    return b if a == 0 else number_like(a, int(a > 0))


def copysign(a: Any, b: Any) -> Any:
    """|a| with the sign of b."""
    return -abs(a) if ops.signbit(b) else abs(a)


def strong_multiply(a: Any, b: Any) -> Any:
    """a * b, zero where one of them is."""
    return zero_like(a) if a == 0 or b == 0 else a * b


def divide_or_zero(a: Any, b: Any) -> Any:
    """a / b, zero where b is."""
    return zero_like(a) if b == 0 else a / b


def itself(a: Any) -> Any:
    """The number."""
    return a


#: What is the same for all real kinds whose arithmetic is Python's operators.
SHARED: dict[str, Callable[..., Any]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "negative": lambda a: -a,
    "positive": lambda a: +a,
    "absolute": abs,
    "square": lambda a: a * a,
    "reciprocal": lambda a: 1 / a,
    "strong_multiply": strong_multiply,
    "divide_or_zero": divide_or_zero,
    "floor_divide": lambda a, b: a // b,
    "remainder": lambda a, b: a % b,
    "equal": lambda a, b: bool(a == b),
    "not_equal": lambda a, b: bool(a != b),
    "less": lambda a, b: bool(a < b),
    "less_equal": lambda a, b: bool(a <= b),
    "greater": lambda a, b: bool(a > b),
    "greater_equal": lambda a, b: bool(a >= b),
    "isclose": isclose,
    "logical_and": lambda a, b: bool(a) and bool(b),
    "logical_or": lambda a, b: bool(a) or bool(b),
    "logical_xor": lambda a, b: bool(a) is not bool(b),
    "logical_not": lambda a: not a,
    "maximum": maximum,
    "minimum": minimum,
    "fmax": fmax,
    "fmin": fmin,
    "sign": sign,
    "heaviside": heaviside,
    "copysign": copysign,
    "real": itself,
    "imag": zero_like,
    "conj": itself,
    "astype": astype,
    "stop_gradient": itself,
}
