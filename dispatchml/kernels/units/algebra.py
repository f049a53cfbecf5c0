"""What units a value in a kernel has, and what the operations make of them.

FREE is what fits any units, as a zero does that stands for a sum to come; None is a plain number; else units as a
library's UnitSystem has them. A tuple has the units of its elements. Magnitudes are computed with as they are, so that
units which have one dimension and different sizes (km and m) are refused where they would have to be converted.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ...dispatch.errors import at_user_line
from ...units.system import UnitSystem


class Free:
    """The units of a zero."""

    def __repr__(self) -> str:
        return "FREE"


FREE: Any = Free()


class NotKnown(Exception):
    """Units cannot be told from the text: the function runs uncompiled. The message says why."""


class Algebra:
    """The operations on units of one library; like: a quantity of it. Errors name the user's line `place`."""

    def __init__(self, system: UnitSystem, like: Any) -> None:
        self.system, self.like, self.place = system, like, ""

    def same(self, a: Any, b: Any) -> bool:
        """Whether numbers in a may stand beside numbers in b."""
        if isinstance(a, tuple) or isinstance(b, tuple):
            return type(a) is type(b) and len(a) == len(b) and all(map(self.same, a, b))
        return a is b or a is not None and b is not None and self.system.same(a, b)

    def joined(self, a: Any, b: Any) -> Any:
        """The units of a variable or a result that is a here and b there."""
        if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
            return tuple(map(self.joined, a, b))
        if a is FREE or b is FREE:
            return b if a is FREE else a
        if self.same(a, b):
            return a
        one = self.system.one
        if (a is None or b is None) and not isinstance(a, tuple) and not isinstance(b, tuple):
            if self.system.same(one, b if a is None else a):
                return one
        raise NotKnown(
            f"a value has the units {self.text(a)} at one place and {self.text(b)} at another ({self.place})"
        )

    def beside(self, a: Any, b: Any) -> Any:
        """The units of a sum, or of what is compared. Raises the library's error for different dimensions."""
        if isinstance(a, tuple) or isinstance(b, tuple):
            raise NotKnown(f"it computes with tuples ({self.place})")
        if a is FREE or b is FREE or self.same(a, b):
            return b if a is FREE else a
        u, v = (self.system.one if x is None else x for x in (a, b))
        if self.system.same(u, v):
            return u
        if not self.system.agree(self.like, u, v):
            error = self.system.mismatch(u, v, self.like)
            if hasattr(error, "add_note"):
                error.add_note(f"in the kernel, at {self.place}{at_user_line()}")
            raise error
        raise NotKnown(
            f"{self.text(a)} and {self.text(b)} are units of one dimension, between which compiled numbers are not "
            f"converted ({self.place}); hand them over in the same units"
        )

    def product(self, a: Any, b: Any) -> Any:
        """Of a product."""
        if isinstance(a, tuple) or isinstance(b, tuple):
            raise NotKnown(f"it computes with tuples ({self.place})")
        if a is FREE or b is FREE:
            return FREE
        if a is None or b is None:
            return b if a is None else a
        return self.settled(self.system.times(a, b))

    def quotient(self, a: Any, b: Any) -> Any:
        """Of a quotient."""
        if isinstance(a, tuple) or isinstance(b, tuple):
            raise NotKnown(f"it computes with tuples ({self.place})")
        if a is FREE or b is FREE:
            return FREE
        if b is None:
            return a
        return self.settled(self.system.over(self.system.one if a is None else a, b))

    def settled(self, u: Any) -> Any:
        """Units that are numbers but not one (km/m) are refused: libraries reduce them at times of their own."""
        one = self.system.one
        if not self.system.same(u, one) and self.system.agree(self.like, u, one):
            raise NotKnown(f"{self.text(u)} is a number with a factor ({self.place}); hand over the same units")
        made = self.system.product(self.like, 1.0, u)
        if not self.system.is_quantity(made):
            return None
        if not self.system.same(self.system.units(made), u) or self.system.magnitude(made) != 1.0:
            raise NotKnown(f"the library of units rewrites {self.text(u)} ({self.place})")
        return u

    def power(self, a: Any, n: Any) -> Any:
        """To a number that is known from the text; n is None where it is not."""
        if isinstance(a, tuple):
            raise NotKnown(f"it computes with tuples ({self.place})")
        if a is None or a is FREE or self.system.same(a, self.system.one):
            return a
        if n is None:
            raise NotKnown(f"the power of a quantity is not written as a number ({self.place})")
        return self.settled(self.system.raised(a, n))

    def number(self, a: Any) -> None:
        """What takes plain numbers only. Raises the library's error where a is something else."""
        if isinstance(a, tuple):
            raise NotKnown(f"it computes with tuples ({self.place})")
        if a is not None and a is not FREE:
            self.beside(a, self.system.one)

    def function(self, a: Any) -> Any:
        """Of exp, sin and their kin."""
        self.number(a)
        return None if a is None or a is FREE or self.system.functions_are_plain else self.system.one

    def text(self, a: Any) -> str:
        """Units in words."""
        return "none" if a is None else str(a) or "one"


