"""Functions of scipy.special: its ufuncs as operations (partials.py has how), its other functions as replacements."""

from . import bessel as bessel
from . import distributions as distributions
from . import gammas as gammas
from . import integrals as integrals
from . import ufuncs as ufuncs
