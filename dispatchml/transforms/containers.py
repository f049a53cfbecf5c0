"""Containers of values: tuples, lists, dicts, named tuples, attrs classes and dataclasses, leaf by leaf.

Registered layers and arrays are leaves first, then containers are opened. optree is imported by the first container.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import ContainerMismatchError, at_user_line, class_name
from ..dispatch.layers import layer_of
from ..dispatch.plugins import meet

NAMESPACE = "dispatchml"
#: Classes that are leaves without a question.
LEAVES = {np.ndarray, float, int, complex, bool, str, bytes}
Rebuild = Callable[[list[Any]], Any]


def is_leaf(x: Any) -> bool:
    """Whether a value is differentiated as it is; classes of attrs and dataclasses are registered as containers when met."""
    cls = type(x)
    if cls in LEAVES or isinstance(x, np.generic):
        return True
    if cls in (tuple, list, dict) or x is None:
        return False
    if layer_of(cls) is not None:
        return True
    meet(cls)
    if layer_of(cls) is not None:
        return True
    if hasattr(cls, "__attrs_attrs__") or hasattr(cls, "__dataclass_fields__"):
        register_record(cls)
        return False
    return not isinstance(x, (tuple, list, dict))


RECORDS: set[type] = set()


def register_record(cls: type) -> None:
    """Make an attrs class or dataclass a container: its fields are opened, and it is rebuilt without `__init__`."""
    if cls in RECORDS:
        return
    import optree

    names = tuple(a.name for a in getattr(cls, "__attrs_attrs__", ())) or tuple(getattr(cls, "__dataclass_fields__", ()))

    def flatten(x: Any) -> tuple[tuple[Any, ...], tuple[str, ...], tuple[str, ...]]:
        present = tuple(n for n in names if hasattr(x, n))
        return tuple(getattr(x, n) for n in present), present, present

    def unflatten(present: Any, values: Any) -> Any:
        made = object.__new__(cls)
        for name, value in zip(present, values, strict=True):
            object.__setattr__(made, name, value)
        return made

    optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)
    RECORDS.add(cls)


def flatten(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a tree, and its structure (None for a single leaf)."""
    if is_leaf(tree):
        return [tree], None
    import optree

    return optree.tree_flatten(tree, is_leaf=is_leaf, namespace=NAMESPACE)


def unflatten(structure: Any, leaves: list[Any]) -> Any:
    """A tree of this structure."""
    if structure is None:
        return leaves[0]
    import optree

    return optree.tree_unflatten(structure, leaves)


def map_leaves(function: Callable[[Any], Any], tree: Any) -> Any:
    """A tree of the same structure with the function applied to each leaf."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(x) for x in leaves])


def flatten_like(tree: Any, structure: Any, what: str, like: str) -> list[Any]:
    """The leaves of a tree that must have a given structure."""
    leaves, found = flatten(tree)
    if found != structure:
        raise ContainerMismatchError(
            f"The {what} must have the structure of the {like}{at_user_line()}: expected {describe_structure(structure)}, got "
            f"{describe_structure(found)}."
        )
    return leaves


def describe_structure(structure: Any) -> str:
    """A structure as a reader would say it."""
    return "a single value" if structure is None else str(structure).replace("PyTreeSpec(", "").rsplit(")", 1)[0].replace(f", namespace='{NAMESPACE}'", "")


__all__ = ["class_name", "flatten", "flatten_like", "is_leaf", "map_leaves", "unflatten"]
