"""Entry points where the layout of Python's and NumPy's objects is not known: through ctypes, in some 10 us a call."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .plan import InputSpec, OutputSpec, Plan, Step

KERNEL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
#: dtype characters of the cells in which Python's numbers are handed over.
CELLS = {"float": "d", "int": "q", "complex": "D", "bool": "?"}
CLASSES = {"float": float, "int": int, "complex": complex, "bool": bool}


class Misfit(Exception):
    """An argument is not as the plan says."""


class PortableFunction:
    """What `entry.build` gives here; fitted: the number of calls whose arguments were as they should be."""

    def __init__(self, plan: Plan, otherwise: Any, name: str) -> None:
        self.plan, self.otherwise, self.__name__, self.fitted = plan, otherwise, name, 0
        self.steps = [prepared(step) for step in plan.steps]
        self.constants = [address_of(x) for x in plan.constants]

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        try:
            if keywords or len(arguments) != self.plan.arity:
                raise Misfit
            return self.run(leaves_of(arguments, self.plan))
        except Misfit:
            other = self.otherwise
        return other if other is NotImplemented else other(*arguments, **keywords)

    def order(self, pointers: list[int]) -> Iterator[Callable[[list[int]], None]]:
        """The steps in the order in which they run; pointers go on to the rows of each round."""
        rounds = self.plan.rounds
        if rounds is None:
            yield from self.steps
            return
        yield from self.steps[: rounds.first]
        total, done = rounds.number, 0
        if rounds.how == "counted":
            total = ctypes.c_int64.from_address(pointers[rounds.slot]).value
            if 0 <= rounds.number < total:
                raise Misfit
        while done < total if rounds.how != "tested" else ctypes.c_int8.from_address(pointers[rounds.slot]).value:
            if rounds.how == "tested" and 0 <= rounds.number <= done:
                raise Misfit
            for slot, size in rounds.moves:
                pointers[slot] += (
                    (total - 1 if rounds.backward else 0) * size if not done else size * (1 - 2 * rounds.backward)
                )
            yield from self.steps[rounds.first :]
            done += 1

    def run(self, leaves: list[Any]) -> Any:
        """Check, make room, call the kernels."""
        plan = self.plan
        alive = [cell(leaves[k if s.leaf is None else s.leaf], s) for k, s in enumerate(plan.inputs)]
        outputs = [room(spec) for spec in plan.outputs]
        status = np.zeros((), np.int64)
        scratch = [aligned(size) for size in plan.scratch]
        pointers = [*map(address_of, alive), *self.constants, *map(address_of, [*outputs, *scratch, status])]
        self.fitted += 1
        for step in self.order(pointers):
            step(pointers)
        if status:
            raise Misfit
        made = [given(x, spec, leaves) for x, spec in zip(outputs, plan.outputs, strict=True)]
        for pack in plan.packs:
            inside = [made[k] for k in pack.children]
            made.append(pack.cls(inside if pack.keys is None else zip(pack.keys, inside, strict=True)))
        if plan.result == "none":
            return None
        if plan.result in ("single", "packed"):
            return made[-1]
        return tuple(made) if plan.result == "tuple" else made


def leaves_of(arguments: tuple[Any, ...], plan: Plan) -> list[Any]:
    """The arguments, and what is in those that are containers."""
    leaves = list(arguments)
    for unpack in plan.unpacks:
        x = leaves[unpack.leaf]
        fitting(type(x) is unpack.cls and len(x) == unpack.count, x)
        if unpack.keys is None:
            leaves += x
        else:
            fitting(all(key in x for key in unpack.keys), x)
            leaves += [x[key] for key in unpack.keys]
    return leaves


def cell(x: Any, spec: InputSpec) -> Any:
    """An argument as an array, where it is as it should be."""
    if spec.form == "object":
        return fitting(x is spec.value, None)
    if spec.form == "equal":
        return fitting(type(x) is type(spec.value) and x == spec.value, None)
    if spec.form == "any":
        return fitting(type(x) is np.ndarray, x)
    if spec.form == "array":
        fits = type(x) is np.ndarray and x.dtype == spec.dtype and x.shape == spec.shape and x.flags.aligned
        return fitting(fits and has_order(x, spec.strides), x)
    if spec.form == "scalar":
        assert spec.dtype is not None
        return fitting(type(x) is spec.dtype.type, x) is not None and np.array(x)
    fitting(type(x) is CLASSES[spec.form], x)
    try:
        return np.array(x, CELLS[spec.form])
    except OverflowError:
        raise Misfit from None


def fitting(condition: bool, x: Any) -> Any:
    """x where a condition holds."""
    if not condition:
        raise Misfit
    return x


def has_order(x: Any, strides: tuple[int, ...] | None) -> bool:
    """Whether an array is contiguous, or has certain strides where it has more than one element."""
    if strides is None:
        return x.flags.c_contiguous
    return all(n < 2 or one == other for n, one, other in zip(x.shape, x.strides, strides, strict=True))


def address_of(x: Any) -> int:
    """Where an array's elements are."""
    return 0 if x is None else x.__array_interface__["data"][0]


def aligned(size: int) -> Any:
    """Memory that begins at a multiple of 64."""
    memory = np.empty(size + 64, np.uint8)
    start = -address_of(memory) % 64
    return memory[start : start + size]


def room(spec: OutputSpec) -> Any:
    """An array to write an output into."""
    if spec.form == "array":
        if spec.strides is None or not spec.shape:
            return np.empty(spec.shape, spec.dtype)
        order = sorted(range(len(spec.shape)), key=lambda k: -spec.strides[k])  # type: ignore[index]
        made = np.empty([spec.shape[k] for k in order], spec.dtype)
        return made.transpose(np.argsort(order))
    if spec.form == "scalar":
        return np.zeros((), spec.dtype)
    return np.zeros((), CELLS.get(spec.form, "q"))


def given(x: Any, spec: OutputSpec, leaves: list[Any]) -> Any:
    """An output as it comes out."""
    if spec.form == "array":
        return x
    if spec.form == "argument":
        return leaves[spec.value]
    if spec.form == "object":
        return spec.value
    return x[()] if spec.form == "scalar" else x.item()


def prepared(step: Any) -> Callable[[list[int]], None]:
    """A step as a function of the pointers of all slots."""
    from .plan import Step, block_count

    if not isinstance(step, Step):
        raise LookupError("the loops of ufuncs cannot be found here")
    function, sizes = KERNEL(step.library.address(step.symbol)), (ctypes.c_int64 * len(step.sizes))(*step.sizes)
    blocks = block_count(step)
    grain = step.grain if step.grain > 0 else step.extent

    def run(pointers: list[int], step: Step = step) -> None:
        shown = (ctypes.c_void_p * len(step.pointers))(*(pointers[k] for k in step.pointers))
        for low in range(0, blocks * grain, max(grain, 1)):
            function(shown, sizes, low, min(low + grain, step.extent))

    return run
