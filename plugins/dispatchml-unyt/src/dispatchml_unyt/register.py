"""What the plugin declares when it is loaded."""

from __future__ import annotations

from unyt import unyt_array

from dispatchml.units import register_quantities

from . import methods
from .entering import install
from .system import SYSTEM


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a class of unyt first meets an operation."""
    register_quantities(
        unyt_array,
        SYSTEM,
        static=methods.STATIC,
        methods=methods.METHODS,
        setters=methods.SETTERS,
        carrier="units",
    )
    install()
