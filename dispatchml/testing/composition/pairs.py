"""Pairs of types: one round another, and one that meets the other in an operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from ...dispatch.lattice import SLOTS
from .programs import WHOLE, Form
from .subjects import Subject

MEETING = "meeting"
#: What pairs go through.
PAIR_PROGRAMS = ("polynomial", "reductions", "indexing", "matmul", MEETING)
#: Inner to outer; "value" is for what is no layer.
ORDER = ("value", *SLOTS)


def pairs_of(subjects: Iterable[Subject]) -> list[Subject]:
    """Every ordered pair outer(inner): of different slots, and within a slot where one is declared outside."""
    standing = [s for s in subjects if s.pairs and np.ndim(s.point)]
    return [paired(o, i) for o in standing for i in standing if outside(o, i) and has_pairs(o, i) and has_pairs(i, o)]


def has_pairs(one: Subject, other: Subject) -> bool:
    """Whether a type has pairs with another one's family."""
    return one.pairs is True or (one.pairs is not False and other.family in one.pairs)


def outside(outer: Subject, inner: Subject) -> bool:
    """Whether one type belongs outside another."""
    if "value" in (outer.slot, inner.slot):
        return inner.slot == "value" and outer.slot not in ("value", "scalar")
    if outer.slot != inner.slot:
        return ORDER.index(outer.slot) > ORDER.index(inner.slot)
    return outer.rank > inner.rank and outer.family != inner.family


def paired(outer: Subject, inner: Subject) -> Subject:
    """The type `outer` round the type `inner`, as one subject. What is stored is the inner type's business, unless the
    outer one is a structure, which stores less than it shows.
    """
    storing = outer if outer.slot == "structure" else inner
    absent = outer if outer.present is not None else inner
    one = outer.one if type(outer.one) is not int else inner.one
    return replace(
        outer,
        name=f"{outer.name}({inner.name})",
        make=lambda numbers: outer.make(inner.make(numbers)),
        tangent=None if outer.tangent is None and inner.tangent is None else tangent_of(outer, inner),
        factor=None,
        inner=inner,
        point=cast(storing.point, inner),
        direction=cast(storing.direction, inner),
        embed=storing.embed,
        numbers=outer.numbers if outer.slot == "structure" else inner.numbers,
        one=one,
        constant=lambda array, axes: outer.constant(inner.constant(array, axes), axes),
        present=absent.present,
        hidden=absent.hidden,
        batch=batch_of(outer, inner),
        dtype=inner.dtype,
        tolerance=max(outer.tolerance, inner.tolerance) if outer.tolerance and inner.tolerance else inner.tolerance,
        probes=(),
        programs={**inner.programs, **outer.programs, MEETING: meeting(outer, inner)},
        refuses=(),
    )


def tangent_of(outer: Subject, inner: Subject) -> Callable[[Any], Any]:
    """A tangent of a pair, of which one type has tangents of another class."""
    around, within = outer.tangent or outer.make, inner.tangent or inner.make
    return lambda numbers: around(within(numbers))


def cast(point: Any, inner: Subject) -> Any:
    """A structure's stored numbers in the arithmetic of the type inside: exact types take exact ones."""
    if np.asarray(inner.point).dtype != object or np.asarray(point).dtype == object:
        return point
    whole = type(np.ravel(inner.point)[0])
    return np.array([whole(v) for v in np.ravel(point).tolist()], dtype=object).reshape(np.shape(point))


def batch_of(outer: Subject, inner: Subject) -> Callable[..., Any] | None:
    """How a pair is batched of which one type cannot hold a batch: round each element."""
    if inner.batch is None and outer.batch is None:
        return None
    if inner.batch is not None:
        own = inner.batch
        return lambda function, numbers: own(lambda x: function(outer.make(x)), numbers)
    return lambda function, numbers: (lambda x: function(outer.make(x)), inner.make(numbers))


def meeting(outer: Subject, inner: Subject) -> Callable[[Any, Any], Any]:
    """Factors of either type alone on either side of a value of both."""

    def program(x: Any, given: Any) -> Any:
        stored = factors(given)
        shown = given.embed(stored)
        within = inner.as_factor(stored if inner.slot == "structure" else shown)
        around = stored if outer.slot == "structure" else shown
        if inner.slot in ("value", "scalar"):
            around = inner.constant(around, (0,))  # in the arithmetic of the type inside
        return within * x + x * outer.as_factor(around)

    return program


def factors(subject: Subject) -> Any:
    """The numbers of the constants that a pair meets."""
    return 2 * subject.point


def meeting_form(subject: Subject) -> Form:
    """The reference of a meeting."""
    shown = np.asarray(subject.embed(factors(subject)))
    return Form(lambda x, given: x, lambda x, present: 2 * shown * x, 1, tuple(WHOLE for _ in shown.shape))
