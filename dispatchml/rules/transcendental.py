"""Derivatives of exponentials, logarithms, trigonometric and hyperbolic functions."""

from typing import Any

from .. import ops
from .complexes import adjoint
from .registry import elementwise, linear, rule

elementwise(ops.exp, "y")
elementwise(ops.exp2, "y*log(2)")
elementwise(ops.expm1, "exp(a)")  # y + 1 would cancel for very negative a
elementwise(ops.log, "1/a", singular=True)
elementwise(ops.log2, "1/(a*log(2))", singular=True)
elementwise(ops.log10, "1/(a*log(10))", singular=True)
elementwise(ops.log1p, "1/(1 + a)", singular=True)

# The share of an argument is sigmoid(a - b). An infinite argument would make that inf - inf: -inf contributes nothing,
# also when both are; +inf takes all, or half when both are.
elementwise(
    ops.logaddexp,
    "where(logical_and(isinf(a)*(a > 0), a == b), 1/2, where(isinf(a), a > b, sigmoid(a - b)))",
    "where(logical_and(isinf(b)*(b > 0), a == b), 1/2, where(isinf(b), b > a, sigmoid(b - a)))",
    singular=True,
    select=True,
)
elementwise(
    ops.logaddexp2,
    "where(logical_and(isinf(a)*(a > 0), a == b), 1/2, where(isinf(a), a > b, sigmoid((a - b)*log(2))))",
    "where(logical_and(isinf(b)*(b > 0), a == b), 1/2, where(isinf(b), b > a, sigmoid((b - a)*log(2))))",
    singular=True,
    select=True,
)

elementwise(ops.sin, "cos(a)")
elementwise(ops.cos, "-sin(a)")
elementwise(ops.tan, "1 + y*y")
# -(a - 1) is 1 - a and -(-a - 1) is 1 + a, with the sign of a zero imaginary part kept: on a branch cut it says which
# side is meant. Powers instead of square roots: 1/sqrt(-0.0) would be -inf at the ends.
elementwise(ops.arcsin, "(-(a - 1))**(-1/2)*(-(-a - 1))**(-1/2)", singular=True)
elementwise(ops.arccos, "-((-(a - 1))**(-1/2)*(-(-a - 1))**(-1/2))", singular=True)
elementwise(ops.arctan, "1/(1 + a*a)")
elementwise(
    ops.arctan2,
    "divide_or_zero(divide_or_zero(b, hypot(a, b)), hypot(a, b))",
    "-divide_or_zero(divide_or_zero(a, hypot(a, b)), hypot(a, b))",
)
elementwise(ops.hypot, "divide_or_zero(a, y)", "divide_or_zero(b, y)")

elementwise(ops.sinh, "cosh(a)")
elementwise(ops.cosh, "sinh(a)")
elementwise(ops.tanh, "1 - y*y")
elementwise(ops.arcsinh, "1/cosh(y)")  # sqrt(1 + a*a) on the branch that y is on
elementwise(ops.arccosh, "1/(sqrt(a - 1)*sqrt(-(-a - 1)))", singular=True)
elementwise(ops.arctanh, "1/((1 - a)*(1 + a))", singular=True)

elementwise(ops.cbrt, "1/(3*y*y)", singular=True)
elementwise(ops.sigmoid, "y*(1 - y)")
elementwise(ops.softplus, "sigmoid(a)")
elementwise(ops.logit, "1/(a*(1 - a))", singular=True)
elementwise(ops.sinc, "sinc_derivative(a)")


def deg2rad_transpose(ct: Any, like: Any) -> Any:
    return ops.deg2rad(ct)


def rad2deg_transpose(ct: Any, like: Any) -> Any:
    return ops.rad2deg(ct)


linear(ops.deg2rad, transpose=deg2rad_transpose)
linear(ops.rad2deg, transpose=rad2deg_transpose)


@rule(ops.sinc_derivative).jvp
def sinc_derivative_jvp(y: Any, tangents: Any, a: Any, *, n: int) -> Any:
    return ops.multiply(tangents[0], ops.sinc_derivative(a, n=n + 1))


@rule(ops.sinc_derivative).vjp
def sinc_derivative_vjp(y: Any, a: Any, *, needs: tuple[bool, ...], n: int) -> Any:
    def sinc_derivative_pullback(ct: Any) -> Any:
        return (ops.multiply(ct, adjoint(ops.sinc_derivative(a, n=n + 1))),)

    return sinc_derivative_pullback
