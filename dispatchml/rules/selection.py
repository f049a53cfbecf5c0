"""Derivatives of choosing between values. Masks come from the primal; the rest gets exactly zero, never 0 * ct."""

from typing import Any

from .. import ops
from .registry import elementwise, rule

# ---- where, maximum and their kin: ties share equally ----------------------------------------------------------------

elementwise(ops.where, None, "masked(a)", "masked(logical_not(a))", select=True)
elementwise(ops.where_or_zero, None, "masked(a)", select=True)
elementwise(ops.maximum, "masked(a > b, a == b)", "masked(b > a, a == b)")
elementwise(ops.minimum, "masked(a < b, a == b)", "masked(b < a, a == b)")
for extremum, sign in ((ops.fmax, ">"), (ops.fmin, "<")):  # nan is left out of the result, and so of the derivative
    elementwise(
        extremum,
        f"masked(logical_or(a {sign} b, isnan(b)), a == b)",
        f"masked(logical_not(logical_or(a {sign} b, isnan(b))), a == b)",
        select=True,
    )


# ---- the others ------------------------------------------------------------------------------------------------------

elementwise(ops.copysign, "sign(a)*sign(y)", None)
elementwise(ops.heaviside, None, "a == 0", select=True)


def where_finite(a: Any, v: Any) -> Any:
    """v where a is finite and zero elsewhere, by parts for complex numbers."""
    if not ops.is_complex(a):
        return ops.where_or_zero(ops.isfinite(a), v)
    real, imag = ops.isfinite(ops.real(a)), ops.isfinite(ops.imag(a))
    return ops.make_complex(ops.where_or_zero(real, ops.real(v)), ops.where_or_zero(imag, ops.imag(v)))


@rule(ops.nan_to_num, select=True).jvp
def nan_to_num_jvp(y: Any, tangents: Any, a: Any, **replacements: Any) -> Any:
    return where_finite(a, tangents[0])


@rule(ops.nan_to_num).vjp
def nan_to_num_vjp(y: Any, a: Any, *, needs: tuple[bool, ...], **replacements: Any) -> Any:
    def nan_to_num_pullback(ct: Any) -> Any:
        return (where_finite(a, ct),)

    return nan_to_num_pullback
