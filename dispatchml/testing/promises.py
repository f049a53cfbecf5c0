"""What every rule promises besides being right: layouts, precision, purity, zeros, batches, errors off its domain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ops, vjp
from ..engines.batch import Batched
from ..engines.levels import Level
from .cases import Case, check_kind, matching_leaves, random_like, zero_like
from .derivatives import check_first_order
from .differences import is_differentiable, leaves_of, to_vector
from .layouts import LAYOUTS, broadcasts_of, frozen_copy, scalars_of, single_precision

#: How many elements a batch has.
BATCH = 3


def tangents_of(case: Case) -> tuple[Any, ...]:
    """Tangents for the differentiated arguments."""
    return tuple(random_like(x, 41 + k) for k, x in enumerate(case.active))


def results(case: Case, modes: Sequence[str], tangents: Any, ct: Any) -> dict[str, Any]:
    """Value and derivatives as real coordinates, by name."""
    found: dict[str, Any] = {"the value": to_vector(case.call(*case.active))}
    if "forward" in modes:
        y, dy = case.push(tangents)
        found["the forward derivative"] = to_vector(matching_leaves(y, dy))
    if "reverse" in modes:
        found["the reverse derivative"] = to_vector(case.pull(ct))
    return found


def check_repeatable(case: Case, modes: Sequence[str]) -> None:
    """Arguments and cotangents are not written into, and a second run gives the same, bit by bit."""
    plain = tuple(x.copy() if isinstance(x, np.ndarray) else x for x in case.arguments)
    case = case.of(plain)
    y = case.call(*case.active)
    ct, tangents = random_like(y, 5), tangents_of(case)
    kept = [np.array(x) for x in (*plain, *leaves_of(ct), *tangents)]
    first = results(case, modes, tangents, ct)
    again = results(case, modes, tangents, ct)
    if "reverse" in modes and case.argnums:
        pullback = vjp(case.call, *case.active)[1]
        first["the pullback called twice"], again["the pullback called twice"] = (
            to_vector(pullback(ct)),
            to_vector(pullback(ct)),
        )
    for name, value in first.items():
        if value.tobytes() != again[name].tobytes():
            case.subject.fail(f"{name}: a second run gives another result")
    for number, (x, before) in enumerate(zip((*plain, *leaves_of(ct), *tangents), kept, strict=True)):
        if np.array(x).tobytes() != before.tobytes():
            what = f"argument {number}" if number < len(plain) else "a cotangent or tangent"
            case.subject.fail(f"{what} was written into")
    guarded = case.of(tuple(map(frozen_copy, plain)))
    frozen_ct = tuple(map(frozen_copy, ct)) if isinstance(ct, tuple) else frozen_copy(ct)
    results(guarded, modes, tuple(map(frozen_copy, tangents)), frozen_ct)


def check_layouts(case: Case, modes: Sequence[str]) -> None:
    """The layout in memory makes no difference."""
    y = case.call(*case.active)
    ct, tangents = random_like(y, 5), tangents_of(case)
    expected = results(case, modes, tangents, ct)
    for name, change in LAYOUTS.items():
        other = case.of(tuple(map(change, case.arguments)))
        turned = tuple(map(change, ct)) if isinstance(ct, tuple) else change(ct)
        found = results(other, modes, tuple(map(change, tangents)), turned)
        for what, value in found.items():
            like = case.active if what == "the reverse derivative" else y
            slack = 1e-11 * (1 + np.abs(expected[what]).max(initial=0))
            case.subject.compare(f"{what} for {name} arguments", value, expected[what], slack, like)


def check_precision(case: Case, modes: Sequence[str]) -> None:
    """Single precision in, single precision out: value, tangent and cotangent."""
    single = case.of(tuple(map(single_precision, case.arguments)))
    if not case.argnums or all(a is b for a, b in zip(single.active, case.active, strict=True)):
        return
    y, double = single.call(*single.active), case.call(*case.active)
    whole = any(isinstance(x, np.ndarray) and x.dtype.kind in "iu" for x in single.arguments)
    if "dtype" not in case.keywords and not whole:  # NumPy widens float32 beside an array of integers
        for a, b in zip(leaves_of(y), leaves_of(double), strict=True):
            if ops.dtype(a) != ops.dtype(single_precision(b)):
                case.subject.fail(f"the value of single-precision arguments is {ops.dtype(a)}")
    ct, tangents = random_like(y, 5), tangents_of(single)
    wide_ct, wide = random_like(double, 5), tangents_of(case)
    if "forward" in modes:
        dy = single.push(tangents)[1]
        check_kind(case.subject, "the forward derivative of single-precision arguments", y, dy)
        close(case, "the forward derivative in single precision", dy, case.push(wide)[1], double)
    if "reverse" in modes:
        found = single.pull(ct)
        for k, x, g in zip(case.argnums, single.active, found, strict=True):
            check_kind(case.subject, f"the reverse derivative in the single-precision argument {k}", x, g)
        close(case, "the reverse derivative in single precision", found, case.pull(wide_ct), case.active)


def close(case: Case, what: str, got: Any, expected: Any, like: Any) -> None:
    """Agreement as far as single precision goes."""
    like_tree = expected if not isinstance(like, tuple) else like
    a, b = to_vector(matching_leaves(like_tree, got)), to_vector(matching_leaves(like_tree, expected))
    case.subject.compare(what, a, b, 2e-3 * (1 + np.abs(b).max(initial=0)), like)


def check_zero(case: Case, modes: Sequence[str]) -> None:
    """A zero cotangent or tangent gives exactly zero, whatever the partial derivatives are."""
    y = case.call(*case.active)
    if not case.argnums:
        return
    found = {}
    if "forward" in modes:
        dy = case.push(tuple(map(zero_like, case.active)))[1]
        found["a zero tangent"] = (to_vector(matching_leaves(y, dy)), y)
    if "reverse" in modes:
        found["a zero cotangent"] = (to_vector(case.pull(zero_like(y))), case.active)
    for what, (value, like) in found.items():
        case.subject.compare(
            f"{what} at {tuple(map(describe_point, case.arguments))}", value, np.zeros(value.shape), 0.0, like
        )


def describe_point(x: Any) -> str:
    """An argument in a message."""
    return np.array2string(np.asarray(x), threshold=6, separator=", ") if is_differentiable(x) else repr(x)


def check_variations(case: Case, modes: Sequence[str], tolerance: float) -> None:
    """Elementwise operations on scalars of each kind, empty arrays and broadcast arguments."""
    numbers = tuple(x.item() if isinstance(x, np.generic) else x for x in case.arguments)
    if case.before is not None or any(not isinstance(x, (np.ndarray, int, float, complex)) for x in numbers):
        return
    for _, arguments in (*scalars_of(case.arguments), *broadcasts_of(case.arguments)):
        one = case.of(arguments)
        one.subject = type(case.subject)(case.subject.name, arguments, case.subject.keywords, case.subject.options)
        y = one.call(*one.active)
        if not one.argnums:
            continue
        for single in one.subsets():
            if "forward" in modes:
                traced, dy = single.push(tuple(random_like(x, 3) for x in single.active))
                check_kind(one.subject, "the forward derivative", traced, dy)
                if type(traced) is not type(y) and isinstance(y, (float, complex)) and not isinstance(y, np.generic):
                    one.subject.fail(
                        f"the value beside its derivative is {type(traced).__name__}, alone {type(y).__name__}"
                    )
            if "reverse" in modes:
                for k, x, g in zip(single.argnums, single.active, single.pull(random_like(y, 3)), strict=True):
                    check_kind(one.subject, f"the reverse derivative in argument {k}", x, g)
        check_first_order(one, modes, tolerance)


def check_outside(case: Case, modes: Sequence[str]) -> None:
    """Outside its domain an operation raises in every mode, and never gives a number."""
    attempts: dict[str, Any] = {}
    if "forward" in modes:
        attempts["forward"] = lambda: case.push(tangents_of(case))
    if "reverse" in modes:
        attempts["reverse"] = lambda: vjp(case.call, *case.active)[1](random_like(case.call(*case.active), 5))
    for mode, attempt in attempts.items():
        try:
            attempt()
        except (ArithmeticError, LookupError, TypeError, ValueError, NotImplementedError):
            continue
        points = ", ".join(map(describe_point, case.arguments))
        case.subject.fail(f"outside its domain, at ({points}), the {mode} derivative does not raise")


# ---- batches ---------------------------------------------------------------------------------------------------------


def batch_of(x: Any) -> Any:
    """Three values a little apart, stacked; scaling keeps symmetry, triangles and signs."""
    return np.stack([np.asarray(x) * (1 - k / 64) for k in range(BATCH)])


def check_batch(case: Case, modes: Sequence[str]) -> None:
    """The operation and its derivatives over a batch equal a loop: each argument batched alone, and all together."""
    if not case.argnums:
        return
    for one in case.subsets():
        stacks = tuple(np.asarray(batch_of(x)).astype(ops.dtype(x)) for x in one.active)
        compare_batch(case, "a batch", one.call, stacks)
    stacks = tuple(np.asarray(batch_of(x)).astype(ops.dtype(x)) for x in case.active)
    ct, tangents = random_like(case.call(*case.active), 5), tangents_of(case)
    if "reverse" in modes:
        compare_batch(case, "the reverse derivative of a batch", lambda *x: vjp(case.call, *x)[1](ct), stacks)
    if "forward" in modes:
        compare_batch(case, "the forward derivative of a batch", lambda *x: case.at(x).push(tangents)[1], stacks)


def compare_batch(case: Case, what: str, function: Any, stacks: tuple[Any, ...]) -> None:
    """A function of batched arguments against a loop over the batch."""
    with Level("vmap", BATCH) as level:
        y = function(*(Batched(x, level) for x in stacks))
        outputs = tuple(y) if isinstance(y, (tuple, list)) else (y,)
        plain = [np.asarray(v._value) if isinstance(v, Batched) else np.stack([v] * BATCH) for v in outputs]
    for k in range(BATCH):
        expected = function(*(x[k] for x in stacks))
        expected = tuple(expected) if isinstance(expected, (tuple, list)) else (expected,)
        for number, (got, wanted) in enumerate(zip(plain, expected, strict=True)):
            if got[k].shape != ops.shape(wanted):
                case.subject.fail(f"{what}, output {number}: shape {got[k].shape}, in a loop {ops.shape(wanted)}")
            a, b = to_vector(got[k]), to_vector(wanted)
            case.subject.compare(f"{what}, element {k}", a, b, 1e-9 * (1 + np.abs(b).max(initial=0)), wanted)
