"""Code and constants in one piece that runs at any address, and how it is written down."""

from __future__ import annotations

import struct
from typing import NamedTuple

#: C functions that code may call: those that LLVM puts in for copying, filling and comparing memory, and what kernels
#: need, which are compiled from the user's loops: memory for local arrays, and mathematics of single numbers.
EXTERNAL = frozenset(
    (
        *("memcpy", "memmove", "memset", "memcmp", "bcmp", "malloc", "realloc", "calloc", "free"),
        *("_setjmp", "longjmp"),
        *(
            name + kind
            for kind in ("", "f")
            for name in (
                "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh sincos exp exp2 exp10 expm1 log "
                "log2 log10 log1p pow sqrt cbrt hypot floor ceil trunc rint round nearbyint fmod remainder fabs fmin "
                "fmax fdim fma copysign nextafter ldexp frexp modf erf erfc tgamma lgamma"
            ).split()
        ),
    )
)
#: How the names of Numba's own C functions begin, which need Numba to be imported.
OF_NUMBA = "numba_"
#: Functions of CPython: what they call, and what long loops call.
OF_PYTHON = frozenset(("Py_FatalError", "PyErr_CheckSignals"))


def is_external(name: str) -> bool:
    """Whether code may call a function that it does not hold."""
    return name in EXTERNAL or name.startswith(OF_NUMBA) or name in OF_PYTHON


class Image(NamedTuple):
    """Code and constants.

    symbols: offset of each function. pointers: (offset, name) of the places that hold the address of a C function.
    bases: (offset, target) of the places that hold the address of another place of the image.
    """

    code: bytes
    symbols: dict[str, int]
    pointers: list[tuple[int, str]]
    bases: list[tuple[int, int]]


def pack(image: Image) -> bytes:
    """An image as bytes."""
    named = [*((name, offset) for name, offset in image.symbols.items()), *((n, p) for p, n in image.pointers)]
    names = b"".join(name.encode() + b"\0" for name, _ in named)
    counts = (len(image.symbols), len(image.pointers), len(image.bases), len(names), len(image.code))
    numbers = [offset for _, offset in named] + [n for pair in image.bases for n in pair]
    return struct.pack(f"<5Q{len(numbers)}Q", *counts, *numbers) + names + image.code


def unpack(data: bytes) -> Image:
    """The image that was packed; raises struct.error for what is no image."""
    symbols, pointers, bases, length, size = struct.unpack_from("<5Q", data)
    count = symbols + pointers + 2 * bases
    numbers, start = struct.unpack_from(f"<{count}Q", data, 40), 40 + 8 * count
    names, code = data[start : start + length].decode().split("\0"), data[start + length :]
    if len(code) != size or len(names) != symbols + pointers + 1:
        raise struct.error("the lengths do not agree")
    named = symbols + pointers
    return Image(
        code,
        dict(zip(names[:symbols], numbers, strict=False)),
        list(zip(numbers[symbols:named], names[symbols:named], strict=False)),
        list(zip(numbers[named::2], numbers[named + 1 :: 2], strict=True)),
    )
