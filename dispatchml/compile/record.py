"""The record of a plan: the words that the driver reads."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence

import numpy as np

from ..backends.native import layout
from . import probes, table
from .driver import words as driver
from .plan import InputSpec, LoopStep, OutputSpec, Pack, Plan, Step, Unpack, block_count, leaf_count

FORMS = {"array": driver.ARRAY, "int": driver.INT, "bool": driver.BOOL, "object": driver.SAME, "any": driver.ANY_ARRAY}
NUMBERS = {"float": float, "complex": complex}
CONTAINERS = {tuple: driver.TUPLE, list: driver.LIST, dict: driver.DICT}
MADE = {
    "array": driver.NEW_ARRAY, "scalar": driver.NEW_SCALAR, "float": driver.NEW_FLOAT, "complex": driver.NEW_COMPLEX,
    "int": driver.NEW_INT, "bool": driver.NEW_BOOL, "argument": driver.LEAF, "object": driver.CONSTANT,
}  # fmt: skip
#: Bytes of a dtype that are compared: its character, byte order and number.
DESCR_MASK = int.from_bytes(b"\0\xff\xff\0\xff\xff\xff\xff", "little", signed=True)
#: Bytes of arrays above which a first call lets other threads of Python run.
LARGE = 1 << 18


class Record:
    """The words that the driver reads, as they are written."""

    def __init__(self) -> None:
        self.head = [0] * (driver.HEAD_SIZE // 8)
        self.rest: list[int] = []

    def set(self, place: int, value: int) -> None:
        """A word of the head."""
        self.head[place // 8] = value

    def add(self, words: Sequence[int]) -> int:
        """More words; where they are, in bytes from the beginning."""
        place = driver.HEAD_SIZE + 8 * len(self.rest)
        self.rest += words
        return place

    def entries(self, place: int, rows: Sequence[Sequence[int]]) -> None:
        """Entries of one size, whose place goes into the head."""
        self.set(place, self.add([word for row in rows for word in row]))

    def data(self) -> bytes:
        """All of it."""
        words = self.head + self.rest
        return struct.pack(f"{len(words)}q", *words)


def row(size: int, words: dict[int, int]) -> list[int]:
    """An entry from its words by place."""
    made = [0] * (size // 8)
    for place, word in words.items():
        made[place // 8] = word
    return made


def size_of(spec: InputSpec | OutputSpec) -> int:
    """Bytes of an array; 0 for everything else."""
    if spec.dtype is None:
        return 0
    size = spec.dtype.itemsize
    for n in spec.shape:
        size *= n
    return size


def unpack_row(record: Record, unpack: Unpack) -> list[int]:
    """The entry of a container among the arguments."""
    kind = CONTAINERS.get(unpack.cls, driver.TUPLE)
    keys = [] if unpack.keys is None else list(map(id, unpack.keys))
    words = {
        driver.FROM: unpack.leaf, driver.KIND: kind, driver.CLASS: id(unpack.cls), driver.COUNT: unpack.count,
        driver.KEYS: record.add(keys),
    }  # fmt: skip
    return row(driver.UNPACK_SIZE, words)


def pack_row(record: Record, pack: Pack) -> list[int]:
    """The entry of a container of the result."""
    keys = [] if pack.keys is None else list(map(id, pack.keys))
    words = {
        driver.KIND: CONTAINERS[pack.cls], driver.COUNT: len(pack.children), driver.CHILDREN: record.add(pack.children),
        driver.KEYS: record.add(keys),
    }  # fmt: skip
    return row(driver.PACK_SIZE, words)


def input_row(record: Record, spec: InputSpec, number: int) -> list[int]:
    """The entry of an input."""
    if spec.form in NUMBERS or spec.form == "scalar":
        cls = NUMBERS[spec.form] if spec.dtype is None else spec.dtype.type
        words = {driver.FORM: driver.NUMBER, driver.CLASS: id(cls), driver.VALUE: layout.FLOAT_VALUE}
    elif spec.form == "array":
        assert spec.dtype is not None
        flags = layout.ALIGNED | (0 if spec.strides is not None else layout.CONTIGUOUS)
        word = ctypes.c_int64.from_address(id(spec.dtype) + driver.DESCR_KIND).value
        words = {
            driver.FORM: driver.ARRAY, driver.DESCR: id(spec.dtype), driver.NDIM: len(spec.shape), driver.FLAGS: flags,
            driver.DESCR_WORD: word & DESCR_MASK, driver.VALUE: DESCR_MASK, driver.DIMS: record.add(spec.shape),
            driver.STRIDES: 0 if spec.strides is None else record.add(spec.strides),
        }  # fmt: skip
    elif spec.form == "equal" and type(spec.value) is int:
        words = {driver.FORM: driver.EQUAL_INT, driver.VALUE: spec.value}
    elif spec.form == "equal":
        words = {driver.FORM: driver.EQUAL_TEXT, driver.CLASS: id(spec.value)}
    else:
        words = {driver.FORM: FORMS[spec.form], driver.CLASS: id(spec.value)}
    words[driver.FROM] = number if spec.leaf is None else spec.leaf
    return row(driver.INPUT_SIZE, words)


def output_row(record: Record, spec: OutputSpec) -> list[int]:
    """The entry of an output."""
    words = {driver.FORM: MADE[spec.form]}
    if spec.form in ("array", "scalar"):
        words |= {driver.DESCR: id(spec.dtype), driver.NDIM: len(spec.shape), driver.DIMS: record.add(spec.shape)}
        if spec.strides is not None and spec.shape:
            words[driver.STRIDES] = record.add(spec.strides)
    elif spec.form == "argument":
        words[driver.OBJECT] = spec.value
    elif spec.form == "object":
        words[driver.OBJECT] = id(spec.value)
    return row(driver.OUTPUT_SIZE, words)


def step_row(record: Record, step: Step | LoopStep) -> list[int]:
    """The entry of a step."""
    words = {driver.POINTERS: len(step.pointers), driver.SLOT_NUMBERS: record.add(step.pointers)}
    if isinstance(step, LoopStep):
        function, data = loop_of(step.ufunc, step.signature)
        words |= {
            driver.FUNCTION: function, driver.DATA: data, driver.SIZES: record.add(step.dimensions),
            driver.LOOP_STEPS: record.add(step.steps), driver.CHECKED: int(step.checked),
        }  # fmt: skip
    else:
        grain = step.grain if step.grain > 0 else max(step.extent, 1)
        words |= {
            driver.FUNCTION: step.library.address(step.symbol), driver.SIZES: record.add(step.sizes),
            driver.EXTENT: step.extent, driver.GRAIN: grain, driver.BLOCKS: block_count(step),
        }  # fmt: skip
    return row(driver.STEP_SIZE, words)


def loop_of(ufunc: np.ufunc, signature: str) -> tuple[int, int]:
    """The address of a ufunc's loop and of its data. Raises LookupError where there is none."""
    found = None if probes.reason_against() else layout.loop_of(ufunc, signature)
    if found is None:
        raise LookupError(f"{ufunc.__name__} has no loop for {signature!r}")
    return found


