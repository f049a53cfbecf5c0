"""What a failed check says: operation, mode, argument, index, what came, what was expected, and a line to repeat it."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from ..dispatch.errors import DispatchmlError
from .differences import position


class RuleCheckError(DispatchmlError, AssertionError):
    """A derivative rule is wrong, or does not keep a promise that every rule makes."""


def written(x: Any) -> str:
    """An argument as Python source."""
    if isinstance(x, np.ndarray):
        text = (
            f"np.array({np.array2string(x, separator=', ', threshold=10**6, floatmode='unique', max_line_width=10**6)}"
        )
        text = text.replace("\n", "").replace("nan", "np.nan").replace("inf", "np.inf")
        return text + ("" if x.dtype in (np.float64, np.complex128) and x.size else f", dtype=np.{x.dtype}") + ")"
    if isinstance(x, np.generic):
        return f"np.{x.dtype}({x.item()!r})"
    if isinstance(x, tuple):
        return "(" + "".join(f"{written(v)}, " for v in x) + ")"
    return repr(x)


class Subject:
    """What is being checked, for the messages."""

    __slots__ = ("name", "arguments", "keywords", "options")

    def __init__(
        self, name: str, arguments: tuple[Any, ...], keywords: dict[str, Any], options: dict[str, Any]
    ) -> None:
        self.name, self.arguments, self.keywords, self.options = name, arguments, keywords, options

    @property
    def reproducer(self) -> str:
        """One line that repeats the check."""
        parts = [f"ops.{self.name}", *map(written, self.arguments)]
        parts += [f"{k}={written(v)}" for k, v in (self.keywords | self.options).items()]
        return f"check_rule({', '.join(parts)})"

    def fail(self, what: str) -> NoReturn:
        """Raise, with the line that repeats it."""
        raise RuleCheckError(f"{self.name}: {what}.\nReproduce: {self.reproducer}")

    def compare(
        self, what: str, got: Any, expected: Any, tolerance: Any, like: Any, argument: int | None = None
    ) -> None:
        """Compare real coordinates; the first one that is off is named by its place in `like`."""
        where = "" if argument is None else f" in argument {argument}"
        if got.shape != expected.shape:
            self.fail(f"{what}{where}: {got.size} real coordinates came, {expected.size} were expected")
        with np.errstate(invalid="ignore"):
            same = (np.abs(got - expected) <= tolerance) | (got == expected) | (np.isnan(got) & np.isnan(expected))
        if same.all():
            return
        k = int(np.argmin(same))
        leaf, index, part = position(k, like)
        place = f" at index {index}" if index else ""
        if isinstance(like, (tuple, list)) and len(like) > 1:
            place += f" of {'output' if argument is None else 'entry'} {leaf}"
        self.fail(
            f"{what}{where}{place}{', ' + part if part else ''}: got {float(got[k])!r}, expected {float(expected[k])!r}"
            + (f" ({int((~same).sum())} of {same.size} are off)" if same.size > 1 else "")
        )
