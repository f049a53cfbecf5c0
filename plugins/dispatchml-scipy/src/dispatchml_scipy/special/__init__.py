"""Functions of scipy.special."""

from . import ufuncs as ufuncs
