"""The elementwise functions: NumPy's names and the standard's, and those that are written with others."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.layers import is_traced
from ..engines.parts import part
from .dtypes import at_least_double, casted
from .protocols import UFUNCS, array_ufunc
from .registry import CONTAINERS, PLAIN, PUBLIC, holds_foreign, is_ours, numpy_function, operand

#: ufunc name -> a function written with operations, for those that have no operation of their own.
WRITTEN: dict[str, Callable[..., Any]] = {}

UNARY = """
absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil conjugate cos cosh deg2rad exp exp2 expm1 floor
invert isfinite isinf isnan log log10 log1p log2 logical_not negative positive rad2deg reciprocal rint sign signbit
sin sinh spacing sqrt square tan tanh trunc bitwise_count fabs frexp modf isnat degrees radians
"""
BINARY = """
add arctan2 bitwise_and bitwise_or bitwise_xor copysign divide equal float_power floor_divide fmax fmin fmod gcd
greater greater_equal heaviside hypot lcm ldexp left_shift less less_equal logaddexp logaddexp2 logical_and
logical_or logical_xor maximum minimum multiply nextafter not_equal power remainder right_shift subtract divmod
"""
#: Second names, NumPy's and the standard's.
ALIASES = {
    "abs": "absolute", "acos": "arccos", "acosh": "arccosh", "asin": "arcsin", "asinh": "arcsinh", "atan": "arctan",
    "atan2": "arctan2", "atanh": "arctanh", "bitwise_invert": "invert", "bitwise_left_shift": "left_shift",
    "bitwise_not": "invert", "bitwise_right_shift": "right_shift", "conj": "conjugate", "mod": "remainder",
    "pow": "power",
    "true_divide": "divide",
}  # fmt: skip
#: Special functions and others that NumPy lacks; they are operations as they are.
BEYOND_NUMPY = """
cummax cummin cumulative_logsumexp dawsn digamma entr erf erfc erfcinv erfcx erfinv exp1 expi factorial gamma
gammainc gammaincc gammaln beta betainc betaln binom i0e i1 i1e iv ive j0 j1 jv k0 k1 kl_div kv log_ndtr log_softmax
logit logsumexp ndtr ndtri polygamma rel_entr sigmoid softmax softplus stop_gradient xlog1py xlogy y0 y1 yv zeta
"""


def written(function: Callable[..., Any]) -> Callable[..., Any]:
    """Enter a ufunc that is written with operations."""
    WRITTEN[function.__name__.rstrip("_")] = function
    return function


@written
def divmod_(a: Any, b: Any) -> tuple[Any, Any]:
    """The quotient rounded down and the remainder."""
    return ops.floor_divide(a, b), ops.remainder(a, b)


def in_floats(ufunc: Any, a: Any) -> Any:
    """Whole numbers and truth values in the floating dtype in which a ufunc of NumPy computes; NumPy's TypeError where
    it knows no complex numbers.
    """
    kind = ops.dtype(a)
    if kind.kind not in "biuc":
        return a
    return casted(a, ufunc.resolve_dtypes((kind, *(np.dtype(int),) * (ufunc.nin - 1), *(None,) * ufunc.nout))[0])


@written
def fabs(a: Any) -> Any:
    """|a| as a floating number."""
    return ops.absolute(in_floats(np.fabs, a))


@written
def modf(a: Any) -> tuple[Any, Any]:
    """The fractional and the whole part, both with the sign of a."""
    a = in_floats(np.modf, a)
    whole = ops.trunc(a)
    return ops.copysign(ops.where(ops.isinf(a), 0.0, ops.subtract(a, whole)), a), whole


@written
def frexp(a: Any) -> tuple[Any, Any]:
    """The mantissa, in [0.5, 1) without its sign, and the exponent of 2: a part of a, scaled by a constant."""
    from .sorting import plain, refuse_batched

    refuse_batched(a, "frexp")
    exponent = np.frexp(plain(a))[1]
    return ldexp(a, -exponent), exponent


@written
def float_power(a: Any, b: Any) -> Any:
    """a ** b in float64 at least."""
    return ops.power(at_least_double(a), at_least_double(b))


@written
def ldexp(a: Any, b: Any) -> Any:
    """a * 2**b for whole b, in the precision of a."""
    if ops.dtype(a).kind == "O":
        return ops.multiply(a, ops.power(ops.multiply(ops.ones_like(a), 2), b))
    a = in_floats(np.ldexp, a)
    return casted(ops.multiply(a, np.exp2(ops.astype(b, dtype=np.float64))), ops.dtype(a))


def public_ufunc(name: str) -> Callable[..., Any]:
    """The public function of a ufunc, with its methods."""
    ufunc = getattr(np, name)
    count = ufunc.nin
    parameters = ("x",) if count == 1 else tuple(f"x{k + 1}" for k in range(count))

    def function(*args: Any, **kwargs: Any) -> Any:
        for x in args:
            if type(x) not in PLAIN and is_ours(x):
                known = UFUNCS.get(ufunc)
                if known is None or kwargs or len(args) != count or any(type(a) in CONTAINERS for a in args):
                    return answer(ufunc, "__call__", args, kwargs)
                return known(*args)
        for x in kwargs.values():
            if type(x) not in PLAIN and is_ours(x):
                return answer(ufunc, "__call__", args, kwargs)
        try:
            return ufunc(*args, **kwargs)
        except (TypeError, AttributeError):
            if holds_foreign((*args, *kwargs.values())):
                return answer(ufunc, "__call__", args, kwargs)
            raise

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"As `numpy.{name}`, elementwise, for layered and traced values too."
    function.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(p, inspect.Parameter.POSITIONAL_ONLY) for p in parameters]
        + [inspect.Parameter("out", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None)]
        + [inspect.Parameter("where", inspect.Parameter.KEYWORD_ONLY, default=True)]
        + [inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD)]
    )
    for method in ("reduce", "accumulate", "reduceat", "outer", "at"):
        setattr(function, method, bound_method(ufunc, method))
    function.nin, function.nout = ufunc.nin, ufunc.nout  # type: ignore[attr-defined]
    return function


def bound_method(ufunc: Any, method: str) -> Callable[..., Any]:
    """A method of a ufunc, for plain and layered values."""

    def call(*args: Any, **kwargs: Any) -> Any:
        if any(map(is_ours, args)):
            return answer(ufunc, method, args, kwargs)
        return getattr(ufunc, method)(*args, **kwargs)

    call.__name__ = call.__qualname__ = f"{ufunc.__name__}.{method}"
    return call


def answer(ufunc: Any, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A ufunc on values of which one is ours; positional `out` is NumPy's."""
    if method == "__call__" and len(args) > ufunc.nin:
        args, kwargs = args[: ufunc.nin], {**kwargs, "out": args[ufunc.nin :]}
    if method in ("accumulate", "reduce"):
        args = (operand(args[0]), *args[1:])
    return array_ufunc(None, ufunc, method, *args, **kwargs)


