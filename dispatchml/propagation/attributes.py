"""What is read off an uncertain number, as operations with derivatives.

The nominal value, the standard deviation, the variance, covariances and single coefficients are real numbers. Along a
tangent dx, itself a number with a linear part, they change by

    nominal(dx),  cov(x, dx) / s(x),  2 cov(x, dx),  cov(da, b) + cov(a, db),  the coefficient of dx,

because cov is bilinear in the linear parts. A standard deviation of zero is at a kink, where the derivative is zero by
the convention for norms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch import operation
from ..rules import linear, rule
from .sensitivity import Sensitivity


@operation(family="elementwise")
def nominal_of(x: Any) -> Any:
    """The nominal value (mean) of an uncertain number, as a float; a plain number is its own."""


@operation(family="elementwise")
def deviation_of(x: Any) -> Any:
    """The standard deviation of an uncertain number; zero of a plain one."""


@operation(family="elementwise")
def covariance_of(a: Any, b: Any) -> Any:
    """The covariance of two uncertain numbers; zero where one is plain."""


@operation(family="elementwise")
def component_of(x: Any, *, variable: Any = None) -> Any:
    """The derivative of an uncertain number with respect to one of the library's basis variables."""


@operation(family="elementwise")
def functional_of(x: Any) -> Any:
    """The functional d -> cov(x, d), for cotangents."""


def variance_of(x: Any) -> Any:
    """The variance of an uncertain number."""
    return covariance_of(x, x)


# ---- values ----------------------------------------------------------------------------------------------------------


def of_one(read: Callable[..., Any], plain: float | None) -> Callable[..., Any]:
    """A method for numbers and arrays from what reads it off an uncertain number; `plain`: what plain numbers have."""

    def read_one(x: Any, **keywords: Any) -> Any:
        from .numbers import uncertain_of

        known = uncertain_of(x)
        if known is None:
            return x if plain is None else plain
        return read(known, x, **keywords)

    def on_values(x: Any, **keywords: Any) -> Any:
        if not isinstance(x, np.ndarray):
            return read_one(x, **keywords)
        if x.dtype != object:
            return x if plain is None else np.full_like(x, plain)
        found = [read_one(v, **keywords) for v in x.flat]
        objects = any(isinstance(v, Sensitivity) for v in found)
        made = np.empty(x.shape, object if objects else np.float64)
        for k, v in enumerate(found):
            made.reshape(-1)[k] = v
        return made

    return on_values


def covariance_of_numbers(a: Any, b: Any) -> float:
    """cov(a, b) of two single numbers."""
    from .numbers import uncertain_of

    known = uncertain_of(a)
    if known is None or uncertain_of(b) is not known:
        return 0.0
    other = known.components(b)
    return sum((w * other.get(v, 0.0) for v, w in known.weights(a).items()), 0.0)


def covariance_of_values(a: Any, b: Any) -> Any:
    """The same, broadcasting."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.asarray(np.frompyfunc(covariance_of_numbers, 2, 1)(a, b), np.float64)
    return covariance_of_numbers(a, b)


READERS: dict[Any, Callable[..., Any]] = {
    nominal_of: of_one(lambda known, x: known.mean(x), None),
    deviation_of: of_one(lambda known, x: known.deviation(x), 0.0),
    component_of: of_one(lambda known, x, variable: known.components(x).get(variable, 0.0), 0.0),
    functional_of: of_one(lambda known, x: Sensitivity(0.0, known.weights(x)), 0.0),
    covariance_of: covariance_of_values,
}


def through_layer(op: Any) -> Callable[..., Any]:
    """What an operation of one number does with a layer outside the numbers, such as units."""

    def default(layer: Any) -> Any:
        if layer.slot in ("scalar", "transform"):
            return READERS[op]
        if layer.rebuild is None or op is covariance_of:
            return None
        return lambda x, **keywords: layer.rebuild(x, op(layer.payload(x), **keywords))

    return default


for reader, function in READERS.items():
    reader.register(function, *(object,) * reader.info.arity)
    reader.info.layer_default = through_layer(reader)


def register_readers(cls: type) -> None:
    """Let the operations read numbers of a class."""
    for reader, function in READERS.items():
        reader.layer(cls, function)


# ---- derivatives -----------------------------------------------------------------------------------------------------


def along(functional: Callable[..., Any]) -> Callable[..., Any]:
    """The pullback that multiplies a functional with the cotangent."""

    def vjp(y: Any, x: Any, *, needs: Any, **keywords: Any) -> Any:
        made = functional(y, x, **keywords)

        def pullback(ct: Any) -> Any:
            return (ops.multiply(made, ct),)

        return pullback

    return vjp


rule(nominal_of).vjp(along(lambda y, x: Sensitivity(1.0, {})))
rule(nominal_of).jvp(lambda y, tangents, x: nominal_of(tangents[0]))
rule(component_of).vjp(along(lambda y, x, variable: Sensitivity(0.0, {variable: 1.0})))
rule(component_of).jvp(lambda y, tangents, x, variable: component_of(tangents[0], variable=variable))
rule(deviation_of).jvp(lambda y, tangents, x: ops.divide_or_zero(covariance_of(x, tangents[0]), y))
# the cotangent of a functional is an element of the algebra, a number; <ct, cov(x, .)> is cov(ct, x)
linear(functional_of, transpose=lambda ct, like: functional_of(ct))


@rule(deviation_of).vjp
def deviation_vjp(y: Any, x: Any, *, needs: Any) -> Any:
    functional = functional_of(x)

    def deviation_pullback(ct: Any) -> Any:
        return (ops.multiply(functional, ops.divide_or_zero(ct, y)),)

    return deviation_pullback


@rule(covariance_of).jvp
def covariance_jvp(y: Any, tangents: Any, a: Any, b: Any) -> Any:
    da, db = tangents
    first = None if da is None else covariance_of(da, b)
    second = None if db is None else covariance_of(a, db)
    return first if second is None else second if first is None else ops.add(first, second)


@rule(covariance_of).vjp
def covariance_vjp(y: Any, a: Any, b: Any, *, needs: Any) -> Any:
    of_a, of_b = (functional_of(x) if need else None for x, need in ((a, needs[1]), (b, needs[0])))

    def covariance_pullback(ct: Any) -> Any:
        return (
            None if of_b is None else ops.multiply(of_b, ct),
            None if of_a is None else ops.multiply(of_a, ct),
        )

    return covariance_pullback
