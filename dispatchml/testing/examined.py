"""What the checks of array types share: the type that is looked at, its numbers, and how failures are said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from ..dispatch.errors import DispatchmlError, NoMethodError, NoRuleError, class_name
from ..dispatch.layers import Layer, layer_of

#: What an operation may say instead of a result.
REFUSALS = (NoMethodError, NoRuleError)


class ArrayTypeError(DispatchmlError, AssertionError):
    """A registered array type breaks a promise that every array type makes."""


class Examined:
    """The type that is being checked."""

    __slots__ = ("cls", "make", "layer", "refuses", "tolerance", "chosen")

    def __init__(self, cls: type, make: Callable[[Any], Any], layer: Layer, refuses: Any, tolerance: float) -> None:
        self.cls, self.make, self.layer = cls, make, layer
        self.refuses, self.tolerance = (*REFUSALS, *refuses), tolerance
        self.chosen = "operations=[], programs=[]"

    def error(self, what: str) -> ArrayTypeError:
        """The error that names the type, what is wrong with it, and a call that repeats it."""
        cls = self.cls.__name__
        return ArrayTypeError(
            f"{class_name(self.cls)}: {what}.\nReproduce: check_array_type({cls}, make, {self.chosen})"
        )

    def fail(self, what: str) -> NoReturn:
        """Raise it."""
        raise self.error(what)

    def compare(self, what: str, got: Any, expected: Any, tolerance: float, against: str = "it must be") -> None:
        """Raise where two flat arrays of numbers are not the same within a tolerance, naming the first that is off."""
        if not differ(got, expected, tolerance):
            return
        if got.shape != expected.shape:
            self.fail(f"{what} has {got.size} numbers, and must have {expected.size}")
        k = int(np.argmax(off_by(got, expected, tolerance)))
        count = f" ({int(off_by(got, expected, tolerance).sum())} of {got.size} are off)" if got.size > 1 else ""
        self.fail(f"{what} at index ({k},) of its numbers is {got[k]!r}, {against} {expected[k]!r}{count}")

    def holds(self, x: Any) -> bool:
        """Whether a value carries the layer, at any depth."""
        if isinstance(x, (tuple, list)):
            return any(map(self.holds, x))
        if type(x) is np.ndarray and x.dtype == object:
            return any(map(self.holds, x.flat))
        info = layer_of(type(x))
        if info is self.layer:
            return True
        template = getattr(x, "__template__", None)
        if template is not None:  # a batch of structures
            return self.holds(template)
        return info is not None and info.payload is not None and self.holds(info.payload(x))

    @contextlib.contextmanager
    def doing(self, what: str) -> Iterator[None]:
        """Name what was being done when something else than an ArrayTypeError came."""
        try:
            yield
        except ArrayTypeError:
            raise
        except Exception as error:
            raise self.error(f"{what} raised {type(error).__name__}: {error}") from error


def numbers(x: Any) -> Any:
    """All plain numbers inside, flat, in the order of the payloads."""
    if isinstance(x, (tuple, list)):
        parts = [numbers(v) for v in x]
        return np.concatenate(parts) if parts else np.zeros(0)
    info = layer_of(type(x))
    if info is not None and info.payload is not None:
        return numbers(info.payload(x))
    if type(x) is np.ndarray and x.dtype == object and any(layer_of(type(v)) is not None for v in x.flat):
        return numbers(list(x.flat))
    return np.ravel(np.asarray(x))


def seen(x: Any) -> Any:
    """All numbers that a user sees, flat: the entries that a structure stands for, which may be stored in any way."""
    if isinstance(x, (tuple, list)):
        parts = [seen(v) for v in x]
        return np.concatenate(parts) if parts else np.zeros(0)
    info = layer_of(type(x))
    dense = info is not None and info.slot == "structure" and info.materialise is not None
    return numbers(info.materialise(x)) if dense else numbers(x)  # type: ignore[union-attr, misc]


def with_numbers(examined: Examined, x: Any, flat: Any) -> Any:
    """The same instance round other numbers."""
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None:
        made = np.reshape(flat, np.shape(x))
        return made if isinstance(x, np.ndarray) else made[()]
    payload = info.payload(x)
    if type(payload) is not tuple:
        return info.rebuild(x, with_numbers(examined, payload, flat))
    sizes = np.cumsum([numbers(p).size for p in payload])[:-1]
    parts = zip(payload, np.split(flat, sizes), strict=True)
    return info.rebuild(x, tuple(with_numbers(examined, p, f) for p, f in parts))


def differ(got: Any, expected: Any, tolerance: float) -> bool:
    """Whether two flat arrays of numbers are not the same within a tolerance."""
    if got.shape != expected.shape:
        return True
    return bool(np.any(off_by(got, expected, tolerance)))


def off_by(got: Any, expected: Any, tolerance: float) -> Any:
    """Which numbers are not the same within a tolerance."""
    scale = np.max(np.abs(expected), initial=1.0)
    return ~np.isclose(got, expected, rtol=tolerance, atol=tolerance * scale, equal_nan=True)


def is_structure(examined: Examined) -> bool:
    """Whether the type stands for a dense array that it can give."""
    return examined.layer.slot == "structure" and examined.layer.materialise is not None
