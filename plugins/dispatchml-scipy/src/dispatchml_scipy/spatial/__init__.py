"""Functions of scipy.spatial."""

from . import distance as distance
from . import shapes as shapes
