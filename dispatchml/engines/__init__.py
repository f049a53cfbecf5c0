"""The engines: forward (Dual), reverse (Var on a Tape) and batching (Batched), as layers that compose."""

from . import attributes as attributes
from . import built as built
from . import elements as elements
from . import foreign_methods as foreign_methods
from . import insides as insides
from . import operators as operators  # installs the operators on the classes below
from . import through as through
from .batch import Batched
from .forward import Dual
from .levels import Level
from .reverse import Var
from .tape import Tape
from .traced import Traced

__all__ = ["Batched", "Dual", "Level", "Tape", "Traced", "Var"]
