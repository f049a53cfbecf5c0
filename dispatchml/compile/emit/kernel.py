"""A kernel: one function over blocks of a region's rows, its text, and what it has to be given.

    void k(ptr table, ptr sizes, i64 low, i64 high)

`table` holds the addresses in the order of `pointers`, `sizes` whole numbers in that of `sizes`. Results depend on the
blocks, [0, extent) cut at multiples of `grain`, and not on who does which.
"""

from __future__ import annotations

import hashlib
from typing import Any

from .. import scalars
from .text import Text


class Pointer:
    """What an address in the table is. kind: "value" (a value's memory), "partial" (one part for each block), or
    "status" (a word that is 0).

    parts: elements of one part.
    """

    __slots__ = ("kind", "value", "parts", "operation")

    def __init__(self, kind: str, value: Any, parts: int = 0, operation: str = "") -> None:
        self.kind, self.value, self.parts, self.operation = kind, value, parts, operation


class Kernel:
    """The text of a kernel and its arguments. symbol: "" for a name that tells equal texts, which are compiled once."""

    __slots__ = (
        "symbol",
        "text",
        "needs",
        "intrinsics",
        "pointers",
        "sizes",
        "extent",
        "grain",
        "region",
        "scheme",
        "hints",
        "group",
        "joins",
    )

    def __init__(
        self,
        symbol: str,
        text: Text,
        needs: dict[str, Any],
        pointers: list[Pointer],
        extent: int,
        grain: int,
        region: Any,
        scheme: str,
    ) -> None:
        self.needs, self.pointers = needs, pointers
        self.intrinsics, self.hints = text.intrinsics, text.hints
        self.sizes = list(text.sizes)
        self.extent, self.grain, self.region, self.scheme = extent, grain, region, scheme
        #: How many threads of a device share a unit.
        self.group = 1
        #: The functions by which they join what they have added up, name -> text.
        self.joins: dict[str, str] = {}
        self.symbol = symbol or "k" + hashlib.sha256(function_text("", text, pointers).encode()).hexdigest()[:16]
        self.text = function_text(self.symbol, text, pointers)

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-self.extent // self.grain)


def function_text(symbol: str, text: Text, pointers: list[Pointer]) -> str:
    """The function on addresses that never overlap, and the one around it that takes them out of the table."""
    names = [f"%p{k}" for k in range(len(pointers))]
    sizes = list(text.sizes.values())
    given = ", ".join(
        [
            *(f"ptr noalias{'' if written(p) else ' readonly'} {n}" for p, n in zip(pointers, names, strict=True)),
            *(f"i64 {s}" for s in sizes),
            "i64 %low",
            "i64 %high",
        ]
    )
    lines = [f"define internal void @{symbol}.body({given}) #0 {{", "entry:", *text.lines, "}", ""]
    lines += [f"define void @{symbol}(ptr %table, ptr %sizes, i64 %low, i64 %high) #0 {{"]
    for k, name in enumerate(names):
        lines += [f"  %a{k} = getelementptr ptr, ptr %table, i64 {k}", f"  {name} = load ptr, ptr %a{k}"]
    for k, name in enumerate(sizes):
        lines += [f"  %b{k} = getelementptr i64, ptr %sizes, i64 {k}", f"  {name} = load i64, ptr %b{k}"]
    passed = ", ".join([*(f"ptr {n}" for n in names), *(f"i64 {s}" for s in sizes), "i64 %low", "i64 %high"])
    return "\n".join([*lines, f"  call void @{symbol}.body({passed})", "  ret void", "}"])


def written(pointer: Pointer) -> bool:
    """Whether a kernel writes there."""
    return pointer.operation != ""


ATTRIBUTES = 'attributes #0 = { nounwind "prefer-vector-width"="512" }'


def module_text(kernels: list[Any]) -> str:
    """The text of all kernels, with the scalar functions that they call."""
    needs: dict[str, Any] = {}
    intrinsics: dict[str, str] = {}
    for kernel in kernels:
        needs |= kernel.needs
        intrinsics |= kernel.intrinsics
    bodies, metadata = [], []
    for kernel in kernels:
        body, first = kernel.text, len(metadata)
        for k, hints in enumerate(kernel.hints):
            body = body.replace(f"!loop{k}.", f"!{first + k}")
            metadata.append(f"!{first + k} = distinct !{{!{first + k}, {', '.join(f'!{{{h}}}' for h in hints)}}}")
        bodies.append(body)
    text = scalars.definitions(list(needs))
    declared = [line for line in intrinsics.values() if line not in text]
    return "\n\n".join([*bodies, "\n".join(declared), text, ATTRIBUTES, *metadata]) + "\n"
