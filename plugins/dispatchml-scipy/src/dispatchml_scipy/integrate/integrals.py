"""The operation under quad and its relatives, whose derivatives are integrals of derivatives (Leibniz).

The tangent of the integral of f(t, p) from a to b is the integral of the tangent of f, and f(b) db - f(a) da; the
cotangent of p is the integral of the cotangents, one vector-valued integral. Both are integrals of the same kind, so
they nest.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import NonDifferentiableError
from dispatchml.engines.traced import Traced
from dispatchml.rules import rule

from ..implicit import order_of, refuse_meaning
from ..user_functions import plain_numbers
from .elementwise import NotElementwise
from .limits import at_limit, is_infinite


@operation(variadic=True, family="calls")
def integral(arrays: Any, *, problem: Any = None) -> Any:
    """The integral from a to b, for arrays = (a, b, *parameters)."""


@integral.decompose
def plain_integral(arrays: Any, *, problem: Any) -> Any:
    a, b, *values = arrays
    for value in values:
        refuse_meaning(value)

    def function(t: Any) -> Any:
        y = problem.integrand(t, values)
        if isinstance(y, Traced):
            raise NonDifferentiableError(
                f"{problem.name}{problem.line}: the integrand uses a traced value that it did not receive, from a "
                "global or an object; its derivative would be lost. Pass it by args=, or hold it in the "
                "function's closure."
            )
        return y

    def at_once(places: Any, weights: Any) -> Any:
        y = problem.at_once(places, weights, values)
        if isinstance(y, Traced):
            raise NotElementwise
        return y

    with plain_numbers():
        return problem.run(function, float(a), float(b), at_once)


def chosen(values: Any, flags: Any) -> tuple[Any, ...]:
    """The values whose flag is set."""
    return tuple(v for v, flag in zip(values, flags, strict=True) if flag)


def merged(constants: Any, active: Any, flags: Any) -> tuple[Any, ...]:
    """Values with those whose flag is set taken from `active`."""
    rest = iter(active)
    return tuple(next(rest) if flag else x for x, flag in zip(constants, flags, strict=True))


@rule(integral).jvp
def integral_jvp(y: Any, tangents: Any, arrays: Any, *, problem: Any) -> Any:
    """The integral of the tangent, and what the limits sweep over."""
    (a, b, *values), (da, db, *directions) = arrays, tangents
    flags = tuple(dx is not None for dx in directions)
    terms = []
    if any(flags):
        size = len(values)

        def tangent(t: Any, given: Any) -> Any:
            held, pushed = given[:size], given[size:]

            def along(*active: Any) -> Any:
                return problem.integrand(t, merged(held, active, flags))

            return dm.jvp(along, chosen(held, flags), tuple(pushed))[1]

        def tangent_at_once(places: Any, weights: Any, given: Any) -> Any:
            held, pushed = given[:size], given[size:]

            def along(*active: Any) -> Any:
                return problem.at_once(places, weights, merged(held, active, flags))

            return dm.jvp(along, chosen(held, flags), tuple(pushed))[1]

        derived = problem.derived(tangent, tangent_at_once)
        terms.append(integral((a, b, *values, *chosen(directions, flags)), problem=derived))
    if db is not None and not is_infinite(problem, b):
        terms.append(ops.multiply(at_limit(problem, b, values, a), db))
    if da is not None and not is_infinite(problem, a):
        terms.append(ops.negative(ops.multiply(at_limit(problem, a, values, b), da)))
    total = terms[0] if terms else ops.multiply(y, 0.0)
    for term in terms[1:]:
        total = ops.add(total, term)
    return total


@rule(integral).vjp
def integral_vjp(y: Any, arrays: Any, *, needs: Any, problem: Any) -> Any:
    """The integral of the cotangents of all parameters together."""
    a, b, *values = arrays
    flags = tuple(needs[2:])
    active = chosen(values, flags)
    shapes = [ops.shape(x) for x in active]
    sizes = [int(np.prod(s)) for s in shapes]

    def integral_pullback(ct: Any) -> Any:
        found: list[Any] = []
        if active:
            size = len(values)

            def cotangents(t: Any, given: Any) -> Any:
                held, back = given[:size], given[size]

                def of_active(*inner: Any) -> Any:
                    return ops.multiply(problem.integrand(t, merged(held, inner, flags)), 1.0)

                value, pull = dm.vjp(of_active, *chosen(held, flags))
                parts = pull(like_value(back, value))
                return ops.concatenate(tuple(ops.reshape(g, shape=(-1,)) for g in parts), axis=0)

            def cotangents_at_once(places: Any, weights: Any, given: Any) -> Any:
                held, back = given[:size], given[size]

                def of_active(*inner: Any) -> Any:
                    return ops.multiply(problem.at_once(places, weights, merged(held, inner, flags)), 1.0)

                value, pull = dm.vjp(of_active, *chosen(held, flags))
                parts = pull(like_value(back, value))
                return ops.concatenate(tuple(ops.reshape(g, shape=(-1,)) for g in parts), axis=0)

            flat = integral((a, b, *values, ct), problem=problem.derived(cotangents, cotangents_at_once))
            ends = np.cumsum([0, *sizes])
            for k, shape in enumerate(shapes):
                found.append(ops.reshape(ops.getitem(flat, index=slice(int(ends[k]), int(ends[k + 1]))), shape=shape))
        moved = []
        for t, other, need, sign in ((a, b, needs[0], ops.negative), (b, a, needs[1], ops.positive)):
            still = need and is_infinite(problem, t)
            found_here = sign(inner_product(at_limit(problem, t, values, other), ct)) if need and not still else None
            moved.append(ops.multiply(inner_product(y, ct), 0.0) if still else found_here)
        return (*moved, *merged((None,) * len(values), found, flags))

    return integral_pullback


def like_value(ct: Any, value: Any) -> Any:
    """A cotangent as an array or a number, as the value is."""
    return ct if not isinstance(value, float) or order_of(ct) else ops.multiply(ct, 1.0)


def inner_product(x: Any, ct: Any) -> Any:
    """The real part of the sum of conj(x) ct."""
    product = ops.multiply(ops.conj(x), ct) if ops.dtype(x).kind == "c" else ops.multiply(x, ct)
    product = ops.real(product) if ops.dtype(product).kind == "c" else product
    return ops.sum(product) if ops.ndim(product) else product
