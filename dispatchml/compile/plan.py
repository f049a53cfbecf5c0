"""Plans: what an entry point takes, computes and gives, in slots, steps and containers.

Slots are numbered: inputs, constants, outputs, scratch, and last the status: a 64-bit zero; where a kernel writes
something else there, the outputs are dropped and the call counts as one that does not fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .machine import Library

#: Bytes of a line of the processor's cache; scratch memory begins with one.
LINE = 64
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

    pointers: the slots that P shows. [0, extent) is cut into blocks of `grain`; a call does one or several neighbouring
    ones, and calls may run at the same time; grain 0: one call with everything.
    """

    library: Library
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


class Rounds(NamedTuple):
    """Steps that are repeated: those from number `first` to the last one.

    how: "fixed" (`number` times), "counted" (as the input in the slot, an "int", says) or "tested" (before each round:
    as long as the byte in the slot is not zero). number: of the latter two, how many rounds there may be; more of them
    are a call that does not fit; -1: any. moves: slots whose pointers go on from row to row, with the bytes of a row.
    backward: from the last row to the first.
    """

    first: int
    how: str
    number: int
    slot: int = -1
    moves: Sequence[tuple[int, int]] = ()
    backward: bool = False


class Plan(NamedTuple):
    """What an entry point does.

    rounds: how its last steps are repeated. scratch: sizes in bytes. result: "single", "tuple", "list", "none", or
    "packed": the last of `packs`. arguments: how many there are, where they are not the inputs one by one.
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
    rounds: Rounds | None = None

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.inputs) if self.arguments is None else self.arguments

    @property
    def status_slot(self) -> int:
        """The slot behind all others."""
        return len(self.inputs) + len(self.constants) + len(self.outputs) + len(self.scratch)


def block_count(step: Step) -> int:
    """How many calls a kernel gets."""
    if step.extent <= 0:
        return 0
    return 1 if step.grain <= 0 else -(-step.extent // step.grain)


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
    live: list[list[int]] = [[] for _ in plan.steps]  # what is placed already, by the steps between its first and last
    for k in sorted(begins.keys() & set(range(len(offsets))), key=lambda k: -plan.scratch[k]):
        size, during = rounded(plan.scratch[k]), live[begins[k] : ends[k] + 1]
        for taken, j in sorted((offsets[j], j) for j in set().union(*during)):
            if offsets[k] + size <= taken:
                break
            offsets[k] = max(offsets[k], taken + rounded(plan.scratch[j]))
        for placed in during:
            placed.append(k)
    return offsets, max((o + rounded(n) for o, n in zip(offsets, plan.scratch, strict=True)), default=0)


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
        if not all(0 <= child < k for child in pack.children) or pack.cls not in (tuple, list, dict):
            raise ValueError(f"{pack} behind {k} outputs and containers")
    if (plan.result == "packed") != bool(plan.packs):
        raise ValueError(f"a result {plan.result!r} with {len(plan.packs)} containers")
    if plan.result == "single" and len(plan.outputs) != 1:
        raise ValueError(f"a single result of {len(plan.outputs)} outputs")
    slots = plan.status_slot + 1
    for step in plan.steps:
        if not all(0 <= slot < slots for slot in step.pointers):
            raise ValueError(f"slots {list(step.pointers)} of which there are only {slots}")
