"""Where a loop saves its records: one array of floats and one of integers for a loop and those inside of it.

Their size is known before the loop where the numbers of iterations are; else they grow. Where the loop is the outermost
one, they hold a segment of its iterations only: when that is full, the state of the loop is kept, the next segment
overwrites it, and the way back runs it again from there. So memory is bounded by LIMIT and a state for each segment.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .lengths import of_one_shape
from .program import Block, Call, Compute, Loop, Number, Operand, Value
from .records import name_for
from .saving import Plan, Saving
from .sharing import outside, within

#: Numbers that the records of a loop hold before a new segment begins: 32 MB.
LIMIT = 4_000_000
#: The same where a second run costs less than memory that is far from the processor, and the length of segments there.
FAR, NEAR = 128_000, 4_000
#: How many instructions for each number of a record are cheaper than a place in memory that is far away.
CHEAP = 8
#: What the names of a loop's records begin with.
WORDS = (
    "floats", "wholes", "float_place", "whole_place", "begin", "segment", "length", "full", "begins", "states",
    "state_place", "whole_states", "whole_state_place",
)  # fmt: skip
#: What a derived function without segments says where it would need more.
TOO_LONG = "a loop is too long to keep all of its records"


class Trips:
    """How many numbers the records of a loop and of those inside of it take, as text; None where it is not known."""

    def __init__(self, saving: Saving, top: Loop) -> None:
        self.saving, self.top = saving, top
        self.record = "0"

    def total(self, floats: bool) -> str | None:
        return self.of(self.top, floats)

    def of(self, loop: Loop, floats: bool) -> str | None:
        """trips * (own record + those of inner loops)."""
        plan = self.saving.plans[loop]
        if loop.counted and loop.index is None or any(not v.kind.scalar for v in plan.saved):
            return None
        for x in (loop.start, loop.stop, loop.step):
            if not self.outside(x):
                return None
        own = sum(v.kind.floating == floats for v in plan.saved)
        parts = [str(own)] if own else []
        for inner in self.inner(loop.body):
            text = self.of(inner, floats)
            if text is None:
                return None
            if text != "0":
                parts.append(text)
        if not parts:
            return "0"
        record = parts[0] if len(parts) == 1 else f"({' + '.join(parts)})"
        if loop is self.top:
            self.record = record
        times = trips(loop)
        return str(int(times) * int(record)) if times.isdigit() and record.isdigit() else f"{times} * {record}"

    def inner(self, block: Block) -> Iterator[Loop]:
        """The planned loops in a block."""
        for op in block.straight():
            if isinstance(op, Loop) and op in self.saving.plans:
                yield op

    def outside(self, x: Operand) -> bool:
        """Whether an operand is known before the outermost loop."""
        return isinstance(x, Number) or x.block is None or not within(x.block, self.top.body)


def is_cheap(saving: Saving, loop: Loop) -> bool:
    """Whether the iterations of a loop have few instructions for what they save, so that a second run costs little."""
    work, saved = cost(saving, loop)
    return work <= CHEAP * saved


def cost(saving: Saving, loop: Loop) -> tuple[float, float]:
    """Instructions and saved numbers of an iteration, where loops of unknown length have 16 iterations."""
    work, saved = 0.0, float(len(saving.plans[loop].saved)) if loop in saving.plans else 0.0
    for op in loop.body.straight():
        if isinstance(op, Loop):
            inside = cost(saving, op)
            work, saved = work + 16 * inside[0], saved + 16 * inside[1]
        elif isinstance(op, Call):
            work = float("inf")
        elif isinstance(op, Compute):
            work += 20.0 if op.primitive.is_costly(op.arguments) else 1.0
        else:
            work += 1.0
    return work, saved


def trips(loop: Loop) -> str:
    """The number of iterations of a range, as text."""
    if isinstance(loop.step, Number) and loop.step.value == 1:
        if isinstance(loop.stop, Number) and isinstance(loop.start, Number):
            return str(max(0, loop.stop.value - loop.start.value))
        if isinstance(loop.start, Number) and loop.start.value == 0:
            return f"max(0, {loop.stop!r})"
        return f"max(0, {loop.stop!r} - {loop.start!r})"
    return f"len(range({loop.start!r}, {loop.stop!r}, {loop.step!r}))"


class Stack:
    """The records of an outermost loop. number: in its names."""

    def __init__(self, saving: Saving, loop: Loop, number: str, segmented: bool, guarded: bool = False) -> None:
        self.saving, self.loop, self.number, self.guarded = saving, loop, number, guarded
        used = list(self.plans(loop))
        self.arrays = any(not v.kind.scalar for p in used for v in p.saved)
        self.floats = any(v.kind.floating for p in used for v in p.saved)
        self.wholes = any(not v.kind.floating for p in used for v in p.saved) or self.arrays
        self.capacity: dict[bool, str | None] = {}
        self.record: dict[bool, str] = {}
        for floats in (True, False):
            made = Trips(saving, loop)
            self.capacity[floats] = made.total(floats) if self.uses(floats) else None
            self.record[floats] = made.record
        small = all(c is not None and c.isdigit() for f, c in self.capacity.items() if self.uses(f))
        unset = any(not c.value.kind.scalar and c.first is None for c in loop.carried)
        unset = unset or bool(set(self.arrays_of_state()) - of_one_shape(loop))  # a state is of one size
        calls = any(isinstance(op, Call) for op in loop.body.walk())  # their records lie elsewhere
        state = self.arrays_of_state() or any(outside(a, loop) for a in saving.writes_in(loop))
        near = is_cheap(saving, loop) and not state and all(self.capacity[f] for f in (True, False) if self.uses(f))
        self.limit = min(LIMIT, NEAR if segmented else FAR) if near else LIMIT
        self.segmented = segmented and not small and not unset and not calls and (self.floats or self.wholes)
        #: Whether segments have a length that is known before the loop.
        self.fixed = (
            self.segmented and not loop.counted and all(c is not None for f, c in self.capacity.items() if self.uses(f))
        )
        self.written = sorted({a for w in saving.writes_in(loop) for a in outside(w, loop)}, key=lambda v: v.name)
        #: Loops for whose records there is room for sure, once for floats and once for whole numbers.
        self.roomy: set[tuple[Loop, bool]] = set()

    def plans(self, loop: Loop) -> Iterator[Plan]:
        yield self.saving.plans[loop]
        for op in loop.body.walk():
            if isinstance(op, Loop) and op in self.saving.plans:
                yield self.saving.plans[op]

    def uses(self, floats: bool) -> bool:
        return self.floats if floats else self.wholes

    def names(self, floats: bool) -> tuple[str, str]:
        """The array and the place of the next free number."""
        return (f"floats_{self.number}", f"float_place_{self.number}") if floats else (
            f"wholes_{self.number}", f"whole_place_{self.number}"
        )  # fmt: skip

    # ---- the way there -----------------------------------------------------------------------------------------------

    def open(self, w: Any) -> None:
        """Make the arrays."""
        for floats in (True, False):
            if not self.uses(floats):
                continue
            array, place = self.names(floats)
            capacity, dtype = self.capacity[floats], "np.float64" if floats else "np.int64"
            if capacity is None:
                w.put(f"{array} = np.empty(256, {dtype})")
            elif self.segmented:
                w.put(f"{array} = np.empty(min({capacity}, {self.limit} + {self.record[floats]}), {dtype})")
            else:
                if self.guarded and not capacity.isdigit():
                    w.put(f"if {capacity} > {self.limit}:")
                    w.put(f"    raise MemoryError({TOO_LONG!r})")
                w.put(f"{array} = np.empty({capacity}, {dtype})")
            w.put(f"{place} = 0")
        if self.segmented:
            n = self.number
            w.put(f"begin_{n} = 0")
            w.put(f"segment_{n} = 0")
            if self.fixed:
                longest = [self.record[f] for f in (True, False) if self.uses(f)]
                w.put(f"length_{n} = max(1, {self.limit} // max(1, {', '.join(longest)}))")
            else:
                w.put(f"full_{n} = True")
            w.put(f"begins_{n} = np.empty(4, np.int64)")
            w.put(f"states_{n} = np.empty(64, np.float64)")
            w.put(f"state_place_{n} = 0")
            if self.state(False):
                w.put(f"whole_states_{n} = np.empty(64, np.int64)")
                w.put(f"whole_state_place_{n} = 0")

    def state(self, floats: bool) -> list[Value]:
        """The numbers of the state at the head of an iteration."""
        return [c.value for c in self.loop.carried if c.value.kind.scalar and c.value.kind.floating == floats]

    def arrays_of_state(self) -> list[Value]:
        """The arrays of the state."""
        return [c.value for c in self.loop.carried if not c.value.kind.scalar]

    def begin(self, w: Any, op: Loop) -> None:
        """At the head of an iteration: keep the state where a new segment begins."""
        n = self.number
        if not self.fixed:
            limits = [f"{self.names(f)[1]} > {self.limit}" for f in (True, False) if self.uses(f)]
            w.put(f"if full_{n} or {' or '.join(limits)}:")
            w.text.depth += 1
            w.put(f"full_{n} = False")
            w.put(f"begin_{n} = {op.count}")
        w.put(f"if segment_{n} == begins_{n}.size:")
        w.put(f"    begins_{n} = longer(begins_{n}, segment_{n}, 0)")
        w.put(f"begins_{n}[segment_{n}] = begin_{n}")
        w.put(f"segment_{n} += 1")
        for f in (True, False):
            if self.uses(f):
                w.put(f"{self.names(f)[1]} = 0")
        self.save(w, f"states_{n}", f"state_place_{n}", self.state(True), True)
        self.save(w, f"whole_states_{n}", f"whole_state_place_{n}", self.state(False), True)
        for a in (*self.arrays_of_state(), *self.written):
            self.save_array(w, f"states_{n}", f"state_place_{n}", a)
        if not self.fixed:
            w.text.depth -= 1

    def reserve(self, w: Any, loop: Loop) -> None:
        """Before a loop inside: make room for all of its records, where their number is known there."""
        if any(isinstance(op, Call) for op in loop.body.walk()):  # a recursive one may write into the same records
            return
        for floats in (True, False):
            if not self.uses(floats) or self.capacity[floats] is not None or self.has_room(loop, floats):
                continue
            more = Trips(self.saving, loop).total(floats)
            if more is not None and more != "0":
                array, place = self.names(floats)
                self.grow(w, array, place, more)
            if more is not None:
                self.roomy.add((loop, floats))

    def has_room(self, loop: Loop, floats: bool) -> bool:
        """Whether there is room for the records of a loop, or of one around it."""
        return any((around, floats) in self.roomy for around in (loop, *loop.block.loops()))

    def push(self, w: Any, saved: list[Value], loop: Loop) -> None:
        """At the end of an iteration of a loop: save the record."""
        for v in saved:
            if not v.kind.scalar:
                array, place = self.names(v.kind.floating)
                self.save_array(w, array, place, v)
                self.save(w, *self.names(False), [f"{v}.shape[{i}]" for i in range(v.kind.ndim)], True)
        for floats in (True, False):
            chosen = [v for v in saved if v.kind.scalar and v.kind.floating == floats]
            self.save(w, *self.names(floats), chosen, self.capacity[floats] is None and not self.has_room(loop, floats))

    def save(self, w: Any, array: str, place: str, values: list[Any], grows: bool) -> None:
        """Append numbers to an array."""
        if not values:
            return
        if grows:
            self.grow(w, array, place, str(len(values)))
        for i, v in enumerate(values):
            w.put(f"put({array}, {place}{f' + {i}' if i else ''}, {v})")
        w.put(f"{place} += {len(values)}")

    def save_array(self, w: Any, array: str, place: str, v: Value) -> None:
        """Append the items of an array to an array."""
        self.grow(w, array, place, f"{v}.size")
        w.put(f"{place} = {name_for('keep', v.kind.ndim)}({array}, {place}, {v})")

    def grow(self, w: Any, array: str, place: str, more: str) -> None:
        """Make an array longer where it must be."""
        w.put(f"if {place} + {more} > {array}.size:")
        if self.guarded and not array.startswith(("states", "whole_states")):
            w.put(f"    if {place} > {self.limit}:")
            w.put(f"        raise MemoryError({TOO_LONG!r})")
        w.put(f"    {array} = longer({array}, {place}, {more})")

    # ---- the way back ------------------------------------------------------------------------------------------------

    def pop(self, w: Any, saved: list[Value]) -> None:
        """Take the last record."""
        for floats in (False, True):
            chosen = [v for v in saved if v.kind.scalar and v.kind.floating == floats]
            if not chosen:
                continue
            array, place = self.names(floats)
            w.put(f"{place} -= {len(chosen)}")
            for i, v in enumerate(chosen):
                w.put(f"{v} = {cast(v, f'take({array}, {place}' + (f' + {i})' if i else ')'))}")
        for v in reversed([v for v in saved if not v.kind.scalar]):
            array, place = self.names(v.kind.floating)
            wholes, at = self.names(False)
            w.put(f"{at} -= {v.kind.ndim}")
            sizes = [f"{wholes}[{at}{f' + {i}' if i else ''}]" for i in range(v.kind.ndim)]
            w.put(f"{place} -= {' * '.join(sizes)}")
            if v.kind.ndim == 1:
                w.put(f"{v} = {as_array(v, f'{array}[{place}:{place} + {sizes[0]}]')}")
            else:
                dtype = {"f8": "np.float64", "f4": "np.float32", "b1": "np.bool_"}.get(v.kind.code, "np.int64")
                w.put(f"{v} = np.empty(({', '.join(sizes)}), {dtype})")
                w.put(f"{name_for('put_back', v.kind.ndim)}({v}, {array}, {place})")

    def restore(self, w: Any, op: Loop) -> None:
        """Take the state at the beginning of the segment before."""
        n = self.number
        w.put(f"segment_{n} -= 1")
        w.put(f"begin_{n} = begins_{n}[segment_{n} - 1]")
        for f in (True, False):
            if self.uses(f):
                w.put(f"{self.names(f)[1]} = 0")
        # the state of the segment that is done lies on top; the one below it stays there
        place, arrays = f"state_place_{n}", [*self.arrays_of_state(), *self.written]
        sizes = [*(f"{a}.size" for a in arrays), *([str(len(self.state(True)))] if self.state(True) else [])]
        if sizes:
            w.put(f"{place} -= {' + '.join(sizes)}")
        at = place
        for a in reversed(arrays):
            if a not in self.written:
                w.put(f"{a} = np.empty_like({a})")
            w.put(f"begin_of_state = {name_for('put_back', a.kind.ndim)}({a}, states_{n}, {at} - {a}.size)")
            at = "begin_of_state"
        for i, v in enumerate(reversed(self.state(True))):
            w.put(f"{v} = {cast(v, f'take(states_{n}, {at} - {i + 1})')}")
        numbers = self.state(False)
        if numbers:
            w.put(f"whole_state_place_{n} -= {len(numbers)}")
            for i, v in enumerate(reversed(numbers)):
                w.put(f"{v} = {cast(v, f'take(whole_states_{n}, whole_state_place_{n} - {i + 1})')}")


def cast(v: Value, text: str) -> str:
    """A saved number as one of its kind."""
    if v.kind.code == "b1":
        return f"{text} != 0"
    return f"np.float32({text})" if v.kind.code == "f4" else text


def as_array(v: Value, text: str) -> str:
    """A saved vector as one of its kind."""
    if v.kind.code == "f4":
        return f"{text}.astype(np.float32)"
    return f"{text} != 0" if v.kind.code == "b1" else text
