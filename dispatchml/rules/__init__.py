"""Derivative rules: how they are declared (registry), and the rules of all primitives by family, mirroring `ops`."""

from .registry import batch, elementwise, linear, nondifferentiable, rule, rule_of

__all__ = ["batch", "elementwise", "linear", "nondifferentiable", "rule", "rule_of"]
