"""check_library_functions: on traced quantities NumPy's functions give what the library gives on plain ones."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from numbers import Number
from typing import Any

import numpy as np

from ..dispatch.errors import DispatchmlError
from ..transforms import jvp, vjp, zero_tangent
from ..transforms.plain_values import primal
from .library_calls import calls

#: The only reasons for which a call may give something else than the library does.
REASONS = {
    "strips": "the library drops a unit, or gives one that is not that of the numbers; ours is kept right",
    "mixes": "the library computes with bare numbers in different units; ours are converted first, or refused",
    "converts": "the library wants identical units or has no such function for quantities; ours are converted",
    "spelling": "the same quantities in another multiple of the unit, or in a tuple in the place of one array",
    "type": "the dtype, or a number in the place of an array of one answer, is decided from values by the library",
}


#: What calls may name besides quantities.
PLAIN = {"np": np, "idx": np.array([2, 0, 1]), "cond": np.array([True, False, True])}


def quantities(make: Callable[[Any, str], Any]) -> dict[str, Any]:
    """The quantities that calls name, from make(numbers, unit). Units are "km", "m", "s", "rad", "deg", "km/m" and ""
    for none.
    """
    matrix = [[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]]
    named = {
        "x": ([1.0, 2.5, 3.0], "km"), "y": ([4.0, 5.0, 7.0], "m"), "z": ([2500.0, 1.0, 3000.0], "m"),
        "t": ([1.0, 2.0, 3.0], "s"), "n": ([0.2, 0.4, 0.9], ""), "a": ([0.3, 0.6, 3.0], "rad"),
        "d": ([10.0, 20.0, 200.0], "deg"), "M": (matrix, "m"), "N": (matrix, ""),
        "G": ([[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]], "m"), "S": (3.0, "m"), "T": (2.0, "s"), "D": (0.5, ""),
        "W": ([1.0, np.nan, 3.0], "m"), "Z": ([0.0, 1.5, 0.0], "m"), "C": ([1 + 2j, 2 - 1j, 0.5], "m"),
        "U": ([3.0, 1.0, 3.0, 2.0], "m"), "k": ([1.2, 2.5, -3.7], "km/m"),
    }  # fmt: skip
    found = {
        name: make(np.array(numbers) if np.ndim(numbers) else numbers, unit) for name, (numbers, unit) in named.items()
    }
    return found | {"P": np.array([1.0, 2.0, 3.0])}


class LibraryFunctionError(DispatchmlError, AssertionError):
    """A function of NumPy gives something else on traced quantities than on plain ones."""


def check_library_functions(
    cls: type,
    values: Mapping[str, Any],
    *,
    unit: Callable[[Any], str],
    number: Callable[[Any], Any],
    refuses: tuple[type[Exception], ...],
    differs: Mapping[str, str],
    methods: str = "",
) -> int:
    """Call NumPy's functions with plain and with traced quantities of a library and compare class, unit, numbers and
    dtype; raise LibraryFunctionError with all that differ. Returns the number of calls.

    values: quantities by name, as `quantities` makes them. unit(q) and number(q) take a quantity apart. refuses:
    the library's errors for wrong units, which must be raised inside a transform wherever they are outside. Where the
    library has no such function, any result will do; an error of dispatchml's own is never wrong. differs: reasons
    (keys of REASONS) to texts of calls that give something else for that reason, separated by "|"; they are checked
    to do so. methods: calls of the library's own methods and attributes in the same form, to be tried too; every
    public name of the class must be in one of the calls.
    """
    unknown = set(differs) - set(REASONS)
    if unknown:
        raise LibraryFunctionError(f"No reasons: {sorted(unknown)}. There are {sorted(REASONS)}.")
    declared = {call for text in differs.values() for call in separated(text)}
    every = calls() + separated(methods)
    examined = Comparison(cls, unit, number, refuses, values)
    wrong = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for call in every:
            difference = examined.difference(call)
            if difference and call not in declared:
                wrong.append(f"{call}: {difference}")
            if not difference and call in declared:
                wrong.append(f"{call}: is declared to differ, and does not")
    wrong += [f"{call}: is declared to differ, and is no call" for call in declared - set(every)]
    if methods:
        named = set(re.findall(r"\.(\w+)", " ".join(every)))
        wrong += [f"{name}: in no call" for name in dir(cls) if not name.startswith("_") and name not in named]
    if wrong:
        raise LibraryFunctionError(
            f"{len(wrong)} of NumPy's functions differ on traced quantities:\n" + "\n".join(wrong)
        )
    return len(every)


def separated(text: str) -> list[str]:
    """The calls in a text."""
    return [call.strip() for call in re.split(r"\s\|\s", text) if call.strip()]


class Comparison:
    """One library and its quantities."""

    __slots__ = ("cls", "unit", "number", "refuses", "values")

    def __init__(self, cls: type, unit: Any, number: Any, refuses: Any, values: Any) -> None:
        self.cls, self.unit, self.number, self.refuses, self.values = cls, unit, number, refuses, values

    def difference(self, call: str) -> str:
        """What differs between a plain call and a traced one, in words; "" where nothing does."""
        names = [name for name in self.values if re.search(rf"(?<![\w.']){name}(?![\w'])", call)]
        function = eval(f"lambda {', '.join(names)}: {call}", dict(PLAIN))  # a call of the table, not of a user
        arguments = tuple(self.values[name] for name in names)
        plain = self.outcome(lambda: function(*arguments))
        for transform in (in_jvp, in_vjp):
            traced = self.outcome(lambda transform=transform: transform(function, arguments))
            if is_ours(traced) or same(plain, traced, self.refuses):
                continue
            return f"plain {shown(plain)}, traced {shown(traced)}"
        return ""

    def outcome(self, run: Callable[[], Any]) -> Any:
        """The parts of a result, or the error."""
        try:
            return [self.part(x) for x in leaves(run())]
        except Exception as error:  # whatever a library raises
            return error

    def part(self, x: Any) -> tuple[str, str, Any]:
        """Class, unit and numbers."""
        if isinstance(x, self.cls):
            return type(x).__name__, self.unit(x), np.asarray(self.number(x))
        if isinstance(x, (np.ndarray, np.generic, Number, str, bytes)):
            return "plain", "", np.asarray(x)
        return type(x).__name__, "", np.asarray("" if callable(x) else repr(x))


def is_ours(outcome: Any) -> bool:
    """Whether an outcome is an error that dispatchml words: it says what to write."""
    return isinstance(outcome, DispatchmlError) or (
        isinstance(outcome, AttributeError) and "dispatchml.primal(" in str(outcome)
    )


def in_jvp(function: Any, arguments: tuple[Any, ...]) -> Any:
    """The primal of a call in a forward pass."""
    seen: list[Any] = []
    jvp(keeping(function, seen), arguments, tuple(map(zero_tangent, arguments)))
    return seen[0]


def in_vjp(function: Any, arguments: tuple[Any, ...]) -> Any:
    """The primal of a call that is recorded."""
    seen: list[Any] = []
    vjp(keeping(function, seen), *arguments)
    return seen[0]


def keeping(function: Any, seen: list[Any]) -> Any:
    """The first argument of a function, which leaves its result for us."""

    def call(*arguments: Any) -> Any:
        seen.append([primal(x) for x in leaves(function(*arguments))])
        return arguments[0]

    return call


def leaves(x: Any) -> list[Any]:
    """The parts of a nest of tuples and lists."""
    return [y for e in x for y in leaves(e)] if isinstance(x, (tuple, list)) else [x]


def same(plain: Any, traced: Any, refuses: tuple[type[Exception], ...]) -> bool:
    """Whether two outcomes agree."""
    if isinstance(plain, Exception):
        return isinstance(traced, Exception) or not isinstance(plain, refuses)
    if isinstance(traced, Exception) or len(plain) != len(traced):
        return False
    return all(map(alike, plain, traced))


def alike(a: Any, b: Any) -> bool:
    """Whether two parts have one class, unit, dtype and numbers, up to rounding."""
    if a[:2] != b[:2] or a[2].shape != b[2].shape or a[2].dtype != b[2].dtype:
        return False
    if a[2].dtype.kind in "OSU":
        return bool(np.all(a[2] == b[2]))
    return bool(np.allclose(a[2], b[2], rtol=1e-10, atol=1e-12, equal_nan=True))


def shown(outcome: Any) -> str:
    """An outcome in words."""
    if isinstance(outcome, Exception):
        return f"{type(outcome).__name__}: {outcome}"[:120]
    return ", ".join(f"{c} {u} {v.dtype} {v.tolist()}" for c, u, v in outcome)[:200]
