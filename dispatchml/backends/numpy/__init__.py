"""The kernels of every operation for NumPy arrays and Python's numbers, by family, mirroring `ops`."""

from . import arithmetic, comparison, complexes, conversion, selection, special, transcendental

__all__ = [
    "arithmetic",
    "comparison",
    "complexes",
    "conversion",
    "selection",
    "special",
    "transcendental",
]
