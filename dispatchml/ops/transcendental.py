"""Exponentials, logarithms, trigonometric and hyperbolic functions, elementwise with broadcasting.

Arguments and results are dimensionless, except that angles are radians, hypot keeps its arguments' dimension, arctan2
takes any one dimension, and cbrt takes the cube root of the unit.
"""

from typing import Any

from ..dispatch import operation

__all__ = [
    "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh", "cbrt", "cos", "cosh", "deg2rad", "exp",
    "exp2", "expit", "expm1", "hypot", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logit", "rad2deg",
    "sigmoid", "sin", "sinc", "sinc_derivative", "sinh", "softplus", "tan", "tanh",
]  # fmt: skip


@operation(family="elementwise")
def exp(a: Any) -> Any:
    """e ** a."""


@operation(family="elementwise")
def exp2(a: Any) -> Any:
    """2 ** a."""


@operation(family="elementwise")
def expm1(a: Any) -> Any:
    """exp(a) - 1, accurate near 0."""


@operation(family="elementwise")
def log(a: Any) -> Any:
    """The natural logarithm. Derivative at 0: inf."""


@operation(family="elementwise")
def log2(a: Any) -> Any:
    """The logarithm to the base 2."""


@operation(family="elementwise")
def log10(a: Any) -> Any:
    """The logarithm to the base 10."""


@operation(family="elementwise")
def log1p(a: Any) -> Any:
    """log(1 + a), accurate near 0."""


@operation(family="elementwise")
def logaddexp(a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)) without overflow. Two arguments of -inf give -inf, with derivatives 0."""


@operation(family="elementwise")
def logaddexp2(a: Any, b: Any) -> Any:
    """log2(2**a + 2**b) without overflow. Two arguments of -inf give -inf, with derivatives 0."""


@operation(family="elementwise")
def sin(a: Any) -> Any:
    """The sine of an angle in radians."""


@operation(family="elementwise")
def cos(a: Any) -> Any:
    """The cosine of an angle in radians."""


@operation(family="elementwise")
def tan(a: Any) -> Any:
    """The tangent of an angle in radians."""


@operation(family="elementwise")
def arcsin(a: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose sine is a. Derivative at -1 and 1: inf."""


@operation(family="elementwise")
def arccos(a: Any) -> Any:
    """The angle in [0, pi] whose cosine is a. Derivative at -1 and 1: -inf."""


@operation(family="elementwise")
def arctan(a: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose tangent is a."""


@operation(family="elementwise")
def arctan2(a: Any, b: Any) -> Any:
    """The angle in [-pi, pi] of the point with abscissa b and ordinate a. Derivatives at the origin: 0."""


@operation(family="elementwise")
def hypot(a: Any, b: Any) -> Any:
    """sqrt(a**2 + b**2) without overflow. Both in the same dimension. Derivatives at the origin: 0, a subgradient."""


@operation(family="elementwise")
def sinh(a: Any) -> Any:
    """The hyperbolic sine."""


@operation(family="elementwise")
def cosh(a: Any) -> Any:
    """The hyperbolic cosine."""


@operation(family="elementwise")
def tanh(a: Any) -> Any:
    """The hyperbolic tangent."""


@operation(family="elementwise")
def arcsinh(a: Any) -> Any:
    """The inverse of sinh."""


@operation(family="elementwise")
def arccosh(a: Any) -> Any:
    """The inverse of cosh, not negative. Derivative at 1: inf."""


@operation(family="elementwise")
def arctanh(a: Any) -> Any:
    """The inverse of tanh."""


@operation(family="elementwise")
def sinc(a: Any) -> Any:
    """sin(pi a) / (pi a), 1 at 0 (NumPy's normalisation)."""


@operation(family="elementwise")
def sinc_derivative(a: Any, *, n: int = 1) -> Any:
    """The n-th derivative of sinc, exact at 0 too, where its own formula would be 0/0."""


@operation(family="elementwise")
def cbrt(a: Any) -> Any:
    """The real cube root. Derivative at 0: inf."""


@operation(family="elementwise")
def deg2rad(a: Any) -> Any:
    """Degrees to radians: a * pi / 180."""


@operation(family="elementwise")
def rad2deg(a: Any) -> Any:
    """Radians to degrees: a * 180 / pi."""


@operation(family="elementwise")
def sigmoid(a: Any) -> Any:
    """1 / (1 + exp(-a)), the logistic function, without overflow. Also under SciPy's name expit."""


expit = sigmoid


@operation(family="elementwise")
def softplus(a: Any) -> Any:
    """log(1 + exp(a)) without overflow."""


@operation(family="elementwise")
def logit(a: Any) -> Any:
    """log(a / (1 - a)), the inverse of sigmoid. Derivative at 0 and 1: inf."""
