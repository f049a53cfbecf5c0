"""Operations on uncertain numbers by our own derivative rules: the one mechanism behind all of them.

Elementwise operations take their partial derivatives as arrays, so that n numbers cost n linear combinations; others
take the whole jacobian of the operation at the values. What only moves, adds and multiplies elements is left to NumPy's
loops over objects, which use the library's own arithmetic.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, NoRuleError, at_user_line, class_name, describe_call
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation
from ..rules.registry import rule_of
from .blocks import through_jacobian
from .choosing import CHOOSING
from .elementwise import elementwise_of_arrays, elementwise_of_numbers
from .values import assembled, complex_error, first_number, single, values_of

if TYPE_CHECKING:
    from .numbers import Uncertain

#: NumPy's loops over the operators of objects.
LOOPS = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.true_divide,
    "negative": np.negative,
    "positive": np.positive,
    "square": np.square,
    "equal": np.equal,
    "not_equal": np.not_equal,
}
#: Operations on arrays that NumPy does on objects by moving, adding and multiplying them.
NATIVE_FAMILIES = frozenset({"shaping", "creation", "layers"})
NATIVE = frozenset(
    """
    astype stop_gradient where where_or_zero setitem add_at put_along_axis scatter_along_axis scatter_take insert
    fftshift ifftshift sum mean prod cumsum cumprod diff
    dot inner outer kron matmul tensordot einsum convolve correlate cross
    getitem scatter take take_along_axis compress delete extract
    """.split()
)


def provider(known: Uncertain) -> Callable[[Operation, tuple[type, ...]], Callable[..., Any]]:
    """The layer's provider: implementations for calls with at least one uncertain number among the arguments."""

    def provide(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
        if op.family == "elementwise" and "meaning" not in op.strips and any(issubclass(c, COMPLEX) for c in classes):
            return complex_refused(op, known)
        own = next((op.layers[c] for cls in classes for c in cls.__mro__ if is_own(c, known) and c in op.layers), None)
        stranger = next((c for c in classes if is_stranger(c, known)), None)
        if stranger is not None and op.family == "elementwise" and "transform" not in op.strips:
            return with_stranger(op, known, stranger, own)
        return own or by_rule(op, known, all(not issubclass(c, np.ndarray) for c in classes))

    return provide


#: Numbers that uncertain ones do not meet.
COMPLEX = (complex, np.complexfloating)


def complex_refused(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An operation of an uncertain number and a complex one."""

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        raise complex_error(op, known)

    return refuse


def is_stranger(cls: type, known: Uncertain) -> bool:
    """Whether a class is one of numbers that are neither uncertain nor plain: fractions, numbers of many digits."""
    return (
        issubclass(cls, numbers.Number)
        and not issubclass(cls, (known.cls, int, float, complex, np.generic))
        and layer_of(cls) is None
    )


def is_own(cls: type, known: Uncertain) -> bool:
    """Whether a class is one of the uncertain numbers."""
    return issubclass(cls, known.cls)


def with_stranger(
    op: Operation, known: Uncertain, stranger: type, own: Callable[..., Any] | None
) -> Callable[..., Any]:
    """An operation of an uncertain number and such a number: what the library makes of the two, if anything."""

    def meet(*arguments: Any, **keywords: Any) -> Any:
        try:
            if own is not None:
                return own(*arguments, **keywords)
        except TypeError:
            pass
        name = stranger.__name__
        raise NoMethodError(
            f"{op.name}: {class_name(known.cls)} and {class_name(stranger)} do not meet{at_user_line()}: uncertain "
            f"numbers have floats inside, so that the {name} would be rounded. Write float(x) for it where it comes in."
        )

    return meet


def by_rule(op: Operation, known: Uncertain, single: bool) -> Callable[..., Any]:
    """The operation by its derivative rule; `single`: there is no array among the arguments."""
    if single and op.name in CHOOSING and op.arity == 2:
        return CHOOSING[op.name](op, known)
    if single and op.family == "elementwise" and is_step(op):
        return on_values(op, known)
    if single and is_scalar_elementwise(op):
        return elementwise_of_numbers(op, known)
    return with_arrays(op)


def attempted(op: Operation, function: Callable[..., Any], known: Uncertain) -> Callable[..., Any]:
    """The library's own function, and the rule where it has no answer."""

    def attempt(*arguments: Any, **keywords: Any) -> Any:
        try:
            y = function(*arguments)
        except (ArithmeticError, ValueError):
            y = NotImplemented
        if y is not NotImplemented:
            return y
        single = not any(isinstance(x, np.ndarray) for x in arguments)
        return by_rule(op, known, single)(*arguments, **keywords)

    return attempt


def is_scalar_elementwise(op: Operation) -> bool:
    """Whether an operation on single numbers goes the short way."""
    rule = rule_of(op)
    return op.family == "elementwise" and not op.variadic and rule is not None and rule.kind != "nondifferentiable"


def is_step(op: Operation) -> bool:
    """Whether an operation is constant between steps, by declaration."""
    rule = rule_of(op)
    return not op.variadic and rule is not None and rule.kind == "nondifferentiable"


def with_arrays(op: Operation) -> Callable[..., Any]:
    """Single numbers as arrays of no dimension, beside arrays; the result of none is a single number again."""

    def as_array(x: Any) -> Any:
        if layer_of(type(x)) is None:
            return x
        made = np.empty((), object)
        made[()] = x
        return made

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        given = (tuple(map(as_array, arguments[0])),) if op.variadic else tuple(map(as_array, arguments))
        return single(op.function(*given, **keywords))

    return on_arrays


def register_constants(known: Uncertain) -> None:
    """Zeros and ones of an uncertain number are such numbers, without uncertainty."""

    def zero(x: Any, **keywords: Any) -> Any:
        return known.certain(0.0, x)

    def one(x: Any, **keywords: Any) -> Any:
        return known.certain(1.0, x)

    def plain_one(x: Any) -> Any:
        return 1.0

    def full(x: Any, *, value: Any, dtype: Any = None) -> Any:
        return value if known.holds(value) else known.certain(value, x)

    ops.full_like.layer(known.cls, full)
    ops.zeros_like.layer(known.cls, zero)
    ops.ones_like.layer(known.cls, one)
    ops.one_like.layer(known.cls, one)


# ---- arrays ----------------------------------------------------------------------------------------------------------


def array_provider(known: Uncertain) -> Callable[[Operation], Callable[..., Any] | None]:
    """What operations do with object arrays of such numbers; None where NumPy's loops over objects do it."""

    def provide(op: Operation) -> Callable[..., Any] | None:
        if op.name in LOOPS and op.name in known.operators:
            return by_operators(op, known)
        if op.name in NATIVE or op.family in NATIVE_FAMILIES:
            return None
        rule = rule_of(op)
        if rule is None and "transform" not in op.strips:
            if op.decomposition is not None:
                return by_decomposition(op)
            return missing(op)
        if rule is None or rule.kind == "nondifferentiable":
            return on_values(op, known)
        if op.name in CHOOSING:
            return CHOOSING[op.name](op, known)
        if op.family == "elementwise" and not op.variadic:
            return elementwise_of_arrays(op, known)
        return through_jacobian(op, known)

    return provide


def by_operators(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """NumPy's loop over the library's own operators; where it divides by zero, by the rule."""
    loop, general = LOOPS[op.name], elementwise_of_arrays(op, known)
    if op.name != "divide":
        return loop

    def divide(a: Any, b: Any) -> Any:
        try:
            return loop(a, b)
        except ZeroDivisionError:
            return general(a, b)

    return divide


def by_decomposition(op: Operation) -> Callable[..., Any]:
    """The operation by its parts."""
    decomposition = op.decomposition
    assert decomposition is not None
    return decomposition


def missing(op: Operation) -> Callable[..., Any]:
    """The error for an operation that has neither a derivative nor parts."""

    def no_rule(*arguments: Any, **keywords: Any) -> Any:
        raise NoRuleError(
            f"{op.name} has no derivative rule{at_user_line()}, by which it would act on uncertain numbers: "
            f"{describe_call(op.name, arguments)}. Declare one with dispatchml.rules."
        )

    return no_rule


def on_values(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An operation whose derivative is zero by declaration: on the values. Real numbers stay of the class, without
    uncertainty; truth values and positions are plain."""

    def on_plain(*arguments: Any, **keywords: Any) -> Any:
        elements = arguments[0] if op.variadic else arguments
        values = tuple(values_of(x, known) for x in elements)
        y = op.function(values, **keywords) if op.variadic else op.function(*values, **keywords)
        like = first_number(elements, known)

        def certain(v: Any) -> Any:
            if type(v) is tuple:
                return tuple(map(certain, v))
            if ops.dtype(v).kind != "f":
                return v
            return assembled(v, [], known, like)

        return certain(y)

    return on_plain
