"""Derivative rules: how they are declared (registry), and the rules of all primitives by family, mirroring `ops`."""

from . import arithmetic, comparison, complexes, conversion, selection, special, transcendental
from .registry import batch, elementwise, linear, nondifferentiable, rule, rule_of

__all__ = [
    "arithmetic",
    "batch",
    "comparison",
    "complexes",
    "conversion",
    "elementwise",
    "linear",
    "nondifferentiable",
    "rule",
    "rule_of",
    "selection",
    "special",
    "transcendental",
]
