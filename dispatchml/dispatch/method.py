"""Methods: one implementation of an operation each, with the hints of its positional parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import class_name, code_line
from .hints import is_abstract, members


class Method:
    """One implementation of an operation: its function and the hints of its positional parameters."""

    __slots__ = ("function", "hints", "_signature")

    def __init__(self, function: Callable[..., Any], hints: tuple[Any, ...]) -> None:
        self.function = function
        self.hints = hints
        self._signature: Any = None

    @property
    def signature(self) -> Any:
        """The same as a `plum.Signature`; plum is imported by the first use."""
        if self._signature is None:
            from .judge import signature_of

            made = signature_of(self.hints)
            if self.has_names:
                return made  # it changes when the module of a name is imported
            self._signature = made
        return self._signature

    @property
    def has_names(self) -> bool:
        """Whether a parameter is known by name only."""
        return any(isinstance(m, str) for h in self.hints for m in members(h))

    @property
    def location(self) -> str:
        """`file:line` of the implementation."""
        return code_line(self.function)

    def __repr__(self) -> str:
        return f"({hint_names(self.hints)}) at {self.location}"


def hint_name(hint: Any) -> str:
    """A hint as a reader would write it."""
    return " | ".join(class_name(m) if isinstance(m, type) else str(m) for m in members(hint))


def hint_names(hints: tuple[Any, ...]) -> str:
    """Several of them."""
    return ", ".join(map(hint_name, hints))


def index_keys(hint: Any) -> list[Any]:
    """The classes under which a first parameter is found; None where only a closer look can tell."""
    return list(dict.fromkeys(m if isinstance(m, type) and not is_abstract(m) else None for m in members(hint)))
