"""Calls of linear algebra without Python: nodes for which NumPy has an inner loop, on arrays where they lie.

A program of loops and products becomes one native function: products, systems and decompositions are steps of its plan
between the kernels. A transposed argument is not copied, as the loops take any steps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.linalg import _umath_linalg as decompositions  # type: ignore[attr-defined]

from . import entry
from .graph import Node, Program, Value
from .loops import loop_step
from .lower.moves import is_move

#: The loop of a node: the ufunc, the dtypes of its operands, and whether it says that there is no result.
Loop = tuple[Any, str, bool]
REAL = {"f": "f", "d": "d", "F": "f", "D": "d"}


def matmul(node: Node, c: str) -> Loop | None:
    """a @ b."""
    return np.matmul, c * 3, False


def dot(node: Node, c: str) -> Loop | None:
    """The same for vectors and matrices."""
    return (np.matmul, c * 3, False) if all(x.ndim <= 2 for x in arrays(node)) else None


def inv(node: Node, c: str) -> Loop | None:
    """The inverse, where a singular matrix is an error."""
    return (decompositions.inv, c * 2, True) if node.keywords.get("singular", "raise") == "raise" else None


def solve(node: Node, c: str) -> Loop | None:
    """a x = b for a vector or a matrix b."""
    vector = arrays(node)[1].ndim == 1
    return decompositions.solve1 if vector else decompositions.solve, c * 3, True


def cholesky(node: Node, c: str) -> Loop | None:
    """The lower or the upper factor."""
    upper = node.keywords.get("upper", False)
    return decompositions.cholesky_up if upper else decompositions.cholesky_lo, c * 2, True


def det(node: Node, c: str) -> Loop | None:
    """The determinant."""
    return decompositions.det, c * 2, False


def slogdet(node: Node, c: str) -> Loop | None:
    """Its sign and logarithm."""
    return decompositions.slogdet, c * 2 + REAL[c], False


def eigh(node: Node, c: str) -> Loop | None:
    """Eigenvalues and eigenvectors from one triangle."""
    triangle = {"L": decompositions.eigh_lo, "U": decompositions.eigh_up}.get(node.keywords.get("UPLO", "L"))
    return None if triangle is None else (triangle, c + REAL[c] + c, True)


LOOPS: dict[str, Callable[[Node, str], Loop | None]] = {
    f.__name__: f for f in (matmul, dot, inv, solve, cholesky, det, slogdet, eigh)
}


def arrays(node: Node) -> list[Value]:
    """The arguments of a node."""
    return [x for x in node.inputs if isinstance(x, Value)]


class Place(NamedTuple):
    """Where an argument lies: the value in memory, in C's order, and the steps of its view of it, in bytes."""

    value: Value
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class NativeCall:
    """A node as a step of a plan. underflowing: values that it reads, of which numbers may be subnormal."""

    def __init__(
        self, node: Node, places: Sequence[Place], step: entry.LoopStep, underflowing: frozenset[Value] = frozenset()
    ) -> None:
        self.node, self.places, self.made, self.underflowing = node, list(places), step, underflowing

    @property
    def reads(self) -> list[Value]:
        """The values in memory that it reads."""
        return [place.value for place in self.places]

    def step(self, slots: dict[Any, int]) -> entry.LoopStep:
        """The step, when it is known where everything lies."""
        return self.made._replace(pointers=[slots[v] for v in (*self.reads, *self.node.outputs)])


def native_calls(program: Program, called: Sequence[Node], views: set[Node]) -> dict[Node, NativeCall]:
    """Those of the called nodes that need no Python. views: nodes that are views of what is in memory."""
    makers = program.makers()
    found = {}
    for node in called:
        made = native_call(node, makers, views)
        if made is not None:
            found[node] = made
    return found


