"""Where values live: NumPy's arrays and Python's numbers on the CPU; others are loaded when their arrays arrive."""

from . import numpy

__all__ = ["numpy"]
