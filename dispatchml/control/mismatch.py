"""Errors for what is carried from round to round and does not stay what it is."""

from __future__ import annotations

from typing import Any, NoReturn

from ..dispatch.errors import ArgumentError, ContainerMismatchError, at_user_line, describe
from ..transforms.containers import describe_structure


def refuse_structure(name: str, expected: Any, found: Any, what: str = "what it carries") -> NoReturn:
    """The error for a function that gives another container than it was given."""
    if what != "what it carries":
        raise ContainerMismatchError(
            f"{name}: {what} must have one structure{at_user_line()}, not {describe_structure(expected)} and "
            f"{describe_structure(found)}."
        )
    raise ContainerMismatchError(
        f"{name}: {what} must have one structure in every round{at_user_line()}. It began with "
        f"{describe_structure(expected)} and the function returned {describe_structure(found)}."
    )


def refuse_leaf(name: str, place: int, before: str, after: str, what: str = "") -> NoReturn:
    """The error for a carried value that becomes something else, or for branches that return two things."""
    if what:
        raise ArgumentError(
            f"{name}: {what} must be of one kind{at_user_line()}. Value {place} is {before} of one branch and {after} "
            "of another. Convert it at the function's end."
        )
    raise ArgumentError(
        f"{name}: what it carries must be of one kind in every round{at_user_line()}. Value {place} began as {before} "
        f"and the function returned {after}. Convert it before the loop, or at the function's end."
    )


def refuse_kinds(name: str, before: Any, after: Any, what: str = "") -> NoReturn:
    """The same for values in pieces."""
    from .pieces import joined, kind_of

    numbers = iter(zip(before.numbers, after.numbers, strict=False))
    for place, (one, other) in enumerate(zip(before.keys, after.keys, strict=True)):
        pairs = [next(numbers) for _ in range(before.counts[place])] if one == other else []
        if one != other or any(joined(kind_of(x), kind_of(y)) is None for x, y in pairs):
            refuse_leaf(name, place, said(before, after, place), said(after, before, place), what)
    raise AssertionError("the kinds are the same")


def said(pieces: Any, other: Any, place: int) -> str:
    """A leaf in words."""
    from .pieces import is_number, kind_of

    begin = sum(pieces.counts[:place])
    numbers = pieces.numbers[begin : begin + pieces.counts[place]]
    leaf = pieces.parts[place].build(iter(numbers))
    return (
        str(kind_of(leaf)) if is_number(leaf) else with_statics(describe(leaf), pieces.keys[place], other.keys[place])
    )


def with_statics(text: str, key: Any, other: Any) -> str:
    """A layer in words, with what it says of its numbers, such as units, where the other one says something else."""
    if len(key) != 3 or len(other) != 3 or key[0] is not other[0]:
        return text
    statics = dict.fromkeys(str(a[1][1]) for a, b in zip(key[1], other[1], strict=False) if a != b and len(a[1]) == 2)
    return f"{text} ({', '.join(statics)})" if statics else text
