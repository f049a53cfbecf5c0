"""NumPy's own inner loops as steps of a plan: products, systems and decompositions without a call of Python.

    step = loop_step(np.matmul, "ddd", [0, 1, 2], [((m, k), None), ((k, n), None), ((m, n), None)])

A ufunc's loop gets one pointer for each operand, the number of rounds with the core dimensions, and the steps in bytes:
of a round for each operand, then of each core dimension of each operand.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from .plan import LoopStep
from .record import loop_of

Shape = tuple[int, ...]
#: Shape and strides of an operand; None: contiguous in C's order.
Operand = tuple[Shape, Shape | None]


def core_dimensions(ufunc: np.ufunc) -> list[list[str]]:
    """The names of the core dimensions of each operand: [["n?", "k"], ["k", "m?"], ["n?", "m?"]] for matmul."""
    if ufunc.signature is None:
        return [[] for _ in range(ufunc.nargs)]
    parts = ufunc.signature.replace("->", ",").replace(" ", "")[1:-1].split("),(")
    return [[name for name in part.split(",") if name] for part in parts]


def strides_of(operand: Operand, itemsize: int) -> Shape:
    """Bytes from one element to the next along each axis."""
    shape, strides = operand
    if strides is not None:
        return strides
    return tuple(itemsize * prod(shape[k + 1 :]) for k in range(len(shape)))


def loop_step(
    ufunc: np.ufunc,
    signature: str,
    pointers: Sequence[int],
    operands: Sequence[Operand],
    checked: bool = False,
) -> LoopStep | None:
    """One call of a ufunc's loop for operands of these shapes, the outputs included; None where it takes several.

    signature, checked: as `entry.LoopStep` has them. The operands must be aligned and have the dtypes of the signature.
    Axes before the core are broadcast. Raises LookupError where the ufunc has no such loop, ValueError for shapes that
    do not go together.
    """
    loop_of(ufunc, signature)
    if len(operands) != ufunc.nargs or len(signature) != ufunc.nargs:
        raise ValueError(f"{ufunc.__name__} takes {ufunc.nargs} operands, outputs included")
    cores = core_dimensions(ufunc)
    missing = missing_dimensions(cores, operands)
    sizes: dict[str, int] = dict.fromkeys(missing, 1)
    outer_shapes, outer_strides, core_steps = [], [], []
    for operand, names, character in zip(operands, cores, signature, strict=True):
        shape, strides = operand[0], strides_of(operand, np.dtype(character).itemsize)
        split = len(shape) - sum(name not in missing for name in names)
        if split < 0:
            raise ValueError(f"{ufunc.__name__}: an operand of shape {shape} has too few axes for {', '.join(names)}")
        axes = list(zip(shape[split:], strides[split:], strict=True))
        for name in names:
            size, step = (1, 0) if name in missing else axes.pop(0)
            if sizes.setdefault(name, size) != size:
                raise ValueError(f"{ufunc.__name__}: the axes {name} have {sizes[name]} and {size} elements")
            core_steps.append(step)
        outer_shapes.append(shape[:split])
        outer_strides.append(strides[:split])
    order = dict.fromkeys(name for names in cores for name in names)
    rounds = one_axis(outer_shapes, outer_strides)
    if rounds is None:
        return None
    count, outer_steps = rounds
    return LoopStep(
        ufunc, signature, pointers, (count, *(sizes[name] for name in order)), (*outer_steps, *core_steps), checked
    )


def missing_dimensions(cores: list[list[str]], operands: Sequence[Operand]) -> set[str]:
    """The core dimensions that vectors lack: "n?" of a vector times a matrix."""
    found: set[str] = set()
    for names, (shape, _) in zip(cores, operands, strict=True):
        optional = [name for name in names if name.endswith("?")]
        if len(shape) < len(names) - len(found.intersection(names)):
            found.update(optional[: len(names) - len(shape)])
    return found


def one_axis(shapes: list[Shape], strides: list[Shape]) -> tuple[int, list[int]] | None:
    """The rounds over the axes before the core, if these are like one axis: their number, and each operand's step."""
    shape = np.broadcast_shapes(*shapes)
    axes = []
    for k, size in enumerate(reversed(shape), 1):
        if size != 1:
            axes.append(
                (size, [s[-k] if k <= len(s) and n[-k] != 1 else 0 for n, s in zip(shapes, strides, strict=True)])
            )
    if any(size == 0 for size, _ in axes):
        return 0, [0] * len(shapes)
    count, steps = axes[0] if axes else (1, [0] * len(shapes))
    for size, further in axes[1:]:
        if further != [step * count for step in steps]:
            return None
        count *= size
    return count, steps
