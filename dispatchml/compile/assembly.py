"""Functions in LLVM's language, written with Python's words: what entry points and the pool of threads are made of.

    f = Function("double", "i64", ["i64"])
    f.give_back(f.arguments[0] * 2)

Variables are places on the stack, which LLVM turns into registers. Python's integers are constants.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

#: Comparisons of signed integers, of addresses with "eq" and "ne" only.
INTEGERS = ("i8", "i16", "i32", "i64")


class Register:
    """A value of a function; kind: its type in LLVM's words."""

    __slots__ = ("function", "kind", "name")

    def __init__(self, function: Function, kind: str, name: str) -> None:
        self.function, self.kind, self.name = function, kind, name

    def __add__(self, other: Register | int) -> Register:
        """A sum; an address moves by bytes."""
        if self.kind == "ptr":
            return self.function.line(f"getelementptr i8, ptr {self.name}, i64 {name_of(other)}", "ptr")
        return self.apply("add", other)

    def __sub__(self, other: Register | int) -> Register:
        return self.apply("sub", other)

    def __mul__(self, other: Register | int) -> Register:
        return self.apply("mul", other)

    def __floordiv__(self, other: Register | int) -> Register:
        """A quotient, rounded towards zero."""
        return self.apply("sdiv", other)

    def __and__(self, other: Register | int) -> Register:
        return self.apply("and", other)

    def __or__(self, other: Register | int) -> Register:
        return self.apply("or", other)

    def apply(self, instruction: str, other: Register | int) -> Register:
        """An instruction of two values of this type."""
        return self.function.line(f"{instruction} {self.kind} {self.name}, {name_of(other)}", self.kind)

    def compare(self, how: str, other: Register | int) -> Register:
        """A comparison: eq, ne, slt, sle, sgt, sge, ult, ..."""
        right = "null" if self.kind == "ptr" and isinstance(other, int) else name_of(other)
        return self.function.line(f"icmp {how} {self.kind} {self.name}, {right}", "i1")

    def equals(self, other: Register | int) -> Register:
        """self == other; 0 is the null of addresses."""
        return self.compare("eq", other)

    def differs(self, other: Register | int) -> Register:
        """self != other"""
        return self.compare("ne", other)

    def below(self, other: Register | int) -> Register:
        """self < other"""
        return self.compare("slt", other)

    def above(self, other: Register | int) -> Register:
        """self > other"""
        return self.compare("sgt", other)

    def as_kind(self, kind: str) -> Register:
        """An integer of another width: cut off, or filled up with its sign (a truth value with zeros)."""
        if kind == self.kind:
            return self
        wider = int(kind[1:]) > int(self.kind[1:])
        how = ("zext" if self.kind == "i1" else "sext") if wider else "trunc"
        return self.function.line(f"{how} {self.kind} {self.name} to {kind}", kind)

    def least(self, other: Register | int) -> Register:
        """The smaller one."""
        return self.function.choose(self.below(other), self, other)


def name_of(value: Register | int) -> str:
    """A value as an operand."""
    return value.name if isinstance(value, Register) else str(value)


class Variable:
    """A place on the stack that holds a value of one type."""

    __slots__ = ("function", "kind", "place")

    def __init__(self, function: Function, kind: str, place: Register) -> None:
        self.function, self.kind, self.place = function, kind, place

    def get(self) -> Register:
        """What it holds now."""
        return self.function.load(self.place, kind=self.kind)

    def set(self, value: Register | int) -> None:
        """Let it hold something else."""
        self.function.store(value, self.place, kind=self.kind)


