"""The kernels of every operation for NumPy arrays and Python's numbers, by family, mirroring `ops`."""

from . import arithmetic

__all__ = ["arithmetic"]
