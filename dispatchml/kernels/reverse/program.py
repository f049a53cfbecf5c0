"""A kernel as a program: control flow in blocks, values that are assigned once, arrays that are written in place.

A block is a list of instructions. Numbers and names of arrays are values; each has one instruction that makes it. `If`
and `Loop` hold blocks; what variables are after them are their joins and carried values. Only `Store` changes memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .kinds import BOOLEAN, FLOAT, INTEGER, Kind


class Value:
    """A number or an array with a name.

    root: for an array, whose memory it is: another Value, or itself where the memory is its own. made: by which
    instruction; None for parameters and constants from outside. block: where.
    """

    __slots__ = ("name", "kind", "made", "block", "_root")

    def __init__(self, name: str, kind: Kind) -> None:
        self.name, self.kind = name, kind
        self.made: Instruction | None = None
        self.block: Block | None = None
        self._root: Value = self

    @property
    def root(self) -> Value:
        """The array whose memory this is a part of."""
        if self._root is not self:
            self._root = self._root.root
        return self._root

    def share(self, other: Value) -> None:
        """Say that two arrays may be the same memory."""
        mine, theirs = self.root, other.root
        if mine is not theirs:
            mine._root = theirs

    def __repr__(self) -> str:
        return self.name


class Number:
    """A number that is known: 2, 0.5, True."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    @property
    def kind(self) -> Kind:
        """Of which kind."""
        return BOOLEAN if isinstance(self.value, bool) else INTEGER if isinstance(self.value, int) else FLOAT

    def __repr__(self) -> str:
        text = repr(self.value)
        if text in ("inf", "nan"):
            return f"np.{text}"
        return f"({text.replace('inf', 'np.inf')})" if text.startswith("-") else text


Operand = Value | Number


class Slice:
    """start:stop:step in an index; None where it is left out."""

    __slots__ = ("start", "stop", "step")

    def __init__(self, start: Operand | None, stop: Operand | None, step: Operand | None) -> None:
        self.start, self.stop, self.step = start, stop, step

    @property
    def whole(self) -> bool:
        """Whether it is a bare colon."""
        return self.start is None and self.stop is None and self.step is None

    def __repr__(self) -> str:
        def shown(x: Operand | None) -> str:
            return "" if x is None else repr(x)

        return f"{shown(self.start)}:{shown(self.stop)}" + ("" if self.step is None else f":{self.step!r}")


class Block:
    """Instructions that run one after the other. parent: the instruction that it is a part of."""

    __slots__ = ("code", "parent")

    def __init__(self, parent: If | Loop | None = None) -> None:
        self.code: list[Instruction] = []
        self.parent = parent

    @property
    def loop(self) -> Loop | None:
        """The innermost loop around."""
        parent = self.parent
        while parent is not None and not isinstance(parent, Loop):
            parent = parent.block.parent
        return parent

    def loops(self) -> list[Loop]:
        """The loops around, from the inside."""
        found, loop = [], self.loop
        while loop is not None:
            found.append(loop)
            loop = loop.block.loop
        return found

    def walk(self) -> Iterator[Instruction]:
        """Every instruction, those inside of others included, in the order of the text."""
        for op in self.code:
            yield op
            for block in op.blocks():
                yield from block.walk()

    def straight(self) -> Iterator[Instruction]:
        """Every instruction outside of inner loops."""
        for op in self.code:
            yield op
            if isinstance(op, If):
                for block in op.blocks():
                    yield from block.straight()


class Instruction:
    """place: the user's file and line."""

    block: Block
    place: tuple[str, int] = ("", 0)

    def results(self) -> tuple[Value, ...]:
        """The values that it makes."""
        return ()

    def operands(self) -> Iterator[Operand]:
        """The values that it reads, inner blocks apart."""
        return iter(())

    def blocks(self) -> tuple[Block, ...]:
        """The blocks inside."""
        return ()

    def replace(self, table: dict[Value, Operand]) -> None:
        """Read other values instead."""


def replaced(x: Any, table: dict[Value, Operand]) -> Any:
    """An operand, a slice or a tuple of them with other values."""
    if isinstance(x, Value):
        while isinstance(x, Value) and x in table:
            x = table[x]
        return x
    if isinstance(x, tuple):
        return tuple(replaced(i, table) for i in x)
    if isinstance(x, Slice):
        return Slice(replaced(x.start, table), replaced(x.stop, table), replaced(x.step, table))
    return x


def flat(index: tuple[Any, ...]) -> Iterator[Operand]:
    """The operands of an index."""
    for part in index:
        if isinstance(part, Slice):
            yield from (p for p in (part.start, part.stop, part.step) if p is not None)
        elif part is not None:
            yield part


class Compute(Instruction):
    """result = primitive(arguments); settings: static data of the primitive."""

    def __init__(
        self, result: Value, primitive: Any, arguments: tuple[Operand, ...], settings: tuple[Any, ...]
    ) -> None:
        self.result, self.primitive, self.arguments, self.settings = result, primitive, arguments, settings

    def results(self) -> tuple[Value, ...]:
        return (self.result,)

    def operands(self) -> Iterator[Operand]:
        return iter(self.arguments)

    def replace(self, table: dict[Value, Operand]) -> None:
        self.arguments = replaced(self.arguments, table)


class Load(Instruction):
    """result = array[index]: a number, or a view where the index leaves dimensions over."""

    def __init__(self, result: Value, array: Value, index: tuple[Any, ...]) -> None:
        self.result, self.array, self.index = result, array, index

    def results(self) -> tuple[Value, ...]:
        return (self.result,)

    def operands(self) -> Iterator[Operand]:
        yield self.array
        yield from flat(self.index)

    def replace(self, table: dict[Value, Operand]) -> None:
        self.array, self.index = replaced(self.array, table), replaced(self.index, table)


