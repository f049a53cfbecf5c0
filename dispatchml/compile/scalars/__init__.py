"""Machine code of one element: LLVM IR text for elementwise operations that can be done as exactly as by NumPy."""

from .kinds import memory_type, register_type
from .registry import Scalar, definitions, find
from .resolution import resolve

__all__ = ["Scalar", "definitions", "find", "memory_type", "register_type", "resolve"]
