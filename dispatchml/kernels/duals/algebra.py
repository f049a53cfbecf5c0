"""Arithmetic of numbers and dual numbers, written down as LLVM's instructions.

The derivatives are those of `dispatchml.rules`: the texts of elementwise rules are followed here as by the engines, so
that corners (abs at 0, ties, zero times infinity) agree, to every order.
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.core.typing import signature  # pyright: ignore[reportPrivateImportUsage]

from ... import ops
from ...rules.registry import RULES
from ...rules.text import COMPARISONS, OPERATORS, is_literal, parse
from ..errors import KernelError
from .types import Dual, joined

#: What may be computed differently in partial derivatives: products and sums may be one instruction.
CONTRACT = ("contract",)
#: Functions of plain numbers that Numba has, by the operation's name.
KNOWN: dict[str, Any] = {
    **{
        name: getattr(math, name)
        for name in (
            "exp expm1 log log10 log1p sin cos tan sinh cosh tanh sqrt hypot erf erfc gamma floor ceil trunc"
        ).split()
    },
    **{
        name: getattr(math, short)
        for name, short in (
            ("arcsin", "asin"), ("arccos", "acos"), ("arctan", "atan"), ("arctan2", "atan2"), ("arcsinh", "asinh"),
            ("arccosh", "acosh"), ("arctanh", "atanh"), ("gammaln", "lgamma"), ("copysign", "copysign"),
        )
    },
    **{name: getattr(np, name) for name in ("exp2", "log2", "cbrt", "logaddexp", "logaddexp2", "fmod", "rint")},
    "power": pow,
}  # fmt: skip


class Number:
    """A number of compiled code: its type and LLVM's value."""

    __slots__ = ("emitter", "type", "value")

    def __init__(self, emitter: Emitter, ty: Any, value: Any) -> None:
        self.emitter, self.type, self.value = emitter, ty, value

    def of(self, tag: int) -> bool:
        """Whether it is a dual number of a derivative, on the outside."""
        return isinstance(self.type, Dual) and self.type.tag == tag

    @property
    def number(self) -> Number:
        """The number inside a dual number."""
        return Number(self.emitter, self.type.base, self.emitter.builder.extract_value(self.value, 0))

    @property
    def partials(self) -> Partials:
        """The partials of a dual number."""
        return Partials(self.emitter, self.type, self.emitter.builder.extract_value(self.value, 1))


class Partials:
    """The partials of a dual number: a vector of floats, or several dual numbers of an earlier derivative."""

    __slots__ = ("emitter", "type", "value")

    def __init__(self, emitter: Emitter, ty: Dual, value: Any) -> None:
        self.emitter, self.type, self.value = emitter, ty, value

    @property
    def nested(self) -> bool:
        """Whether they are dual numbers themselves."""
        return isinstance(self.type.base, Dual)

    def each(self, function: Callable[..., Number], *others: Partials) -> Partials:
        """A function of every one."""
        b, count = self.emitter.builder, self.type.count

        def entry(p: Partials, k: int) -> Number:
            return Number(self.emitter, self.type.base, p.value if count == 1 else b.extract_value(p.value, k))

        made = [function(*(entry(p, k) for p in (self, *others))).value for k in range(count)]
        if count == 1:
            return Partials(self.emitter, self.type, made[0])
        packed = ir.Constant(self.value.type, ir.Undefined)
        for k, m in enumerate(made):
            packed = b.insert_value(packed, m, k)
        return Partials(self.emitter, self.type, packed)

    def flat(self, value: Any) -> Partials:
        """The same with other numbers."""
        return Partials(self.emitter, self.type, value)

    def spread(self, x: Any) -> Any:
        """A number as often as there are partials."""
        if self.type.count == 1:
            return x
        b, kind = self.emitter.builder, ir.VectorType(x.type, self.type.count)
        one = b.insert_element(ir.Constant(kind, ir.Undefined), x, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), self.type.count), [0] * self.type.count)
        return b.shuffle_vector(one, ir.Constant(kind, ir.Undefined), zeros)

    def scaled(self, slope: Number, strong: bool) -> Partials:
        """The products with a slope. strong: where a partial is zero, so is the product."""
        e = self.emitter
        slope = e.cast(slope, self.type.base)
        if self.nested:
            return self.each(lambda p: e.strong_product(p, slope) if strong else e.apply("multiply", p, slope))
        product = e.builder.fmul(self.value, self.spread(slope.value), flags=CONTRACT)
        if strong:
            product = e.builder.select(self.is_zero(), ir.Constant(self.value.type, None), product)
        return self.flat(product)

    def is_zero(self) -> Any:
        """Where a partial is zero."""
        return self.emitter.builder.fcmp_ordered("==", self.value, ir.Constant(self.value.type, None))

    def plus(self, other: Partials) -> Partials:
        """The sums."""
        if self.nested:
            return self.each(lambda p, q: self.emitter.apply("add", p, q), other)
        return self.flat(self.emitter.builder.fadd(self.value, other.value, flags=CONTRACT))

    def minus(self, other: Partials) -> Partials:
        """The differences."""
        if self.nested:
            return self.each(lambda p, q: self.emitter.apply("subtract", p, q), other)
        return self.flat(self.emitter.builder.fsub(self.value, other.value, flags=CONTRACT))

    def negative(self) -> Partials:
        """With the other sign."""
        if self.nested:
            return self.each(lambda p: self.emitter.apply("negative", p))
        return self.flat(self.emitter.builder.fneg(self.value))

    def where(self, condition: Any, other: Partials | None = None) -> Partials:
        """These where a condition holds, else others or zero."""
        zero = ir.Constant(self.value.type, None) if other is None else other.value
        return self.flat(self.emitter.builder.select(condition, self.value, zero))


