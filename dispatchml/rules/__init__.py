"""Derivative rules: how they are declared (registry), and the rules of all primitives by family, mirroring `ops`."""

from ..ops.placement import beside, is_remote
from . import (
    arithmetic,
    batch_indexing,
    batch_reductions,
    batch_shaping,
    comparison,
    complexes,
    conversion,
    creation,
    decompositions,
    einsum,
    fft,
    gaps,
    indexing,
    layers,
    least_squares,
    matrix_functions,
    placement,
    products,
    reductions,
    scans,
    selection,
    shaping,
    singular_values,
    softmax,
    solvers,
    special,
    spectral,
    transcendental,
    vector_products,
)
from .registry import RULES, batch, elementwise, linear, nondifferentiable, rule, rule_of, through


def settle_places() -> None:
    """The rules were declared here, and not at the line of whoever was the first to import this package."""
    for known in RULES.values():
        known.place = ""


settle_places()
del settle_places

__all__ = [
    "beside",
    "is_remote",
    "arithmetic",
    "batch",
    "batch_indexing",
    "batch_reductions",
    "batch_shaping",
    "comparison",
    "complexes",
    "conversion",
    "creation",
    "decompositions",
    "einsum",
    "elementwise",
    "fft",
    "gaps",
    "indexing",
    "layers",
    "least_squares",
    "linear",
    "matrix_functions",
    "nondifferentiable",
    "placement",
    "products",
    "reductions",
    "rule",
    "rule_of",
    "scans",
    "selection",
    "shaping",
    "singular_values",
    "softmax",
    "solvers",
    "special",
    "spectral",
    "through",
    "transcendental",
    "vector_products",
]
