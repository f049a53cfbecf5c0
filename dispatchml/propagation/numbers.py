"""What is known of a library's uncertain numbers, and their registration as a layer of the slot "scalar".

An uncertain number is a value and a linear part: coefficients of the library's independent (or basis) variables. Such
a number multiplies as a dual number does, so every operation acts on it by our derivative rules: the value, and the sum
of the partial derivatives times the linear parts of the arguments. No table of functions is needed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..dispatch import layer_of, order, register_type
from ..dispatch.elements import provide_for_arrays_of
from ..dispatch.families import operators_are_operations
from ..engines.shared_names import share_names
from ..ops.metadata import PYTHON_DTYPES, REAL
from . import attributes, through
from . import functionals as functionals  # makes the cotangents of real results a layer
from .sensitivity import Sensitivity

OBJECT = np.dtype(object)
#: Python's operators, where they are a library's own functions.
OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "negative": operator.neg,
}


class Uncertain:
    """A class of uncertain numbers.

    mean(x): the value as a float. combine(y, terms, like): the number with value y and the linear part that is the sum
    of coefficient times linear part over the pairs (coefficient, number) in `terms`; `like` is any number of the class.
    components(x): the linear part, coefficient by basis variable, as a dict. weights(x): covariance of x with each
    basis variable, so that cov(x, z) is the sum of weights(x)[v] * components(z)[v]. deviation(x): standard deviation.
    """

    __slots__ = ("cls", "mean", "combine", "components", "weights", "deviation", "operators")

    def __init__(
        self,
        cls: type,
        *,
        mean: Callable[[Any], float],
        combine: Callable[[float, Sequence[tuple[float, Any]], Any], Any],
        components: Callable[[Any], Mapping[Any, float]],
        weights: Callable[[Any], Mapping[Any, float]],
        deviation: Callable[[Any], float],
    ) -> None:
        self.cls, self.mean, self.combine = cls, mean, combine
        self.components, self.weights, self.deviation = components, weights, deviation
        #: The operations that are Python operators of the class, which NumPy's loops over objects use.
        self.operators: frozenset[str] = frozenset()

    def holds(self, x: Any) -> bool:
        """Whether a value is an uncertain number of this class."""
        return isinstance(x, self.cls)

    def around(self, x: Any, mean: float) -> Any:
        """The same linear part round another value."""
        return self.combine(float(mean), [(1.0, x)], x)

    def certain(self, value: float, like: Any) -> Any:
        """A number without uncertainty."""
        return self.combine(float(value), [], like)

    def __repr__(self) -> str:
        return f"<uncertain numbers of {self.cls.__module__}.{self.cls.__qualname__}>"


#: What is known of each class of uncertain numbers.
UNCERTAIN: dict[type, Uncertain] = {}


def uncertain_of(x: Any) -> Uncertain | None:
    """What is known of the class of a value; None where it is no uncertain number."""
    return next((UNCERTAIN[c] for c in type(x).__mro__ if c in UNCERTAIN), None)


def register_uncertain(
    cls: type,
    *,
    mean: Callable[[Any], float],
    combine: Callable[[float, Sequence[tuple[float, Any]], Any], Any],
    components: Callable[[Any], Mapping[Any, float]],
    weights: Callable[[Any], Mapping[Any, float]],
    deviation: Callable[[Any], float],
    arithmetic: Mapping[Any, Callable[..., Any]],
    attempts: Mapping[Any, Callable[..., Any]] | None = None,
    static: Iterable[str] = (),
    methods: Mapping[str, Any] | None = None,
    defer: Iterable[str] = (),
) -> Uncertain:
    """Make a class of uncertain numbers a layer of the slot "scalar"; object arrays of them are arrays of it.

    The functions are those of `Uncertain`. arithmetic: operation -> the library's own function, which is exact and
    fast, for what it can do by itself. attempts: the same for functions that may raise ArithmeticError or ValueError,
    or return NotImplemented, at arguments that are left to the operation's rule. static, methods, defer: as in
    `register_type`. Returns what is known.

    Every other operation, whoever defined it, acts by its derivative rule, or by its decomposition.
    """
    known = Uncertain(cls, mean=mean, combine=combine, components=components, weights=weights, deviation=deviation)
    known.operators = frozenset(op.info.name for op in (*arithmetic, *(attempts or ())))
    UNCERTAIN[cls] = known
    register_type(
        cls, slot="scalar", payload=mean, rebuild=known.around, static=static, methods=methods, defer=defer
    )  # fmt: skip
    info = layer_of(cls)
    assert info is not None
    info.properties["rivals"] = "uncertain numbers"
    info.provider = through.provider(known)
    share_names(info, info.methods)
    if not isinstance(getattr(cls, "dtype", None), np.dtype):
        PYTHON_DTYPES[cls] = OBJECT
    REAL.update((cls, *cls.__subclasses__()))
    provide_for_arrays_of(cls, through.array_provider(known))
    for op, function in arithmetic.items():
        op.layer(cls, function)
    for op, function in (attempts or {}).items():
        op.layer(cls, through.attempted(op.info, function, known))
    given = {op.info.name: function for op, function in (*arithmetic.items(), *(attempts or {}).items())}
    if all(given.get(name) is function for name, function in OPERATORS.items()):
        own = (cls, *cls.__subclasses__())
        operators_are_operations(*own, beside=(int, float), finite=lambda x: math.isfinite(mean(x)))
    through.register_constants(known)
    attributes.register_readers(cls)
    order(outer=Sensitivity, inner=cls)
    return known
