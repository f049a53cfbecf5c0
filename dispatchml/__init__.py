"""dispatchml: derivatives, batches and compiled programs over any array type, by multiple dispatch."""

from . import backends as backends  # the kernels register themselves
from . import ops
from . import rules as rules
from .dispatch import Plugin, dispatch, order
from .engines import Batched, Dual, Var
from .engines.constants import frozen
from .numpy.operators import dress
from .transforms import derivative, grad, hvp, jvp, linearize, value_and_grad, vjp

for engine in (Var, Dual, Batched):
    dress(engine)  # NumPy's methods and protocols; the operators are the operations themselves
del engine, dress, Batched, Dual, Var

__version__ = "0.1.0"

__all__ = [
    "Plugin",
    "derivative",
    "dispatch",
    "frozen",
    "grad",
    "hvp",
    "jvp",
    "linearize",
    "ops",
    "order",
    "value_and_grad",
    "vjp",
]
