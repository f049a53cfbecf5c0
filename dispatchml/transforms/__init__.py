"""The transforms: functions of functions, built on the engines."""

from .directional import derivative, hvp, jvp, linearize, vjp
from .gradient import grad, value_and_grad

__all__ = ["derivative", "grad", "hvp", "jvp", "linearize", "value_and_grad", "vjp"]
