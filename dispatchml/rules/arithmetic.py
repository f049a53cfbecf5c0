"""Derivatives of arithmetic."""

from .. import ops
from .registry import elementwise

elementwise(ops.add, "1", "1")
elementwise(ops.subtract, "1", "-1")
elementwise(ops.multiply, "b", "a")
elementwise(ops.divide, "1/b", "-(y/b)", singular=True)
elementwise(ops.negative, "-1")
elementwise(ops.positive, "1")
elementwise(ops.sqrt, "1/(2*y)", singular=True)
elementwise(ops.square, "2*a")
elementwise(ops.reciprocal, "-(y*y)", singular=True)
