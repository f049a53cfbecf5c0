"""Functions of scipy.spatial."""

from . import distance as distance
from . import rotations as rotations
from . import shapes as shapes
