"""Reverse mode of kernels: a transform from the text of a function to the text of one that runs it back."""

from __future__ import annotations

from .deriving import derived, lowered, transform
from .errors import KernelReverseError
from .stacks import TOO_LONG

__all__ = ["TOO_LONG", "KernelReverseError", "derived", "lowered", "transform"]
