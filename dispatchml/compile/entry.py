"""Entry points: a plan becomes a function of Python that checks its arguments and runs kernels, in 0.3 us.

    plan = Plan(
        inputs=[InputSpec("array", np.dtype("d"), (1000,))],
        outputs=[OutputSpec("array", np.dtype("d"), (1000,))],
        steps=[Step(library, "scale", pointers=[0, 1], sizes=[1000], extent=1000, grain=0)],
        result="single",
    )
    function = build(plan)
    function(x)                  # the result, or NotImplemented where x is not as the plan says

Slots are numbered: inputs, constants, outputs, scratch, and last the status (`Plan.status_slot`): a 64-bit zero; where
a kernel writes something else there, the outputs are dropped and the call counts as one that does not fit.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from ..backends.native import layout
from . import blocks, driver, machine, table, threads

Array = np.ndarray[Any, Any]


class InputSpec(NamedTuple):
    """What an argument must be.

    form: "array" (exactly numpy.ndarray, aligned, of this dtype and shape), "scalar" (exactly the dtype's class),
    "float", "int" (of 64 bits), "complex", "bool" (Python's), "object" (this very `value`), "equal" (an int of 64 bits
    or a text that equals `value`), or "any" (any array; only its data are taken). strides: in bytes; None: contiguous
    in C's order. leaf: which leaf; None: the one whose number the input has. The kernel finds numbers at the pointer:
    a double, a 64-bit integer, two doubles, a byte.
    """

    form: str
    dtype: np.dtype[Any] | None = None
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    value: Any = None
    leaf: int | None = None


class OutputSpec(NamedTuple):
    """What comes out.

    form: "array" (fresh, in C's order or with strides in bytes), "scalar", "float", "int", "complex", "bool": a number
    that the kernel has written at the pointer; "argument": the leaf of number `value`; "object": `value` itself.
    """

    form: str
    dtype: np.dtype[Any] | None = None
    shape: tuple[int, ...] = ()
    strides: tuple[int, ...] | None = None
    value: Any = None


class Unpack(NamedTuple):
    """A leaf that is a container, whose `count` values become further leaves.

    Leaves are numbered: the arguments, and then what each container gives. leaf: the container; cls: exactly its class,
    a list, a dict or with a tuple's memory; keys: those of a dict, which has no others.
    """

    leaf: int
    cls: type
    count: int
    keys: Sequence[Any] | None = None


class Pack(NamedTuple):
    """A container of the result. children: numbers of outputs, or of earlier packs counted on behind the outputs."""

    cls: type
    children: Sequence[int]
    keys: Sequence[Any] | None = None


class Step(NamedTuple):
    """One kernel: `void k(ptr P, ptr sizes, i64 lo, i64 hi)`.

    pointers: the slots that P shows. [0, extent) is cut into blocks of `grain`, one call each, which may run at the
    same time; grain 0: one call with everything.
    """

    library: machine.Library
    symbol: str
    pointers: Sequence[int]
    sizes: Sequence[int] = ()
    extent: int = 1
    grain: int = 0


class LoopStep(NamedTuple):
    """One call of a NumPy ufunc's own inner loop, such as matmul's.

    signature: dtype characters of inputs and outputs; dimensions and steps: what the loop takes, steps in bytes.
    checked: a raised invalid flag (a singular matrix) makes the call one that does not fit.
    """

    ufunc: np.ufunc
    signature: str
    pointers: Sequence[int]
    dimensions: Sequence[int]
    steps: Sequence[int]
    checked: bool = False


class Plan(NamedTuple):
    """What an entry point does.

    scratch: sizes in bytes. result: "single", "tuple", "list", "none", or "packed": the last of `packs`. arguments: how
    many there are, where they are not the inputs one by one.
    """

    inputs: Sequence[InputSpec]
    outputs: Sequence[OutputSpec] = ()
    constants: Sequence[Array] = ()
    scratch: Sequence[int] = ()
    steps: Sequence[Step | LoopStep] = ()
    result: str = "tuple"
    unpacks: Sequence[Unpack] = ()
    packs: Sequence[Pack] = ()
    arguments: int | None = None

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.inputs) if self.arguments is None else self.arguments

    @property
    def status_slot(self) -> int:
        """The slot behind all others."""
        return len(self.inputs) + len(self.constants) + len(self.outputs) + len(self.scratch)


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
#: Bytes of a line of the processor's cache; scratch memory begins with one.
LINE = 64
FASTCALL_WITH_KEYWORDS = 0x0082


class MethodDefinition(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


class State:
    """What an entry point changes: how long its calls took, and scratch memory that waits for the next."""

    def __init__(self, scratch: int) -> None:
        self.words = (ctypes.c_int64 * (driver.STATE_SIZE // 8))()
        self.words[driver.LAST // 8] = -1
        self.scratch = scratch
        self.free = ctypes.CDLL(None).free

    def __del__(self) -> None:
        count, first = self.words[driver.FREE_COUNT // 8], driver.FREE // 8
        for memory in self.words[first : first + count]:
            self.free(ctypes.c_void_p(memory))
            table.set_word("kept", table.word("kept") - self.scratch)


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


def block_count(step: Step) -> int:
    """How many calls a kernel gets."""
    if step.extent <= 0:
        return 0
    return 1 if step.grain <= 0 else -(-step.extent // step.grain)


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
    found = None if reason_against() else layout.loop_of(ufunc, signature)
    if found is None:
        raise LookupError(f"{ufunc.__name__} has no loop for {signature!r}")
    return found


@cache
def code() -> machine.Library:
    """The compiled driver."""
    kind = layout.MACHINES[platform.machine()]
    made = machine.load("\n".join(f.text() for f in (*blocks.functions(kind), driver.entry())))
    made.immortal()  # threads of the pool sleep in it when Python ends
    return made


def rounded(size: int) -> int:
    """Whole lines of the processor's cache."""
    return -(-size // LINE) * LINE


def arena(plan: Plan) -> tuple[list[int], int]:
    """Where each piece of scratch memory lies, and the size of all: pieces that no step sees together may overlap."""
    first = plan.status_slot - len(plan.scratch)
    begins: dict[int, int] = {}
    ends: dict[int, int] = {}
    for number, step in enumerate(plan.steps):
        for slot in step.pointers:
            begins.setdefault(slot - first, number)
            ends[slot - first] = number
    offsets = [0] * len(plan.scratch)
    placed: list[int] = []
    for k in sorted(range(len(offsets)), key=lambda k: -plan.scratch[k]):
        size = rounded(plan.scratch[k])
        together = sorted(
            (offsets[j], j) for j in placed if k in begins and begins[k] <= ends[j] and begins[j] <= ends[k]
        )
        for taken, j in together:
            if offsets[k] + size <= taken:
                break
            offsets[k] = max(offsets[k], taken + rounded(plan.scratch[j]))
        if k in begins:
            placed.append(k)
    return offsets, max((o + rounded(n) for o, n in zip(offsets, plan.scratch, strict=True)), default=0)


def record_of(plan: Plan, state: State) -> bytes:
    """What the driver reads."""
    record = Record()
    offsets, total = arena(plan)
    record.set(driver.HEAD_TABLE, table.address())
    record.set(driver.STATE, ctypes.addressof(state.words))
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
    record.set(driver.SCRATCH_SIZE, total)
    record.entries(driver.SCRATCH, [[offset] for offset in offsets])
    record.set(driver.SCRATCH_COUNT, len(offsets))
    record.set(driver.MOST_POINTERS, max((len(step.pointers) for step in plan.steps), default=0))
    record.set(driver.LARGE, int(total + sum(map(size_of, (*plan.inputs, *plan.outputs))) > LARGE))
    return record.data()


def leaf_count(plan: Plan) -> int:
    """Arguments, and what those that are containers hold."""
    return plan.arity + sum(unpack.count for unpack in plan.unpacks)


def check(plan: Plan) -> None:
    """Raise ValueError for a plan that cannot be."""
    leaves = plan.arity
    for unpack in plan.unpacks:
        if not 0 <= unpack.leaf < leaves or (unpack.cls is dict) != (unpack.keys is not None):
            raise ValueError(f"{unpack} with {leaves} leaves before it")
        leaves += unpack.count
    if not all(0 <= (k if spec.leaf is None else spec.leaf) < leaves for k, spec in enumerate(plan.inputs)):
        raise ValueError(f"an input of a leaf of which there are {leaves}")
    for k, pack in enumerate(plan.packs, len(plan.outputs)):
        if not all(0 <= child < k for child in pack.children) or pack.cls not in CONTAINERS:
            raise ValueError(f"{pack} behind {k} outputs and containers")
    if (plan.result == "packed") != bool(plan.packs):
        raise ValueError(f"a result {plan.result!r} with {len(plan.packs)} containers")
    if plan.result == "single" and len(plan.outputs) != 1:
        raise ValueError(f"a single result of {len(plan.outputs)} outputs")
    slots = plan.status_slot + 1
    for step in plan.steps:
        if not all(0 <= slot < slots for slot in step.pointers):
            raise ValueError(f"slots {list(step.pointers)} of which there are only {slots}")


@cache
def reason_against() -> str:
    """Why entry points go through ctypes; empty where they are machine code."""
    return layout.reason_against()


def build(plan: Plan, otherwise: Any = NotImplemented, name: str = "compiled") -> Callable[..., Any]:
    """The function of a plan.

    otherwise: what is called, with the same arguments, where they do not fit; without it the result is NotImplemented.
    Raises ValueError for a plan that cannot be, and OSError as `machine.load` does.
    """
    check(plan)
    if reason_against():
        from .portable import PortableFunction

        return PortableFunction(plan, otherwise, name)
    threads.pool()
    state = State(arena(plan)[1])
    return bind(record_of(plan, state), otherwise, name, plan, state)


def bind(record: bytes, otherwise: Any, name: str, *alive: Any) -> Callable[..., Any]:
    """A built-in function of Python that runs the driver over a record; it keeps alive what the record points to."""
    library = code()
    definition = MethodDefinition(name.encode(), library.address("entry"), FASTCALL_WITH_KEYWORDS, None)
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.py_object)
    bound = [record, otherwise, definition, library, *alive]
    return make(ctypes.addressof(definition), bound, "dispatchml.compile.entry")


def set_otherwise(function: Callable[..., Any], otherwise: Any) -> None:
    """Exchange what a built function calls where its arguments do not fit."""
    if hasattr(function, "otherwise"):
        function.otherwise = otherwise  # type: ignore[attr-defined]
    else:
        function.__self__[1] = otherwise  # type: ignore[attr-defined]


def fitted_calls(function: Callable[..., Any]) -> int:
    """How many calls of a built function had arguments that fitted."""
    if hasattr(function, "fitted"):
        return function.fitted  # type: ignore[attr-defined]
    return next(x for x in function.__self__ if isinstance(x, State)).words[driver.CALLS // 8]  # type: ignore


def kernel_function(
    library: machine.Library,
    symbol: str,
    arrays: int,
    sizes: Sequence[int] = (),
    extent: int = 1,
    grain: int = 0,
) -> Callable[..., None]:
    """A kernel as a function of Python of so many arrays, inputs and outputs alike, for programs that Python drives.

    It looks at nothing but that they are arrays: dtypes, shapes, order and writeability are the caller's affair. For
    anything else than arrays the result is NotImplemented.
    """
    step = Step(library, symbol, range(arrays), sizes, extent, grain)
    return build(Plan([InputSpec("any")] * arrays, steps=[step], result="none"), name=symbol)
