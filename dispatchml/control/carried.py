"""What a loop that runs carries: of one structure and one kind in every round."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..compile.graph import form_of
from ..dispatch.errors import RecordingError, describe
from ..engines.traced import innermost
from .leaves import leaves_of, unflatten
from .mismatch import refuse_leaf, refuse_structure, with_statics
from .pieces import Kind, Pieces, converted, is_number, joined


def kind_seen(x: Any) -> Any:
    """What a leaf is below all derivatives and batches: the kind of a number, the class and units of a layer; None
    for what may change as it likes, such as exact numbers.
    """
    inner = innermost(x)
    if is_number(inner):
        if inner is x:
            return Kind(ops.dtype(x), ops.shape(x), form_of(x))
        shape = ops.shape(x)
        form = form_of(inner) if type(inner) in (float, complex, int, bool) else "array" if shape else "scalar"
        return Kind(ops.dtype(x), shape, form)
    try:
        keys = Pieces([inner]).keys[0]
    except RecordingError:
        return None
    return (keys, ops.shape(x)) if len(keys) == 3 else None


class Carried:
    """The kinds of what a loop carries, by the first round that has been run."""

    __slots__ = ("name", "structure", "kinds")

    def __init__(self, name: str, tree: Any) -> None:
        self.name = name
        leaves, self.structure = leaves_of(tree)
        self.kinds = [kind_seen(x) for x in leaves]

    def settled(self, before: Any, after: Any) -> Any:
        """What the first round begins with, where that must be of a wider kind; None where it need not."""
        found = self.leaves(after)
        given = leaves_of(before)[0]
        changed = False
        for k, (x, y) in enumerate(zip(given, found, strict=True)):
            kind = self.common(k, x, y)
            if kind != self.kinds[k]:
                self.kinds[k], changed = kind, True
                given[k] = fitted(x, kind)
        return unflatten(self.structure, given) if changed else None

    def leaves(self, tree: Any) -> list[Any]:
        """The leaves of what a round gave."""
        leaves, structure = leaves_of(tree)
        if structure != self.structure:
            refuse_structure(self.name, self.structure, structure)
        return leaves

    def common(self, k: int, x: Any, y: Any) -> Any:
        """The kind of the k-th leaf for what it was and what it became."""
        before, after = self.kinds[k], kind_seen(y)
        if before == after:
            return before
        if type(before) is Kind and type(after) is Kind:
            kind = joined(before, after)
            if kind is not None:
                return kind
        elif before is None or after is None:
            return None
        return refuse_leaf(self.name, k, words(before, x, after), words(after, y, before))

    def next(self, tree: Any) -> Any:
        """What a round gave, of the kinds of the first one."""
        found = self.leaves(tree)
        changed = False
        for k, y in enumerate(found):
            kind = self.kinds[k]
            if type(y) is np.ndarray and type(kind) is Kind and y.shape == kind.shape and y.dtype == kind.dtype:
                if y.shape or kind.form == "array":
                    continue
            common = self.common(k, y, y)
            if type(common) is Kind and type(kind) is Kind and common[:2] == kind[:2]:
                self.kinds[k] = kind = common  # a number that is held in another way, such as by NumPy
            if common != kind and kind is not None:
                refuse_leaf(self.name, k, words(kind, y, kind_seen(y)), words(kind_seen(y), y, kind))
            made = fitted(y, kind)
            if made is not y:
                found[k], changed = made, True
        return unflatten(self.structure, found) if changed else tree


def fitted(x: Any, kind: Any) -> Any:
    """A leaf of a kind; below derivatives its dtype only."""
    if type(kind) is not Kind:
        return x
    if is_number(x):
        return converted(x, kind)
    return x if ops.dtype(x) == kind.dtype else ops.astype(x, dtype=kind.dtype)


def words(kind: Any, x: Any, other: Any) -> str:
    """A kind for a reader who compares it with another."""
    if type(kind) is Kind:
        return str(kind)
    said = describe(innermost(x))
    return with_statics(said, kind[0], other[0]) if type(kind) is tuple and type(other) is tuple else said
