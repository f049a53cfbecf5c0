# ruff: noqa: E501 -- a table: one fact a line
"""The conventions of mathematics at its corners, as data: tested in both modes, printed by `python -m dispatchml.rules.conventions`.

A row says what holds at a kind of point; its facts are single cases of it: a function, its arguments, and the derivatives
that forward, reverse and nested modes must all give.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import ops

INF, NAN, PI = math.inf, math.nan, math.pi


@dataclass(frozen=True)
class Fact:
    """One case: the sum of `function` over its output has these derivatives at `arguments`.

    first: the gradient in each argument (for complex arguments df/dx + i df/dy). second: the derivative of the gradient in
    the direction of ones, where the table promises it. value: of the function itself, where that is the point.
    raises: the name of the error instead.
    """

    text: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    first: tuple[Any, ...] = ()
    second: tuple[Any, ...] = ()
    value: Any = None
    raises: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table: at which points, what holds, why, and the facts that show it."""

    point: str
    value: str
    note: str
    facts: tuple[Fact, ...] = field(default=())


def fact(
    text: str, function: Any, *arguments: Any, first: Any = (), second: Any = (), value: Any = None, raises: str = ""
) -> Fact:
    """A fact; a single derivative may be given without its tuple."""
    tuples = [x if isinstance(x, tuple) else (x,) for x in (first, second)]
    return Fact(text, function, arguments, *tuples, value, raises)  # pyright: ignore[reportCallIssue]


def chosen(text: str, function: Any, x: float) -> Fact:
    """A fact about a branch that is not taken: both derivatives are exactly 0."""
    return fact(text, function, x, first=0.0, second=0.0)


def real_part_of_square(z: Any) -> Any:
    return ops.real(ops.square(z))


SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
TWICE = np.array([[2.0, 0.0], [0.0, 2.0]])

