"""dispatchml: derivatives, batches and compiled programs over any array type, by multiple dispatch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import backends as backends  # the kernels register themselves
from . import ops, transforms
from . import rules as rules
from .dispatch import Array, Plugin, dispatch, layer, order, promotes, register_type
from .engines import Batched, Dual, Var
from .engines.constants import frozen
from .lift.suspicion import holds_numbers, is_innocent, is_innocent_value
from .numpy.operators import dress
from .transforms.gradient import grad, value_and_grad
from .transforms.prepared import AS_IT_IS, LIFTING, enter_ready

if TYPE_CHECKING:
    from . import lift, numpy, testing
    from .backends.placing import default_device
    from .compile.threads import threads
    from .control.branches import cond, switch
    from .control.loops import fori_loop, scan, while_loop
    from .kernels.kernel import kernel
    from .kernels.vectorize import vectorize
    from .ops.placement import device_of
    from .transforms.batching import vmap
    from .transforms.compiling import jit
    from .transforms.compiling_ahead import ArraySpec, compile_ahead
    from .transforms.containers import register_container
    from .transforms.directional import derivative, hvp, jvp
    from .transforms.jacobians import hessian, jacfwd, jacobian, jacrev
    from .transforms.moving import memory_report, to_device
    from .transforms.plain_values import is_instance as isinstance
    from .transforms.plain_values import primal, stop_gradient
    from .transforms.pullback import linearize, vjp
    from .transforms.raveling import ravel
    from .transforms.segments import checkpoint
    from .transforms.tangent_space import (
        inner,
        projector,
        random_tangent,
        retract,
        zero_cotangent,
        zero_tangent,
    )
    from .transforms.user_primitives import primitive


def _prepare(function: Any, arguments: Any) -> Any:
    """What is run for a function that a transform sees for the first time; most need nothing."""
    if is_innocent(function) and all(is_innocent_value(x, 1) and not holds_numbers(x) for x in arguments):
        return enter_ready(function, AS_IT_IS)
    return import_module(".lift.automatic", __name__).prepare(function, arguments)


LIFTING.prepare = _prepare
for engine in (Var, Dual, Batched):
    dress(engine)  # NumPy's methods and protocols; the operators are the operations themselves
del engine, dress, Batched, Dual, Var

__version__ = "0.1.0"

#: Names of control flow, with the files that they are in.
CONTROL = {"while_loop": "loops", "scan": "loops", "fori_loop": "loops", "cond": "branches", "switch": "branches"}


def __getattr__(name: str) -> Any:
    """Import a name that is not needed for a first gradient."""
    if name in ("testing", "lift"):
        made: Any = import_module(f".{name}", __name__)
    elif name == "threads":
        made = import_module(".compile.threads", __name__).threads
    elif name == "device_of":
        made = ops.device_of
    elif name == "default_device":
        made = import_module(".backends.placing", __name__).default_device
    elif name == "kernel":
        made = import_module(".kernels.kernel", __name__).kernel
    elif name == "vectorize":
        made = import_module(".kernels.vectorize", __name__).vectorize
    elif name in CONTROL:
        made = getattr(import_module(f".control.{CONTROL[name]}", __name__), name)
    elif name in __all__:
        made = getattr(transforms, name)
    else:
        raise AttributeError(f"module 'dispatchml' has no attribute {name!r}")
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted(__all__)


__all__ = [
    # derivatives
    "grad",
    "value_and_grad",
    "jvp",
    "vjp",
    "linearize",
    "derivative",
    "jacfwd",
    "jacrev",
    "jacobian",
    "hessian",
    "hvp",
    # other transforms of functions
    "vmap",
    "checkpoint",
    "jit",
    "compile_ahead",
    "ArraySpec",
    "kernel",
    "vectorize",
    "lift",
    "threads",
    # control flow
    "while_loop",
    "scan",
    "fori_loop",
    "cond",
    "switch",
    # values inside a transform
    "stop_gradient",
    "primal",
    "isinstance",
    "frozen",
    # devices
    "device_of",
    "to_device",
    "default_device",
    "memory_report",
    # containers and tangent spaces
    "ravel",
    "zero_tangent",
    "random_tangent",
    "zero_cotangent",
    "inner",
    "retract",
    "projector",
    # types, operations and rules
    "dispatch",
    "order",
    "promotes",
    "layer",
    "Array",
    "register_type",
    "register_container",
    "primitive",
    "rules",
    "ops",
    "numpy",
    "Plugin",
    # checks for packages that build on this one
    "testing",
]
