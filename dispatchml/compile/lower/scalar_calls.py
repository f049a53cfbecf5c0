"""Which scalar function of machine code an elementwise node is, and what numbers it takes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import scalars
from ..graph import Literal, Node, Operand

#: The characters of the dtypes that kernels handle, by kind and size.
CHARACTERS = {
    "b1": "?", "i1": "b", "i2": "h", "i4": "i", "i8": "q", "u1": "B", "u2": "H", "u4": "I", "u8": "Q", "f2": "e",
    "f4": "f", "f8": "d", "c8": "F", "c16": "D",
}  # fmt: skip
WEAK: dict[str, Any] = {"float": float, "int": int, "complex": complex}
PYTHON = {float: "float", int: "int", complex: "complex"}


def character_of(dtype: np.dtype[Any]) -> str | None:
    """The character of a dtype that kernels handle in this machine's byte order, or None."""
    return CHARACTERS.get(f"{dtype.kind}{dtype.itemsize}") if dtype.isnative else None


def type_of(x: Operand) -> Any:
    """What promotion knows of an operand: its dtype, or the class of one of Python's numbers."""
    if isinstance(x, Literal):
        return type(x.value) if type(x.value) in PYTHON else np.asarray(x.value).dtype
    return WEAK.get(x.form, x.dtype)


class ScalarCall(NamedTuple):
    """A scalar function, the dtypes of its arguments and that of its result, as characters."""

    scalar: Any
    takes: tuple[str, ...]
    gives: str


KNOWN: dict[Any, ScalarCall | None] = {}
#: What NumPy computes in half precision step by step, so that its rounding is the result.
ROUNDED = {("sinc", "e")}


def scalar_call(node: Node) -> ScalarCall | None:
    """The machine code of an elementwise node; None where there is none that gives NumPy's result and dtype."""
    if len(node.outputs) != 1 or node.op.family != "elementwise":
        return None
    types = tuple(map(type_of, node.inputs))
    key = (node.op.name, types, repr(node.keywords), node.outputs[0].dtype)
    if key not in KNOWN:
        KNOWN[key] = found_call(node, types)
    return KNOWN[key]


def found_call(node: Node, types: tuple[Any, ...]) -> ScalarCall | None:
    """The machine code for operands of these types."""
    result = character_of(node.outputs[0].dtype)
    if result is None:
        return None
    if node.op.name == "astype":
        took = character_of(np.dtype(types[0]))
        scalar = None if took is None else scalars.find("astype", (took, result), {})
        return None if took is None or scalar is None else ScalarCall(scalar, (took,), result)
    if (node.op.name, result) in ROUNDED:
        return None
    found = scalars.resolve(node.op.name, types, node.keywords)
    if found is None or character_of(np.dtype(found[1])) != result:
        return None
    takes = tuple(filter(None, (character_of(np.dtype(c)) for c in found[0])))
    if len(takes) != len(types):
        return None
    scalar = scalars.find(node.op.name, takes, node.keywords)
    return ScalarCall(scalar, takes, result) if scalar else None


def conversion(took: str, gives: str) -> ScalarCall | None:
    """The function that makes numbers of one dtype out of another's, as astype does."""
    scalar = scalars.find("astype", (took, gives), {})
    return ScalarCall(scalar, (took,), gives) if scalar else None
