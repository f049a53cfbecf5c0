"""Numbers of the package uncertainties as a layer of dispatchml, and the propagation of covariances.

Nothing is imported by a user for the former: the plugin loads when the first such number arrives.
"""

from typing import Any

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["plugin", "propagate"]

plugin = Plugin(
    name="uncertainties", triggers=("uncertainties",), register="dispatchml_uncertainties.register:register"
)


def __getattr__(name: str) -> Any:
    """`propagate`, which is imported when it is asked for."""
    if name == "propagate":
        from dispatchml.propagation import propagate

        return propagate
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