def native_call(node: Node, makers: dict[Value, Node], views: set[Node]) -> NativeCall | None:
    """A node as a step, or None where it is left to Python."""
    given = arrays(node)
    if node.op.name not in LOOPS or node.op.module.partition(".")[0] != "dispatchml" or len(given) != len(node.inputs):
        return None
    c = given[0].dtype.char
    values = (*given, *node.outputs)
    if c not in REAL or any(x.form != "array" or x.dtype.char != c for x in given) or not all(v.size for v in values):
        return None
    loop = LOOPS[node.op.name](node, c)
    if loop is None:
        return None
    ufunc, signature, checked = loop
    if "".join(y.dtype.char for y in node.outputs) != signature[len(given) :]:
        return None
    places = [place_of(x, makers, views) for x in given]
    if None in places:
        return None
    known = [p for p in places if p is not None]
    operands = [(p.shape, p.strides) for p in known] + [(y.shape, None) for y in node.outputs]
    try:
        step = loop_step(ufunc, signature, range(len(operands)), operands, checked)
    except (LookupError, ValueError):
        return None
    return None if step is None else NativeCall(node, known, step, underflowing(node, known, makers))


def place_of(x: Value, makers: dict[Value, Node], views: set[Node]) -> Place | None:
    """Where an argument lies; None where it begins elsewhere than the value that it is a view of."""
    chain = []
    base = x
    while base in makers and makers[base] in views:
        chain.append(makers[base])
        (base,) = arrays(chain[-1])
    if base.form != "array":
        return None
    memory = np.empty(base.shape, base.dtype)  # never touched, so that its size does not matter
    view = memory
    for node in reversed(chain):
        (view,) = node.run([view])
    start = view.__array_interface__["data"][0]
    if start != memory.__array_interface__["data"][0] or not np.may_share_memory(view, memory) or not view.size:
        return None
    return Place(base, view.shape, view.strides)


#: Operations that hand small numbers on, and those whose results may be as small as numbers get.
HANDING_ON = frozenset(
    "multiply strong_multiply divide divide_or_zero negative where where_or_zero square positive add".split()
)
UNDERFLOWING = frozenset("exp exp2 softmax".split())
#: Before a product its operands are looked at for subnormal numbers where it takes so many products of numbers, and so
#: many for each that it reads.
LARGE, WORTH = 1 << 15, 8
#: A chain of operations is followed back no further.
LONGEST = 60


def underflowing(node: Node, places: Sequence[Place], makers: dict[Value, Node]) -> frozenset[Value]:
    """The operands of a large product that come of exponentials."""
    if node.op.name not in ("matmul", "dot") or places[0].value is places[1].value:
        return frozenset()
    (y,), values = node.outputs, [place.value for place in places]
    work = y.size * places[0].shape[-1]
    if y.dtype.char not in "fd" or work < max(LARGE, WORTH * sum(v.size for v in values)):
        return frozenset()
    return frozenset(v for v in values if comes_of_exponentials(v, makers))


def comes_of_exponentials(value: Value, makers: dict[Value, Node]) -> bool:
    """Whether an exponential is a factor of a value; of a sum both terms must be such."""
    known: dict[Any, bool] = {}
    chain: list[Any] = [value]
    while chain and len(known) < LONGEST:
        x = chain[-1]
        node = makers.get(x)
        if node is None or node.op.name in UNDERFLOWING or not (node.op.name in HANDING_ON or is_move(node)):
            known[x] = node is not None and node.op.name in UNDERFLOWING
            chain.pop()
            continue
        missing = [a for a in node.inputs if a not in known]
        if missing:
            chain += missing
            continue
        both = all if node.op.name == "add" else any
        known[x] = both(known[a] for a in node.inputs)
        chain.pop()
    return known.get(value, False)


def unneeded(program: Program, views: set[Node], native: dict[Node, NativeCall]) -> set[Node]:
    """Views that only native calls look through."""
    users, outputs = program.uses(), set(map(id, program.outputs))
    found: set[Node] = set()
    for node in reversed([n for n in program.nodes if n in views]):
        (y,) = node.outputs
        if id(y) not in outputs and all(u in native or u in found for u in users.get(y, ())):
            found.add(node)
    return found
