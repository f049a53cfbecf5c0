"""Arithmetic, elementwise with broadcasting. Units: as the names of the operations say; sums need equal dimensions."""

from typing import Any

import numpy as np

from ..dispatch import operation

__all__ = [
    "absolute", "add", "divide", "divide_or_zero", "multiply", "negative", "positive", "power", "reciprocal", "sqrt",
    "square", "strong_multiply", "subtract",
]  # fmt: skip


@operation(family="elementwise")
def add(a: Any, b: Any) -> Any:
    """a + b. Both in the same dimension."""


@operation(family="elementwise")
def subtract(a: Any, b: Any) -> Any:
    """a - b. Both in the same dimension."""


@operation(family="elementwise")
def multiply(a: Any, b: Any) -> Any:
    """a * b. Units multiply."""


@operation(family="elementwise")
def divide(a: Any, b: Any) -> Any:
    """a / b, true division. Units divide; a zero divisor gives inf or nan as in NumPy, for Python's floats too."""


@operation(family="elementwise")
def power(a: Any, b: Any) -> Any:
    """a ** b. The exponent is dimensionless; a dimensional base needs a constant exponent."""


@operation(family="elementwise")
def negative(a: Any) -> Any:
    """-a."""


@operation(family="elementwise")
def positive(a: Any) -> Any:
    """+a."""


@operation(family="elementwise")
def absolute(a: Any) -> Any:
    """|a|, the modulus for complex numbers. Derivative at 0: 0, a subgradient."""


@operation(family="elementwise")
def sqrt(a: Any) -> Any:
    """The square root. Derivative at 0: inf."""


@operation(family="elementwise")
def square(a: Any) -> Any:
    """a * a."""


@operation(family="elementwise")
def reciprocal(a: Any) -> Any:
    """1 / a."""


@operation(family="elementwise")
def strong_multiply(a: Any, b: Any) -> Any:
    """a * b, but zero wherever one of them is, whatever the other is there: 0 * inf and 0 * nan are 0. Units multiply.

    How a cotangent (or tangent) meets a partial derivative when one of them may be infinite: what does not contribute
    contributes exactly zero. Symmetric, so that both modes give the same: forward mode meets the zeros and infinities
    along a path in the opposite order.
    """


@strong_multiply.decompose
def multiply_where_needed(a: Any, b: Any) -> Any:
    """strong_multiply for layers that know multiply and where_or_zero."""
    from .comparison import not_equal
    from .selection import where_or_zero

    return multiply(where_or_zero(not_equal(b, 0), a), where_or_zero(not_equal(a, 0), b))


@operation(family="elementwise")
def divide_or_zero(a: Any, b: Any) -> Any:
    """a / b, but zero wherever b is zero. Units divide.

    The subgradient 0 of lengths and angles at the origin, as in a / hypot(a, b), without a nan at any order.
    """


@divide_or_zero.decompose
def divide_where_possible(a: Any, b: Any) -> Any:
    """divide_or_zero for layers that know divide and where_or_zero."""
    from .comparison import not_equal
    from .selection import where_or_zero

    with np.errstate(divide="ignore", invalid="ignore"):
        return where_or_zero(not_equal(b, 0), divide(a, b))
