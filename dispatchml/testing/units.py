"""check_units: what every library of units promises, for every operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import DispatchmlError, NonDifferentiableError, NoRuleError, class_name
from ..dispatch.operation import Operation
from ..rules.registry import rule_of
from ..transforms import jvp, vjp
from .samples import Sample, public_operations, sample

#: Uninitialised numbers cannot be compared; conversions of angles look at the unit that the angle has; the others are
#: parts of derivatives of eigenvectors, whose arguments have units that belong together.
SKIPPED = frozenset({"empty_like", "deg2rad", "rad2deg", "even_out", "singular_sum", "spectral_sum", "turn_equal"})


class UnitCheckError(DispatchmlError, AssertionError):
    """An operation on quantities gives other numbers, units or derivatives than it must."""


def check_units(
    system: Any, unit: Any, *, refuses: Sequence[type[Exception]], operations: Sequence[str] | None = None
) -> dict[str, str]:
    """Check every operation on quantities in one unit; raise UnitCheckError where a number, a unit or a derivative is
    wrong.

    system: the `dispatchml.units.UnitSystem` of a library. unit: one of its units, of value 1 in its dimension (a
    metre, a radian, the unit of plain numbers). refuses: the library's errors for what has no meaning in that unit.
    operations: names, all by default.

    Each floating-point argument of a sample call is put into the unit, alone and together with the others. Checked are:
    numbers are those of the plain call; derivatives of both modes are those of the plain call in units of output over
    input (which is converted, so that wrong units show). Returns name -> "works", "refused" or "untried".

    >>> from dispatchml.testing import check_units
    >>> check_units(SYSTEM, registry.m, refuses=[pint.DimensionalityError])  # doctest: +SKIP
    """
    known = public_operations()
    return {
        name: Examination(system, unit, tuple(refuses)).check(known[name])
        for name in (sorted(known) if operations is None else operations)
        if name not in SKIPPED
    }


class Examination:
    """One library and one of its units."""

    __slots__ = ("system", "unit", "refuses")

    def __init__(self, system: Any, unit: Any, refuses: tuple[type[Exception], ...]) -> None:
        self.system, self.unit, self.refuses = system, unit, refuses

    def check(self, op: Operation) -> str:
        """All sample calls of one operation."""
        found = sample(op)
        calls = [] if found is None else list(found.wrapped(lambda x: self.system.of(np.array(x), self.unit)))
        if found is None or not calls:
            return "untried"
        outcome = "refused"
        for chosen, arguments in calls:
            try:
                y = found.call(arguments)
            except self.refuses:
                continue
            outcome = "works"
            for got, expected in zip(leaves(y), leaves(found.value), strict=True):
                self.compare(op, "the value", self.bare(got), expected)
            self.derivatives(found, chosen, arguments)
        return outcome

    def derivatives(self, found: Sample, chosen: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
        """Both modes against the plain call."""
        op, rule = found.op, rule_of(found.op)
        if "transform" in op.strips or (
            op.decomposition is None and (rule is None or rule.kind == "nondifferentiable")
        ):
            return
        call, plain_call = calling(found, chosen, arguments), calling(found, chosen, found.arguments)
        active, plain = (tuple(a[k] for k in chosen) for a in (arguments, found.arguments))
        try:
            values, tangents = jvp(plain_call, plain, tuple(np.ones_like(x) for x in plain))
        except (NonDifferentiableError, NoRuleError):
            return
        in_units, moved = jvp(call, active, tuple(map(ops.ones_like, active)))
        for y, dy, expected in zip(in_units, moved, tangents, strict=True):
            if np.asarray(expected).dtype.kind in "fc":
                self.compare(op, "the tangent", self.number(dy, y, 1.0), expected)
        for j, y in enumerate(values):
            if np.asarray(y).dtype.kind not in "fc" or not np.size(y):
                continue
            seed = np.ones_like(y)
            expected = vjp(lambda *xs, j=j: plain_call(*xs)[j], *plain)[1](seed)
            got = vjp(lambda *xs, j=j: call(*xs)[j], *active)[1](seed)
            for x, ct, wanted in zip(active, got, expected, strict=True):
                self.compare(op, "the gradient", self.number(ct, in_units[j], x), wanted)

    def number(self, x: Any, y: Any, over: Any) -> Any:
        """A derivative as plain numbers of the units y / over, into which it is converted."""
        s = self.system
        units = s.over(self.units(y), self.units(over))
        return s.converted(x if s.is_quantity(x) else s.of(x, s.unit(s.make(s.of(1.0, self.unit), 1.0, s.one))), units)

    def units(self, x: Any) -> Any:
        """The units of a difference of a value; those of a plain number for others."""
        return self.system.difference(x) if self.system.is_quantity(x) else self.system.one

    def bare(self, x: Any) -> Any:
        """The numbers of a value."""
        return self.system.magnitude(x) if self.system.is_quantity(x) else x

    def compare(self, op: Operation, what: str, got: Any, expected: Any) -> None:
        """Raise where numbers differ."""
        try:
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-10)
        except AssertionError as error:
            raise UnitCheckError(
                f"{class_name(type(self.system))}: {op.name} of quantities in {self.unit}: {what} differs from the "
                f"plain one: {error}"
            ) from None


def leaves(y: Any) -> list[Any]:
    """Outputs of an operation."""
    return list(y) if isinstance(y, (tuple, list)) else [y]


def calling(found: Sample, chosen: tuple[int, ...], arguments: tuple[Any, ...]) -> Any:
    """A sample call as a function of the chosen arguments, with a tuple of outputs."""

    def call(*active: Any) -> tuple[Any, ...]:
        given = list(arguments)
        for k, x in zip(chosen, active, strict=True):
            given[k] = x
        return tuple(leaves(found.call(tuple(given))))

    return call
