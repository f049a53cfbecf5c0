"""The kernels of every operation for NumPy arrays and Python's numbers, by family, mirroring `ops`."""

from . import (
    arithmetic,
    comparison,
    complexes,
    conversion,
    creation,
    decompositions,
    fft,
    indexing,
    matrix_functions,
    products,
    reductions,
    scans,
    selection,
    shaping,
    solvers,
    special,
    transcendental,
)
from . import elimination, objects  # isort: skip  the object arrays' ways, beside the methods that are there

__all__ = [
    "arithmetic",
    "comparison",
    "complexes",
    "conversion",
    "creation",
    "decompositions",
    "elimination",
    "fft",
    "indexing",
    "matrix_functions",
    "objects",
    "products",
    "reductions",
    "scans",
    "selection",
    "shaping",
    "solvers",
    "special",
    "transcendental",
]
