"""Derivatives of moving values between devices: a cotangent goes back to where the value was."""

from typing import Any

from .. import ops
from .registry import batch, rule


@rule(ops.to_device).jvp
def to_device_jvp(y: Any, tangents: Any, a: Any, *, device: str) -> Any:
    return ops.to_device(tangents[0], device=device)


@rule(ops.to_device).vjp
def to_device_vjp(y: Any, a: Any, *, needs: tuple[bool, ...], device: str) -> Any:
    home = ops.device_of(a)

    def to_device_pullback(ct: Any) -> Any:
        return (ops.to_device(ct, device=home),)

    return to_device_pullback


@batch(ops.to_device)
def batched_to_device(arguments: Any, batched: Any, size: int, *, device: str) -> Any:
    return ops.to_device(arguments[0], device=device)
