"""Arithmetic, elementwise with broadcasting. Units: as the names of the operations say; sums need equal dimensions."""

from typing import Any

from ..dispatch import operation

__all__ = [
    "absolute", "add", "divide", "multiply", "negative", "positive", "power", "reciprocal", "sqrt", "square", "subtract",
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
