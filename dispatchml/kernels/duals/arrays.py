"""Arrays of dual numbers under operators and NumPy's functions: elementwise, sums, products, extremes, new arrays."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin, type_callable

from .. import partials
from ..overlapping import overlaps
from .algebra import Emitter, Number
from .operations import BINARY, COMPARISONS, QUESTIONS, UNARY
from .seeds import INDEX, Code
from .types import Dual, joined

#: The operators in place, by the functions that stand for them where dual numbers may be.
IN_PLACE = {
    partials.in_place_add: operator.iadd,
    partials.in_place_subtract: operator.isub,
    partials.in_place_multiply: operator.imul,
    partials.in_place_divide: operator.itruediv,
}


def element_type(ty: Any) -> Any:
    """The type of an array's elements, or of a number; None for something else."""
    ty = ty.dtype if isinstance(ty, types.Array) else types.unliteral(ty)
    return ty if isinstance(ty, (Dual, types.Float, types.Integer, types.Boolean)) else None


def concerns(args: Any) -> bool:
    """Whether there is an array, and a dual number or an array of such."""
    found = [element_type(t) for t in args]
    return (
        None not in found and any(isinstance(t, types.Array) for t in args) and any(isinstance(t, Dual) for t in found)
    )


def number_type(ty: Any) -> Any:
    """A number's type as arithmetic takes it."""
    return types.float64 if isinstance(ty, (types.Integer, types.Boolean)) else ty


class Elementwise:
    """The code of a function on elements."""

    def __init__(self, code: Code, name: str, sig: Any, args: Any) -> None:
        self.code, self.name, self.sig, self.args = code, name, sig, args

    def run(self) -> Any:
        """A new array, or the first argument written into."""
        c, ty = self.code, self.sig.return_type
        ndim = max(t.ndim for t in self.sig.args if isinstance(t, types.Array))
        shapes = [
            c.shape(t, x) if isinstance(t, types.Array) else [] for t, x in zip(self.sig.args, self.args, strict=True)
        ]
        shape = [self.size([s[k - ndim] if len(s) >= ndim - k else None for s in shapes]) for k in range(ndim)]
        return c.mapped(ty, shape, lambda indices: self.element(indices, shapes, ty.dtype))

    def size(self, sizes: list[Any]) -> Any:
        """The common size of an axis: all are equal or 1. Raises ValueError where they are not."""
        b = self.code.builder
        known = [s for s in sizes if s is not None]
        one = ir.Constant(INDEX, 1)
        size = known[0]
        for s in known[1:]:
            size = b.select(b.icmp_signed("==", size, one), s, size)
        for s in known:
            wrong = b.and_(b.icmp_signed("!=", s, size), b.icmp_signed("!=", s, one))
            with cgutils.if_unlikely(b, wrong):
                text = "operands could not be broadcast together"
                self.code.context.call_conv.return_user_exc(b, ValueError, (text,))
        return size

    def element(self, indices: Any, shapes: list[Any], ty: Any) -> Any:
        """One element of the result."""
        c = self.code
        e = Emitter(c.context, c.builder)
        numbers = []
        for t, x, shape in zip(self.sig.args, self.args, shapes, strict=True):
            if isinstance(t, types.Array):
                own = indices[len(indices) - t.ndim :]
                zero, one = ir.Constant(INDEX, 0), ir.Constant(INDEX, 1)
                own = tuple(
                    c.builder.select(c.builder.icmp_signed("==", s, one), zero, k)
                    for s, k in zip(shape, own, strict=True)
                )
                x, t = c.load(t, x, own), t.dtype
            wanted = number_type(t)
            if not (self.name == "power" and isinstance(t, types.Integer)):
                x, t = c.cast(x, t, wanted), wanted
            numbers.append(Number(e, t, x))
        return e.cast(e.apply(self.name, *numbers), ty).value


def declare(function: Any, count: int, result: Any, name: str) -> None:
    """Typing and code of an elementwise function of arrays."""

    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if kws or len(args) != count or not concerns(args):
                return None
            ty = result or functools.reduce(joined, (number_type(element_type(t)) for t in args))
            ndim = max(t.ndim for t in args if isinstance(t, types.Array))
            return signature(types.Array(ty, ndim, "C"), *map(types.unliteral, args))

    infer_global(function)(Template)  # pyright: ignore[reportOptionalCall]

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        code = Code(context, builder)
        return Elementwise(code, name, sig, args).run()

    kinds: list[tuple[Any, ...]] = [(types.Array,)]
    if count == 2:
        others = (Dual, types.Float, types.Integer, types.Boolean)
        kinds = [(types.Array, types.Array), *((types.Array, t) for t in others), *((t, types.Array) for t in others)]
    for kind in kinds:
        lower_builtin(function, *kind)(lower)


for table, count, result in (
    (BINARY, 2, None),
    (COMPARISONS, 2, types.boolean),
    (UNARY, 1, None),
    (QUESTIONS, 1, types.boolean),
):
    for name, functions in table.items():
        for function in functions:
            if function is not float and function not in IN_PLACE.values():
                declare(function, count, result, name)