class Emitter:
    """Writes instructions at one place of a function."""

    __slots__ = ("context", "builder")

    def __init__(self, context: Any, builder: Any) -> None:
        self.context, self.builder = context, builder

    def cast(self, x: Number, ty: Any) -> Number:
        """A number as one of another type."""
        return x if x.type == ty else Number(self, ty, self.context.cast(self.builder, x.value, x.type, ty))

    def constant(self, x: float, ty: Any) -> Number:
        """A number of a float type, or of the floats inside of a dual type."""
        ty = ty.float if isinstance(ty, Dual) else ty
        return Number(self, ty, self.context.get_constant(ty, float(x)))

    def assembled(self, ty: Dual, number: Number, partials: Partials) -> Number:
        """A dual number."""
        model = self.context.data_model_manager.lookup(ty)
        made = self.builder.insert_value(ir.Constant(model.value_type, ir.Undefined), number.value, 0)
        return Number(self, ty, self.builder.insert_value(made, partials.value, 1))

    def strong_product(self, x: Number, y: Number) -> Number:
        """The product, zero where the number x is exactly zero, derivatives included."""
        return self.apply("strong_multiply", x, y)

    # ---- operations --------------------------------------------------------------------------------------------------

    def apply(self, name: str, *arguments: Number) -> Number:
        """An elementwise operation of numbers."""
        tags = [x.type.tag for x in arguments if isinstance(x.type, Dual)]
        if not tags:
            return self.plain(name, *arguments)
        if name in COMPARED:
            return self.apply(name, *(innermost(x) for x in arguments))
        tag = min(tags)
        ty = functools.reduce(joined, (x.type for x in arguments if x.type != types.boolean))
        special = SPECIAL.get(name)
        if special is not None:
            return special(self, ty, tag, *arguments)
        numbers = [x.number if x.of(tag) else x for x in arguments]
        y = self.apply(name, *numbers)
        texts, singular = partial_texts(name)
        total: Partials | None = None
        for x, text in zip(arguments, texts, strict=True):
            if text is not None and x.of(tag):
                term = self.term(text, self.cast(x, ty).partials, numbers, y, singular)
                total = term if total is None else total.plus(term)
        if total is None:
            return y
        return self.assembled(ty, self.cast(y, ty.base), total)

    def term(self, text: str, partials: Partials, numbers: list[Number], y: Number, singular: bool) -> Partials:
        """What one argument contributes to the partials of a result."""
        tree = parse(text)
        if text == "1":
            return partials
        if text == "-1":
            return partials.negative()
        names = dict(zip("abc", numbers, strict=False), y=y)
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and tree.func.id == "masked":
            condition = self.truth(self.follow(tree.args[0], names, y))
            other = None
            if len(tree.args) == 2:
                tie = self.truth(self.follow(tree.args[1], names, y))
                other = partials.scaled(self.constant(0.5, y.type), False).where(tie)
            return partials.where(condition, other)
        return partials.scaled(self.number_of(self.follow(tree, names, y), y.type), singular)

    def follow(self, node: ast.expr, names: dict[str, Number], like: Number) -> Number:
        """The value of an expression of a rule."""
        if is_literal(node):
            return self.constant(eval(ast.unparse(node)), like.type)  # whole numbers and ratios, by our own rules
        if isinstance(node, ast.Name):
            return names[node.id]
        if isinstance(node, ast.UnaryOp):
            return self.apply("negative", self.follow(node.operand, names, like))
        if isinstance(node, ast.BinOp):
            name = OPERATORS[type(node.op)][1]
            if name == "power":
                return self.power(self.follow(node.left, names, like), eval(ast.unparse(node.right)))
            both = self.follow(node.left, names, like), self.follow(node.right, names, like)
            return self.apply(name, *(self.number_of(x, like.type) for x in both))
        if isinstance(node, ast.Compare):
            name = COMPARISONS[type(node.ops[0])][1]
            return self.apply(name, self.follow(node.left, names, like), self.follow(node.comparators[0], names, like))
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return self.apply(node.func.id, *(self.follow(a, names, like) for a in node.args))

    def power(self, x: Number, exponent: float) -> Number:
        """A power with a known exponent."""
        if exponent == -0.5:
            return self.apply("divide", self.constant(1, x.type), self.apply("sqrt", x))
        return self.apply("power", x, self.constant(exponent, x.type))

    def number_of(self, x: Number, like: Any) -> Number:
        """A truth value as a number."""
        if isinstance(x.type, (types.Boolean, types.Integer)):
            return self.cast(x, like.float if isinstance(like, Dual) else like)
        return x

    def truth(self, x: Number) -> Any:
        """A condition as LLVM's i1."""
        return x.value if x.type == types.boolean else self.context.is_true(self.builder, x.type, x.value)

    # ---- plain numbers -----------------------------------------------------------------------------------------------

    def plain(self, name: str, *arguments: Number) -> Number:
        """An operation of plain numbers."""
        from .plain import PLAIN

        made = PLAIN.get(name)
        if made is not None:
            return made(self, *arguments)
        function = KNOWN.get(name)
        if function is None:
            raise KernelError(f"{name} cannot be computed in a kernel, which the derivative needs.")
        ty = functools.reduce(joined, (x.type for x in arguments))
        sig = signature(ty, *(ty for _ in arguments))
        values = [self.cast(x, ty).value for x in arguments]
        return Number(self, ty, self.context.get_function(function, sig)(self.builder, values))


