"""Errors of compiled kernels."""

from __future__ import annotations

from ..dispatch.errors import DispatchmlError


class KernelError(DispatchmlError, TypeError):
    """A function has something that kernels do not compile."""


class KernelCallError(DispatchmlError, TypeError):
    """A kernel was called with too few or too many arguments, or with one of another name."""


class KernelSourceError(KernelError):
    """The text of a function cannot be read, or is no function that kernels take."""
