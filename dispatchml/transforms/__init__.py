"""The transforms: functions of functions, built on the engines."""

from .directional import derivative, hvp, jvp
from .gradient import grad, value_and_grad
from .jacobians import hessian, jacfwd, jacobian, jacrev
from .pullback import linearize, vjp

__all__ = [
    "derivative",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacobian",
    "jacrev",
    "jvp",
    "linearize",
    "value_and_grad",
    "vjp",
]