TABLE = (
    Row("abs, norm, hypot, arctan2, angle, sign at 0", "0", "a subgradient; `norm(x)**2` at 0 is 0, never nan", (
        fact("abs(x)", np.abs, 0.0, first=0.0, second=0.0),
        fact("abs(z)", np.abs, 0j, first=0j),
        fact("sign(x)", np.sign, 0.0, first=0.0, second=0.0),
        fact("hypot(x, y)", np.hypot, 0.0, 0.0, first=(0.0, 0.0), second=(0.0, 0.0)),
        fact("arctan2(y, x)", np.arctan2, 0.0, 0.0, first=(0.0, 0.0), second=(0.0, 0.0)),
        fact("angle(z)", np.angle, 0j, first=0j),
        fact("sqrt(x**2)", lambda x: np.sqrt(x**2), 0.0, first=0.0),
        fact("norm(x)", np.linalg.norm, np.zeros(2), first=np.zeros(2), second=np.zeros(2)),
        fact("norm(x)**2", lambda x: np.linalg.norm(x) ** 2, np.zeros(2), first=np.zeros(2)),
        fact("norm(x, 3)", lambda x: ops.vector_norm(x, ord=3), np.zeros(2), first=np.zeros(2)),
        fact("norm(A)", ops.matrix_norm, np.zeros((2, 2)), first=np.zeros((2, 2))),
        fact("norm(A, 'nuc')", lambda a: ops.matrix_norm(a, ord="nuc"), np.zeros((2, 2)), first=np.zeros((2, 2))),
    )),
    Row("sqrt, cbrt, x**p with p < 1 at 0", "inf", "as NumPy would say it; no Python exception; with a zero cotangent: 0 (below)", (
        fact("sqrt(x)", np.sqrt, 0.0, first=INF),
        fact("cbrt(x)", np.cbrt, 0.0, first=INF),
        fact("x**0.5", lambda x: x**0.5, 0.0, first=INF),
        fact("log(x)", np.log, 0.0, first=INF),
        fact("arcsin(x)", np.arcsin, 1.0, first=INF),
        fact("1 / x", lambda x: 1 / x, 0.0, first=-INF),
    )),
    Row("ties in max, min, maximum, minimum, median", "shared equally", "the shares sum to 1; `maximum(x, x)` has derivative 1", (
        fact("max(x)", np.max, np.array([2.0, 2.0, 1.0]), first=np.array([0.5, 0.5, 0.0])),
        fact("min(x)", np.min, np.array([1.0, 1.0, 1.0, 2.0]), first=np.array([1 / 3, 1 / 3, 1 / 3, 0.0])),
        fact("maximum(x, y)", np.maximum, 1.0, 1.0, first=(0.5, 0.5)),
        fact("minimum(x, y)", np.minimum, 1.0, 1.0, first=(0.5, 0.5)),
        fact("maximum(x, x)", lambda x: np.maximum(x, x), 1.0, first=1.0),
        fact("fmax(x, y)", np.fmax, 1.0, 1.0, first=(0.5, 0.5)),
        fact("median(x)", np.median, np.array([1.0, 2.0, 2.0, 2.0, 3.0]), first=np.array([0.0, 1 / 3, 1 / 3, 1 / 3, 0.0])),
        fact("norm(x, inf)", lambda x: ops.vector_norm(x, ord=INF), np.array([-2.0, 2.0]), first=np.array([-0.5, 0.5])),
    )),
    Row("sort, partition, take with ties", "by the permutation that the primal used", "the sum is preserved", (
        fact("sum(sort(x))", lambda x: np.sum(np.sort(x)), np.array([2.0, 1.0, 1.0]), first=np.ones(3)),
        fact("sort(x)[0]", lambda x: np.sort(x)[0], np.array([2.0, 1.0, 3.0]), first=np.array([0.0, 1.0, 0.0])),
        fact("sum(partition(x, 1))", lambda x: ops.sum(ops.partition(x, kth=1)), np.array([2.0, 2.0, 2.0]), first=np.ones(3)),
        fact("x[[0, 0, 1]]", lambda x: x[[0, 0, 1]], np.array([5.0, 6.0]), first=np.array([2.0, 1.0])),
    )),
    Row("where, clip, maximum: the branch that is not taken", "contributes exactly 0",
        "a strong zero: a zero cotangent gives zero out of log, sqrt, power, divide, arcsin..., also when their local derivative is inf or nan", (
        chosen("where(x > 0, log(x), 0)", lambda x: np.where(x > 0, np.log(x), 0.0), 0.0),
        chosen("where(x > 0, log2(x), 0)", lambda x: np.where(x > 0, np.log2(x), 0.0), 0.0),
        chosen("where(x > -1, log1p(x), 0)", lambda x: np.where(x > -1, np.log1p(x), 0.0), -1.0),
        chosen("where(x > 0, sqrt(x), 0)", lambda x: np.where(x > 0, np.sqrt(x), 0.0), 0.0),
        chosen("where(x > 0, sqrt(x), 0) below 0", lambda x: np.where(x > 0, np.sqrt(x), 0.0), -1.0),
        chosen("where(x > 0, cbrt(x), 0)", lambda x: np.where(x > 0, np.cbrt(x), 0.0), 0.0),
        chosen("where(x > 0, x**0.5, 0)", lambda x: np.where(x > 0, x**0.5, 0.0), 0.0),
        chosen("where(x > 0, x**x, 0)", lambda x: np.where(x > 0, x**x, 0.0), 0.0),
        chosen("where(x > 0, 1 / x, 0)", lambda x: np.where(x > 0, 1 / x, 0.0), 0.0),
        chosen("where(x > 0, sin(x) / x, 1)", lambda x: np.where(x > 0, np.sin(x) / x, 1.0), 0.0),
        chosen("where(x < 1, arcsin(x), 0)", lambda x: np.where(x < 1, np.arcsin(x), 0.0), 1.0),
        chosen("where(x < 1, arccos(x), 0)", lambda x: np.where(x < 1, np.arccos(x), 0.0), 1.0),
        chosen("where(x > 1, arccosh(x), 0)", lambda x: np.where(x > 1, np.arccosh(x), 0.0), 1.0),
        chosen("where(x < 1, arctanh(x), 0)", lambda x: np.where(x < 1, np.arctanh(x), 0.0), 1.0),
        chosen("where(x < 1, logit(x), 0)", lambda x: np.where(x < 1, ops.logit(x), 0.0), 1.0),
        chosen("where(x < 700, exp(x) * exp(x), 0)", lambda x: np.where(x < 700, np.exp(x) * np.exp(x), 0.0), 800.0),
        chosen("where(x > 1, x * inf, 0)", lambda x: np.where(x > 1, x * INF, 0.0), 0.0),
        chosen("clip(sqrt(x), 1, 2)", lambda x: np.clip(np.sqrt(x), 1.0, 2.0), 0.0),
        chosen("clip(log(x), -1, 2)", lambda x: np.clip(np.log(x), -1.0, 2.0), 0.0),
        chosen("maximum(log(x), 0)", lambda x: np.maximum(np.log(x), 0.0), 0.0),
        chosen("sqrt(0 * x)", lambda x: np.sqrt(0.0 * x), 1.0),
        chosen("sqrt(where(x > 0, x, 0))", lambda x: np.sqrt(np.where(x > 0, x, 0.0)), 0.0),
        fact("where(x > 0, log(x), 0), two elements", lambda x: np.where(x > 0, np.log(x), 0.0), np.array([0.0, 2.0]),
             first=np.array([0.0, 0.5]), second=np.array([0.0, -0.25])),
        fact("where(False, norm(x), 0)", lambda x: np.where(False, np.linalg.norm(x), 0.0), np.zeros(2), first=np.zeros(2)),
    )),
    Row("x**0, x**1, x**n", "exact to every order at 0", "constant exponents are special-cased as data; negative bases never touch log", (
        fact("x**0", lambda x: x**0, 0.0, first=0.0, second=0.0, value=1.0),
        fact("x**1", lambda x: x**1, 0.0, first=1.0, second=0.0),
        fact("x**2", lambda x: x**2, 0.0, first=0.0, second=2.0),
        fact("x**3", lambda x: x**3, 0.0, first=0.0, second=0.0),
        fact("x**3 at -2", lambda x: x**3, -2.0, first=12.0, second=-12.0),
        fact("x**-2 at -2", lambda x: x**-2, -2.0, first=0.25, second=0.375),
        fact("x**[0, 1, 2, 3]", lambda x: x ** np.array([0, 1, 2, 3]), np.zeros(4), first=np.array([0.0, 1.0, 0.0, 0.0]), second=np.array([0.0, 0.0, 2.0, 0.0])),
        fact("x**y", lambda x, y: x**y, 0.0, 2.0, first=(0.0, 0.0)),
    )),
    Row("prod, cumprod with zeros", "exact", "no division by the input", (
        fact("prod(x)", np.prod, np.array([0.0, 2.0, 3.0]), first=np.array([6.0, 0.0, 0.0]), second=np.array([5.0, 3.0, 2.0])),
        fact("prod(x)", np.prod, np.array([0.0, 0.0, 3.0]), first=np.zeros(3), second=np.array([3.0, 3.0, 0.0])),
        fact("cumprod(x)", np.cumprod, np.array([2.0, 0.0, 3.0]), first=np.array([1.0, 8.0, 0.0]), second=np.array([4.0, 6.0, 2.0])),
    )),
    Row("logsumexp, logaddexp, softmax with -inf", "no nan; all -inf gives value -inf, gradient 0", "", (
        fact("logsumexp(x)", ops.logsumexp, np.array([-INF, 0.0]), first=np.array([0.0, 1.0])),
        fact("logsumexp(x)", ops.logsumexp, np.array([-INF, -INF]), first=np.zeros(2), value=-INF),
        fact("logaddexp(x, y)", np.logaddexp, -INF, -INF, first=(0.0, 0.0), value=-INF),
        fact("logaddexp(x, y)", np.logaddexp, -INF, 1.0, first=(0.0, 1.0)),
        fact("softmax(x)[1]", lambda x: ops.softmax(x)[1], np.array([-INF, 0.0, 0.0]), first=np.array([0.0, 0.25, -0.25])),
    )),
    Row("sinc, expm1, log1p, softplus, std of a constant", "removable singularities removed, to second order", "", (
        fact("sinc(x)", np.sinc, 0.0, first=0.0, second=-(PI**2) / 3, value=1.0),
        fact("expm1(x)", np.expm1, 0.0, first=1.0, second=1.0),
        fact("log1p(x)", np.log1p, 0.0, first=1.0, second=-1.0),
        fact("softplus(x)", ops.softplus, 0.0, first=0.5, second=0.25),
        fact("softplus(x) at 800", ops.softplus, 800.0, first=1.0, second=0.0),
        fact("std(x)", np.std, np.ones(3), first=np.zeros(3)),
        fact("var(x)", np.var, np.ones(2), first=np.zeros(2), second=np.zeros(2)),
    )),
    Row("det, eigh, svd at repeated or zero eigenvalues", "finite where the mathematics is finite",
        "det through adjugate-stable forms; the derivative of eigenvectors at true degeneracy raises", (
        fact("det(A), A singular", np.linalg.det, SINGULAR, first=np.array([[4.0, -2.0], [-2.0, 1.0]]), second=np.array([[1.0, -1.0], [-1.0, 1.0]])),
        fact("det(A), A = 0", np.linalg.det, np.zeros((2, 2)), first=np.zeros((2, 2)), second=np.array([[1.0, -1.0], [-1.0, 1.0]])),
        fact("sum(eigvalsh(A)), repeated", lambda a: np.sum(np.linalg.eigvalsh(a)), TWICE, first=np.eye(2)),
        fact("sum(svdvals(A)), repeated", lambda a: ops.sum(ops.svdvals(a)), TWICE, first=np.eye(2)),
        fact("expm(A), repeated", ops.expm, np.zeros((2, 2)), first=np.ones((2, 2)), second=2 * np.ones((2, 2))),
        fact("eigh(A)[1][0, 1], repeated", lambda a: ops.eigh(a)[1][0, 1], TWICE, raises="NonDifferentiableError"),
    )),
    Row("complex", "the gradient of a real f is df/dx + i df/dy",
        "steepest ascent; pullbacks are adjoints for Re<conj(ct), dy>; real inputs get real gradients through complex detours; a complex output of plain `grad` raises", (
        fact("abs(z)**2", lambda z: np.abs(z) ** 2, 3 + 4j, first=6 + 8j, second=2 + 2j),
        fact("real(z**2)", real_part_of_square, 3 + 4j, first=6 - 8j),
        fact("abs(z)", np.abs, 3 + 4j, first=0.6 + 0.8j),
        fact("imag(z)", np.imag, 3 + 4j, first=1j),
        fact("real(exp(1j * x))", lambda x: np.real(np.exp(1j * x)), 0.5, first=-math.sin(0.5), second=-math.cos(0.5)),
        fact("abs(fft(x))**2", lambda x: np.abs(np.fft.fft(x)) ** 2, np.array([1.0, 2.0]), first=np.array([4.0, 8.0])),
    )),
    Row("comparisons, argmax, round, floor", "on the primal", "not differentiable; the zero derivative is declared, not guessed", (
        fact("floor(x) * x", lambda x: np.floor(x) * x, 2.5, first=2.0, second=0.0),
        fact("round(x) + x", lambda x: np.round(x) + x, 2.4, first=1.0, second=0.0),
        fact("(x > 1) * x**2", lambda x: (x > 1) * x**2, 2.0, first=4.0, second=2.0),
        fact("x[argmax(x)]", lambda x: x[np.argmax(x)], np.array([1.0, 3.0]), first=np.array([0.0, 1.0])),
        fact("x // 2 + x", lambda x: x // 2 + x, 2.5, first=1.0, second=0.0),
        fact("x % 2", lambda x: x % 2, 2.5, first=1.0, second=0.0),
    )),
    Row("integers, bools, strings", "a float gradient of the value, or a clear error; never truncated", "leaves that are neither numbers nor arrays of them pass through", (
        fact("x**2 of an int", lambda x: x**2, 3, first=6.0),
        fact("x**2 of an array of ints", lambda x: x**2, np.array([1, 2]), first=np.array([2.0, 4.0])),
        fact("x of a bool", lambda x: x * 1.0, True, raises="IntegerInputError"),
        fact("x of an array of bools", lambda x: x * 1.0, np.array([True]), raises="IntegerInputError"),
    )),
    Row("algorithm choice", "by type, never by a run-time test such as \"is it symmetric\"", "a dense symmetric matrix gets its full gradient", (
        fact("sum(inv(A)), A symmetric", lambda a: np.sum(np.linalg.inv(a)), np.array([[2.0, 0.0], [0.0, 4.0]]), first=-np.array([[0.25, 0.125], [0.125, 0.0625]])),
        fact("x @ A, A diagonal", lambda a: np.array([1.0, 2.0]) @ a, np.eye(2), first=np.array([[1.0, 1.0], [2.0, 2.0]])),
    )),
)  # fmt: skip


# ---- as a page ---------------------------------------------------------------------------------------------------------


def shown(x: Any) -> str:
    """A number or array as a reader writes it."""
    if isinstance(x, tuple):
        return ", ".join(map(shown, x)) if x else ""
    if isinstance(x, np.ndarray):
        return np.array2string(x, separator=", ", precision=4).replace("\n", "")
    return f"{x:.6g}" if isinstance(x, float) else repr(x)


def page() -> str:
    """The table and its facts in Markdown."""
    lines = [
        "# Conventions",
        "",
        "Forward, reverse and nested derivatives agree on these points; each line is a test.",
        "",
    ]
    lines += ["| point | value | note |", "|---|---|---|"]
    lines += [f"| {row.point} | {row.value} | {row.note} |" for row in TABLE]
    for row in TABLE:
        lines += [
            "",
            f"## {row.point}: {row.value}",
            "",
            "| function | at | first derivative | second |",
            "|---|---|---|---|",
        ]
        for one in row.facts:
            first = f"raises {one.raises}" if one.raises else shown(one.first)
            lines.append(f"| `{one.text}` | {shown(one.arguments)} | {first} | {shown(one.second)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
