"""Values and their join: Python and NumPy scalars, NumPy arrays and the storage types that backends add.

The join is on classes only. Dtypes are left to `numpy.result_type` over all arguments at once: pairwise it is not
associative.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from .errors import JoinError, RegistrationError, at_user_line, class_name
from .hints import EXACT
from .layers import layer_of
from .operation import LOCK, forget_everything

#: Declared edges, lower -> uppers. A method for the upper class takes the lower one as it is (NumPy's weak scalars
#: stay weak).
EDGES: dict[type, tuple[type, ...]] = {
    bool: (int,),
    int: (float,),
    float: (complex,),
    complex: (np.generic,),
    np.generic: (np.ndarray,),
}
#: Classes whose subclasses are not values by themselves: a subclass of ndarray may carry something.
EDGES_OF_NUMPY = frozenset({*EDGES, np.ndarray})
#: What changes a value on its way along an edge; edges without one hand it over as it is.
CONVERTERS: dict[tuple[type, type], Callable[[Any], Any]] = {}


def value_class(cls: type) -> type | None:
    """The node of the value lattice that a class is: its own, `numpy.generic` for every NumPy scalar, a declared base
    of it (Fraction for a subclass of Fraction); None for non-values.
    """
    if cls in EDGES or cls is np.ndarray:
        return cls
    if issubclass(cls, np.generic):
        return np.generic
    if cls in UPPERS:
        return cls
    return next((c for c in cls.__mro__ if (c in UPPERS or c in EDGES) and c not in EDGES_OF_NUMPY), None)


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


def promotes(lower: type, upper: type, convert: Callable[[Any], Any] | None = None) -> None:
    """Declare that values of `lower` may be handed to methods for `upper`, through `convert` where they need a change.

    Raises RegistrationError where some pair of classes would then have two minimal joins, or the edge closes a cycle.

    >>> from fractions import Fraction
    >>> from dispatchml.dispatch import promotes
    >>> promotes(Fraction, float, convert=float)  # doctest: +SKIP
    """
    if not (isinstance(lower, type) and isinstance(upper, type)):
        raise RegistrationError(f"promotes takes two classes, not {lower!r} and {upper!r}.")
    said = f"promotes({class_name(lower)}, {class_name(upper)})"
    with LOCK:
        if upper in EDGES.get(lower, ()) and CONVERTERS.get((lower, upper)) is convert:
            return
        if lower in above(upper, EDGES):
            raise RegistrationError(
                f"{said}: {class_name(upper)} is {'the same' if upper is lower else 'below it already'}."
            )
        for cls in (lower, upper):
            if layer_of(cls) is not None:
                raise RegistrationError(f"{said}: {class_name(cls)} is a layer. Layers nest; they are never promoted.")
        edges = {**EDGES, lower: tuple(dict.fromkeys((*EDGES.get(lower, implied(lower)), upper)))}
        nodes = set(edges) | {u for v in edges.values() for u in v}
        for x, y in itertools.combinations(sorted(nodes, key=class_name), 2):
            found = joins(x, y, edges)
            if len(found) > 1:
                raise RegistrationError(
                    f"{said} would give {class_name(x)} and {class_name(y)} "
                    f"{len(found)} joins: {', '.join(map(class_name, found))}. Declare which of them lies below the "
                    "other."
                )
        EDGES[lower] = edges[lower]
        if convert is not None:
            CONVERTERS[lower, upper] = convert
        else:
            CONVERTERS.pop((lower, upper), None)
        UPPERS.add(upper)
        forget_everything()


def implied(cls: type) -> tuple[type, ...]:
    """What a class lies below without a word: every NumPy scalar is a `numpy.generic`."""
    return (np.generic,) if issubclass(cls, np.generic) and cls is not np.generic else ()


def converter(cls: type, top: type) -> Callable[[Any], Any] | None:
    """The converters on the way from a class up to another, one after the other; None where there are none."""
    node = value_class(cls)
    path = [] if node is None or node is top else path_up(node, top)
    found = [f for edge in path if (f := CONVERTERS.get(edge)) is not None]
    if len(found) < 2:
        return found[0] if found else None

    def convert(x: Any) -> Any:
        for f in found:
            x = f(x)
        return x

    return convert


def path_up(node: type, top: type) -> list[tuple[type, type]]:
    """The chain of edges from a class to one above it that changes the value least often, the shortest of these.

    An int goes to arrays by way of float, as it is, not by way of a Fraction.
    """
    if node is top:
        return []
    chains = [[(node, upper), *path_up(upper, top)] for upper in EDGES.get(node, ()) if top in above(upper, EDGES)]
    return min(chains, key=lambda chain: (sum(edge in CONVERTERS for edge in chain), len(chain)))


def join(classes: tuple[type, ...], name: str) -> type:
    """The join of value classes; an error that names the transfer where they live in different places."""
    nodes = [node for c in classes if (node := value_class(c)) is not None]
    top = nodes[0]
    for node in nodes[1:]:
        found = joins(top, node, EDGES)
        if len(found) != 1:
            raise JoinError(
                f"{name}: {class_name(top)} and {class_name(node)} have no common storage{at_user_line()}; nothing is "
                "moved between devices behind your back. Write dispatchml.to_device(x, device) on one of them."
            )
        top = found[0]
    return top


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
