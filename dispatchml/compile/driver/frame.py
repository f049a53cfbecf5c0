"""What the parts of the entry function share."""

from __future__ import annotations

from ..assembly import Function, Register, Variable
from ..blocks import function_at
from .words import HEAD_TABLE, LEAVES, MOST_POINTERS, OUTPUT_COUNT, PACK_COUNT, SLOTS, STATE


class Frame:
    """What the parts of the entry function share."""

    def __init__(self, f: Function, arguments: Register, record: Register) -> None:
        self.f, self.arguments, self.record = f, arguments, record
        self.table = f.load(record, HEAD_TABLE, "ptr")
        self.state = f.load(record, STATE, "ptr")
        slots, self.made = f.load(record, SLOTS), f.load(record, OUTPUT_COUNT) + f.load(record, PACK_COUNT)
        self.pointers, self.cells = f.room(slots * 8), f.room(slots * 16)
        self.objects, self.step_pointers = f.room(self.made * 8), f.room(f.load(record, MOST_POINTERS) * 8)
        self.leaves, self.held = f.room(f.load(record, LEAVES) * 8), f.variable()
        self.slot: Variable = f.variable()

    def function(self, name: str) -> Register:
        """A function of the table."""
        return function_at(self.f, self.table, name)

    def object(self, name: str) -> Register:
        """An object of the table."""
        return function_at(self.f, self.table, name)

    def entries(self, head: int, size: int, k: Register) -> Register:
        """Where the k-th entry of a kind begins."""
        return self.record + self.f.load(self.record, head) + k * size

    def cell(self) -> Register:
        """Sixteen bytes for the value of the current slot."""
        return self.cells + self.slot.get() * 16

    def point(self, address: Register) -> None:
        """Write the pointer of the current slot, and go on to the next."""
        slot = self.slot.get()
        self.f.store(address, self.pointers, slot * 8)
        self.slot.set(slot + 1)

    def take(self, x: Register) -> None:
        """Another reference to an object."""
        self.f.call(self.function("Py_IncRef"), x, result="void")

    def drop(self, x: Register) -> None:
        """One reference less."""
        self.f.call(self.function("Py_DecRef"), x, result="void")


def dispatch(f: Function, value: Register, count: int, otherwise: str) -> list[str]:
    """A block for each of the numbers below count."""
    blocks = [f.block() for _ in range(count)]
    cases = " ".join(f"i64 {k}, label {block}" for k, block in enumerate(blocks))
    f.line(f"switch i64 {value.name}, label {otherwise} [ {cases} ]")
    return blocks
