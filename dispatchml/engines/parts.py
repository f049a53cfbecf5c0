"""The real and the imaginary part of a traced array as views, as NumPy has them: a write to one reaches its owner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import ReadOnlyError, TracerConversionError, at_user_line
from .views import PARTS, as_view
from .writable import Writable


def real_part(x: Any) -> Any:
    """The real part; of positions, which stand for whole elements, themselves."""
    return x if type(x) is np.ndarray else ops.real(x)


def imaginary_part(x: Any) -> Any:
    """The imaginary part; of positions themselves."""
    return x if type(x) is np.ndarray else ops.imag(x)


def zero_part(x: Any) -> Any:
    """The imaginary part of a real array."""
    return x if type(x) is np.ndarray else ops.imag(x)


def part(x: Any, name: str) -> Any:
    """`x.real` or `x.imag`: of traced arrays as a view, which for the real part of a real array is x itself."""
    if not isinstance(x, Writable):
        return getattr(ops, name)(x)
    if ops.is_complex(x):
        take: Callable[[Any], Any] = real_part if name == "real" else imaginary_part
    elif name == "real":
        return x
    else:
        take = zero_part
    return as_view(take(x), x, take, {})


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


def refuse_complex(value: Any, name: str) -> None:
    """Refuse a complex value for one part of complex numbers."""
    if ops.is_complex(value):
        raise TracerConversionError(
            f"A complex value was written into the {name} part of a traced array{at_user_line()}, which would drop "
            "half of it. Write z.real = v.real and z.imag = v.imag, or z[...] = v."
        )


def with_real(new: Any, old: Any) -> Any:
    """The elements with a new real part."""
    refuse_complex(new, "real")
    return ops.make_complex(new, ops.imag(old))


def with_imaginary(new: Any, old: Any) -> Any:
    """The elements with a new imaginary part."""
    refuse_complex(new, "imaginary")
    return ops.make_complex(ops.real(old), new)


def refuse_zero_part(new: Any, old: Any) -> Any:
    """The imaginary part of a real array is zero, and read-only in NumPy."""
    raise ReadOnlyError(
        f"The imaginary part of a real array was written to{at_user_line()}; it is read-only. Make the array complex "
        "first: x = x + 0j."
    )


PARTS.update({real_part: with_real, imaginary_part: with_imaginary, zero_part: refuse_zero_part})