Rule = Callable[..., Any]


def keep(s: Algebra, a: Any, *_: Any) -> Any:
    return a


def numbers(s: Algebra, *units: Any) -> Any:
    found = None
    for a in units:
        found = s.function(a) if found is None else (s.number(a), found)[1]
    return found


def of_python(s: Algebra, *units: Any) -> Any:
    """math's functions make floats of dimensionless quantities."""
    numbers(s, *units)
    return None


def beside(s: Algebra, *units: Any) -> Any:
    found = units[0]
    if len(units) == 1 and isinstance(found, tuple):
        units, found = found, found[0]
    for a in units[1:]:
        found = s.beside(found, a)
    return found


def ratio(s: Algebra, a: Any, b: Any) -> Any:
    found = s.beside(a, b)
    return None if found is None or found is FREE or s.system.functions_are_plain else s.system.one


def power_of(n: Any) -> Rule:
    return lambda s, a, *_: s.power(a, n)


def solved(s: Algebra, a: Any, b: Any) -> Any:
    return s.quotient(b, a)


def nothing(s: Algebra, *_: Any) -> Any:
    return FREE


def like_units(s: Algebra, a: Any, *_: Any) -> Any:
    return FREE if s.system.likes_are_plain else a


def plain(s: Algebra, *_: Any) -> Any:
    return None


def plain_numbers(s: Algebra, *units: Any) -> Any:
    if not all(a is None or a is FREE for a in units):
        raise NotKnown(f"a function of numbers gets a quantity ({s.place})")
    return None


def chosen(s: Algebra, condition: Any, a: Any, b: Any) -> Any:
    s.number(condition)
    return s.beside(a, b)


def filled(s: Algebra, shape: Any, value: Any, *_: Any) -> Any:
    return value


def listed(s: Algebra, items: Any, *_: Any) -> Any:
    return listed_units(s, items)


def listed_units(s: Algebra, items: Any) -> Any:
    """An array of what is written in brackets."""
    if not isinstance(items, tuple):
        return items
    found: Any = FREE
    for a in items:
        found = s.joined(found, listed_units(s, a))
    return found


def summed(s: Algebra, items: Any, *start: Any) -> Any:
    found = listed_units(s, items)
    return s.beside(found, start[0]) if start else found


HALF, THIRD = 0.5, Fraction(1, 3)


def table() -> dict[Any, Rule]:
    """The rules by function; methods of arrays by name."""
    found: dict[Any, Rule] = {abs: keep, sum: summed, max: beside, min: beside, len: plain, range: plain_numbers}
    for name in (
        "abs absolute fabs sum mean max min amax amin sort cumsum copy ravel flip roll transpose diag median std ptp "
        "reshape ascontiguousarray real negative positive repeat diff trace triu tril squeeze nansum nanmin nanmax"
    ).split():
        found[getattr(np, name)] = keep
    found[np.linalg.norm] = keep
    for name in (
        "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh"
    ).split():
        found[getattr(np, name)] = numbers
    for name in (
        "exp expm1 log log2 log10 log1p sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh erf "
        "erfc gamma lgamma"
    ).split():
        found[getattr(math, name)] = of_python
    for f in (np.maximum, np.minimum, np.fmax, np.fmin, np.hypot, math.hypot):
        found[f] = beside
    for f in (np.multiply, np.dot, np.outer, np.cross, np.matmul, np.vdot):
        found[f] = lambda s, a, b: s.product(a, b)
    for f in (np.add, np.subtract):
        found[f] = beside
    for f in (np.divide, np.true_divide):
        found[f] = lambda s, a, b: s.quotient(a, b)
    found[np.zeros] = found[np.empty] = nothing
    found[np.zeros_like] = found[np.empty_like] = like_units
    for f in (np.ones, np.arange, np.eye, np.identity, np.argmax, np.argmin, np.argsort, np.isnan, np.isfinite, np.sign,
              np.isinf, math.isnan, math.isinf, math.isfinite):  # fmt: skip
        found[f] = plain
    for f in (int, bool, float, math.floor, math.ceil, math.trunc, round, np.floor, np.ceil, np.round, np.prod,
              np.linspace):  # fmt: skip
        found[f] = plain_numbers
    found |= {
        math.sqrt: power_of(HALF), np.sqrt: power_of(HALF), np.cbrt: power_of(THIRD), math.cbrt: power_of(THIRD),
        np.square: power_of(2), np.var: power_of(2), np.reciprocal: power_of(-1), np.linalg.inv: power_of(-1),
        np.linalg.solve: solved, np.where: chosen, np.full: filled, np.array: listed, np.asarray: listed,
        np.arctan2: ratio, math.atan2: ratio, math.fabs: keep, np.full_like: filled,
    }  # fmt: skip
    return found


#: Methods of arrays: the same as NumPy's functions of these names.
METHODS = frozenset(
    "sum mean max min sort cumsum copy ravel flatten reshape transpose std var dot argmax argmin argsort prod "
    "astype repeat trace".split()
)
