"""Comparisons, logic, rounding and whole-number operations, elementwise with broadcasting.

Comparisons look at the primal and answer plain booleans: they carry no unit, no uncertainty and no derivative. Rounding
keeps the unit and has derivative zero. remainder and fmod are differentiable.
"""

from typing import Any

from ..dispatch import operation

__all__ = [
    "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "ceil", "equal", "floor", "floor_divide", "fmod", "gcd", "greater", "greater_equal", "isclose",
    "isfinite", "isinf", "isnan", "lcm", "less", "less_equal", "logical_and", "logical_not", "logical_or",
    "logical_xor", "nextafter", "not_equal", "remainder", "rint", "round", "sign", "signbit", "spacing", "trunc",
]  # fmt: skip

PLAIN = ("meaning", "transform")


@operation(family="elementwise", strips=PLAIN)
def equal(a: Any, b: Any) -> Any:
    """a == b."""


@operation(family="elementwise", strips=PLAIN)
def not_equal(a: Any, b: Any) -> Any:
    """a != b."""


@operation(family="elementwise", strips=PLAIN)
def less(a: Any, b: Any) -> Any:
    """a < b. Both in the same dimension."""


@operation(family="elementwise", strips=PLAIN)
def less_equal(a: Any, b: Any) -> Any:
    """a <= b. Both in the same dimension."""


@operation(family="elementwise", strips=PLAIN)
def greater(a: Any, b: Any) -> Any:
    """a > b. Both in the same dimension."""


@operation(family="elementwise", strips=PLAIN)
def greater_equal(a: Any, b: Any) -> Any:
    """a >= b. Both in the same dimension."""


@operation(family="elementwise", strips=PLAIN)
def isclose(a: Any, b: Any, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Any:
    """|a - b| <= atol + rtol * |b|. Both in the same dimension."""


@operation(family="elementwise", strips=PLAIN)
def logical_and(a: Any, b: Any) -> Any:
    """Whether both are true (not zero)."""


@operation(family="elementwise", strips=PLAIN)
def logical_or(a: Any, b: Any) -> Any:
    """Whether at least one is true (not zero)."""


@operation(family="elementwise", strips=PLAIN)
def logical_xor(a: Any, b: Any) -> Any:
    """Whether exactly one is true (not zero)."""


@operation(family="elementwise", strips=PLAIN)
def logical_not(a: Any) -> Any:
    """Whether a is false (zero)."""


@operation(family="elementwise", strips=PLAIN)
def isnan(a: Any) -> Any:
    """Whether a is not a number."""


@operation(family="elementwise", strips=PLAIN)
def isinf(a: Any) -> Any:
    """Whether a is infinite, of either sign."""


@operation(family="elementwise", strips=PLAIN)
def isfinite(a: Any) -> Any:
    """Whether a is neither infinite nor nan."""


@operation(family="elementwise", strips=PLAIN)
def signbit(a: Any) -> Any:
    """Whether the sign bit is set: true for negative numbers and -0.0."""


@operation(family="elementwise", strips=("meaning",))
def sign(a: Any) -> Any:
    """-1, 0 or 1; a / |a| for complex numbers, 0 at 0. Dimensionless. Derivative for real a: 0."""


@operation(family="elementwise", strips=("transform",))
def floor(a: Any) -> Any:
    """The largest whole number not above a."""


@operation(family="elementwise", strips=("transform",))
def ceil(a: Any) -> Any:
    """The smallest whole number not below a."""


@operation(family="elementwise", strips=("transform",))
def trunc(a: Any) -> Any:
    """The whole number next to a towards zero."""


@operation(family="elementwise", strips=("transform",))
def rint(a: Any) -> Any:
    """The nearest whole number, the even one of two."""


@operation(family="elementwise", strips=("transform",))
def round(a: Any, *, decimals: int = 0) -> Any:
    """a rounded to so many decimals, to the even one of two; negative: positions before the point."""


@operation(family="elementwise", strips=("transform",))
def floor_divide(a: Any, b: Any) -> Any:
    """floor(a / b). Units divide."""


@operation(family="elementwise")
def remainder(a: Any, b: Any) -> Any:
    """a - b * floor(a / b), with the sign of b. Both in the same dimension. Derivatives: 1 and -floor(a / b)."""


@operation(family="elementwise")
def fmod(a: Any, b: Any) -> Any:
    """a - b * trunc(a / b), with the sign of a. Both in the same dimension. Derivatives: 1 and -trunc(a / b)."""


@operation(family="elementwise")
def nextafter(a: Any, b: Any) -> Any:
    """The next floating-point number after a towards b. Derivatives: 1 in a, 0 in b."""


@operation(family="elementwise", strips=("transform",))
def spacing(a: Any) -> Any:
    """The distance from a to the nearest other floating-point number."""


@operation(family="elementwise", strips=("transform",))
def bitwise_and(a: Any, b: Any) -> Any:
    """a & b of whole numbers or booleans."""


@operation(family="elementwise", strips=("transform",))
def bitwise_or(a: Any, b: Any) -> Any:
    """a | b of whole numbers or booleans."""


@operation(family="elementwise", strips=("transform",))
def bitwise_xor(a: Any, b: Any) -> Any:
    """a ^ b of whole numbers or booleans."""


@operation(family="elementwise", strips=("transform",))
def bitwise_invert(a: Any) -> Any:
    """~a of whole numbers; `not a` of booleans."""


@operation(family="elementwise", strips=("transform",))
def bitwise_left_shift(a: Any, b: Any) -> Any:
    """a << b of whole numbers."""


@operation(family="elementwise", strips=("transform",))
def bitwise_right_shift(a: Any, b: Any) -> Any:
    """a >> b of whole numbers."""


@operation(family="elementwise", strips=("transform",))
def bitwise_count(a: Any) -> Any:
    """How many bits of |a| are set."""


@operation(family="elementwise", strips=("transform",))
def gcd(a: Any, b: Any) -> Any:
    """The greatest common divisor of whole numbers."""


@operation(family="elementwise", strips=("transform",))
def lcm(a: Any, b: Any) -> Any:
    """The least common multiple of whole numbers."""
