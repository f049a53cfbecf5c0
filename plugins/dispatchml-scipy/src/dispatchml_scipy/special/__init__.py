"""Functions of scipy.special: its ufuncs as operations (partials.py has how), its other functions as replacements."""

from . import bessel as bessel
from . import distributions as distributions
from . import functions as functions
from . import gammas as gammas
from . import incomplete as incomplete
from . import integrals as integrals
from . import mathieu as mathieu
from . import private as private
from . import roots as roots
from . import ufuncs as ufuncs
