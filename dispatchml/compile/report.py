"""What a compiled program does, for people."""

from __future__ import annotations

from typing import Any

from .native_calls import NativeCall
from .segments import Segment


def report(executable: Any) -> str:
    """Regions, kernels, and what is called and why."""
    lines = []
    for k, step in enumerate(executable.steps):
        if isinstance(step, Segment):
            for kernel, _ in step.launches:
                if isinstance(kernel, NativeCall):
                    lines.append(f"{k}: loop of {kernel.made.ufunc.__name__}")
                    continue
                lines.append(
                    f"{k}: kernel {kernel.symbol} ({kernel.scheme}), {kernel.extent} rows in blocks of {kernel.grain}"
                )
        else:
            reason = executable.partition.reasons.get(step, "a view")
            lines.append(f"{k}: call {step.op.name}: {reason}")
    return "\n".join(lines)
