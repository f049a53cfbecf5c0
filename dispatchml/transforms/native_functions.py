"""Recorded programs as one native function of a call's arguments, containers included."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..compile.graph import form_of
from .containers import unflatten

if TYPE_CHECKING:
    from .recording import Recorded
    from .signature import Signature

#: Keys of dictionaries that are looked up without running anybody's code.
KEYS = frozenset({str, int})
#: Whole numbers that are compared as 64 bits.
WORD = 1 << 63


class NotNative(Exception):
    """Something of a call that only Python can do."""


def native_function(program: Recorded, signature: Signature, hidden: bool) -> Callable[..., Any] | None:
    """A program as a native function of the arguments, NotImplemented where they do not fit.

    None where there are layers, keywords, unusual containers, or calls of operations. hidden: whether the program has
    inputs that are no arguments.
    """
    from ..compile.direct import Around, direct

    if hidden:
        return None
    try:
        arguments, unpacks, leaves, empty = containers_of_arguments(signature.structure)
        inputs, values = inputs_of(signature, leaves, program.executable.program.inputs)
        packs, result, objects = containers_of_result(program)
    except NotNative:
        return None
    around = Around(arguments, unpacks, packs, result, objects)
    inputs += [static_input(None, leaf) for leaf in empty]
    made = direct(program.executable, program.count, program.expected, inputs, range(values), around)
    return made if made is None or not signature.orders else in_order(made, signature.orders)


def in_order(function: Callable[..., Any], orders: tuple[Any, ...]) -> Callable[..., Any]:
    """A native function, which looks dictionaries up by key, for dictionaries whose keys are in this order."""
    from .signature import orders_of

    def ordered(*arguments: Any) -> Any:
        return function(*arguments) if orders_of((arguments, {})) == orders else NotImplemented

    return ordered


def containers_of_arguments(structure: Any) -> tuple[int, list[Any], dict[int, int], list[int]]:
    """The number of arguments, and the containers among them.

    Then, as the entry point counts leaves, the number of each leaf of the signature, and of those that must be None.
    """
    from ..compile.entry import Unpack
    from .signature import Row

    if type(structure) is Row:
        return structure.count, [], {k: k for k in range(structure.count)}, []
    import optree

    if structure is None or structure.type is not tuple or structure.num_children != 2:
        raise NotNative
    given, named = structure.children()
    if given.type is not tuple or named.num_children:
        raise NotNative
    unpacks: list[Unpack] = []
    known: dict[int, int] = {}
    empty: list[int] = []
    first, waiting = 0, []
    for number, inner in enumerate(given.children()):
        waiting.append((number, first, inner))
        first += inner.num_leaves
    following = arguments = len(waiting)
    kinds = optree.PyTreeKind
    while waiting:
        number, first, tree = waiting.pop(0)
        if tree.kind == kinds.LEAF:
            known[first] = number
            continue
        if tree.kind == kinds.NONE:
            empty.append(number)
            continue
        keys = tree.entries() if tree.kind == kinds.DICT else None
        if tree.kind not in (kinds.TUPLE, kinds.LIST, kinds.DICT, kinds.NAMEDTUPLE) or not all(
            type(k) in KEYS for k in keys or ()
        ):
            raise NotNative
        unpacks.append(Unpack(number, tree.type, tree.num_children, keys))
        for inner in tree.children():
            waiting.append((following, first, inner))
            following += 1
            first += inner.num_leaves
    return arguments, unpacks, known, empty


def inputs_of(signature: Signature, leaves: dict[int, int], values: list[Any]) -> tuple[list[Any], int]:
    """What the leaves must be: the program's inputs in order, and behind them the static ones; the number of inputs."""
    from ..compile.entry import InputSpec
    from .signature import INPUT, Turned

    inputs: list[Any] = []
    static: list[Any] = []
    for k, (x, part) in enumerate(zip(signature.leaves, signature.parts, strict=True)):
        if part.build is INPUT:
            inputs.append(input_of(x, leaves[k], values[len(inputs)]))
        elif isinstance(part, Turned):
            inputs.append(InputSpec("array", x.dtype, x.shape, x.strides, leaf=leaves[k]))
        else:
            static.append(static_input(x, leaves[k]))
    return [*inputs, *static], len(inputs)


def input_of(x: Any, leaf: int, value: Any) -> Any:
    """What an array or number must be that is an input of a program."""
    from ..compile.entry import InputSpec

    if type(x) is not np.ndarray:
        form = form_of(x)
        return InputSpec(form, x.dtype if form == "scalar" else None, leaf=leaf)
    if value.steps is None and not (x.flags.c_contiguous and x.flags.aligned):
        raise NotNative
    return InputSpec("array", x.dtype, x.shape, None if value.steps is None else x.strides, leaf=leaf)


def static_input(x: Any, leaf: int) -> Any:
    """A leaf that is part of the signature by its value."""
    from ..compile.entry import InputSpec

    if x is None or x is True or x is False:
        return InputSpec("object", value=x, leaf=leaf)
    if type(x) is str or type(x) is int and -WORD <= x < WORD:
        return InputSpec("equal", value=x, leaf=leaf)
    raise NotNative


def containers_of_result(program: Recorded) -> tuple[list[Any], str, list[Any]]:
    """The containers of the result, the word for it, and the objects that are results beside the outputs."""
    from ..compile.entry import Pack
    from .signature import INPUT, Row

    if not program.parts or any(part.build is not INPUT for part in program.parts):
        raise NotNative
    if program.structure is None:
        return [], "single", []
    if type(program.structure) is Row:
        return [], "tuple", []
    count = len(program.parts)
    packs: list[Pack] = []
    objects: list[Any] = []

    def number(tree: Any) -> int:
        """The number of an output; containers are counted on behind them, as if there were no objects."""
        if type(tree) is Place:
            return tree.number
        if tree is None:
            objects.append(None)
            return -len(objects)
        if type(tree) not in (tuple, list, dict):
            raise NotNative
        inside = [number(x) for x in (tree.values() if type(tree) is dict else tree)]
        packs.append(Pack(type(tree), inside, list(tree) if type(tree) is dict else None))
        return count + len(packs) - 1

    number(unflatten(program.structure, [Place(k) for k in range(count)]))

    def moved(child: int) -> int:
        if child < 0:
            return count - child - 1
        return child if child < count else child + len(objects)

    return [p._replace(children=[moved(c) for c in p.children]) for p in packs], "packed", objects


class Place:
    """Stands for an output in a result that is taken apart to see how it is made."""

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number
