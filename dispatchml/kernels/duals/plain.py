"""Operations of plain numbers as LLVM's instructions, by the names that derivative rules use."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from numba.core import types
from numba.core.typing import signature  # pyright: ignore[reportPrivateImportUsage]

from .algebra import Emitter, Number
from .types import joined


def alike(e: Emitter, arguments: tuple[Number, ...]) -> tuple[Any, list[Any]]:
    """The common type of some numbers, a float at least, and their values in it."""
    ty = functools.reduce(joined, (x.type for x in arguments if isinstance(x.type, types.Float)), arguments[0].type)
    ty = functools.reduce(lambda a, b: joined(a, b) or a, (x.type for x in arguments), ty)
    if not isinstance(ty, types.Float):
        ty = types.float64
    return ty, [e.cast(x, ty).value for x in arguments]


def instruction(name: str) -> Callable[..., Number]:
    """One of LLVM's instructions on floats."""

    def emit(e: Emitter, *arguments: Number) -> Number:
        ty, values = alike(e, arguments)
        return Number(e, ty, getattr(e.builder, name)(*values))

    return emit


def comparison(symbol: str) -> Callable[..., Number]:
    """A comparison, false where a number is nan (and != true)."""

    def emit(e: Emitter, *arguments: Number) -> Number:
        _, values = alike(e, arguments)
        compare = e.builder.fcmp_unordered if symbol == "!=" else e.builder.fcmp_ordered
        return Number(e, types.boolean, compare(symbol, *values))

    return emit


def logical(name: str) -> Callable[..., Number]:
    """An operation of truth values."""

    def emit(e: Emitter, *arguments: Number) -> Number:
        return Number(e, types.boolean, getattr(e.builder, name)(*map(e.truth, arguments)))

    return emit


def where(e: Emitter, condition: Number, a: Number, b: Number) -> Number:
    """One of two numbers."""
    ty = a.type if a.type == b.type else joined(a.type, b.type)
    return Number(e, ty, e.builder.select(e.truth(condition), e.cast(a, ty).value, e.cast(b, ty).value))


def where_or_zero(e: Emitter, condition: Number, a: Number) -> Number:
    """A number or zero."""
    return where(e, condition, a, e.constant(0, a.type))


def isnan(e: Emitter, a: Number) -> Number:
    """Whether it is nan."""
    return Number(e, types.boolean, e.builder.fcmp_unordered("uno", a.value, a.value))


def isinf(e: Emitter, a: Number) -> Number:
    """Whether it is infinite."""
    return e.plain("equal", e.plain("absolute", a), e.constant(math.inf, a.type))


def isfinite(e: Emitter, a: Number) -> Number:
    """Whether it is neither nan nor infinite."""
    return e.plain("less", e.plain("absolute", a), e.constant(math.inf, a.type))


def sign(e: Emitter, a: Number) -> Number:
    """-1, 0 or 1; nan of nan."""
    zero, one = e.constant(0, a.type), e.constant(1, a.type)
    nonzero = e.plain("copysign", one, a)
    result = where(e, e.plain("equal", a, zero), zero, nonzero)
    return where(e, isnan(e, a), a, result)


def absolute(e: Emitter, a: Number) -> Number:
    """The magnitude."""
    return Number(e, a.type, e.context.get_function(math.fabs, signature(a.type, a.type))(e.builder, [a.value]))


def square(e: Emitter, a: Number) -> Number:
    """a a."""
    return e.plain("multiply", a, a)


def reciprocal(e: Emitter, a: Number) -> Number:
    """1 / a."""
    return e.plain("divide", e.constant(1, a.type), a)


def divide_or_zero(e: Emitter, a: Number, b: Number) -> Number:
    """a / b, 0 where b is 0."""
    zero = e.constant(0, b.type)
    return where(e, e.plain("equal", b, zero), zero, e.plain("divide", a, b))


