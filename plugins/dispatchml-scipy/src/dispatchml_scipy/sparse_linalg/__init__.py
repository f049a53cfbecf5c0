"""scipy.sparse.linalg: solutions, least squares and eigenvectors by matrix entries and right-hand sides."""

from . import eigenpairs as eigenpairs
from . import exponentials as exponentials
from . import systems as systems
