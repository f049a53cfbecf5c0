"""Tangents and cotangents that a caller hands in: they must fit their primals."""

from __future__ import annotations

from typing import Any

from .. import ops
from ..dispatch.errors import TangentMismatchError, at_user_line, describe


def as_tuple(x: Any, name: str, what: str) -> tuple[Any, ...]:
    """The tuple of primals or tangents; a single value is a frequent slip."""
    if not isinstance(x, (tuple, list)):
        raise TangentMismatchError(
            f"{name}: the {what} must be a tuple with one entry for each argument{at_user_line()}, not {describe(x)}. "
            "Write (x,)."
        )
    return tuple(x)


def fit_tangent_leaf(x: Any, dx: Any, name: str) -> Any:
    """A tangent (or cotangent) leaf that fits its primal: the same shape, in its dtype where that loses nothing."""
    if type(dx) is int:
        dx = float(dx)
    if ops.shape(dx) != ops.shape(x):
        raise TangentMismatchError(
            f"{name}: the primal is {describe(x)} and its tangent {describe(dx)}{at_user_line()}; they must have the "
            "same shape."
        )
    have, want = ops.dtype(dx), ops.dtype(x)
    if have == want or "O" in (have.kind, want.kind):
        return dx
    if want.kind in "iub":
        want = ops.dtype(0.0)
    if have.kind == "c" and want.kind != "c":
        raise TangentMismatchError(
            f"{name}: the tangent of a real primal is complex ({describe(x)}, {describe(dx)}){at_user_line()}. Use its "
            "real part."
        )
    if have.kind not in "fciub":
        raise TangentMismatchError(f"{name}: {describe(dx)} is no tangent of {describe(x)}{at_user_line()}.")
    return dx if type(x) in (float, complex) and type(dx) in (float, complex) else ops.astype(dx, dtype=want)
