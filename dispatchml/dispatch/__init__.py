"""Multiple dispatch over a type lattice: operations, layers and their order, plugins, errors.

Knows no array operation.
"""

from .carriers import Carrier, carrier, foreign_class, hold
from .construct import LAYER_RULES, field, make
from .decorator import dispatch
from .define import LAYER_DRESSERS, Array, layer
from .dressing import dressing
from .elements import for_arrays_of, provide_for_arrays_of
from .families import methods_of_numbers, operators_are_operations
from .foreign import register_type
from .insides import inside_of, made_of, put_around
from .join import promotes
from .lattice import SLOTS, order
from .layers import Layer, add_layer, is_layer, is_traced, layer_of
from .operation import Operation, OperationFunction, operation
from .parts import Part, before_writing, change, lent, part_of, replace, rewrite
from .plugins import Plugin
from .resolve import takes_operand
from .shown import shown
from .structures import transparent, uniform
from .traced_protocols import traced_methods, traced_protocol

__all__ = [
    "LAYER_DRESSERS",
    "LAYER_RULES",
    "SLOTS",
    "Array",
    "Carrier",
    "Layer",
    "Operation",
    "OperationFunction",
    "Part",
    "Plugin",
    "add_layer",
    "carrier",
    "change",
    "dispatch",
    "dressing",
    "field",
    "for_arrays_of",
    "foreign_class",
    "hold",
    "inside_of",
    "is_layer",
    "is_traced",
    "layer",
    "layer_of",
    "made_of",
    "make",
    "methods_of_numbers",
    "operation",
    "operators_are_operations",
    "order",
    "before_writing",
    "lent",
    "part_of",
    "provide_for_arrays_of",
    "promotes",
    "put_around",
    "register_type",
    "replace",
    "rewrite",
    "shown",
    "takes_operand",
    "traced_methods",
    "traced_protocol",
    "transparent",
    "uniform",
]
