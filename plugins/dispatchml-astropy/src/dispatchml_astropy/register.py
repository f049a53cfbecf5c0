"""What the plugin declares when it is loaded."""

from __future__ import annotations

from astropy.units import Quantity

from dispatchml.units import register_quantities

from . import functions, methods
from .entering import install
from .system import SYSTEM


def register() -> None:
    """Declare everything. Called once, by dispatchml, when a class of astropy first meets an operation."""
    register_quantities(Quantity, SYSTEM, static=methods.STATIC, methods=methods.METHODS, carrier="unit")
    functions.declare()
    install()
