"""The matrix of composition: every type with every transform over a set of programs, and every pair of types.

What a result must be is computed without dispatchml: numbers by finite differences of plain functions, everything else
(units, masks, labels, patterns, precision) from what the author of a `Subject` wrote down by hand.
"""

from .expected import PLAIN, Expected
from .matrix import Matrix, matrix_at
from .subjects import Probe, Subject

__all__ = ["PLAIN", "Expected", "Matrix", "Probe", "Subject", "matrix_at"]
