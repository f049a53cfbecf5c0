"""What is known while a program is built: results that are there already, and what lies at places of arrays.

Within a block and those inside of it a function of the same arguments is computed once, and an item that was read or
written is not read again before something may have been written over it.
"""

from __future__ import annotations

from typing import Any

from .kinds import Kind
from .program import Block, Number, Operand, Value, arrays_written

Key = tuple[Any, ...]


def name_of(x: Any) -> Any:
    """Something that is equal for equal operands."""
    if isinstance(x, Number):
        return type(x.value).__name__, repr(x.value)
    if isinstance(x, tuple):
        return tuple(map(name_of, x))
    return x


class Memory:
    """results: of functions, by function and arguments. items: numbers in arrays, by array and index."""

    def __init__(self) -> None:
        self.results: dict[Key, Operand] = {}
        self.items: dict[Key, tuple[Value, tuple[Any, ...], Operand]] = {}

    def copy(self) -> Memory:
        """What is known at the beginning of a block inside."""
        made = Memory()
        made.results, made.items = dict(self.results), dict(self.items)
        return made

    def result(self, primitive: Any, arguments: tuple[Any, ...], settings: Any) -> Operand | None:
        return self.results.get((primitive, name_of(arguments), settings))

    def computed(self, primitive: Any, arguments: tuple[Any, ...], settings: Any, value: Operand) -> None:
        self.results[primitive, name_of(arguments), settings] = value

    def item(self, array: Value, index: tuple[Any, ...]) -> Operand | None:
        found = self.items.get((array, name_of(index)))
        return None if found is None else found[2]

    def loaded(self, array: Value, index: tuple[Any, ...], value: Operand) -> None:
        self.items[array, name_of(index)] = (array, index, value)

    def stored(self, array: Value, index: tuple[Any, ...], value: Operand | None) -> None:
        """Forget what may be written over; remember what was written."""
        for key, (other, place, _) in list(self.items.items()):
            if other.root is array.root and not (other is array and apart(place, index)):
                del self.items[key]
        if value is not None and value.kind == Kind(array.kind.code):
            self.loaded(array, index, value)

    def passed(self, *blocks: Block) -> None:
        """Forget what blocks may have written over."""
        self.forget({a.root for b in blocks for op in b.walk() for a in arrays_written(op)})

    def forget(self, roots: set[Value]) -> None:
        """Forget the items of arrays that may have been written over."""
        self.items = {k: v for k, v in self.items.items() if v[0].root not in roots}


def apart(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    """Whether two indices surely name different items."""
    for x, y in zip(a, b, strict=False):
        if isinstance(x, Number) and isinstance(y, Number) and x.value != y.value and x.value >= 0 <= y.value:
            return True
    return False
