"""The library's functions that ask a value for its class, on traced values.

`nominal_value(x)` and `std_dev(x)` take what is no instance of the library's class for a plain number, and would hand a
traced number out as it is, with a standard deviation of zero. Their code is replaced in place, once, so that functions
that were imported by name before the plugin was loaded are taken over too; plain values take the library's way.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import uncertainties.core
import uncertainties.unumpy.core
from uncertainties.core import AffineScalarFunc, Variable

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import is_traced
from dispatchml.propagation import deviation_of, nominal_of

#: Where the replaced code finds what it calls, in the globals of the library's module.
SWITCHES = "__dispatchml_switches__"


def switch(function: Any, own: Callable[..., Any]) -> None:
    """Make a function call `own` when its first or second argument is traced."""
    original = types.FunctionType(
        function.__code__, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    original.__kwdefaults__ = function.__kwdefaults__
    name = function.__name__

    def switched(*arguments: Any, **keywords: Any) -> Any:
        values = (*arguments, *keywords.values())
        return (own if any(map(is_traced, values)) else original)(*arguments, **keywords)

    function.__globals__.setdefault(SWITCHES, {})[name] = switched
    scope: dict[str, Any] = {}
    source = f"def {name}(*arguments, **keywords):\n    return {SWITCHES}[{name!r}](*arguments, **keywords)\n"
    exec(compile(source, __file__, "exec"), scope)
    function.__signature__ = inspect.signature(function)  # as it was
    function.__code__ = scope[name].__code__
    function.__defaults__ = None


def take_over() -> None:
    """Switch the functions of the library, and its constructor."""
    core, arrays = uncertainties.core, uncertainties.unumpy.core
    if SWITCHES in core.__dict__:
        return
    switch(core.nominal_value, nominal_of)
    switch(core.std_dev, deviation_of)
    switch(arrays.nominal_values, nominal_of)
    switch(arrays.std_devs, deviation_of)
    switch(arrays.uarray, array_of)
    switch(core.ufloat, number)
    Variable.__new__ = construct  # type: ignore[method-assign]


# ---- construction: nominal value + standard deviation times a new variable -------------------------------------------


def number(nominal_value: Any, std_dev: Any, tag: str | None = None) -> Any:
    """ufloat(n, s) of traced values: n + s z with z = 0 +/- 1, which has derivatives in n and in s."""
    check(nominal_value, std_dev)
    return ops.add(nominal_value, ops.multiply(std_dev, Variable(0.0, 1.0, tag)))


def array_of(nominal_values: Any, std_devs: Any = None) -> Any:
    """uarray(n, s) of traced values: n + s z with an independent z = 0 +/- 1 for each element."""
    if std_devs is None:
        nominal_values, std_devs = nominal_values  # the library's older form, one pair
    check(nominal_values, std_devs)
    shape = np.broadcast_shapes(ops.shape(nominal_values), ops.shape(std_devs))
    fresh = np.empty(shape, object)
    for index in np.ndindex(shape):
        fresh[index] = Variable(0.0, 1.0)
    return ops.add(nominal_values, ops.multiply(std_devs, fresh))


def check(nominal_value: Any, std_dev: Any) -> None:
    """Refuse what the library refuses: uncertain nominal values, negative standard deviations."""
    for x in (nominal_value, std_dev):
        if dm.isinstance(x, AffineScalarFunc):
            raise TypeError(
                "The nominal value and the standard deviation of a new number must be plain numbers, and one of them "
                "is a number with uncertainty. Use x.nominal_value."
            )
    if np.any(np.less(dm.primal(std_dev), 0)):
        raise uncertainties.core.NegativeStdDev("The standard deviation cannot be negative")


def construct(cls: type, *arguments: Any, **keywords: Any) -> Any:
    """`Variable.__new__`: a traced value stays outside."""
    if any(map(is_traced, (*arguments, *keywords.values()))):
        return number(*arguments, **keywords)
    return object.__new__(cls)
