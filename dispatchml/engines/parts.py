"""The real and the imaginary part of a traced array as views, as NumPy has them: a write to one reaches its owner."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ReadOnlyError, TracerConversionError, at_user_line
from ..dispatch.parts import Part
from .writable import Writable


def part(x: Any, name: str) -> Any:
    """`x.real` or `x.imag`: of traced arrays as a view, which for the real part of a real array is x itself."""
    if not isinstance(x, Writable):
        return getattr(ops, name)(x)
    if ops.is_complex(x):
        return REAL(x) if name == "real" else IMAGINARY(x)
    return x if name == "real" else ZERO(x)


def write_part(x: Any, name: str, value: Any) -> None:
    """`x.real = v` or `x.imag = v`."""
    if not isinstance(x, Writable):
        raise AttributeError(
            f"x.{name} of a layered value cannot be set{at_user_line()}: it is no array that is written into. Make a "
            "new one, v + 1j * x.imag or x.real + 1j * v."
        )
    if not ops.shape(x) and not isinstance(innermost_array(x), np.ndarray):
        raise AttributeError(
            f"x.{name} of a traced number cannot be set{at_user_line()}: NumPy's numbers do not change. Make a new "
            "one, v + 1j * x.imag or x.real + 1j * v."
        )
    if name == "real" and not ops.is_complex(x):
        x[...] = value
    else:
        part(x, name)[...] = value


def innermost_array(x: Any) -> Any:
    """What holds the numbers of a traced value."""
    from .traced import innermost

    return innermost(x)


def refuse_complex(name: str) -> Any:
    """A check that refuses a complex value for one part of complex numbers."""

    def checked(value: Any) -> Any:
        if ops.is_complex(value):
            raise TracerConversionError(
                f"A complex value was written into the {name} part of a traced array{at_user_line()}, which would drop "
                "half of it. Write z.real = v.real and z.imag = v.imag, or z[...] = v."
            )
        return value

    return checked


def refuse_zero_part(*_: Any) -> Any:
    """The imaginary part of a real array is zero, and read-only in NumPy."""
    raise ReadOnlyError(
        f"The imaginary part of a real array was written to{at_user_line()}; it is read-only. Make the array complex "
        "first: x = x + 0j."
    )


REAL = Part(ops.real, lambda z, new: ops.make_complex(new, ops.imag(z)), bare=refuse_complex("real"))
IMAGINARY = Part(ops.imag, lambda z, new: ops.make_complex(ops.real(z), new), bare=refuse_complex("imaginary"))
ZERO = Part(ops.imag, refuse_zero_part, bare=refuse_zero_part)
