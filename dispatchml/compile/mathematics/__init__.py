"""Transcendental functions of one element, at most 2 units in the last place from the exact value.

They are free of branches, so that LLVM vectorises loops of them.
"""

from . import (
    bases,
    complex_compositions,
    complex_functions,
    compositions,
    error_tails,
    errors,
    exponentials,
    gammas,
    hyperbolic,
    inverse_errors,
    inverse_trigonometry,
    logarithms,
    powers,
    roots,
    trigonometry,
)

__all__ = [
    "bases", "complex_compositions", "complex_functions", "compositions", "error_tails", "errors", "exponentials",
    "gammas", "hyperbolic", "inverse_errors", "inverse_trigonometry", "logarithms", "powers", "roots", "trigonometry",
]  # fmt: skip