def innermost(x: Number) -> Number:
    """The number inside of every derivative."""
    while isinstance(x.type, Dual):
        x = x.number
    return x


#: Operations on the primal, whose result has no derivative.
COMPARED = frozenset(
    "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_not isnan isinf isfinite "
    "signbit floor ceil trunc rint sign floor_divide".split()
)


@functools.lru_cache(512)
def partial_texts(name: str) -> tuple[tuple[str | None, ...], bool]:
    """The texts of the partial derivatives of an operation, and whether they are singular."""
    if name == "absolute":
        return ("sign(a)",), False
    rule = RULES.get(getattr(ops, name).info)
    if rule is None or rule.kind != "elementwise":
        raise KernelError(f"{name} has no derivative in kernels.")
    return rule.partials, rule.singular


# ---- operations with shorter code than their rule's text -------------------------------------------------------------


def linear(e: Emitter, ty: Dual, tag: int, name: str, a: Number, b: Number) -> Number:
    """A sum or a difference."""
    y = e.cast(e.apply(name, *(x.number if x.of(tag) else x for x in (a, b))), ty.base)
    p, q = (e.cast(x, ty).partials if x.of(tag) else None for x in (a, b))
    if q is None:
        assert p is not None
        return e.assembled(ty, y, p)
    if p is None:
        return e.assembled(ty, y, q if name == "add" else q.negative())
    return e.assembled(ty, y, p.plus(q) if name == "add" else p.minus(q))


