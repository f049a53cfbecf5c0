"""What the machine that runs the code can do, as far as the text of functions depends on it."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """has_fma: multiplies and adds in one step. has_half: converts half precision. width: bits of a vector register."""

    has_fma: bool
    has_half: bool
    width: int


@functools.cache
def host() -> Target:
    """This machine, as NumPy found it when it was loaded: llvmlite need not be imported to know."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return Target(True, True, 128)
    try:
        from numpy._core._multiarray_umath import __cpu_features__ as features
    except ImportError:
        features = {}
    width = 512 if features.get("AVX512_SKX") else 256 if features.get("AVX2") else 128
    return Target(bool(features.get("FMA3")), bool(features.get("F16C")), width)
