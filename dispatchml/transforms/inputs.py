"""What transforms make of their arguments: leaves that are differentiated, settled arrays, gradients of their kind."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.construct import FORMS
from ..dispatch.errors import (
    ArgumentError,
    IntegerInputError,
    at_user_line,
    describe,
)
from ..dispatch.layers import layer_of
from ..dispatch.plugins import meet
from ..engines.provider import HOLDERS
from ..engines.space import NUMBER_OF
from ..engines.traced import innermost
from ..ops.metadata import OBJECT
from ..rules.layers import on_structure
from ..rules.linearity import LINEAR, check_linear
from .containers import LEAVES, flatten, unflatten
from .watching import Watch, private, settled

FLOAT_KINDS = frozenset("fc")


def input_leaf(x: Any, transform: str) -> Any:
    """A leaf as it is differentiated: integers become floats, floats and layers stay; None: it passes through."""
    cls = type(x)
    if cls is float or cls is complex:
        return x
    if cls is int:
        return float(x)
    if cls is bool or cls is str or cls is bytes or x is None or isinstance(x, type):
        return None
    if cls in HOLDERS:
        return input_leaf(HOLDERS[cls][0](x), transform)
    if cls is not np.ndarray:
        meet_inside(x)
    kind = ops.dtype(x).kind
    if kind in FLOAT_KINDS:
        return x
    if kind in "iu":
        return ops.astype(x, dtype=np.dtype(np.float64))
    return x if kind == "O" and is_number(x) else None


def meet_inside(x: Any) -> None:
    """Let the plugins of all classes that a value is nested of say what they know, before the value is asked."""
    while True:
        meet(type(x))
        if type(x) in FORMS and type(x) not in LINEAR:
            check_linear(FORMS[type(x)], x)
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return
        x = info.payload(x)


def is_number(x: Any) -> bool:
    """Whether an object is a number or an array of them: a layer, an object array, a class with arithmetic."""
    cls = type(x)
    if cls is np.ndarray or layer_of(cls) is not None:
        return True
    if isinstance(x, Enum):
        return False
    return all(hasattr(cls, name) for name in ("__add__", "__sub__", "__mul__"))


def refuse_inputs(transform: str, position: int, x: Any) -> NoReturn:
    """The error for an argument in which nothing can be differentiated."""
    closed = next((leaf for leaf in flatten(x)[0] if is_closed(leaf)), None)
    if closed is not None:
        which = "which is" if closed is x else f"which holds {describe(closed)},"
        raise IntegerInputError(
            f"{transform}: argument {position} is {describe(x)}{at_user_line()}, {which} no container that dispatchml "
            "opens, so it has no derivative. Use a dataclass, an attrs class, a dict, a list or a tuple, or register "
            "its class with dispatchml.register_container (dispatchml.register_type if it wraps numbers and computes)."
        )
    raise IntegerInputError(
        f"{transform}: argument {position} is {describe(x)}{at_user_line()}, which has no derivative: it is constant "
        "under small changes. Pass floating-point values (x.astype(float)), or choose other arguments with argnums=."
    )


def is_closed(x: Any) -> bool:
    """Whether a leaf is an object whose insides are not seen, such as a set, a deque or an object of a plain class."""
    if type(x) in LEAVES or isinstance(x, (np.generic, type, Enum)) or layer_of(type(x)) is not None:
        return False
    return not callable(x) and ops.dtype(x).kind == "O" and not isinstance(x, (str, bytes))


def like_input(g: Any, x: Any) -> Any:
    """A derivative by a 0-d array as a 0-d array, by a NumPy scalar as a scalar, by a Python number as a number."""
    fit = LIKE.get(type(x))
    if fit is not None:
        return fit(g, x)
    if FORMS:  # of a structure of one's own it may have come back dense
        form = FORMS.get(type(innermost(x)))
        if form is not None and form.info.slot == "structure" and type(innermost(g)) in LIKE:
            return on_structure(form, x, g) if ops.shape(g) == ops.shape(x) else g
    return g


def like_array(g: Any, x: Any) -> Any:
    """A number as a 0-d array: NumPy's arithmetic makes numbers of 0-d arrays."""
    return np.asarray(g) if isinstance(g, (np.generic, float, complex)) else g


def like_scalar(g: Any, x: Any) -> Any:
    """A 0-d array as a scalar."""
    return g[()] if type(g) is np.ndarray and not g.ndim else g


