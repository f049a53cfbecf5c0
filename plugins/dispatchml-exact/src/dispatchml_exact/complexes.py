"""mpmath.mpc: complex numbers of a context's precision, in values; their derivatives are refused by the core."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath.ctx_mp_python import _mpc

from .kinds import SHARED, Kind, itself
from .multiprecision import NO_FLOAT, of_context, same_context


def sign(a: Any) -> Any:
    """a / |a|, 0 at 0."""
    return a if a == 0 else a / abs(a)


NAMES = (
    "add subtract multiply divide negative positive absolute square reciprocal strong_multiply divide_or_zero equal "
    "not_equal logical_and logical_or logical_xor logical_not astype stop_gradient"
).split()
COMPLEX: dict[str, Callable[..., Any]] = {
    **{name: SHARED[name] for name in NAMES},
    **{ours: of_context(theirs) for ours, theirs in {
        "sqrt": "sqrt", "exp": "exp", "expm1": "expm1", "log": "log", "log10": "log10", "log1p": "log1p", "sin": "sin",
        "cos": "cos", "tan": "tan", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sinh": "sinh",
        "cosh": "cosh", "tanh": "tanh", "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "erf": "erf",
        "erfc": "erfc", "gamma": "gamma", "gammaln": "loggamma", "digamma": "digamma", "angle": "arg",
    }.items()},
    "power": lambda a, b: a**b,
    "real": lambda a: a.real,
    "imag": lambda a: a.imag,
    "conj": lambda a: a.conjugate(),
    "sign": sign,
    "isnan": lambda a: bool(a != a),
    "isfinite": lambda a: bool(type(a).context.isfinite(a)),
    "isinf": lambda a: bool(type(a).context.isinf(a)),
}  # fmt: skip


def lift(x: Any, like: Any) -> Any:
    """A number of Python or NumPy, by its exact binary value."""
    if isinstance(x, (np.longdouble, np.clongdouble)):
        return None
    ctx = type(like).context
    if isinstance(x, (complex, np.complexfloating)):
        return ctx.mpc(complex(x))
    return ctx.mpc(float(x) if isinstance(x, (float, np.floating)) else int(x))


COMPLEXES = Kind(
    _mpc, "mpc", COMPLEX, lift=lift, same=same_context, no_float=NO_FLOAT,
    no_function="mpmath has no such function of complex numbers, or complex numbers have no order.",
    real=False,
)  # fmt: skip
_ = itself
