"""New values of the kind of another carry no derivative."""

from .. import ops
from .registry import nondifferentiable

nondifferentiable(
    ops.zeros_like,
    ops.ones_like,
    ops.empty_like,
    ops.full_like,
    ops.one_like,
    ops.zeros_of,
    ops.ones_of,
    ops.full_of,
)
