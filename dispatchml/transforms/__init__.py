"""The transforms: functions of functions, built on the engines. A file is imported when one of its names is used."""

from importlib import import_module
from typing import Any

#: The public names, with the files that they are in.
PLACES = {
    "batching": ("vmap",),
    "directional": ("derivative", "hvp", "jvp"),
    "gradient": ("grad", "value_and_grad"),
    "compiling": ("jit",),
    "compiling_ahead": ("ArraySpec", "compile_ahead"),
    "containers": ("register_container",),
    "jacobians": ("hessian", "jacfwd", "jacobian", "jacrev"),
    "moving": ("memory_report", "to_device"),
    "plain_values": ("isinstance", "primal", "stop_gradient"),
    "pullback": ("linearize", "vjp"),
    "raveling": ("ravel",),
    "segments": ("checkpoint",),
    "tangent_space": ("inner", "projector", "random_tangent", "retract", "zero_cotangent", "zero_tangent"),
    "user_primitives": ("primitive",),
}
FILES = {name: file for file, names in PLACES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import the file of a public name."""
    file = FILES.get(name)
    if file is None:
        raise AttributeError(f"module 'dispatchml.transforms' has no attribute {name!r}")
    return getattr(import_module(f".{file}", __name__), "is_instance" if name == "isinstance" else name)


def __dir__() -> list[str]:
    return sorted(FILES)
