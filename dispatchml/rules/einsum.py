"""Derivatives of Einstein summation: the cotangent of an operand is one more Einstein summation."""

from functools import partial
from typing import Any

import numpy as np

from .. import ops
from ..ops.placement import beside
from .adjoints import add_known, conj
from .registry import batch, rule
from .strong import as_is, strong

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def explicit(subscripts: str, ranks: tuple[int, ...]) -> tuple[list[str], str]:
    """The subscripts of each operand and of the output, with letters for what an ellipsis stands for."""
    text = subscripts.replace(" ", "")
    given, arrow, output = text.partition("->")
    terms = given.split(",")
    free = [x for x in LETTERS if x not in text]
    widths = [rank - len(t.replace("...", "")) for t, rank in zip(terms, ranks, strict=True)]
    widest = max((w for t, w in zip(terms, widths, strict=True) if "..." in t), default=0)
    stack = "".join(free[:widest])
    terms = [t.replace("...", stack[widest - w :]) for t, w in zip(terms, widths, strict=True)]
    if arrow:
        return terms, output.replace("...", stack)
    letters = "".join(terms)
    return terms, stack + "".join(sorted(x for x in set(letters) - set(stack) if letters.count(x) == 1))


@rule(ops.einsum).jvp
def einsum_jvp(y: Any, tangents: Any, arrays: Any, *, subscripts: str, optimize: Any, strong: Any = as_is) -> Any:
    """The sum over the operands, each with its tangent in its place."""
    product = strong(ops.einsum)
    return add_known(
        *(
            product((*arrays[:k], dx, *arrays[k + 1 :]), subscripts=subscripts, optimize=optimize)
            for k, dx in enumerate(tangents)
            if dx is not None
        )
    )


einsum_jvp.careful = partial(einsum_jvp, strong=strong)


@rule(ops.einsum).vjp
def einsum_vjp(y: Any, arrays: Any, *, needs: Any, subscripts: str, optimize: Any) -> Any:
    """For each operand: ct and the others' conjugates, summed to its subscripts."""
    shapes = [ops.shape(x) for x in arrays]
    terms, output = explicit(subscripts, tuple(map(len, shapes)))
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, n in zip(term, shape, strict=True):
            sizes[letter] = n if sizes.get(letter, 1) == 1 else sizes[letter]

    def cotangent(ct: Any, k: int, strong: Any) -> Any:
        others = [(conj(x), t) for m, (x, t) in enumerate(zip(arrays, terms, strict=True)) if m != k]
        return operand_cotangent([(ct, output), *others], terms[k], shapes[k], sizes, optimize, strong(ops.einsum))

    def einsum_pullback(ct: Any, strong: Any = as_is) -> Any:
        return tuple(cotangent(ct, k, strong) if need else None for k, need in enumerate(needs))

    return einsum_pullback


einsum_vjp.careful = strong


def operand_cotangent(
    factors: Any, term: str, shape: Any, sizes: dict[str, int], optimize: Any, product: Any = ops.einsum
) -> Any:
    """The factors summed to an operand's subscripts.

    A letter twice in the operand reads its diagonal: an identity matrix as one more factor puts the cotangent there. A
    letter that no factor has was summed out: it is broadcast. An axis of size 1 that was stretched is summed.
    """
    present = set("".join(t for _, t in factors))
    spare = [x for x in LETTERS if x not in present and x not in term]
    wanted: list[str] = []
    factors = list(factors)
    for letter, n in zip(term, shape, strict=True):
        if letter in wanted:
            twin = spare.pop()
            factors.append((beside(np.eye(n, dtype=bool), factors[0][0]), letter + twin))
            present |= {letter, twin}
            letter = twin
        wanted.append(letter)
    kept = [x for x, n in zip(wanted, shape, strict=True) if x in present and not (n == 1 and sizes.get(x, 1) != 1)]
    subscripts = ",".join(t for _, t in factors) + "->" + "".join(kept)
    g = product(tuple(x for x, _ in factors), subscripts=subscripts, optimize=optimize)
    added = tuple(k for k, x in enumerate(wanted) if x not in kept)
    if added:
        g = ops.expand_dims(g, axis=added)
        if ops.shape(g) != shape:
            g = ops.broadcast_to(g, shape=shape)
    return g


@batch(ops.einsum)
def batched_einsum(arrays: Any, batched: Any, size: int, *, subscripts: str, optimize: Any) -> Any:
    """One more letter in front of the batched operands and the output."""
    terms, output = explicit(subscripts, tuple(ops.ndim(x) - flag for x, flag in zip(arrays, batched, strict=True)))
    letter = next(x for x in LETTERS if x not in "".join(terms))
    given = ",".join(letter * flag + t for t, flag in zip(terms, batched, strict=True))
    return ops.einsum(tuple(arrays), subscripts=f"{given}->{letter}{output}", optimize=optimize)
