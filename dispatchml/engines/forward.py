"""The forward engine: dual numbers whose value and partials have types of their own, as units may differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation
from ..rules.registry import Rule, rule_of
from .forward_products import product_dual
from .levels import Level, leaked
from .missing import missing_rule
from .provider import add_engine, live_payload_of, on_payloads
from .space import F64, SPACES, space_of_traced
from .traced import Traced
from .views import current, has_memory, is_view, taken_from

ndarray = np.ndarray
REALS = frozenset({float, int})


class Dual(Traced):
    """A value with its tangent at one level: `value + partials * epsilon`."""

    __slots__ = ("_value", "_partials", "_level", "_base")

    # No __init__: filling the slots in generated code takes half the time of a call. `dual` is for everywhere else.

    @property
    def _level_number(self) -> int:
        """The number that orders levels."""
        return self._level.number


def dual(value: Any, partials: Any, level: Level, base: Any = None) -> Dual:
    """A value with its tangent."""
    made = Dual()
    made._value, made._partials, made._level, made._base = value, partials, level, base
    return made


def fit_tangent(partials: Any, y: Any) -> Any:
    """A tangent in the shape and dtype of the output, where broadcasting against a constant had widened the output."""
    if type(partials) is ndarray and type(y) is ndarray and partials.shape == y.shape and partials.dtype is y.dtype:
        return partials
    if type(partials) is type(y) and layer_of(type(y)) is None:
        try:
            if partials.dtype == y.dtype and partials.shape == y.shape:
                return partials  # an array of another library
        except AttributeError:
            pass
    wanted = ops.shape(y)
    if ops.shape(partials) != wanted:
        partials = ops.broadcast_to(partials, shape=wanted)
    if type(y) is complex and type(partials) in REALS:
        return complex(partials)
    have, want = ops.dtype(partials), ops.dtype(y)
    if have != want and have.kind in "fc" and want.kind in "fc" and not (have.kind == "c" and want.kind == "f"):
        partials = ops.astype(partials, dtype=want)
    return partials


def fresh(x: Any) -> Any:
    """A traced value whose payload is up to date."""
    if x._base is not None:
        current(x)
    return x


# ---- elementwise: generated ------------------------------------------------------------------------------------------


# ---- linear and function rules ---------------------------------------------------------------------------------------


def linear_dual(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """A linear operation acts on the tangents as on the values; constants have zero tangents."""
    function, view = op.function, op.view
    if op.arity == 1:

        def linear_of_one(x: Any, /, **keywords: Any) -> Any:
            if x._level.closed:
                leaked(x._level.name)
            if x._base is not None:
                current(x)
            a = x._value
            made = pack(function(a, **keywords), function(x._partials, **keywords), x._level)
            if view and type(made) is Dual and is_view(keywords) and has_memory(made.shape, keywords):
                made._base = taken_from(x, function, keywords, a)
            return made

        if op is ops.getitem.info:

            def element_or_part(x: Any, /, *, index: Any = ()) -> Any:
                if type(index) is int and x._base is None and not x._level.closed:
                    a, p = x._value, x._partials
                    if type(a) is ndarray and type(p) is ndarray and a.ndim == 1 and a.dtype is F64 and p.dtype is F64:
                        try:
                            made = Dual()
                            made._value, made._partials, made._level, made._base = a[index], p[index], x._level, None
                            return made
                        except IndexError:  # in the words of the operation
                            pass
                return linear_of_one(x, index=index)

            return element_or_part
        return linear_of_one
    chosen = frozenset(active)

    def linear_of_some(*arguments: Any, **keywords: Any) -> Any:
        level = arguments[active[0]]._level
        if level.closed:
            leaked(level.name)
        values = [fresh(x)._value if k in chosen else x for k, x in enumerate(arguments)]
        y = function(*values, **keywords)
        tangents = [x._partials if k in chosen else ops.zeros_like(x) for k, x in enumerate(arguments)]
        return pack(y, function(*tangents, **keywords), level)

    return linear_of_some


def function_dual(op: Operation, rule: Rule, active: tuple[int, ...]) -> Callable[..., Any]:
    """An operation whose forward rule is a function."""
    if rule.jvp is None:
        return missing_rule(op, "jvp")
    function, jvp, chosen = op.function, rule.jvp, frozenset(active)
    careful_jvp = getattr(jvp, "careful", jvp)

    def dual_of_function(*arguments: Any, **keywords: Any) -> Any:
        level = arguments[active[0]]._level
        if level.closed:
            leaked(level.name)
        values = [fresh(x)._value if k in chosen else x for k, x in enumerate(arguments)]
        y = function(*values, **keywords)
        tangents = tuple(x._partials if k in chosen else None for k, x in enumerate(arguments))
        if level.state:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                return pack(y, careful_jvp(y, tangents, *values, **keywords), level)
        return pack(y, jvp(y, tangents, *values, **keywords), level)

    dual_of_function.__name__ = dual_of_function.__qualname__ = f"dual_{op.name}"
    return product_dual(op, active, dual_of_function)


def pack(y: Any, dy: Any, level: Level) -> Any:
    """A dual number, or a tuple of them for several outputs."""
    if type(y) is tuple:
        return tuple(dual(a, fit_tangent(b, a), level) for a, b in zip(y, dy, strict=True))
    return dual(y, fit_tangent(dy, y), level)


def forward_fixed(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """The forward engine's implementation by the kind of rule."""
    rule = rule_of(op)
    if rule is None:
        return on_payloads(op, active) if "transform" in op.strips else op.decomposition or missing_rule(op, "jvp")
    if rule.kind == "nondifferentiable":
        return on_payloads(op, active)
    if rule.kind == "elementwise":
        from .forward_elementwise import elementwise_dual

        return elementwise_dual(op, rule, active)
    return linear_dual(op, active) if rule.kind == "linear" else function_dual(op, rule, active)


