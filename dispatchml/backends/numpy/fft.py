"""Kernels of discrete Fourier transforms."""

import numpy as np

from ... import ops
from .checked import checked
from .kernels import kernel

ADVICE = "The axes must be there, n and s positive; norm is 'backward', 'ortho' or 'forward'."

for name in ops.fft.__wrapped__.__globals__["__all__"]:
    op = getattr(ops, name)
    kernel(op, checked(op, getattr(np.fft, name), ADVICE))
