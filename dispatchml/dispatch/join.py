"""Values and their join: Python and NumPy scalars, NumPy arrays and the storage types that backends add.

The join is on classes only. Dtypes are left to `numpy.result_type` over all arguments at once: pairwise it is not associative.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .errors import JoinError, RegistrationError, at_user_line, class_name
from .hints import EXACT
from .operation import LOCK, forget_everything

#: Declared edges, lower -> uppers. A method for the upper class takes the lower one as it is (NumPy's weak scalars stay weak).
EDGES: dict[type, tuple[type, ...]] = {
    bool: (int,),
    int: (float,),
    float: (complex,),
    complex: (np.generic,),
    np.generic: (np.ndarray,),
}


def value_class(cls: type) -> type | None:
    """The node of the value lattice that a class is: its own, `numpy.generic` for every NumPy scalar; None for non-values."""
    if cls in EDGES or cls is np.ndarray:
        return cls
    if issubclass(cls, np.generic):
        return np.generic
    return cls if cls in UPPERS else None


#: Storage classes that are not below another one: the tops that backends declare.
UPPERS: set[type] = {np.ndarray}


def above(cls: type, edges: dict[type, tuple[type, ...]]) -> dict[type, None]:
    """The class and everything above it, nearest first."""
    found = {cls: None}
    frontier = [cls]
    while frontier:
        frontier = [u for c in frontier for u in edges.get(c, ()) if u not in found]
        found.update(dict.fromkeys(frontier))
    return found


def joins(a: type, b: type, edges: dict[type, tuple[type, ...]]) -> list[type]:
    """The minimal classes above both."""
    both = [c for c in above(a, edges) if c in above(b, edges)]
    return [c for c in both if not any(c is not o and c in above(o, edges) for o in both)]


def promotes(lower: type, upper: type) -> None:
    """Declare that values of `lower` may be handed to methods for `upper`.

    Raises RegistrationError where some pair of classes would then have two minimal joins, or the edge closes a cycle.
    """
    with LOCK:
        if lower in above(upper, EDGES):
            raise RegistrationError(f"promotes({class_name(lower)}, {class_name(upper)}): {class_name(upper)} is below it already.")
        edges = {**EDGES, lower: (*EDGES.get(lower, ()), upper)}
        nodes = set(edges) | {u for v in edges.values() for u in v}
        for x, y in itertools.combinations(sorted(nodes, key=class_name), 2):
            found = joins(x, y, edges)
            if len(found) > 1:
                raise RegistrationError(
                    f"promotes({class_name(lower)}, {class_name(upper)}) would give {class_name(x)} and {class_name(y)} "
                    f"{len(found)} joins: {', '.join(map(class_name, found))}. Declare which of them lies below the other."
                )
        EDGES[lower] = edges[lower]
        UPPERS.add(upper)
        forget_everything()


def join(classes: tuple[type, ...], name: str) -> type:
    """The join of value classes; an error that names the transfer where they live in different places."""
    nodes = [value_class(c) for c in classes]
    top = nodes[0]
    for node, cls in zip(nodes[1:], classes[1:], strict=True):
        found = joins(top, node, EDGES)  # type: ignore[arg-type]
        if len(found) != 1:
            raise JoinError(
                f"{name}: {class_name(top)} and {class_name(cls)} have no common storage{at_user_line()}; nothing is moved "  # type: ignore[arg-type]
                "between devices behind your back. Write dispatchml.to_device(x, device) on one of them."
            )
        top = found[0]
    return top  # type: ignore[return-value]


def all_python(classes: tuple[type, ...]) -> bool:
    """Whether all are Python's own numbers, for which a result stays Python's own."""
    return all(c in EXACT for c in classes)


def python_scalar(value: Any) -> Any:
    """A NumPy scalar as Python's own number; tuples element by element; anything else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return value.item()
    if type(value) is tuple:
        return tuple(python_scalar(v) for v in value)
    return value
