"""mpmath's operators leave the call to traced values, quantities and arrays on their right."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from mpmath.ctx_iv import ivmpf
from mpmath.ctx_mp_python import _mpc, _mpf

OPERATORS = ("add", "sub", "mul", "truediv", "pow", "mod", "floordiv", "eq", "ne", "lt", "le", "gt", "ge")


def wrap_operators() -> None:
    """Wrap each operator once, so that it gives NotImplemented for operands that know NumPy's protocol."""
    for cls in (_mpf, _mpc, ivmpf):
        for name in OPERATORS:
            method = f"__{name}__"
            original = vars(cls).get(method)
            if original is not None and not hasattr(original, "__steps_back__"):
                setattr(cls, method, stepping_back(original))


def stepping_back(original: Callable[..., Any]) -> Callable[..., Any]:
    """An operator that steps back."""

    @functools.wraps(original)
    def operator(self: Any, other: Any, *rest: Any) -> Any:
        if getattr(type(other), "__array_ufunc__", None) is not None and not hasattr(other, "item"):
            return NotImplemented
        return original(self, other, *rest)

    operator.__steps_back__ = True  # type: ignore[attr-defined]
    return operator
