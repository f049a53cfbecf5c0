"""Compiled parts of scipy.stats. Distributions run as they are, over the ufuncs of scipy.special."""

from . import batches as batches
from . import centres as centres
from . import densities as densities
from . import limits as limits
from . import transformations as transformations
