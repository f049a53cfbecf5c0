"""The error of what has no reverse derivative, at the user's line."""

from __future__ import annotations

from ..errors import KernelError


class KernelReverseError(KernelError):
    """A kernel has something through which its gradient is not written."""


def refused(place: tuple[str, int], text: str) -> KernelReverseError:
    """The error for something at a place of the user's file."""
    return KernelReverseError(f"The gradient of this kernel cannot be written: {text} ({place[0]}:{place[1]}).")
