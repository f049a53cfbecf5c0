"""Functions of scipy.linalg, over dispatchml's operations; what SciPy computes otherwise is an operation here."""

from . import banded as banded
from . import equations as equations
from . import factors as factors
from . import functions as functions
from . import spectra as spectra
from . import structured as structured
from . import systems as systems
