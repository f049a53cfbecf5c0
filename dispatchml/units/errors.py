"""Errors about units that are no library's own."""

from __future__ import annotations

from ..dispatch.errors import DispatchmlError


class LogarithmicUnitError(DispatchmlError, TypeError):
    """A quantity in a logarithmic unit (dB, mag, dex, Np, ...) met an operation: sums of it are products."""


class ExponentUnitError(DispatchmlError, TypeError):
    """A quantity with a dimension to the power of an exponent that is differentiated or differs from one to another."""
