"""check_rule: everything that a derivative rule promises, for one operation and one set of arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..rules.registry import rule_of
from .cases import Case, check_kind, differentiable_arguments, matching_leaves, random_like
from .derivatives import check_first_order, check_second_order
from .differences import to_vector
from .promises import (
    check_batch,
    check_layouts,
    check_outside,
    check_precision,
    check_repeatable,
    check_variations,
    check_zero,
)
from .reports import RuleCheckError, Subject

#: What can be left out, each for a reason that the caller knows.
CHECKS = frozenset({"second order", "layouts", "precision", "repeatable", "zero", "batch", "variations", "differences"})


def check_rule(
    op: Any,
    *arguments: Any,
    modes: Sequence[str] = ("forward", "reverse"),
    argnums: Sequence[int] | None = None,
    reference: Callable[..., Any] | None = None,
    before: Callable[..., Any] | None = None,
    after: Callable[..., Any] | None = None,
    at_singular: Sequence[tuple[Any, ...]] = (),
    outside: Sequence[tuple[Any, ...]] = (),
    without: Sequence[str] = (),
    tolerance: float = 1e-6,
    **keywords: Any,
) -> None:
    """Check the derivative rule of an operation at one set of arguments and keywords.

    op: an operation. arguments: arrays or numbers in double precision, at a point where the operation is smooth; for an
    operation on a tuple, its elements. modes: "forward", "reverse" or both. argnums: the arguments that are
    differentiated, by default all that are floating-point or complex. reference(*arguments, **keywords): what the value
    is compared with, NumPy's function say. before(*arguments), after(*outputs): maps round the operation, written with
    operations, that keep to the set on which it is defined and to what is unique about its result. at_singular: more
    argument tuples, at which a zero cotangent must give exactly zero. outside: argument tuples that must raise.
    without: names of checks to leave out, of: "batch", "differences", "layouts", "precision", "repeatable",
    "second order", "variations", "zero". tolerance: relative, for the comparison with differences.

    Checked are: the value; both modes against central differences (each argument alone and all together; complex
    numbers by the real-linear adjoint Re<conj(ct), J v>) and against each other; second derivatives forward over
    reverse, reverse over forward and by differences of the first; single precision stays single; Fortran-ordered,
    negatively strided and read-only arrays; empty, 0-d, scalar and broadcast arguments of elementwise operations;
    nothing is written into arguments or cotangents; running twice gives the same; zero in gives exactly zero out; a
    batch equals a loop.

    Raises RuleCheckError, which names operation, argument, index, what came and was expected, and a line to repeat it.

    >>> import numpy as np
    >>> from dispatchml import ops
    >>> from dispatchml.testing import check_rule
    >>> check_rule(ops.sin, np.array([0.1, 2.0]), reference=np.sin)
    """
    given = {"modes": tuple(modes), "argnums": argnums, "before": before, "after": after, "without": tuple(without)}
    usual = {"modes": ("forward", "reverse"), "without": ()}
    subject = Subject(op.info.name, arguments, keywords, {k: v for k, v in given.items() if v != usual.get(k)})
    refuse_mistakes(op, modes, without, subject)
    chosen = differentiable_arguments(arguments) if argnums is None else tuple(argnums)
    case = Case(op, arguments, keywords, chosen, before, after, subject)
    with np.errstate(all="ignore"):
        check_value(case, modes, reference)
        if "differences" not in without:
            check_first_order(case, modes, tolerance)
            if "second order" not in without:
                check_second_order(case, modes, tolerance)
        checks: list[tuple[str, Callable[..., None]]] = [
            ("repeatable", check_repeatable),
            ("zero", check_zero),
            ("layouts", check_layouts),
            ("precision", check_precision),
            ("batch", check_batch),
        ]
        for name, check in checks:
            if name not in without:
                check(case, modes)
        if "variations" not in without and op.info.family == "elementwise":
            check_variations(case, modes, tolerance)
        for point in at_singular:
            check_zero(case.of(tuple(point)), modes)
        for point in outside:
            check_outside(case.of(tuple(point)), modes)


def refuse_mistakes(op: Any, modes: Sequence[str], without: Sequence[str], subject: Subject) -> None:
    """Say what is wrong with the call itself."""
    unknown = set(without) - CHECKS
    if unknown:
        raise ValueError(
            f"check_rule: without={sorted(unknown)} names no check. There are: {', '.join(sorted(CHECKS))}."
        )
    if not modes or not set(modes) <= {"forward", "reverse"}:
        raise ValueError(f"check_rule: modes={tuple(modes)!r}; give 'forward', 'reverse' or both.")
    if rule_of(op.info) is None and op.info.decomposition is None:
        subject.fail("the operation has neither a rule nor a decomposition")


def check_value(case: Case, modes: Sequence[str], reference: Callable[..., Any] | None) -> None:
    """The value is the reference's, and the same with and without a derivative."""
    y = case.call(*case.active)
    if reference is not None:
        plain = Case(case.op, case.arguments, case.keywords, (), case.before, None, case.subject)
        expected = reference(*case.arguments, **case.keywords)
        got = to_vector(plain.call() if case.before is None else case.op(*case.arguments, **case.keywords))
        wanted = to_vector(tuple(expected) if isinstance(expected, (tuple, list)) else expected)
        case.subject.compare("the value against the reference", got, wanted, 1e-11 * (1 + np.abs(wanted)), expected)
    if not case.argnums:
        return
    value = to_vector(y)
    slack = 1e-13 * (1 + np.abs(value))
    if "forward" in modes:
        traced, dy = case.push(tuple(random_like(x, k) for k, x in enumerate(case.active)))
        case.subject.compare("the value beside its forward derivative", to_vector(traced), value, slack, y)
        check_kind(case.subject, "the forward derivative", y, dy)
    if "reverse" in modes:
        from .. import vjp

        traced, pullback = vjp(case.call, *case.active)
        case.subject.compare("the value beside its reverse derivative", to_vector(traced), value, slack, y)
        for k, x, g in zip(case.argnums, case.active, pullback(random_like(y, 3)), strict=True):
            check_kind(case.subject, f"the reverse derivative in argument {k}", x, g)


__all__ = ["RuleCheckError", "check_rule", "matching_leaves"]
