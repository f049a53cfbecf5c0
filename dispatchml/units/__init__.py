"""What libraries of units have in common: how each operation treats units, and how quantities enter and leave.

A plugin for a library of units makes a `UnitSystem` (how its units multiply, convert, and say no), registers its class
with `register_type`, and calls `declare_units`. It is imported by plugins only.
"""

from .arrays import ARRAY_OPERATORS, needs_carrying, register_quantities, wrap_constructor, wrap_units
from .declare import declare_units
from .entering import MAGNITUDE, attach, attached, convert, converted, is_in, magnitude, quantity_inside, refused
from .errors import ExponentUnitError, LogarithmicUnitError
from .ratios import is_zero, scaled
from .system import UnitSystem
from .tables import rules_for

__all__ = [
    "ARRAY_OPERATORS",
    "MAGNITUDE",
    "ExponentUnitError",
    "LogarithmicUnitError",
    "UnitSystem",
    "attach",
    "attached",
    "convert",
    "converted",
    "declare_units",
    "is_in",
    "is_zero",
    "magnitude",
    "quantity_inside",
    "needs_carrying",
    "refused",
    "register_quantities",
    "rules_for",
    "scaled",
    "wrap_constructor",
    "wrap_units",
]
