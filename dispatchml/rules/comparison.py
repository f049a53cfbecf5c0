"""Derivatives of comparisons, rounding and whole-number operations: zero by declaration, but for the remainders."""

from .. import ops
from .registry import elementwise, nondifferentiable

nondifferentiable(
    ops.equal, ops.not_equal, ops.less, ops.less_equal, ops.greater, ops.greater_equal, ops.isclose,
    ops.logical_and, ops.logical_or, ops.logical_xor, ops.logical_not, ops.isnan, ops.isinf, ops.isfinite, ops.signbit,
    ops.floor, ops.ceil, ops.trunc, ops.rint, ops.round, ops.floor_divide, ops.spacing,
    ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor, ops.bitwise_invert, ops.bitwise_left_shift,
    ops.bitwise_right_shift, ops.bitwise_count, ops.gcd, ops.lcm,
)  # fmt: skip
elementwise(ops.nextafter, "1", None)  # the identity up to the last digit
elementwise(ops.remainder, "1", "-floor_divide(a, b)")
elementwise(ops.fmod, "1", "-trunc(a/b)")
