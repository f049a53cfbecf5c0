"""scipy.interpolate: values at points as differentiable functions of data, places and points."""

from . import cubic as cubic
from . import fitpack as fitpack
from . import grids as grids
from . import polynomials as polynomials
from . import scattered as scattered
from . import splines as splines