def strong_multiply(e: Emitter, a: Number, b: Number) -> Number:
    """a b, 0 where one is 0 whatever the other is."""
    zero = e.constant(0, a.type)
    vanishes = e.plain("logical_or", e.plain("equal", a, zero), e.plain("equal", b, zero))
    return where(e, vanishes, zero, e.plain("multiply", a, b))


def maximum(e: Emitter, a: Number, b: Number) -> Number:
    """The larger one; nan wins."""
    chosen = e.plain("logical_or", e.plain("greater_equal", a, b), isnan(e, a))
    return where(e, chosen, a, b)


def minimum(e: Emitter, a: Number, b: Number) -> Number:
    """The smaller one; nan wins."""
    chosen = e.plain("logical_or", e.plain("less_equal", a, b), isnan(e, a))
    return where(e, chosen, a, b)


def fmax(e: Emitter, a: Number, b: Number) -> Number:
    """The larger one; nan loses."""
    return where(e, e.plain("logical_or", e.plain("greater_equal", a, b), isnan(e, b)), a, b)


def fmin(e: Emitter, a: Number, b: Number) -> Number:
    """The smaller one; nan loses."""
    return where(e, e.plain("logical_or", e.plain("less_equal", a, b), isnan(e, b)), a, b)


def sigmoid(e: Emitter, a: Number) -> Number:
    """1 / (1 + exp(-a))."""
    one = e.constant(1, a.type)
    return e.plain("divide", one, e.plain("add", one, e.plain("exp", e.plain("negative", a))))


def floor_divide(e: Emitter, a: Number, b: Number) -> Number:
    """floor(a / b)."""
    import operator

    ty, values = alike(e, (a, b))
    return Number(e, ty, e.context.get_function(operator.floordiv, signature(ty, ty, ty))(e.builder, values))


def remainder(e: Emitter, a: Number, b: Number) -> Number:
    """The remainder with the sign of b."""
    import operator

    ty, values = alike(e, (a, b))
    return Number(e, ty, e.context.get_function(operator.mod, signature(ty, ty, ty))(e.builder, values))


def power(e: Emitter, a: Number, b: Number) -> Number:
    """a ** b."""
    import operator

    if isinstance(b.type, types.Integer):
        sig = signature(a.type, a.type, types.int64)
        values = [a.value, e.cast(b, types.int64).value]
        return Number(e, a.type, e.context.get_function(operator.pow, sig)(e.builder, values))
    ty, values = alike(e, (a, b))
    return Number(e, ty, e.context.get_function(operator.pow, signature(ty, ty, ty))(e.builder, values))


def whole(name: str) -> Callable[..., Number]:
    """A rounding of floats to floats, by LLVM's own."""

    def emit(e: Emitter, a: Number) -> Number:
        function = e.builder.module.declare_intrinsic(f"llvm.{name}", [a.value.type])
        return Number(e, a.type, e.builder.call(function, [a.value]))

    return emit


PLAIN: dict[str, Callable[..., Number]] = {
    "add": instruction("fadd"),
    "subtract": instruction("fsub"),
    "multiply": instruction("fmul"),
    "divide": instruction("fdiv"),
    "negative": instruction("fneg"),
    "positive": lambda e, a: a,
    **{
        name: comparison(symbol)
        for name, symbol in (
            ("equal", "=="), ("not_equal", "!="), ("less", "<"), ("less_equal", "<="), ("greater", ">"),
            ("greater_equal", ">="),
        )
    },
    "logical_and": logical("and_"),
    "logical_or": logical("or_"),
    "logical_not": logical("not_"),
    "floor": whole("floor"),
    "ceil": whole("ceil"),
    "trunc": whole("trunc"),
    "rint": whole("rint"),
    **{
        f.__name__: f
        for f in (
            where, where_or_zero, isnan, isinf, isfinite, sign, absolute, square, reciprocal, divide_or_zero,
            strong_multiply, maximum, minimum, fmax, fmin, sigmoid, floor_divide, remainder, power,
        )
    },
}  # fmt: skip