def like_number(g: Any, x: Any) -> Any:
    """A 0-d array or a scalar as a Python number."""
    plain = type(g) is np.ndarray and not g.ndim or isinstance(g, np.generic)
    return g.item() if plain and g.dtype.kind in FLOAT_KINDS else g


#: What gives a derivative the class of what it is by, by the class of that; recorded values enter theirs.
LIKE: dict[type, Callable[[Any, Any], Any]] = {
    np.ndarray: like_array,
    float: like_number,
    complex: like_number,
    **{np.dtype(c).type: like_scalar for c in "efdgFDG"},
}


class Inputs:
    """The differentiated arguments of one call: their leaves, which of them are traced, and how to rebuild them."""

    __slots__ = ("arguments", "positions", "structures", "leaves", "traced", "single", "watch")

    def __init__(self, arguments: tuple[Any, ...], argnums: Any, transform: str) -> None:
        self.single = not isinstance(argnums, (tuple, list, range))
        chosen = (argnums,) if self.single else tuple(argnums)
        count = len(arguments)
        for k in chosen:
            if not isinstance(k, (int, np.integer)) or isinstance(k, bool):
                raise ArgumentError(
                    f"{transform}: argnums={argnums!r} holds {describe(k)}{at_user_line()}; it is the position of an "
                    "argument, a whole number counted from 0, or a tuple of them."
                )
            if not -count <= k < count:
                raise ArgumentError(
                    f"{transform}: argnums={argnums!r} does not fit a call with {count} positional argument"
                    f"{'s' if count != 1 else ''}{at_user_line()}. Pass what is differentiated by position."
                )
        self.arguments = list(arguments)
        self.positions = tuple(int(k) % count for k in chosen)
        if len(set(self.positions)) < len(chosen):
            twice = next(k for k in self.positions if self.positions.count(k) > 1)
            raise ArgumentError(
                f"{transform}: argnums={argnums!r} names argument {twice} more than once{at_user_line()}. Name each "
                "differentiated argument once."
            )
        self.watch: Watch | None = None
        self.structures: list[tuple[Any, int]] = []
        self.leaves: list[Any] = []
        self.traced: list[int] = []
        for k in self.positions:
            leaves, structure = flatten(arguments[k])
            self.structures.append((structure, len(leaves)))
            start = len(self.leaves)
            for leaf in leaves:
                ready = input_leaf(leaf, transform)
                if ready is not None:
                    self.traced.append(len(self.leaves))
                    leaf = ready
                self.leaves.append(leaf)
            if leaves and not any(t >= start for t in self.traced):
                refuse_inputs(transform, k, arguments[k])

    def settle(self, limit: int) -> Inputs:
        """Copy the arrays up to a number of bytes, and watch the larger ones."""
        large: list[Any] = []
        own: list[Any] = []
        for k in self.traced:
            before = len(large)
            x = self.leaves[k] = settled(self.leaves[k], limit, large)
            if len(large) > before and large[-1] is x:
                self.leaves[k] = private(large.pop())
                own.append(self.leaves[k])
        if own or large:
            self.watch = Watch(large, own)
            del own
            self.watch.note_holders()
        return self

    def check(self) -> None:
        """Raise where an array that was too large to copy was overwritten."""
        if self.watch is not None:
            self.watch.check()

    @property
    def primals(self) -> list[Any]:
        """The leaves that are differentiated."""
        return [self.leaves[k] for k in self.traced]

    def rebuild(self, traced: list[Any]) -> list[Any]:
        """All arguments, with the differentiated leaves replaced."""
        leaves = list(self.leaves)
        for k, x in zip(self.traced, traced, strict=True):
            leaves[k] = x
        arguments = list(self.arguments)
        for k, tree in zip(self.positions, self.trees(leaves), strict=True):
            arguments[k] = tree
        return arguments

    def trees(self, leaves: list[Any]) -> list[Any]:
        """One tree for each chosen argument."""
        result, start = [], 0
        for structure, count in self.structures:
            result.append(unflatten(structure, leaves[start : start + count]))
            start += count
        return result

    def results(self, found: list[Any]) -> Any:
        """Gradients in the shape of the arguments, a tuple for argnums=(...); other leaves pass through."""
        leaves = list(self.leaves)
        for k, x in zip(self.traced, found, strict=True):
            if NUMBER_OF and ops.dtype(leaves[k]) is OBJECT:
                x = NUMBER_OF[0](x)
            leaves[k] = like_input(x, leaves[k])
        trees = self.trees(leaves)
        return trees[0] if self.single else tuple(trees)
