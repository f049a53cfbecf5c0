"""Sample calls of every operation: arguments that a plain call accepts, found by trying a few, or given here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..dispatch.operation import OPERATIONS, Operation

VECTOR, OTHER, THIRD = (np.array(v) for v in ([0.25, 0.5, 0.75], [0.4, 0.3, 0.6], [0.7, 0.2, 0.9]))
LARGE = np.array([1.5, 2.5, 3.5])
MATRIX = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, 0.2], [0.1, 0.2, 1.0]])
POSITIONS, CONDITION = np.array([2, 0, 1]), np.array([True, False, True])
WHOLE = np.array([6, 4, 3])

#: Candidates by number of arguments; the first that a plain call accepts is taken.
CANDIDATES: dict[int, tuple[tuple[Any, ...], ...]] = {
    1: ((VECTOR,), (MATRIX,), (LARGE,), (WHOLE,)),
    2: (
        (VECTOR, OTHER),
        (MATRIX, VECTOR),
        (MATRIX, OTHER),
        (VECTOR, POSITIONS),
        (MATRIX, MATRIX),
        (WHOLE, POSITIONS + 1),
    ),
    3: ((CONDITION, VECTOR, OTHER), (VECTOR, POSITIONS, OTHER), (VECTOR, OTHER, THIRD)),
}
#: Operations on stacks of matrices; a vector would be refused, or taken for something else.
MATRICES = frozenset(
    "cholesky cond det diagonal eig eigh eigvals eigvalsh expm fft2 hermitian_function ifft2 inv irfft2 logm lu "
    "matrix_norm matrix_power matrix_rank matrix_transpose pinv qr rfft2 rot90 slogdet sqrtm svd svdvals swapaxes "
    "tensorinv trace tril triu".split()
)
#: Arguments and keywords where the defaults say nothing.
GIVEN: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "add_at": ((VECTOR, OTHER[:2]), {"index": slice(0, 2)}),
    "arccosh": ((LARGE,), {}),
    "array_split": ((VECTOR,), {"indices_or_sections": 3}),
    "broadcast_to": ((VECTOR,), {"shape": (2, 3)}),
    "choose": ((VECTOR, OTHER), {"indices": np.array([0, 1, 0])}),
    "cofactor": ((MATRIX,), {}),
    "compress": ((VECTOR,), {"condition": CONDITION}),
    "cross": ((VECTOR, OTHER), {}),
    "delete": ((VECTOR,), {"index": 1}),
    "divide_by_gaps": ((MATRIX, VECTOR), {}),
    "einsum": ((VECTOR, OTHER), {"subscripts": "i,i->i"}),
    "extract": ((VECTOR,), {"condition": CONDITION}),
    "frechet": ((MATRIX, MATRIX), {}),
    "full_like": ((VECTOR,), {"value": 2.0}),
    "full_of": ((VECTOR,), {"value": 2.0, "shape": (2,)}),
    "getitem": ((VECTOR,), {"index": slice(0, 2)}),
    "insert": ((VECTOR, OTHER), {"index": 1}),
    "lstsq": ((MATRIX, VECTOR), {}),
    "matrix_power": ((MATRIX,), {"n": 2}),
    "moveaxis": ((MATRIX,), {"source": 0, "destination": 1}),
    "multi_dot": ((MATRIX, MATRIX), {}),
    "ones_of": ((VECTOR,), {"shape": (2,)}),
    "pad": ((VECTOR,), {"pad_width": 1}),
    "pad_constant": ((VECTOR,), {"pad_width": 1}),
    "put_along_axis": ((VECTOR, POSITIONS[:2], OTHER[:2]), {}),
    "repeat": ((VECTOR,), {"repeats": 2}),
    "scatter": ((VECTOR,), {"index": POSITIONS, "shape": (4,)}),
    "scatter_along_axis": ((VECTOR, POSITIONS), {"shape": (3,)}),
    "scatter_take": ((VECTOR, POSITIONS), {"shape": (4,), "axis": 0}),
    "select": ((VECTOR, OTHER), {"conditions": (CONDITION,)}),
    "setitem": ((VECTOR, OTHER[:2]), {"index": slice(0, 2)}),
    "solve": ((MATRIX, VECTOR), {}),
    "solve_triangular": ((MATRIX, VECTOR), {}),
    "split": ((VECTOR,), {"indices_or_sections": 3}),
    "squeeze": ((VECTOR[:1],), {}),
    "take": ((VECTOR, POSITIONS), {"axis": 0}),
    "take_along_axis": ((VECTOR, POSITIONS), {}),
    "tensorinv": ((MATRIX,), {"ind": 1}),
    "tensordot": ((VECTOR, OTHER), {"axes": 1}),
    "tensorsolve": ((MATRIX, VECTOR), {}),
    "tile": ((VECTOR,), {"reps": 2}),
    "zeros_of": ((VECTOR,), {"shape": (2,)}),
    "zeta": ((LARGE, OTHER), {}),
}


class Sample:
    """One call of an operation with plain arguments, and what it gives."""

    __slots__ = ("op", "arguments", "keywords", "value")

    def __init__(self, op: Operation, arguments: tuple[Any, ...], keywords: dict[str, Any], value: Any) -> None:
        self.op, self.arguments, self.keywords, self.value = op, arguments, keywords, value

    def call(self, arguments: tuple[Any, ...]) -> Any:
        """The operation on other arguments."""
        if self.op.variadic:
            return self.op.function(tuple(arguments), **self.keywords)
        return self.op.function(*arguments, **self.keywords)

    def wrapped(self, make: Any) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
        """The arguments with the floating-point ones wrapped: each alone, then all; with the positions that are."""
        floating = [k for k, x in enumerate(self.arguments) if x.dtype.kind == "f"]
        for chosen in dict.fromkeys((*((k,) for k in floating), tuple(floating))):
            if chosen:
                yield chosen, tuple(make(x) if k in chosen else x for k, x in enumerate(self.arguments))


def public_operations() -> dict[str, Operation]:
    """The operations of `dispatchml.ops` by name."""
    from .. import ops

    found = {name: getattr(getattr(ops, name), "info", None) for name in dir(ops)}
    return {info.name: info for info in found.values() if isinstance(info, Operation) and info in OPERATIONS}


def sample(op: Operation) -> Sample | None:
    """A plain call of an operation that works; None where none is known."""
    if op.name in GIVEN:
        candidates: Any = (GIVEN[op.name],)
    else:
        count = 2 if op.variadic else op.arity
        given = ((MATRIX,),) if op.name in MATRICES else CANDIDATES.get(count, ())
        candidates = tuple((arguments, {}) for arguments in given)
    for arguments, keywords in candidates:
        found = Sample(op, arguments, keywords, None)
        try:
            with np.errstate(all="ignore"):
                found.value = found.call(tuple(np.array(x) for x in arguments))
        except Exception:  # not a call that this operation understands; the next candidate may be
            continue
        return found
    return None