class Store(Instruction):
    """array[index] = value, or += (sign 1), or -= (sign -1).

    old: what was there before, where the way back needs it. ndim: of what is written to.
    """

    def __init__(self, array: Value, index: tuple[Any, ...], value: Operand, sign: int, ndim: int) -> None:
        self.array, self.index, self.value, self.sign, self.ndim = array, index, value, sign, ndim
        self.old: Value | None = None

    def operands(self) -> Iterator[Operand]:
        yield self.array
        yield from flat(self.index)
        yield self.value

    def replace(self, table: dict[Value, Operand]) -> None:
        self.array, self.index = replaced(self.array, table), replaced(self.index, table)
        self.value = replaced(self.value, table)


class Join:
    """result: a variable after an `If`; None where a branch does not assign it."""

    __slots__ = ("result", "then", "other")

    def __init__(self, result: Value, then: Operand | None, other: Operand | None) -> None:
        self.result, self.then, self.other = result, then, other


class If(Instruction):
    """Two blocks and a condition."""

    def __init__(self, condition: Operand) -> None:
        self.condition = condition
        self.then, self.other = Block(self), Block(self)
        self.joins: list[Join] = []

    def results(self) -> tuple[Value, ...]:
        return tuple(j.result for j in self.joins)

    def operands(self) -> Iterator[Operand]:
        yield self.condition
        for j in self.joins:
            yield from (x for x in (j.then, j.other) if x is not None)

    def blocks(self) -> tuple[Block, ...]:
        return (self.then, self.other)

    def replace(self, table: dict[Value, Operand]) -> None:
        self.condition = replaced(self.condition, table)
        for j in self.joins:
            j.then, j.other = replaced(j.then, table), replaced(j.other, table)


class Carried:
    """A variable that a loop changes: `value` is it at the head of each iteration and after the loop.

    first: before the loop, None where it is not assigned; next: at the end of an iteration.
    """

    __slots__ = ("value", "first", "next")

    def __init__(self, value: Value, first: Operand | None, next: Operand | None) -> None:
        self.value, self.first, self.next = value, first, next


class Loop(Instruction):
    """A `for` over a range (index, start, stop, step), or a `while` (test, condition).

    leave: a condition at the end of an iteration that ends the loop. count: how many iterations ran.
    """

    def __init__(self) -> None:
        self.index: Value | None = None
        self.start: Operand = Number(0)
        self.stop: Operand = Number(0)
        self.step: Operand = Number(1)
        self.test = Block(self)
        self.condition: Operand = Number(True)
        self.body = Block(self)
        self.carried: list[Carried] = []
        self.leave: Operand | None = None
        self.count = Value("", INTEGER)

    @property
    def counted(self) -> bool:
        """Whether the number of iterations is only known when they have run."""
        return self.index is None or self.leave is not None

    def results(self) -> tuple[Value, ...]:
        return tuple(c.value for c in self.carried)

    def operands(self) -> Iterator[Operand]:
        yield from (self.start, self.stop, self.step, self.condition)
        if self.leave is not None:
            yield self.leave
        for c in self.carried:
            yield from (x for x in (c.first, c.next) if x is not None)

    def blocks(self) -> tuple[Block, ...]:
        return (self.test, self.body)

    def replace(self, table: dict[Value, Operand]) -> None:
        self.start, self.stop, self.step, self.condition, self.leave = replaced(
            (self.start, self.stop, self.step, self.condition, self.leave), table
        )
        for c in self.carried:
            c.first, c.next = replaced(c.first, table), replaced(c.next, table)


class Check(Instruction):
    """A statement without results: raise or assert, as text with places for operands."""

    def __init__(self, text: str, arguments: tuple[Operand, ...]) -> None:
        self.text, self.arguments = text, arguments

    def operands(self) -> Iterator[Operand]:
        return iter(self.arguments)

    def replace(self, table: dict[Value, Operand]) -> None:
        self.arguments = replaced(self.arguments, table)


class Call(Instruction):
    """made = function(arguments) for a function that calls itself, which may write into arrays among them."""

    def __init__(self, made: tuple[Value, ...], function: Any, arguments: tuple[Operand, ...]) -> None:
        self.made, self.function, self.arguments = made, function, arguments

    @property
    def written(self) -> tuple[Value, ...]:
        """The arguments that the function may write into."""
        given = enumerate(self.arguments)
        return tuple(x for k, x in given if k in self.function.writes and isinstance(x, Value))

    def results(self) -> tuple[Value, ...]:
        return self.made

    def operands(self) -> Iterator[Operand]:
        return iter(self.arguments)

    def replace(self, table: dict[Value, Operand]) -> None:
        self.arguments = replaced(self.arguments, table)


def arrays_written(op: Instruction) -> tuple[Value, ...]:
    """The arrays into which an instruction writes itself, inner blocks apart."""
    if isinstance(op, Store):
        return (op.array,)
    return op.written if isinstance(op, Call) else ()


class Program:
    """A kernel. parameters: values. result: operands in tuples. outside: values of names from outside."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.parameters: list[Any] = []
        self.parameter_names: list[str] = []
        self.unpacked: list[tuple[Value, str]] = []
        self.body = Block()
        self.result: Any = None
        self.outside: dict[str, Any] = {}
        self.file = ""
        self.line = 0


def leaves(structure: Any) -> Iterator[Any]:
    """The operands in a structure of tuples."""
    if isinstance(structure, tuple):
        for part in structure:
            yield from leaves(part)
    else:
        yield structure
