"""mpmath's operators leave the call to traced values and quantities, and its functions say what to write for them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from mpmath.ctx_iv import MPIntervalContext, ivmpf
from mpmath.ctx_mp import MPContext
from mpmath.ctx_mp_python import _mpc, _mpf

from dispatchml.dispatch import layer_of
from dispatchml.dispatch.errors import TracerConversionError, at_user_line

OPERATORS = ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "eq", "ne", "lt", "le", "gt", "ge")


def wrap_operators() -> None:
    """Wrap each operator once, so that it gives NotImplemented for operands that know NumPy's protocol.

    Arrays stay mpmath's own business beside mpf, which leaves them alone; an interval would take an array of two
    numbers for an interval.
    """
    for cls, arrays in ((_mpf, (np.ndarray,)), (_mpc, (np.ndarray,)), (ivmpf, ())):
        for name in OPERATORS:
            method = f"__{name}__"
            original = vars(cls).get(method)
            if original is not None and not hasattr(original, "__steps_back__"):
                setattr(cls, method, stepping_back(original, (np.generic, *arrays)))
    for context, name in ((MPContext, "_convert_fallback"), (MPIntervalContext, "convert")):
        original = getattr(context, name)
        if not hasattr(original, "__steps_back__"):
            setattr(context, name, refusing(original))


def stepping_back(original: Callable[..., Any], own: tuple[type, ...]) -> Callable[..., Any]:
    """An operator that steps back."""

    @functools.wraps(original)
    def operator(self: Any, other: Any, *rest: Any) -> Any:
        if getattr(type(other), "__array_ufunc__", None) is not None and not isinstance(other, own):
            return NotImplemented
        return original(self, other, *rest)

    operator.__steps_back__ = True  # type: ignore[attr-defined]
    return operator


def refusing(original: Callable[..., Any]) -> Callable[..., Any]:
    """A conversion that says what to write where a traced value was given to a function of mpmath."""

    @functools.wraps(original)
    def convert(context: Any, x: Any, *rest: Any, **keywords: Any) -> Any:
        layer = layer_of(type(x)) if getattr(type(x), "__array_ufunc__", None) is not None else None
        if layer is not None and layer.slot == "transform":
            raise TracerConversionError(
                f"A function of mpmath was called on a traced value{at_user_line()}: it has no derivative. "
                "Write numpy.sin(x) or dispatchml.ops.erf(x) in place of mpmath.sin(x) or mpmath.erf(x): these are "
                "computed in the precision of the context."
            )
        return original(context, x, *rest, **keywords)

    convert.__steps_back__ = True  # type: ignore[attr-defined]
    return convert