def record_of(plan: Plan, state: int, offsets: Sequence[int], total: int) -> bytes:
    """What the driver reads.

    state: the address of what it changes. offsets, total: where scratch memory lies, and its size.
    """
    record = Record()
    record.set(driver.HEAD_TABLE, table.address())
    record.set(driver.STATE, state)
    packs = list(plan.packs)
    if plan.result in ("tuple", "list"):
        packs.append(Pack(tuple if plan.result == "tuple" else list, range(len(plan.outputs))))
    record.set(driver.ARGUMENTS, plan.arity)
    record.set(driver.LEAVES, leaf_count(plan))
    record.entries(driver.UNPACKS, [unpack_row(record, unpack) for unpack in plan.unpacks])
    record.set(driver.UNPACK_COUNT, len(plan.unpacks))
    record.entries(driver.PACKS, [pack_row(record, pack) for pack in packs])
    record.set(driver.PACK_COUNT, len(packs))
    results = {"none": driver.NOTHING, "single": 0}
    record.set(driver.RESULT, results.get(plan.result, len(plan.outputs) + len(packs) - 1))
    record.set(driver.SLOTS, plan.status_slot + 1)
    record.entries(driver.INPUTS, [input_row(record, spec, k) for k, spec in enumerate(plan.inputs)])
    record.set(driver.INPUT_COUNT, len(plan.inputs))
    record.entries(driver.CONSTANTS, [[x.__array_interface__["data"][0]] for x in plan.constants])
    record.set(driver.CONSTANT_COUNT, len(plan.constants))
    record.entries(driver.OUTPUTS, [output_row(record, spec) for spec in plan.outputs])
    record.set(driver.OUTPUT_COUNT, len(plan.outputs))
    record.entries(driver.STEPS, [step_row(record, step) for step in plan.steps])
    record.set(driver.STEP_COUNT, len(plan.steps))
    if plan.rounds is not None:
        rounds = plan.rounds
        record.set(
            driver.ROUNDS, {"fixed": driver.FIXED, "counted": driver.COUNTED, "tested": driver.TESTED}[rounds.how]
        )
        record.set(driver.ROUNDS_NUMBER, rounds.number)
        record.set(driver.ROUNDS_SLOT, max(rounds.slot, 0))
        record.set(driver.ROUNDS_BACK, int(rounds.backward))
        record.set(driver.ROUNDS_WIDE, int(any(isinstance(s, Step) and block_count(s) > 1 for s in plan.steps)))
        record.entries(driver.MOVES, rounds.moves)
        record.set(driver.MOVE_COUNT, len(rounds.moves))
    record.set(driver.ROUNDS_FIRST, -1 if plan.rounds is None else plan.rounds.first)
    record.set(driver.SCRATCH_SIZE, total)
    record.entries(driver.SCRATCH, [[offset] for offset in offsets])
    record.set(driver.SCRATCH_COUNT, len(offsets))
    record.set(driver.MOST_POINTERS, max((len(step.pointers) for step in plan.steps), default=0))
    record.set(driver.LARGE, int(total + sum(map(size_of, (*plan.inputs, *plan.outputs))) > LARGE))
    return record.data()
