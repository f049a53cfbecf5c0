"""Tangents and cotangents that a caller hands in: they must fit their primals."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from .. import ops
from ..dispatch.errors import DispatchmlError, TangentMismatchError, at_user_line, describe
from ..dispatch.join import EDGES_OF_NUMPY, value_class
from ..dispatch.layers import layer_of
from ..dispatch.structures import structure_of
from ..engines.traced import innermost
from .prepared import LIFTING
from .zeros import is_ordinary, is_plain

#: Classes of numbers that are Python's or NumPy's own, or nobody's.
ORDINARY = EDGES_OF_NUMPY | {None}


def as_tuple(x: Any, name: str, what: str) -> tuple[Any, ...]:
    """The tuple of primals or tangents; a single value is a frequent slip."""
    if not isinstance(x, (tuple, list)):
        raise TangentMismatchError(
            f"{name}: the {what} must be a tuple with one entry for each argument{at_user_line()}, not {describe(x)}. "
            "Write (x,)."
        )
    return tuple(cast(list[Any], x))


def is_exact(x: Any) -> bool:
    """Whether a value is numbers of a registered class of another library, or an object array of them."""
    if ops.dtype(x).kind != "O" or not is_plain(x):
        return False
    below = innermost(x)
    elements = below.flat if isinstance(below, np.ndarray) else (below,)
    return any(value_class(type(e)) not in ORDINARY for e in elements)


def fit_tangent_leaf(x: Any, dx: Any, name: str) -> Any:
    """A tangent (or cotangent) leaf that fits its primal: the same shape, in its dtype where that loses nothing."""
    if LIFTING.held is not None:  # an array of lifted code is what it holds
        dx = LIFTING.held(dx)
    exact = is_exact(x)
    if type(dx) is int and not exact:
        dx = float(dx)
    inside = structure_of(x)
    if ops.shape(dx) != ops.shape(x):
        raise TangentMismatchError(
            f"{name}: the primal is {describe(x)} and its tangent {describe(dx)}{at_user_line()}; they must have the "
            "same shape."
        )
    if exact and ops.dtype(dx).kind != "O":
        return ops.multiply(ops.one_like(x), dx)  # an error where that would round
    if ops.dtype(x).kind != "O" and is_plain(x) and not is_ordinary(x) and is_ordinary(dx):
        dx = ops.multiply(ops.one_like(x), dx)  # an array for an array of another library
    if inside is not None:
        fit = inside.tangent if name == "jvp" else inside.project
        dx = dx if fit is None else fit(x, dx)
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


def check_difference(x: Any, dx: Any, name: str) -> None:
    """Refuse a tangent that is no difference of its primal, such as seconds for metres; plain numbers need no look."""
    if is_plain(x) and is_plain(dx):
        return
    info = layer_of(type(innermost(x)))
    if info is not None and info.slot == "structure":
        return  # its numbers are plain, and its tangents may be no matrices that are added to it
    try:
        ops.add(x, dx)
    except DispatchmlError:
        return  # a type without sums has no differences to compare with
    except Exception as error:
        raise TangentMismatchError(
            f"{name}: the tangent {describe(dx)} cannot be added to its primal {describe(x)}{at_user_line()}: {error}. "
            "A tangent has the units of a difference of its primal."
        ) from error
