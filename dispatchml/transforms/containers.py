"""Containers of values: tuples, lists, dicts, named tuples, attrs classes and dataclasses, leaf by leaf.

Registered layers and arrays are leaves first, then containers are opened. optree is imported by the first container.
"""

from __future__ import annotations

from _thread import allocate_lock
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import ContainerMismatchError, at_user_line
from ..dispatch.layers import layer_of
from ..dispatch.plugins import meet

NAMESPACE = "dispatchml"
#: Classes that are leaves without a question.
LEAVES = {np.ndarray, float, int, complex, bool, str, bytes}


def is_leaf(x: Any) -> bool:
    """Whether a value is a leaf."""
    cls = type(x)
    return cls in LEAVES or isinstance(x, np.generic) or x is not None and not is_container(cls)


def is_container(cls: type) -> bool:
    """Whether values of a class are opened; classes of attrs and dataclasses become containers when they are met."""
    if cls in LEAVES or issubclass(cls, np.generic):
        return False
    if cls in (tuple, list, dict) or cls in RECORDS:
        return True
    if layer_of(cls) is not None:
        return False
    meet(cls)
    if cls in RECORDS:
        return True
    if layer_of(cls) is not None:
        return False
    if hasattr(cls, "__attrs_attrs__") or hasattr(cls, "__dataclass_fields__"):
        register_record(cls)
        return True
    return issubclass(cls, (tuple, list, dict))


#: The classes that have been made containers, those of attrs and dataclasses when they were met; held while one is.
RECORDS: set[type] = set()
REGISTERING = allocate_lock()
#: Container of traced values -> the one that it stands for.
STANDING_FOR: dict[type, type] = {}
#: Where attrs keeps the hash of a frozen instance; a new instance has none yet.
CACHED_HASH = "_attrs_cached_hash"


def field_names(cls: type) -> tuple[str, ...]:
    """The names of the fields of a class of attrs or a dataclass."""
    import dataclasses

    attributes = getattr(cls, "__attrs_attrs__", None)
    return tuple(a.name for a in (dataclasses.fields(cls) if attributes is None else attributes))


def register_record(cls: type) -> None:
    """Make an attrs class or dataclass a container: its fields are opened, and it is rebuilt without `__init__`.

    What is no field (class variables, cached properties) is not copied: it may depend on the old fields.
    """
    import optree

    names = field_names(cls)

    def flatten(x: Any) -> tuple[tuple[Any, ...], tuple[tuple[str, ...], bool], tuple[str, ...]]:
        present = tuple(n for n in names if hasattr(x, n))
        return tuple(getattr(x, n) for n in present), (present, hasattr(x, CACHED_HASH)), present

    def unflatten(told: Any, values: Any) -> Any:
        present, hashed = told
        made = object.__new__(cls)
        for name, value in zip(present, values, strict=True):
            object.__setattr__(made, name, value)
        if hashed:
            object.__setattr__(made, CACHED_HASH, None)
        return made

    with REGISTERING:
        if cls not in RECORDS:
            optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)
            RECORDS.add(cls)


def register_container(
    cls: type,
    flatten: Callable[[Any], tuple[Any, Any, Any]],
    unflatten: Callable[[Any, Any], Any],
    like: type | None = None,
) -> None:
    """Make a class of another package a container, whose values transforms differentiate one by one.

    flatten(x): the values, what else makes x (comparable with ==: two values have one structure where it is equal), and
    the names of the values. unflatten(else, values): the container again; values may be traced, and in places of
    structures such as in_axes anything else. like: the container of plain values, for a class that stands for it where
    they are traced: both have one structure.

    >>> import dispatchml as dm
    >>> class Pair:
    ...     def __init__(self, first, second):
    ...         self.first, self.second = first, second
    >>> dm.register_container(Pair, lambda p: ((p.first, p.second), None, ("first", "second")), lambda _, v: Pair(*v))
    >>> dm.grad(lambda p: p.first * p.second)(Pair(2.0, 3.0)).first
    3.0
    """
    import optree

    with REGISTERING:
        if cls not in RECORDS:
            optree.register_pytree_node(cls, flatten, unflatten, namespace=NAMESPACE)
            RECORDS.add(cls)
            if like is not None:
                STANDING_FOR[cls] = like


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
    if found != structure and not alike(found, structure):
        raise ContainerMismatchError(
            f"The {what} must have the structure of the {like}{at_user_line()}: expected "
            f"{describe_structure(structure)}, got {describe_structure(found)}."
        )
    return leaves


def alike(a: Any, b: Any) -> bool:
    """Whether two structures are equal but for containers that stand for others."""
    if not STANDING_FOR or a is None or b is None or a == b:
        return a == b
    one, other = (STANDING_FOR.get(s.type, s.type) for s in (a, b))
    parts = a.children(), b.children()
    return (
        one is other
        and set(a.entries()) == set(b.entries())
        and len(parts[0]) == len(parts[1])
        and all(map(alike, *parts))
    )


def describe_structure(structure: Any) -> str:
    """A structure as a reader would say it."""
    if structure is None:
        return "a single value"
    return str(structure).replace("PyTreeSpec(", "").rsplit(")", 1)[0].replace(f", namespace={NAMESPACE!r}", "")
