"""What the machine that runs the code can do, as far as the text of functions depends on it."""

from __future__ import annotations

import functools
import platform
from dataclasses import dataclass

from .. import host as processor


@dataclass(frozen=True)
class Target:
    """has_fma: multiplies and adds in one step. has_half: converts half precision. width: bits of a vector register."""

    has_fma: bool
    has_half: bool
    width: int


@functools.cache
def host() -> Target:
    """This machine."""
    arm = platform.machine().lower() in ("arm64", "aarch64")
    features = processor.features()
    width = 512 if "avx512f" in features and "avx512dq" in features else 256 if "avx2" in features else 128
    return Target(processor.has_fma(), arm or "f16c" in features, width)
