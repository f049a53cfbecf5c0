"""Positions as linear forms of loop variables: offsets, strides and ranges are plain arithmetic on whole numbers.

A position in an array is a form of its flat offset in C order where it is surely inside, and a tuple of forms, one for
each axis, where it may be outside.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

COUNTER = itertools.count()


class Variable:
    """The counter of a loop that runs from 0 to extent - 1."""

    __slots__ = ("extent", "serial")

    def __init__(self, extent: int) -> None:
        self.extent, self.serial = extent, next(COUNTER)

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return 0, self.extent - 1

    def __repr__(self) -> str:
        return f"v{self.serial}<{self.extent}"


class Form:
    """constant + sum of coefficient * atom; atoms are variables, or expressions whose value is a whole number."""

    __slots__ = ("terms", "constant", "hashed", "range")

    def __init__(self, terms: tuple[tuple[Any, int], ...], constant: int) -> None:
        self.terms, self.constant = terms, constant
        self.hashed = hash((terms, constant))
        self.range: tuple[float, float] | None = None

    def __hash__(self) -> int:
        return self.hashed

    def __eq__(self, other: object) -> bool:
        return (
            self is other
            or type(other) is Form
            and self.hashed == other.hashed
            and self.constant == other.constant
            and self.terms == other.terms
        )

    def __repr__(self) -> str:
        return " + ".join([*(f"{c}*{a!r}" for a, c in self.terms), str(self.constant)])

    @property
    def bounds(self) -> tuple[float, float]:
        """The smallest and the largest value that the form takes, with each atom on its own."""
        if self.range is None:
            low = high = self.constant
            for atom, c in self.terms:
                least, most = atom.bounds
                low += c * (least if c > 0 else most)
                high += c * (most if c > 0 else least)
            self.range = low, high
        return self.range

    def within(self, n: int) -> bool:
        """Whether the form is surely one of 0 ... n - 1."""
        low, high = self.bounds
        return low >= 0 and high < n

    def plus(self, other: Form | int, factor: int = 1) -> Form:
        """self + factor * other."""
        if isinstance(other, int):
            return Form(self.terms, self.constant + factor * other) if other else self
        if not other.terms:
            return self.plus(factor * other.constant)
        found = dict(self.terms)
        for atom, c in other.terms:
            found[atom] = found.get(atom, 0) + factor * c
        terms = sorted(((a, c) for a, c in found.items() if c), key=lambda term: term[0].serial)
        return Form(tuple(terms), self.constant + factor * other.constant)

    def times(self, factor: int) -> Form:
        """factor * self."""
        if factor == 1:
            return self
        return Form(tuple((a, c * factor) for a, c in self.terms) if factor else (), self.constant * factor)


ZERO = Form((), 0)


def form_of(atom: Any) -> Form:
    """The form that is an atom alone; a variable that has one value only is that number."""
    if type(atom) is Variable and atom.extent == 1:
        return ZERO
    return Form(((atom, 1),), 0)


def number(n: int) -> Form:
    """The form that is a number."""
    return Form((), n) if n else ZERO


Position = Form | tuple[Form, ...]


class NeedsSplit(Exception):
    """A loop variable has to become two: position = outer * inner extent + inner."""

    def __init__(self, variable: Variable, inner: int) -> None:
        super().__init__(f"{variable} at {inner}")
        self.variable, self.inner = variable, inner


class NotAffine(Exception):
    """A position cannot be written as forms, one for each axis."""


def strides_of(shape: tuple[int, ...]) -> list[int]:
    """How far apart neighbours along each axis are, in elements, in C order."""
    strides, step = [0] * len(shape), 1
    for k in range(len(shape) - 1, -1, -1):
        strides[k], step = step, step * shape[k]
    return strides


def flattened(position: Position, shape: tuple[int, ...], steps: tuple[int, ...] | None = None) -> Form:
    """The offset in C order, or where neighbours along each axis are so many elements apart."""
    if isinstance(position, Form):
        return position
    found = ZERO
    for form, stride, n in zip(position, strides_of(shape) if steps is None else steps, shape, strict=True):
        if n != 1 or form.terms or form.constant:
            found = found.plus(form, stride)
    return found


def by_axes(position: Position, shape: tuple[int, ...]) -> tuple[Form, ...]:
    """The position by axes.

    Raises NeedsSplit where a variable runs over several of the axes, NotAffine where no split helps.
    """
    if type(position) is tuple:
        return position
    assert type(position) is Form
    rest, found = position, []
    strides = strides_of(shape)
    for k, (n, stride) in enumerate(zip(shape, strides, strict=True)):
        if n == 1:
            found.append(ZERO)
            continue
        if k == len(shape) - 1 or math.prod(shape[k + 1 :]) == 1:
            found.append(rest)
            rest = ZERO
            continue
        whole = tuple((a, c // stride) for a, c in rest.terms if c % stride == 0)
        part = Form(tuple((a, c) for a, c in rest.terms if c % stride), rest.constant % stride)
        if not part.within(stride):
            split(part, stride)
        found.append(Form(whole, rest.constant // stride))
        rest = part
    return tuple(found)


def split(part: Form, stride: int) -> None:
    """Raise NeedsSplit for the variable that runs past an axis."""
    for atom, c in part.terms:
        if type(atom) is Variable and 0 < c < stride and stride % c == 0:
            inner = stride // c
            if c * atom.extent > stride and atom.extent % inner == 0:
                raise NeedsSplit(atom, inner)
    raise NotAffine(repr(part))


def settled(position: tuple[Form, ...], shape: tuple[int, ...]) -> Position:
    """A position by axes as a flat one, where every part is surely inside."""
    for form, n in zip(position, shape, strict=True):
        if not form.within(n):
            return position
    return flattened(position, shape)


def broadcast(position: Position, shape: tuple[int, ...], source: tuple[int, ...]) -> Position:
    """Where an array that is broadcast to a shape is read.

    Neighbouring axes that broadcasting treats alike are taken as one, so that their loops stay one.
    """
    if shape == source:
        return position
    if math.prod(source) == 1:
        return ZERO
    missing = len(shape) - len(source)
    if type(position) is tuple:
        return settled(tuple(ZERO if n == 1 else p for p, n in zip(position[missing:], source, strict=True)), source)
    groups: list[list[int]] = []  # [size, whether it is read]
    for n, m in zip(shape, (1,) * missing + source, strict=True):
        if n == 1:
            continue
        read = m != 1
        if groups and groups[-1][1] == read:
            groups[-1][0] *= n
        else:
            groups.append([n, read])
    coarse = by_axes(position, tuple(n for n, _ in groups))
    kept = [(p, n) for p, (n, read) in zip(coarse, groups, strict=True) if read]
    return flattened(tuple(p for p, _ in kept), tuple(n for _, n in kept))