for _name in (*UNARY.split(), *BINARY.split()):
    PUBLIC[""][_name] = public_ufunc(_name)
for _alias, _name in ALIASES.items():
    PUBLIC[""][_alias] = PUBLIC[""][_name]
for _name in BEYOND_NUMPY.split():
    if hasattr(ops, _name):
        PUBLIC[""][_name] = getattr(ops, _name)


# ---- elementwise functions that are not ufuncs in NumPy ----------------------------------------------------------


@numpy_function(np.real)
def real(val: Any, /) -> Any:
    return part(val, "real")


@numpy_function(np.imag)
def imag(val: Any, /) -> Any:
    return part(val, "imag")


@numpy_function(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    return ops.rad2deg(ops.angle(z)) if deg else ops.angle(z)


@numpy_function(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    return a


@numpy_function(np.clip, arrays=3)
def clip(
    x: Any,
    /,
    min: Any = None,
    max: Any = None,
    out: Any = None,
    *,
    a_min: Any = None,
    a_max: Any = None,
    **keywords: Any,
) -> Any:
    lower, upper = (a_min if min is None else min), (a_max if max is None else max)
    return ops.clip(x, lower, upper)


@numpy_function(np.round, names="around")
def round_(x: Any, /, decimals: int = 0, out: Any = None) -> Any:
    return ops.round(x, decimals=decimals)


@numpy_function(np.fix)
def fix(x: Any, out: Any = None) -> Any:
    return ops.trunc(x)


@numpy_function(np.sinc)
def sinc(x: Any) -> Any:
    return ops.sinc(x)


@numpy_function(np.i0)
def i0(x: Any) -> Any:
    y = ops.i0(x)
    return ops.astype(y, dtype=ops.dtype(x)) if ops.dtype(x) == np.float16 else y


@numpy_function(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if not copy:
        from .registry import refuse_out

        refuse_out("nan_to_num(copy=False)")
    if not (is_ours(nan) or is_ours(posinf) or is_ours(neginf)):
        return ops.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    plain = {"nan": nan, "posinf": posinf, "neginf": neginf}
    layered = {name: plain.pop(name) for name in list(plain) if is_ours(plain[name])}
    y = ops.nan_to_num(x, **plain)
    found = {"nan": ops.isnan(x), "posinf": isposinf(x), "neginf": isneginf(x)}
    for name, value in layered.items():
        y = ops.where(ops.logical_not(found[name]), y, value)
    return y


@numpy_function(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    return ops.equal(x, math.inf)


@numpy_function(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    return ops.equal(x, -math.inf)


@numpy_function(np.iscomplex)
def iscomplex(x: Any) -> Any:
    return ops.not_equal(ops.imag(x), 0)


@numpy_function(np.isreal)
def isreal(x: Any) -> Any:
    return ops.equal(ops.imag(x), 0)


@numpy_function(np.isclose, arrays=2)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    if not (is_traced(rtol) or is_traced(atol)):
        return ops.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)
    with np.errstate(invalid="ignore"):  # as NumPy: inf - inf
        gap = ops.absolute(ops.subtract(a, b))
    if not is_ours(atol):
        atol = ops.multiply(atol, ops.ones_of(gap, shape=()))  # a plain tolerance is in the units of the values
    near = ops.less_equal(gap, ops.add(ops.multiply(rtol, ops.absolute(b)), atol))
    same = ops.logical_or(ops.logical_and(near, ops.isfinite(b)), ops.equal(a, b))
    return ops.logical_or(same, ops.logical_and(ops.isnan(a), ops.isnan(b))) if equal_nan else same


def truth(y: Any) -> Any:
    """A truth value as one of Python's; in a batch there is one for each element."""
    return y if getattr(y, "_hides_axis", False) else bool(y)


@numpy_function(np.allclose, arrays=2)
def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    return truth(ops.all(isclose(a, b, rtol, atol, equal_nan)))


@numpy_function(np.array_equal, arrays=2)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    if ops.shape(a1) != ops.shape(a2):
        return False
    same = ops.equal(a1, a2)
    if equal_nan:
        same = ops.logical_or(same, ops.logical_and(ops.isnan(a1), ops.isnan(a2)))
    return truth(ops.all(same))


@numpy_function(np.array_equiv, arrays=2)
def array_equiv(a1: Any, a2: Any) -> bool:
    try:
        np.broadcast_shapes(ops.shape(a1), ops.shape(a2))
    except ValueError:
        return False
    return truth(ops.all(ops.equal(a1, a2)))