def add(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """a + b."""
    return linear(e, ty, tag, "add", a, b)


def subtract(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """a - b."""
    return linear(e, ty, tag, "subtract", a, b)


def divide(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """a / b by one reciprocal: (da - y db) / b."""
    p, q = (e.cast(x, ty).partials if x.of(tag) else None for x in (a, b))
    a, b = (x.number if x.of(tag) else x for x in (a, b))
    y = e.apply("divide", a, b)
    inverse = e.apply("divide", e.constant(1, ty), b)
    if q is None:
        assert p is not None
        return e.assembled(ty, e.cast(y, ty.base), p.scaled(inverse, True))
    by_b = q.scaled(y, True)
    total = by_b.negative() if p is None else p.minus(by_b)
    return e.assembled(ty, e.cast(y, ty.base), total.scaled(inverse, True))


def strong_multiply(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """a b, where zero times anything is zero, in the derivative too."""
    y = e.apply("strong_multiply", *(x.number if x.of(tag) else x for x in (a, b)))
    numbers = [x.number if x.of(tag) else x for x in (a, b)]
    total = None
    for k, x in enumerate((a, b)):
        if x.of(tag):
            term = e.cast(x, ty).partials.scaled(numbers[1 - k], True)
            other_is_zero = e.apply("equal", numbers[1 - k], e.constant(0, ty))
            term = term.where(e.builder.not_(other_is_zero.value))
            total = term if total is None else total.plus(term)
    assert total is not None
    return e.assembled(ty, e.cast(y, ty.base), total)


def power(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """a ** b: b a**(b-1) and y log(a), exact where a is 0, as the rule of `ops.power`."""
    numbers = [x.number if x.of(tag) else x for x in (a, b)]
    y = e.cast(e.apply("power", *numbers), ty.base)
    base, exponent = numbers
    zero, one = e.constant(0, ty), e.constant(1, ty)
    total = None
    if a.of(tag):
        p = e.cast(a, ty).partials
        power_of_zero = e.apply("logical_and", e.apply("equal", base, zero), e.apply("equal", exponent, zero))
        lower = e.apply("subtract", exponent, one)
        lower = e.apply("where", power_of_zero, zero, lower)
        slope = e.apply("multiply", exponent, e.apply("power", base, lower))
        total = p.scaled(slope, True)
    if b.of(tag):
        vanishes = e.apply("logical_and", e.apply("equal", base, zero), e.apply("greater", exponent, zero))
        slope = e.apply("multiply", y, e.apply("log", e.apply("where", vanishes, one, base)))
        term = e.cast(b, ty).partials.scaled(slope, True)
        total = term if total is None else total.plus(term)
    assert total is not None
    return e.assembled(ty, y, total)


def where(e: Emitter, ty: Dual, tag: int, condition: Number, a: Number, b: Number) -> Number:
    """One of two numbers."""
    a, b = e.cast(a, ty), e.cast(b, ty)
    return Number(e, ty, e.builder.select(e.truth(condition), a.value, b.value))


def fmod(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """The remainder with the sign of a: da - trunc(a/b) db."""
    numbers = [x.number if x.of(tag) else x for x in (a, b)]
    return remainder_by(e, ty, tag, a, b, e.apply("fmod", *numbers), e.apply("trunc", e.apply("divide", *numbers)))


def remainder(e: Emitter, ty: Dual, tag: int, a: Number, b: Number) -> Number:
    """The remainder with the sign of b: da - floor(a/b) db."""
    numbers = [x.number if x.of(tag) else x for x in (a, b)]
    return remainder_by(e, ty, tag, a, b, e.apply("remainder", *numbers), e.apply("floor_divide", *numbers))


def remainder_by(e: Emitter, ty: Dual, tag: int, a: Number, b: Number, y: Number, times: Number) -> Number:
    """A remainder and how often the divisor was taken away."""
    total = e.cast(a, ty).partials
    if b.of(tag):
        total = total.minus(e.cast(b, ty).partials.scaled(times, True))
    return e.assembled(ty, e.cast(y, ty.base), total)


SPECIAL: dict[str, Callable[..., Number]] = {
    f.__name__: f for f in (add, subtract, divide, strong_multiply, power, where, fmod, remainder)
}
