"""Kernels of discrete Fourier transforms."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from .checked import checked
from .kernels import kernel

ADVICE = "The axes must be there, n and s positive; norm is 'backward', 'ortho' or 'forward'."


def late(name: str) -> Callable[..., Any]:
    """One of NumPy's transforms, whose module is imported when the first of them is called."""

    def transform(*arguments: Any, **keywords: Any) -> Any:
        return getattr(np.fft, name)(*arguments, **keywords)

    transform.__name__ = transform.__qualname__ = name
    return transform


for name in ops.fft.__wrapped__.__globals__["__all__"]:
    op = getattr(ops, name)
    kernel(op, checked(op, late(name), ADVICE))
