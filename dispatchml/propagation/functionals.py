"""Operations on functionals: what a pullback does with a `Sensitivity`, and how it becomes a number in the end."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch import layer_of, operation, register_type
from ..dispatch.elements import provide_for_arrays_of
from ..dispatch.errors import NonDifferentiableError, at_user_line, describe_call
from ..dispatch.operation import Operation
from ..engines import space
from ..ops.metadata import PYTHON_DTYPES, REAL
from ..rules import batch, linear
from ..rules.registry import rule_of
from .sensitivity import Sensitivity, strong_product
from .through import NATIVE, NATIVE_FAMILIES, with_arrays
from .values import as_objects, values_of

OBJECT = np.dtype(object)


def chosen(condition: Any, a: Any, b: Any) -> Any:
    """One of two, elementwise."""
    made = np.where(condition, as_objects(a), as_objects(b))
    return made if made.ndim else made[()]


def provide(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
    """Everything else is done on arrays of no dimension; functionals have no functions."""
    own = next((op.layers[c] for c in classes if c in op.layers), None)
    if own is not None:
        return own
    single = all(not issubclass(c, np.ndarray) for c in classes)
    return refused(op) if single and op.family == "elementwise" else with_arrays(op)


def refused(op: Operation) -> Callable[..., Any]:
    """The error for what functionals do not go through."""

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        raise NonDifferentiableError(
            f"{describe_call(op.name, arguments)}{at_user_line()}: the derivative of a standard deviation or a "
            "nominal value in reverse mode does not go through this operation of uncertain numbers. Use the "
            "forward mode: dispatchml.jvp, derivative or jacfwd."
        )

    return refuse


def provide_for_arrays(op: Operation) -> Callable[..., Any] | None:
    """Linear operations act on each coefficient; what only adds and multiplies is left to NumPy."""
    if op.family == "elementwise" or op.name in NATIVE or op.family in NATIVE_FAMILIES:
        return None
    return coefficient_by_coefficient(op)


def coefficient_by_coefficient(op: Operation) -> Callable[..., Any]:
    """An operation that is linear in the one argument that holds functionals.

    With the other arguments a0 + sum_v a_v of uncertain numbers the operation is F = F0 + sum_v F_v, and acts on
    functionals by the rule above: nominal' = F0 nominal + sum_v F_v parts_v, parts_v' = F0 parts_v, where F_v is the
    derivative of the operation along a_v.
    """

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        elements = list(arguments[0] if op.variadic else arguments)
        held = [k for k, x in enumerate(elements) if holds_functionals(x)]
        if len(held) != 1 or not is_linear_in(op, held[0]):
            return refused(op)(*arguments, **keywords)
        (place,) = held
        x = elements[place]
        keys = list({v: None for s in x.flat if isinstance(s, Sensitivity) for v in s.parts})
        uncertain = [k for k, y in enumerate(elements) if k != place and known_in(y) is not None]
        values = [values_of(y, known_in(y)) if k in uncertain else y for k, y in enumerate(elements)]

        def acted(part: Any, *others: Any) -> Any:
            given = list(values)
            given[place] = part
            for k, y in zip(uncertain, others, strict=True):
                given[k] = y
            return op.function(tuple(given), **keywords) if op.variadic else op.function(*given, **keywords)

        others = [values[k] for k in uncertain]
        nominal = acted(coefficients(x, nominal_part), *others)
        parts = {}
        for v in keys:
            part = coefficients(x, lambda s, v=v: s.parts.get(v, 0.0) if isinstance(s, Sensitivity) else 0.0)
            parts[v] = acted(part, *others)
            if uncertain:
                along = tuple(components_along(elements[k], v) for k in uncertain)
                nominal = nominal + jvp_of(lambda *y, part=part: acted(part, *y), tuple(others), along)
        made = np.empty(ops.shape(nominal), object)
        for index in np.ndindex(made.shape):
            made[index] = Sensitivity(float(nominal[index]), {v: float(p[index]) for v, p in parts.items()})
        return made if made.ndim else made[()]

    return on_arrays


def jvp_of(function: Callable[..., Any], values: tuple[Any, ...], tangents: tuple[Any, ...]) -> Any:
    """The derivative of a function of plain arrays."""
    from ..transforms import jvp

    return jvp(function, values, tangents)[1]


def holds_functionals(x: Any) -> bool:
    """Whether there are functionals in an array."""
    return getattr(x, "dtype", None) == OBJECT and any(isinstance(s, Sensitivity) for s in x.flat)


def known_in(x: Any) -> Any:
    """What is known of the uncertain numbers in an array; None where there are none."""
    from .numbers import uncertain_of

    if getattr(x, "dtype", None) != OBJECT:
        return None
    return next((known for v in x.flat if (known := uncertain_of(v)) is not None), None)


def components_along(x: Any, variable: Any) -> Any:
    """The coefficients of one basis variable in an array of uncertain numbers."""
    known = known_in(x)
    return coefficients(x, lambda y: known.components(y).get(variable, 0.0) if known.holds(y) else 0.0)


def coefficients(x: Any, part: Callable[[Any], float]) -> Any:
    """An array of floats, one read from each element."""
    return np.reshape(np.array([part(s) for s in x.flat], np.float64), x.shape)


def is_linear_in(op: Operation, place: int) -> bool:
    """Whether an operation is linear in one of its arguments, for fixed others."""
    rule = rule_of(op)
    if rule is not None and rule.kind == "linear" and not op.variadic and op.arity == 1:
        return True
    return LINEAR_IN.get(op.name) == place or (op.name in LINEAR_AFTER_FIRST and place > 0)


#: Operations of a tuple that are linear in each element but the first.
LINEAR_AFTER_FIRST = frozenset({"frechet", "cofactor"})
#: Operations of several arguments that are linear in the one at this position.
LINEAR_IN = {
    "solve": 1,
    "solve_triangular": 1,
    "singular_sum": 1,
    "spectral_sum": 1,
    "divide_by_gaps": 0,
    "even_out": 0,
}


def nominal_part(s: Any) -> Any:
    """The derivative with respect to a real number; anything else as it is."""
    return s.nominal if isinstance(s, Sensitivity) else s


# ---- as a number, where the primal is one, and where the user sees it ------------------------------------------------


@operation(family="elementwise")
def as_number(ct: Any) -> Any:
    """The derivative with respect to the value, of a functional; any other cotangent as it is."""


@as_number.register
def as_number_plainly(ct: object) -> Any:
    if type(ct) is np.ndarray and ct.dtype is OBJECT and any(isinstance(s, Sensitivity) for s in ct.flat):
        return np.reshape(np.array([nominal_part(s) for s in ct.flat], np.float64), ct.shape)
    return ct


def inside(layer: Any) -> Callable[..., Any] | None:
    """Through whatever wraps a functional."""
    return lambda ct: layer.rebuild(ct, as_number(layer.payload(ct))) if type(layer.payload(ct)) is not tuple else ct


as_number.info.layer_default = inside
linear(as_number, transpose=lambda ct, like: ct)


@batch(as_number)
def as_number_of_batch(arguments: Any, batched: Any, size: int) -> Any:
    return as_number(arguments[0])


def register() -> None:
    """Make functionals a layer that owns its calls, and the engines' spaces turn them into numbers."""
    register_type(
        Sensitivity, slot="scalar", payload=nominal_part, rebuild=lambda s, nominal: Sensitivity(nominal, s.parts)
    )
    info = layer_of(Sensitivity)
    assert info is not None
    info.provider = provide
    provide_for_arrays_of(Sensitivity, provide_for_arrays)
    PYTHON_DTYPES[Sensitivity] = OBJECT
    REAL.add(Sensitivity)
    for op, function in (
        (ops.multiply, operator.mul),
        (ops.strong_multiply, strong_product),
        (ops.divide, operator.truediv),
        (ops.add, operator.add),
        (ops.subtract, operator.sub),
        (ops.negative, operator.neg),
    ):
        op.layer(Sensitivity, function)
    for op in (ops.positive, ops.conj, ops.real, ops.stop_gradient):
        op.layer(Sensitivity, lambda s: s)
    ops.where.layer(Sensitivity, chosen)
    ops.where_or_zero.layer(Sensitivity, lambda condition, a: chosen(condition, a, Sensitivity(0.0, {})))
    ops.divide_or_zero.layer(Sensitivity, lambda a, b: a * ops.divide_or_zero(1.0, b))
    ops.isinf.layer(Sensitivity, lambda s: math.isinf(s.nominal))
    ops.isfinite.layer(Sensitivity, lambda s: math.isfinite(s.nominal))
    for op in (ops.ones_like, ops.one_like):
        op.layer(Sensitivity, lambda s, **keywords: 1.0)  # what a functional is multiplied by
    ops.zeros_like.layer(Sensitivity, lambda s, **keywords: Sensitivity(0.0, {}))
    ops.full_like.layer(Sensitivity, lambda s, *, value, dtype=None: Sensitivity(float(value), {}))
    ops.isnan.layer(Sensitivity, lambda s: s.nominal != s.nominal)
    as_number.layer(Sensitivity, nominal_part)
    space.NUMBER_OF.append(as_number)


register()
