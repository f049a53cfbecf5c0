"""Functions of scipy.ndimage."""

from . import filters as filters
from . import interpolation as interpolation
from . import orders as orders
from . import windows as windows
