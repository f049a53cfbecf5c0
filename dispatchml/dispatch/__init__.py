"""Multiple dispatch over a type lattice: operations, layers and their order, plugins, errors. Knows no array operation."""

from .decorator import dispatch
from .join import promotes
from .lattice import SLOTS, order
from .layers import Layer, add_layer, is_layer, layer_of
from .operation import Operation, OperationFunction, operation
from .plugins import Plugin

__all__ = [
    "SLOTS",
    "Layer",
    "Operation",
    "OperationFunction",
    "Plugin",
    "add_layer",
    "dispatch",
    "is_layer",
    "layer_of",
    "operation",
    "order",
    "promotes",
]
