"""Programs made simpler before they become loops. Each pass takes a program and gives one that means the same."""

from __future__ import annotations

from ..graph import Program
from .algebra import simplified, with_numbers
from .dead import without_dead
from .expand import expanded
from .onto import in_place
from .subexpressions import without_repeats
from .turning import turned

__all__ = [
    "turned",
    "expanded",
    "in_place",
    "optimised",
    "simplified",
    "with_numbers",
    "without_dead",
    "without_repeats",
]


def optimised(program: Program) -> Program:
    """All passes, in their order."""
    program = with_numbers(without_dead(program))
    program = expanded(program)
    program = simplified(program)
    program = without_repeats(turned(program))
    program = in_place(without_dead(program))
    return without_dead(program)