def forward_variadic(op: Operation) -> Callable[..., Any]:
    """The same for an operation on a tuple of arrays."""
    rule = rule_of(op)
    if rule is None or rule.kind == "nondifferentiable":
        whole = op.decomposition if rule is None else None
        if rule is None and whole is None:
            return missing_rule(op, "jvp")

        def plain(elements: Any, level: Level, /, **keywords: Any) -> Any:
            if whole is not None:
                return whole(elements, **keywords)
            values = tuple(live_payload_of(x) if of_level(x, level) else x for x in elements)
            return op.function(values, **keywords)

        return plain
    function, jvp = op.function, rule.jvp
    if rule.kind != "linear" and jvp is None:
        return missing_rule(op, "jvp")
    careful_jvp: Any = getattr(jvp, "careful", jvp)

    def dual_of_elements(elements: Any, level: Level, /, **keywords: Any) -> Any:
        if level.closed:
            leaked(level.name)
        mine = [type(x) is Dual and x._level is level for x in elements]
        values = tuple([fresh(x)._value if own else x for x, own in zip(elements, mine, strict=True)])
        y = function(values, **keywords)
        if jvp is not None:
            tangents = tuple(x._partials if of_level(x, level) else None for x in elements)
            if level.state:
                with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                    return pack(y, careful_jvp(y, tangents, values, **keywords), level)
            dy = jvp(y, tangents, values, **keywords)
        else:
            tangents = [x._partials if own else ops.zeros_like(x) for x, own in zip(elements, mine, strict=True)]
            dy = function(tuple(tangents), **keywords)
        return pack(y, dy, level)

    return dual_of_elements


def of_level(x: Any, level: Level) -> bool:
    """Whether a value is a dual number of this level."""
    return type(x) is Dual and x._level is level


SPACES[Dual] = space_of_traced
add_engine(Dual, forward_fixed, forward_variadic)
