"""How derivative rules are declared, and where they are kept.

A rule sees `y`, tangents, `ct` and payloads; it knows no engine.

elementwise(ops.tanh, "1 - y**2")              text: forward, reverse and compiled bodies from one line
linear(ops.sum, transpose=sum_transpose)       linear in all its array arguments: both modes from one function
@rule(ops.cholesky).jvp / .vjp                 everything else
nondifferentiable(ops.argmax)                  on the primal; the derivative is zero by declaration
batch(ops.sum)(function)                       how the operation runs over a leading batch axis
through(ops.sin, Quantity)(function)           for one layer, the derivative of a function instead of the rule
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..dispatch.errors import RegistrationError, code_line, user_line
from ..dispatch.operation import Operation


class Rule:
    """The derivative of one operation.

    kind: "elementwise", "linear", "function" or "nondifferentiable". partials: texts, one an argument, None where the
    operation has no derivative in that argument. singular: a zero cotangent must win over an infinite partial.
    select: the operation chooses between values, so that what was not chosen may be anything. jvp(y, tangents,
    *arguments, **keywords) gives the tangent of y; vjp(y, *arguments, needs, **keywords) gives a pullback from ct to a
    cotangent for each argument. transpose(ct, like, **keywords) gives the cotangent of a linear operation's argument.
    """

    __slots__ = ("op", "kind", "partials", "singular", "select", "jvp", "vjp", "transpose", "place")

    def __init__(self, op: Operation, kind: str) -> None:
        self.op, self.kind = op, kind
        self.partials: tuple[str | None, ...] = ()
        self.singular = self.select = False
        self.jvp: Callable[..., Any] | None = None
        self.vjp: Callable[..., Any] | None = None
        self.transpose: Callable[..., Any] | None = None
        self.place = "" if is_own(3) else user_line()

    def __repr__(self) -> str:
        return f"<{self.kind} rule of {self.op.name}>"


def is_own(depth: int) -> bool:
    """Whether the caller so many frames up is one of the files of rules in this folder."""
    frame: FrameType | None = sys._getframe(1)
    for _ in range(depth):
        frame = None if frame is None else frame.f_back
    return frame is not None and frame.f_globals.get("__name__", "").startswith(f"{__package__}.")


RULES: dict[Operation, Rule] = {}
BATCH_RULES: dict[Operation, Callable[..., Any]] = {}
#: Functions through which the derivative of an operation goes, by operation and class of a layer.
DETOURS: dict[Operation, dict[type, Callable[..., Any]]] = {}


def new_rule(function: Any, kind: str, replace: bool = False) -> Rule:
    """A rule for an operation, entered in the table; a second one must say that it replaces the first."""
    op = getattr(function, "info", None)
    if not isinstance(op, Operation):
        raise RegistrationError(
            f"A rule is declared for an operation, not for {function!r}. Use dispatchml.primitive to make one."
        )
    known = RULES.get(op)
    if known is not None and not replace:
        raise RegistrationError(
            f"{op.name} has a {known.kind} rule already, declared at {known.place or 'dispatchml.rules'}. "
            "Say replace=True to mean it."
        )
    RULES[op] = made = Rule(op, kind)
    op.forget()
    return made


def elementwise(
    function: Any, *partials: str | None, singular: bool = False, select: bool = False, replace: bool = False
) -> None:
    """Declare the partial derivatives of an elementwise operation as text, one for each argument.

    The text may use the arguments as `a`, `b`, `c`, the output as `y`, numbers, `+ - * / **`, comparisons, and calls of
    elementwise operations by name, `where` included. A whole text `masked(condition)` is 1 where the condition holds
    and exactly zero elsewhere, whatever the cotangent is; `masked(condition, tie)` is 1/2 at ties. None: no derivative
    in that argument.

    >>> from dispatchml import ops
    >>> from dispatchml.rules import elementwise
    >>> elementwise(ops.tanh, "1 - y**2", replace=True)
    """
    op = getattr(function, "info", None)
    if isinstance(op, Operation):
        if len(partials) != op.arity or op.variadic:
            raise RegistrationError(
                f"{op.name} takes {op.arity} arguments, but {len(partials)} partial derivatives were given."
            )
        if not is_own(1):  # ours are looked at by a test, not at each import
            from .grammar import check_text

            for text in partials:
                if text is not None:
                    check_text(text, op)
    made = new_rule(function, "elementwise", replace)
    made.partials, made.singular, made.select = partials, singular, select


def linear(function: Any, transpose: Callable[..., Any], *, select: bool = False, replace: bool = False) -> None:
    """Declare an operation that is linear in all its array arguments together; keywords are static.

    transpose(ct, like, **keywords) returns the cotangent of the argument; `like` has its `shape`, `dtype` and `ndim`.
    For operations of several arguments or a tuple, `like` is the tuple of these and the result a tuple. select: the
    operation leaves elements out, which may be anything.

    >>> import numpy as np, dispatchml as dm
    >>> from dispatchml.dispatch import operation
    >>> @operation
    ... def reversed_order(x): "A vector from its end."
    >>> @reversed_order.register
    ... def _(x: np.ndarray): return x[::-1]
    >>> linear(reversed_order, transpose=lambda ct, like: reversed_order(ct))
    >>> dm.grad(lambda x: reversed_order(x)[0])(np.array([1.0, 2.0]))
    array([0., 1.])
    """
    made = new_rule(function, "linear", replace)
    made.transpose, made.select = transpose, select


class rule:
    """Declare the rule of an operation as functions: `@rule(op).jvp` and `@rule(op).vjp`.

    jvp(y, tangents, *arguments, **keywords) -> tangent of y; `tangents` has one entry an argument, None for a constant
    (a variadic operation gets the tuple of arguments and the tuple of tangents). vjp(y, *arguments, needs, **keywords)
    -> pullback; pullback(ct) -> a tuple with a cotangent for each argument, None where `needs` is False. An operation
    with several outputs has tuples for y, ct and the tangent.

    >>> import dispatchml as dm
    >>> from dispatchml.dispatch import operation
    >>> @operation
    ... def doubled_product(a, b): "2 a b."
    >>> @doubled_product.register
    ... def _(a: float, b: float): return 2 * a * b
    >>> @rule(doubled_product).jvp
    ... def doubled_product_jvp(y, tangents, a, b):
    ...     da, db = tangents
    ...     first = None if da is None else doubled_product(da, b)
    ...     second = None if db is None else doubled_product(a, db)
    ...     return first if second is None else second if first is None else dm.ops.add(first, second)
    >>> dm.jvp(doubled_product, (3.0, 4.0), (1.0, 0.5))
    (24.0, 11.0)
    """

    def __init__(self, function: Any, *, select: bool = False, replace: bool = False) -> None:
        op = getattr(function, "info", None)
        known = RULES.get(op) if isinstance(op, Operation) else None
        half = known is not None and known.kind == "function" and not (known.jvp and known.vjp)
        self.rule = known if half and known is not None and not replace else new_rule(function, "function", replace)
        self.rule.select = self.rule.select or select
        if "needs" in self.rule.op.keywords:
            RULES.pop(self.rule.op)
            raise RegistrationError(
                f"{self.rule.op.name} has a keyword `needs`, by which rules are told whose cotangents are needed. "
                "Choose another name."
            )

    def jvp(self, function: Any) -> Any:
        """The forward rule."""
        self._set("jvp", function)
        return function

    def vjp(self, function: Any) -> Any:
        """The reverse rule."""
        self._set("vjp", function)
        return function

    def _set(self, mode: str, function: Any) -> None:
        known = getattr(self.rule, mode)
        if known is not None:
            raise RegistrationError(
                f"{self.rule.op.name} has a {mode} already, at {code_line(known)}. Say replace=True to mean it."
            )
        setattr(self.rule, mode, function)
        self.rule.op.forget()


def nondifferentiable(*functions: Any, replace: bool = False) -> None:
    """Declare operations on the primal, whose result carries no derivative: comparisons, argmax, floor, shape.

    >>> import dispatchml as dm
    >>> from dispatchml.dispatch import operation
    >>> @operation
    ... def floor_of(x): "The next whole number below."
    >>> @floor_of.register
    ... def _(x: float): return x // 1
    >>> nondifferentiable(floor_of)
    >>> dm.grad(lambda x: x * floor_of(x))(2.5)
    2.0
    """
    for function in functions:
        new_rule(function, "nondifferentiable", replace)


def batch(function: Any) -> Callable[[Any], Any]:
    """Declare how an operation runs over a leading batch axis.

    The function gets (arguments, batched, size, **keywords): the payloads, a flag for each that says whether it has the
    batch axis in front, and the batch size. It returns the result with the batch axis in front (a tuple for several
    outputs). Without one, elementwise operations broadcast and all others run once for each element.

    >>> import numpy as np, dispatchml as dm
    >>> from dispatchml.dispatch import operation
    >>> @operation
    ... def last_of(x): "The last element of a vector."
    >>> @last_of.register
    ... def _(x: np.ndarray): return x[-1]
    >>> @batch(last_of)
    ... def last_of_batch(arguments, batched, size): return arguments[0][:, -1]
    >>> dm.vmap(last_of)(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([2., 4.])
    """
    op: Operation = function.info

    def add(f: Any) -> Any:
        BATCH_RULES[op] = f
        op.forget()
        return f

    return add


def through(function: Any, cls: type) -> Callable[[Any], Any]:
    """Declare, for one layer, that the derivatives of an operation go through a function instead of its rule.

    The function has the operation's signature and gets the traced values, with an instance of the layer inside; it
    calls operations whose derivatives are right for the layer. For operations whose rule would be wrong by something
    that only the layer knows: the derivative of sin of an angle is one for each radian, where a radian is a unit.

    >>> from dispatchml.rules import through
    >>> @through(ops.sin, Quantity)  # doctest: +SKIP
    ... def sin_of_angle(x): return ops.sin(number_of_radians(x))
    """
    op: Operation = function.info

    def add(f: Any) -> Any:
        DETOURS.setdefault(op, {})[cls] = f
        op.forget()
        return f

    return add


def rule_of(op: Operation) -> Rule | None:
    """The rule of an operation, None where nobody has declared one."""
    return RULES.get(op)
