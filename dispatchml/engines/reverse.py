"""The reverse engine's values: what a traced value is, and what a tape keeps of constants and choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from .choices import has_non_finite
from .constants import is_still, keep_constant
from .space import SPACES, space_of_traced
from .tape import PLAIN, Tape
from .traced import Traced
from .views import current

ndarray = np.ndarray


class Var(Traced):
    """A value on a tape. base: None, or what a view was taken from, so that a write to one is seen in the other."""

    __slots__ = ("_value", "_tape", "_index", "_base")
    # No __init__: filling the slots in generated code takes half the time of a call. `variable` is for everywhere else.

    @property
    def _level_number(self) -> int:
        """The number that orders levels."""
        return self._tape.level


def variable(value: Any, tape: Tape, index: int, base: Any = None) -> Var:
    """A traced value for an entry of a tape."""
    made = Var()
    made._value, made._tape, made._index, made._base = value, tape, index, base
    return made


def record(value: Any, tape: Tape, entry: tuple[Any, ...]) -> Var:
    """Put an entry on a tape and return its traced value."""
    made = variable(value, tape, len(tape))
    tape.append(entry)
    if type(value) not in PLAIN:
        tape.plain = False
    return made


# ---- constants and choices -------------------------------------------------------------------------------------------


def keep(tape: Tape, constant: Any) -> Any:
    """A constant array that a rule will read in the backward sweep: safe against the caller overwriting it."""
    return constant if is_still(constant) else keep_constant(tape, constant)


def watch_choice(tape: Tape, values: tuple[Any, ...]) -> None:
    """Where a choice between traced values holds nan or inf, the sweep must let zero cotangents win everywhere."""
    for value in values:
        if has_non_finite(value):
            tape.careful = True


SPACES[Var] = space_of_traced


__all__ = ["Var", "current", "keep", "record", "variable", "watch_choice"]