def declare_in_place(function: Any, plain: Any, name: str) -> None:
    """Typing and code of an operator in place: arrays are written into, of numbers the result is given back."""

    @type_callable(function)
    def typer(context: Any) -> Any:
        def result(a: Any, b: Any) -> Any:
            if isinstance(a, types.Array) and concerns((a, b)):
                return a if a.mutable else None
            found = context.resolve_function_type(plain, (a, b), {})
            return None if found is None else found.return_type

        return result

    @lower_builtin(function, types.Any, types.Any)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        code, ty, target = Code(context, builder), sig.args[0], args[0]
        if not (isinstance(ty, types.Array) and concerns(sig.args)):
            found = context.typing_context.resolve_function_type(plain, sig.args, {})
            values = [context.cast(builder, x, t, w) for x, t, w in zip(args, sig.args, found.args, strict=True)]
            return context.get_function(plain, found)(builder, values)
        work = Elementwise(code, name, sig, args)
        shapes = [code.shape(t, x) if isinstance(t, types.Array) else [] for t, x in zip(sig.args, args, strict=True)]
        for k in range(ty.ndim):
            work.size([shapes[0][k], *(s[k - ty.ndim] for s in shapes[1:] if len(s) >= ty.ndim - k)])

        def each(element: Callable[[Any], Any]) -> None:
            with cgutils.loop_nest(builder, shapes[0], INDEX) as indices:
                code.store(ty, target, tuple(indices), element(tuple(indices)))

        if isinstance(sig.args[1], types.Array):
            with builder.if_else(overlaps(context, builder, sig.args, args), likely=False) as (yes, no):
                with yes:
                    kind = types.Array(ty.dtype, ty.ndim, "C")
                    made = code.mapped(kind, shapes[0], lambda k: work.element(k, shapes, ty.dtype))
                    each(lambda k: code.load(kind, made, k))
                    context.nrt.decref(builder, kind, made)
                with no:
                    each(lambda k: work.element(k, shapes, ty.dtype))
        else:
            each(lambda k: work.element(k, shapes, ty.dtype))
        return impl_ret_borrowed(context, builder, ty, target)


for function, plain in IN_PLACE.items():
    declare_in_place(function, plain, function.__name__.removeprefix("in_place_"))


# ---- functions of whole arrays -----------------------------------------------------------------------------------


def whole(
    function: Any, result: Callable[..., Any], write: Callable[..., Any], count: int, plain: bool = False
) -> None:
    """Typing and code of a function of arrays of which one holds dual numbers. plain: or none."""

    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            arrays = [t for t in args if isinstance(t, types.Array)]
            if kws or len(args) != count or len(arrays) != count or not (plain or concerns(arrays)):
                return None
            ty = result(*args)
            return None if ty is None else signature(ty, *args)

    infer_global(function)(Template)  # pyright: ignore[reportOptionalCall]

    @lower_builtin(function, *(types.Array,) * count)
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        return write(Code(context, builder), sig, args)


class Total:
    """A number that loops add to."""

    def __init__(self, code: Code, ty: Any, value: Any) -> None:
        self.code, self.type = code, ty
        self.place = cgutils.alloca_once_value(code.builder, value)

    def get(self) -> Number:
        """What it is now."""
        return Number(Emitter(self.code.context, self.code.builder), self.type, self.code.builder.load(self.place))

    def set(self, x: Number) -> None:
        """Make it something else."""
        self.code.builder.store(x.emitter.cast(x, self.type).value, self.place)

    def add(self, x: Number) -> None:
        """Add a number."""
        self.set(x.emitter.apply("add", self.get(), x))


def folded(code: Code, ty: Any, value: Any, start: Any, step: Callable[[Total, Number], None]) -> Total:
    """A number after every element of an array has been added in some way."""
    total = Total(code, ty.dtype, start)
    with cgutils.loop_nest(code.builder, code.shape(ty, value), INDEX) as indices:
        x = code.load(ty, value, tuple(indices))
        step(total, Number(Emitter(code.context, code.builder), ty.dtype, x))
    return total


def sum_code(c: Code, sig: Any, args: Any) -> Any:
    """The sum of all elements."""
    ty = sig.args[0]
    return folded(c, ty, args[0], c.zero(ty.dtype), lambda total, x: total.add(x)).get().value


def product_code(c: Code, sig: Any, args: Any) -> Any:
    """The product of all elements."""
    ty = sig.args[0]
    one = c.cast(c.context.get_constant(types.float64, 1.0), types.float64, ty.dtype)
    return folded(c, ty, args[0], one, lambda t, x: t.set(x.emitter.apply("multiply", t.get(), x))).get().value


def mean_code(c: Code, sig: Any, args: Any) -> Any:
    """The mean of all elements."""
    ty = sig.args[0]
    total = folded(c, ty, args[0], c.zero(ty.dtype), lambda total, x: total.add(x)).get()
    count = c.cast(count_of(c, ty, args[0]), types.intp, types.float64)
    e = total.emitter
    return e.cast(e.apply("divide", total, Number(e, types.float64, count)), ty.dtype).value