class Function:
    """A function that is being written. result: its type; arguments: theirs."""

    def __init__(self, name: str, result: str, arguments: Sequence[str], visible: bool = True) -> None:
        self.name, self.result, self.kinds, self.visible = name, result, list(arguments), visible
        self.places: list[str] = []
        self.lines: list[str] = []
        self.count = 0
        self.arguments = [Register(self, kind, f"%a{k}") for k, kind in enumerate(arguments)]

    def text(self) -> str:
        """The function in LLVM's language."""
        arguments = ", ".join(f"{kind} %a{k}" for k, kind in enumerate(self.kinds))
        head = f"define {'' if self.visible else 'internal '}{self.result} @{self.name}({arguments}) nounwind {{"
        return "\n".join([head, "start:", *self.places, "  br label %body", "body:", *self.lines, "}", ""])

    def new_name(self, word: str = "v") -> str:
        """A name that no other register or block has."""
        self.count += 1
        return f"%{word}{self.count}"

    def line(self, text: str, kind: str = "") -> Register:
        """An instruction; kind: the type of its result, if it has one."""
        if not kind:
            self.lines.append(f"  {text}")
            return Register(self, "void", "")
        name = self.new_name()
        self.lines.append(f"  {name} = {text}")
        return Register(self, kind, name)

    # ---- memory ------------------------------------------------------------------------------------------------------

    def load(self, address: Register, offset: Register | int = 0, kind: str = "i64") -> Register:
        """A value in memory."""
        return self.line(f"load {kind}, ptr {self.at(address, offset).name}", kind)

    def store(self, value: Register | int, address: Register, offset: Register | int = 0, kind: str = "i64") -> None:
        """Write a value into memory; kind: the type of a constant."""
        kind = value.kind if isinstance(value, Register) else kind
        said = "null" if kind == "ptr" and isinstance(value, int) else name_of(value)
        self.line(f"store {kind} {said}, ptr {self.at(address, offset).name}")

    def at(self, address: Register, offset: Register | int) -> Register:
        """An address moved by bytes."""
        return address if isinstance(offset, int) and offset == 0 else address + offset

    def variable(self, kind: str = "i64", value: Register | int | None = None) -> Variable:
        """A new variable."""
        name = self.new_name("x")
        self.places.append(f"  {name} = alloca {kind}")
        made = Variable(self, kind, Register(self, "ptr", name))
        if value is not None:
            made.set(value)
        return made

    def room(self, size: Register | int, alignment: int = 16) -> Register:
        """The address of some bytes on the stack, valid until the function ends; not to be used in loops."""
        return self.line(f"alloca i8, i64 {name_of(size)}, align {alignment}", "ptr")

    # ---- atomic access: what several threads read and write ----------------------------------------------------------

    def atomic_load(self, address: Register, offset: int = 0) -> Register:
        """A word, and everything that was written before it."""
        return self.line(f"load atomic i64, ptr {self.at(address, offset).name} acquire, align 8", "i64")

    def atomic_store(self, value: Register | int, address: Register, offset: int = 0) -> None:
        """Write a word after everything that was written before."""
        self.line(f"store atomic i64 {name_of(value)}, ptr {self.at(address, offset).name} release, align 8")

    def atomic_add(self, value: int, address: Register, offset: int = 0) -> Register:
        """Add to a word; what it was before."""
        return self.line(f"atomicrmw add ptr {self.at(address, offset).name}, i64 {value} acq_rel", "i64")

    def exchange(self, old: Register | int, new: Register | int, address: Register, offset: int = 0) -> Register:
        """Write `new` where there is `old`; whether there was."""
        place = self.at(address, offset).name
        pair = self.line(f"cmpxchg ptr {place}, i64 {name_of(old)}, i64 {name_of(new)} acq_rel monotonic", "{i64, i1}")
        return self.line(f"extractvalue {{i64, i1}} {pair.name}, 1", "i1")

    # ---- calls -------------------------------------------------------------------------------------------------------

    def call(self, function: Register | str, *arguments: Register, result: str = "i64") -> Register:
        """Call a function at an address, or one of this text by its name."""
        name = f"@{function}" if isinstance(function, str) else function.name
        said = ", ".join(f"{a.kind} {a.name}" for a in arguments)
        return self.line(f"call {result} {name}({said})", "" if result == "void" else result)

    def constant(self, value: int, kind: str = "i64") -> Register:
        """A constant as an argument; 0 is the null of addresses."""
        return Register(self, kind, "null" if kind == "ptr" else str(value))

    # ---- control flow ------------------------------------------------------------------------------------------------

    def choose(self, condition: Register, yes: Register | int, no: Register | int) -> Register:
        """One of two values of one type."""
        kind = next(v.kind for v in (yes, no) if isinstance(v, Register))
        said = f"{kind} {name_of(yes)}, {kind} {name_of(no)}"
        return self.line(f"select i1 {condition.name}, {said}", kind)

    def block(self) -> str:
        """The name of a block to come."""
        return self.new_name("b")

    def begin(self, block: str) -> None:
        """What follows belongs to a block; the one before must have ended."""
        self.lines.append(f"{block[1:]}:")

    def go(self, block: str) -> None:
        """Go on elsewhere."""
        self.line(f"br label {block}")

    def branch(self, condition: Register, yes: str, no: str) -> None:
        """Go on in one of two blocks."""
        self.line(f"br i1 {condition.name}, label {yes}, label {no}")

    def need(self, condition: Register, otherwise: str) -> None:
        """Go on here where a condition holds, else in a block."""
        here = self.block()
        self.branch(condition, here, otherwise)
        self.begin(here)

    @contextlib.contextmanager
    def when(self, condition: Register) -> Iterator[None]:
        """What is done only where a condition holds."""
        inside, after = self.block(), self.block()
        self.branch(condition, inside, after)
        self.begin(inside)
        yield
        self.go(after)
        self.begin(after)

    @contextlib.contextmanager
    def loop(self, count: Register) -> Iterator[Register]:
        """`for k in range(count)`"""
        k = self.variable(value=0)
        with self.forever() as after:
            now = k.get()
            self.need(now.below(count), after)
            yield now
            k.set(now + 1)

    @contextlib.contextmanager
    def forever(self) -> Iterator[str]:
        """What is done again and again, until it goes to the block that this gives."""
        head, after = self.block(), self.block()
        self.go(head)
        self.begin(head)
        yield after
        self.go(head)
        self.begin(after)

    def give_back(self, value: Register | int | None = None) -> None:
        """Return; what follows needs a block of its own."""
        if value is None:
            self.line("ret void")
        else:
            said = "null" if self.result == "ptr" and isinstance(value, int) else name_of(value)
            self.line(f"ret {self.result} {said}")
