"""One setting for each leaf of a container, where a setting for a container holds for all that is in it."""

from __future__ import annotations

from typing import Any

from ..dispatch.errors import ContainerMismatchError, at_user_line
from .containers import NAMESPACE, flatten, is_leaf


def spread(axes: Any, tree: Any, name: str) -> list[int | None]:
    """The axis of each leaf of a tree; `axes` is an integer, None, or a container like the tree, at each depth."""
    if axes is None or isinstance(axes, int) and not isinstance(axes, bool):
        return [axes] * len(flatten(tree)[0])
    if is_leaf(tree) or tree is None or is_leaf(axes):
        raise mismatch(axes, tree, name)
    import optree

    children, _, entries, _ = optree.tree_flatten_one_level(tree, namespace=NAMESPACE)
    if isinstance(axes, (list, tuple)) and isinstance(tree, (list, tuple)):
        given = list(axes)
    elif isinstance(axes, dict) and isinstance(tree, dict):
        given = [axes[k] for k in entries] if axes.keys() == tree.keys() else []
    elif type(axes) is type(tree):
        given = [getattr(axes, str(k)) for k in entries]
    else:
        given = []
    if len(given) != len(children):
        raise mismatch(axes, tree, name)
    return [axis for a, child in zip(given, children, strict=True) for axis in spread(a, child, name)]


def mismatch(axes: Any, tree: Any, name: str) -> ContainerMismatchError:
    """The error for axes that do not follow the container."""
    return ContainerMismatchError(
        f"vmap: {name}={axes!r} does not follow the container {type(tree).__name__} that it is for{at_user_line()}. "
        "Give an integer or None for the whole, or a container of the same structure with one for each part."
    )
