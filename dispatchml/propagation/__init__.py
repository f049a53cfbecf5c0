"""Uncertain numbers: libraries that carry a linear part beside each value, and the propagation of covariances.

Not imported by `import dispatchml`: plugins of such libraries import it, and whoever calls `propagate`.
"""

from .attributes import (
    component_of,
    covariance_of,
    deviation_of,
    nominal_of,
    variance_of,
)
from .formula import propagate
from .numbers import Uncertain, register_uncertain

__all__ = [
    "Uncertain",
    "component_of",
    "covariance_of",
    "deviation_of",
    "nominal_of",
    "propagate",
    "register_uncertain",
    "variance_of",
]