def count_of(c: Code, ty: Any, value: Any) -> Any:
    """The number of elements."""
    size = ir.Constant(INDEX, 1)
    for n in c.shape(ty, value):
        size = c.builder.mul(size, n)
    return size


def extreme(name: str) -> Callable[..., Any]:
    """The largest or the smallest element; equal ones share the derivative."""

    def code(c: Code, sig: Any, args: Any) -> Any:
        ty = sig.args[0]
        with cgutils.if_unlikely(
            c.builder, c.builder.icmp_signed("==", count_of(c, ty, args[0]), ir.Constant(INDEX, 0))
        ):
            text = "zero-size array to reduction operation which has no identity"
            c.context.call_conv.return_user_exc(c.builder, ValueError, (text,))
        zeros = tuple(ir.Constant(INDEX, 0) for _ in range(ty.ndim))
        best = Total(c, ty.dtype, c.load(ty, args[0], zeros))
        compare = "greater" if name == "maximum" else "less"
        folded(c, ty, args[0], c.zero(ty.dtype), lambda _, x: best.set(better(x, best.get(), compare)))
        ties = Total(c, types.float64, c.context.get_constant(types.float64, 0.0))
        total = Total(c, ty.dtype, c.zero(ty.dtype))

        def tie(_: Total, x: Number) -> None:
            e = x.emitter
            equal = e.apply("equal", x, best.get())
            with c.builder.if_then(equal.value):
                total.add(x)
                ties.add(e.constant(1.0, types.float64))

        folded(c, ty, args[0], c.zero(ty.dtype), tie)
        e = total.get().emitter
        shared = e.cast(e.apply("divide", total.get(), ties.get()), ty.dtype).value
        unknown = e.apply("equal", ties.get(), e.constant(0.0, types.float64))  # nan equals nothing
        return c.builder.select(unknown.value, best.get().value, shared)

    return code


def better(x: Number, best: Number, compare: str) -> Number:
    """The better one of two; nan wins."""
    e = x.emitter
    chosen = e.apply("logical_or", e.apply(compare, x, best), e.apply("isnan", x))
    return Number(e, x.type, e.builder.select(chosen.value, x.value, best.value))


def dot_type(a: Any, b: Any) -> Any:
    """The type of a product of vectors and matrices."""
    if not (1 <= a.ndim <= 2 and 1 <= b.ndim <= 2):
        return None
    dtype = joined(number_type(a.dtype), number_type(b.dtype))
    ndim = a.ndim + b.ndim - 2
    return dtype if ndim == 0 else types.Array(dtype, ndim, "C")


def dot_code(c: Code, sig: Any, args: Any) -> Any:
    """The product of vectors and matrices."""
    (aty, bty), (a, b) = sig.args, args
    dtype = sig.return_type.dtype if isinstance(sig.return_type, types.Array) else sig.return_type
    left, right = c.shape(aty, a), c.shape(bty, b)
    with cgutils.if_unlikely(c.builder, c.builder.icmp_signed("!=", left[-1], right[0])):
        c.context.call_conv.return_user_exc(c.builder, ValueError, ("shapes of a product are not aligned",))

    def element(indices: Any) -> Any:
        row, column = indices[: aty.ndim - 1], indices[aty.ndim - 1 :]
        total = Total(c, dtype, c.zero(dtype))
        with cgutils.for_range(c.builder, left[-1], intp=INDEX) as loop:
            e = Emitter(c.context, c.builder)
            x = Number(e, aty.dtype, c.load(aty, a, (*row, loop.index)))
            y = Number(e, bty.dtype, c.load(bty, b, (loop.index, *column)))
            total.add(e.apply("multiply", *(e.cast(v, number_type(v.type)) for v in (x, y))))
        return total.get().value

    if not isinstance(sig.return_type, types.Array):
        return element(())
    return c.mapped(sig.return_type, [*left[:-1], *right[1:]], element)


def filled(number: float) -> Callable[..., Any]:
    """A new array like another one."""

    def code(c: Code, sig: Any, args: Any) -> Any:
        ty = sig.args[0]
        x = c.cast(c.context.get_constant(types.float64, number), types.float64, ty.dtype)
        return c.mapped(sig.return_type, c.shape(ty, args[0]), lambda indices: x)

    return code


def like(a: Any) -> Any:
    """A new array like another one."""
    return types.Array(a.dtype, a.ndim, "C")


for function, code in (
    (partials.array_sum, sum_code), (partials.array_product, product_code), (partials.array_mean, mean_code),
    (partials.array_maximum, extreme("maximum")), (partials.array_minimum, extreme("minimum")),
):  # fmt: skip
    whole(function, lambda a: a.dtype, code, 1, plain=True)
whole(partials.dot, dot_type, dot_code, 2, plain=True)
for function, number in ((np.zeros_like, 0.0), (np.ones_like, 1.0), (np.empty_like, 0.0)):
    whole(function, like, filled(number), 1)
