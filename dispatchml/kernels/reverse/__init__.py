"""Reverse mode of kernels: a transform from the text of a function to the text of one that runs it back."""

from __future__ import annotations

from .deriving import derived, transform
from .errors import KernelReverseError

__all__ = ["KernelReverseError", "derived", "transform"]
