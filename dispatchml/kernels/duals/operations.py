"""Numba's operators and functions on dual numbers."""

from __future__ import annotations

import builtins
import functools
import math
import operator
from typing import Any

import numpy as np
from numba.core import types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from .algebra import Emitter, Number, innermost
from .types import Dual, joined

PLAIN = (types.Integer, types.Float, types.Boolean)
#: Functions of two numbers, by the operation that they are.
BINARY: dict[str, tuple[Any, ...]] = {
    "add": (operator.add, operator.iadd, np.add),
    "subtract": (operator.sub, operator.isub, np.subtract),
    "multiply": (operator.mul, operator.imul, np.multiply),
    "divide": (operator.truediv, operator.itruediv, np.true_divide),
    "remainder": (operator.mod, operator.imod, np.remainder),
    "floor_divide": (operator.floordiv, operator.ifloordiv, np.floor_divide),
    "power": (operator.pow, operator.ipow, np.power, math.pow, pow),
    "fmod": (math.fmod, np.fmod),
    "arctan2": (math.atan2, np.arctan2),
    "hypot": (math.hypot, np.hypot),
    "copysign": (math.copysign, np.copysign),
    "maximum": (np.maximum,),
    "minimum": (np.minimum,),
    "fmax": (np.fmax,),
    "fmin": (np.fmin,),
    "logaddexp": (np.logaddexp,),
    "logaddexp2": (np.logaddexp2,),
}
COMPARISONS: dict[str, tuple[Any, ...]] = {
    "equal": (operator.eq, np.equal),
    "not_equal": (operator.ne, np.not_equal),
    "less": (operator.lt, np.less),
    "less_equal": (operator.le, np.less_equal),
    "greater": (operator.gt, np.greater),
    "greater_equal": (operator.ge, np.greater_equal),
}
UNARY: dict[str, tuple[Any, ...]] = {
    **{
        name: (getattr(math, name), getattr(np, name))
        for name in "exp exp2 expm1 log log2 log10 log1p sin cos tan sinh cosh tanh sqrt cbrt".split()
        if hasattr(math, name)
    },
    "exp2": (np.exp2,),
    "cbrt": (np.cbrt,),
    "log2": (np.log2, math.log2),
    "arcsin": (math.asin, np.arcsin),
    "arccos": (math.acos, np.arccos),
    "arctan": (math.atan, np.arctan),
    "arcsinh": (math.asinh, np.arcsinh),
    "arccosh": (math.acosh, np.arccosh),
    "arctanh": (math.atanh, np.arctanh),
    "erf": (math.erf,),
    "erfc": (math.erfc,),
    "absolute": (abs, math.fabs, np.absolute, np.fabs),
    "negative": (operator.neg, np.negative),
    "positive": (operator.pos, np.positive, float),
    "square": (np.square,),
    "reciprocal": (np.reciprocal,),
    "sign": (np.sign,),
    "floor": (np.floor,),
    "ceil": (np.ceil,),
    "trunc": (np.trunc,),
    "rint": (np.rint,),
}
QUESTIONS: dict[str, tuple[Any, ...]] = {
    "isnan": (math.isnan, np.isnan),
    "isinf": (math.isinf, np.isinf),
    "isfinite": (math.isfinite, np.isfinite),
}
#: Roundings to whole numbers.
WHOLE: dict[str, tuple[Any, ...]] = {"trunc": (int, math.trunc), "floor": (math.floor,), "ceil": (math.ceil,)}


def is_number(ty: Any) -> bool:
    """Whether a type is a number that dual numbers can be joined with."""
    return isinstance(ty, (Dual, *PLAIN))


def taken_as(ty: Any, exponent: bool = False) -> Any:
    """The type in which an operation takes an argument."""
    if isinstance(ty, Dual) or isinstance(ty, types.Float):
        return ty
    return types.int64 if exponent and isinstance(ty, types.Integer) else types.float64


def declare(function: Any, count: int, result: Any, name: str) -> None:
    """Numba's typing and code of a function of some numbers, one at least a dual number."""

    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if kws or len(args) != count or not all(map(is_number, args)):
                return None
            if not any(isinstance(t, Dual) for t in args):
                return None
            # the type must follow from the types in which the arguments are taken: Numba asks again with these
            given = [taken_as(t, name == "power" and k == 1) for k, t in enumerate(args)]
            widening = [t for t in given if not (name == "power" and isinstance(t, types.Integer))]
            ty = functools.reduce(joined, widening)
            if ty is None:
                return None
            return signature(result or ty, *given)

    infer_global(function)(Template)  # pyright: ignore[reportOptionalCall]

    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        floats = (ty.float if isinstance(ty, Dual) else ty for ty in sig.args if not isinstance(ty, types.Integer))
        narrow = functools.reduce(joined, (ty for ty in floats if ty != types.float64), types.float32)
        numbers = []
        for ty, x in zip(sig.args, args, strict=True):
            number = Number(e, ty, x)
            if ty == types.float64 and isinstance(sig.return_type, Dual) and sig.return_type.float != ty:
                number = e.cast(number, narrow)
            numbers.append(number)
        made = e.apply(name, *numbers)
        if result is None:
            return e.cast(made, sig.return_type).value
        if result == types.int64:
            return context.cast(builder, made.value, made.type, types.int64)
        return made.value

    for kinds in patterns(count):
        lower_builtin(function, *kinds)(lower)


def patterns(count: int) -> list[tuple[Any, ...]]:
    """The classes of arguments with one dual number at least."""
    if count == 1:
        return [(Dual,)]
    return [(Dual, Dual), (Dual, types.Float), (types.Float, Dual), (Dual, types.Integer), (types.Integer, Dual)]


for table, count, result in (
    (BINARY, 2, None), (COMPARISONS, 2, types.boolean), (UNARY, 1, None), (QUESTIONS, 1, types.boolean),
    (WHOLE, 1, types.int64),
):  # fmt: skip
    for name, functions in table.items():
        for function in functions:
            declare(function, count, result, name)


# ---- truth, and choosing -------------------------------------------------------------------------------------------


@infer_global(bool)  # pyright: ignore[reportOptionalCall]
class Truth(AbstractTemplate):
    """Whether a dual number is not zero."""

    def generic(self, args: Any, kws: Any) -> Any:
        return signature(types.boolean, *args) if len(args) == 1 and isinstance(args[0], Dual) else None


@lower_builtin(bool, Dual)
def truth(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    """Whether a dual number is not zero."""
    e = Emitter(context, builder)
    x = innermost(Number(e, sig.args[0], args[0]))
    return e.apply("not_equal", x, e.constant(0, x.type)).value


def declare_choice(function: Any, comparison: str) -> None:
    """Python's max or min of several numbers: the first that is not beaten, as by comparisons."""

    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            if kws or len(args) < 2 or not all(map(is_number, args)) or not any(isinstance(t, Dual) for t in args):
                return None
            ty = functools.reduce(joined, args)
            return None if ty is None else signature(ty, *(ty for _ in args))

    infer_global(function)(Template)  # pyright: ignore[reportOptionalCall]

    @lower_builtin(function, types.VarArg(Dual))
    def lower(context: Any, builder: Any, sig: Any, args: Any) -> Any:
        e = Emitter(context, builder)
        first, *rest = (Number(e, ty, x) for ty, x in zip(sig.args, args, strict=True))
        for x in rest:
            better = e.apply(comparison, x, first)
            first = Number(e, first.type, builder.select(better.value, x.value, first.value))
        return first.value


declare_choice(builtins.max, "greater")
declare_choice(builtins.min, "less")
