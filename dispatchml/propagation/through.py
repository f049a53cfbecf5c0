"""Operations on uncertain numbers by our own derivative rules: the one mechanism behind all of them.

Elementwise operations take their partial derivatives as arrays, so that n numbers cost n linear combinations; others
take the whole jacobian of the operation at the values. What only moves, adds and multiplies elements is left to NumPy's
loops over objects, which use the library's own arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import ops
from ..dispatch.errors import NoMethodError, NoRuleError, at_user_line, class_name, describe_call
from ..dispatch.lattice import outermost
from ..dispatch.layers import layer_of
from ..dispatch.operation import Operation
from ..engines.forward import Dual, dual
from ..engines.levels import Level
from ..engines.views import current
from ..rules.registry import rule_of

if TYPE_CHECKING:
    from .numbers import Uncertain

#: Operations on arrays that NumPy does on objects by moving, adding and multiplying them.
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
NATIVE_FAMILIES = frozenset({"shaping", "creation", "layers"})
NATIVE = frozenset(
    """
    astype stop_gradient where where_or_zero setitem add_at put_along_axis scatter_along_axis scatter_take insert
    fftshift ifftshift sum mean prod cumsum cumprod diff
    dot inner outer kron matmul tensordot einsum convolve correlate cross
    getitem scatter take take_along_axis compress delete extract
    """.split()
)
#: Operations that hand out some of the numbers themselves, chosen by value: operation -> positions of what is chosen.
CHOOSING: dict[str, Callable[..., Any]] = {}


def provider(known: Uncertain) -> Callable[[Operation, tuple[type, ...]], Callable[..., Any]]:
    """The layer's provider: implementations for calls with at least one uncertain number among the arguments."""

    def provide(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
        for cls in classes:
            for c in cls.__mro__:
                if issubclass(c, known.cls) and c in op.layers:
                    return op.layers[c]
        return by_rule(op, known, all(not issubclass(c, np.ndarray) for c in classes))

    return provide


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


def single(y: Any) -> Any:
    """A number instead of an object array of no dimension."""
    if type(y) is tuple:
        return tuple(map(single, y))
    return y[()] if type(y) is np.ndarray and not y.ndim and y.dtype == object else y


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


def values_of(x: Any, known: Uncertain) -> Any:
    """The values of a number or an array of numbers, plain ones among them, as float64; anything else as it is."""
    if isinstance(x, known.cls):
        return known.mean(x)
    if not (type(x) is np.ndarray and x.dtype == object):
        return x
    flat = [known.mean(v) if isinstance(v, known.cls) else v for v in x.flat]
    for v in flat:
        info = layer_of(type(v))
        if info is not None:
            outermost((known.cls, type(v)))  # raises where the two have no order
            raise NoMethodError(
                f"An array holds {class_name(known.cls)} and {class_name(type(v))}{at_user_line()}. Use one kind of "
                "number in an array."
            )
    try:
        return np.reshape(np.array(flat, np.float64), x.shape)
    except (TypeError, ValueError):
        kinds = ", ".join(sorted({class_name(type(v)) for v in flat}))
        raise NoMethodError(
            f"An array of uncertain numbers holds values of {kinds}{at_user_line()}. Beside uncertain numbers an array "
            "may hold real numbers."
        ) from None


def is_uncertain(x: Any, known: Uncertain) -> bool:
    """Whether an argument holds uncertain numbers."""
    if isinstance(x, known.cls):
        return True
    return type(x) is np.ndarray and x.dtype == object and any(isinstance(v, known.cls) for v in x.flat)


def first_number(arguments: Iterator[Any] | Any, known: Uncertain) -> Any:
    """Some uncertain number among arguments."""
    for x in arguments:
        if isinstance(x, known.cls):
            return x
        if type(x) is np.ndarray and x.dtype == object:
            for v in x.flat:
                if isinstance(v, known.cls):
                    return v
    raise AssertionError("an uncertain number is among the arguments")


def refuse_complex(y: Any, op: Operation, known: Uncertain) -> None:
    """Uncertain numbers are real."""
    if ops.dtype(y).kind == "c":
        raise NoMethodError(
            f"{op.name} of {class_name(known.cls)} has a complex result{at_user_line()}, and these numbers are real. "
            "Take the real and imaginary part of the operation's matrix apart, or propagate a covariance with "
            "dispatchml.propagation.propagate."
        )


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


def assembled(y: Any, terms: list[tuple[Any, Any]], known: Uncertain, like: Any) -> Any:
    """The numbers with values y and linear parts by elementwise slopes; slopes and numbers broadcast against y."""
    if not ops.shape(y):
        given = [(float(p), x) for p, x in ((p, single_number(x)) for p, x in terms) if known.holds(x) and p != 0]
        return known.combine(float(y), given, like)
    made = np.empty(ops.shape(y), object)
    slopes = [np.broadcast_to(p, made.shape).ravel().tolist() for p, _ in terms]
    numbers = [np.broadcast_to(as_objects(x), made.shape).ravel().tolist() for _, x in terms]
    flat = made.reshape(-1)  # made is contiguous, so this is a view
    for k, value in enumerate(np.ravel(y).tolist()):
        pairs = [(s[k], n[k]) for s, n in zip(slopes, numbers, strict=True) if s[k] != 0 and known.holds(n[k])]
        flat[k] = known.combine(value, pairs, like)
    return made


def single_number(x: Any) -> Any:
    """The number in an array of no dimension."""
    return x[()] if isinstance(x, np.ndarray) else x


def as_objects(x: Any) -> Any:
    """A value as an array of objects."""
    if isinstance(x, np.ndarray):
        return x
    made = np.empty((), object)
    made[()] = x
    return made


# ---- elementwise operations ------------------------------------------------------------------------------------------


def slopes_of(op: Operation, values: list[Any], active: list[int], keywords: dict[str, Any]) -> tuple[Any, list[Any]]:
    """The value of an elementwise operation and its partial derivatives in some of its arguments, by its rule."""
    y: Any = None
    found = []
    for k in active:
        one = np.ones_like(values[k]) if isinstance(values[k], np.ndarray) else 1.0
        with Level(op.name) as level:
            given = (*values[:k], dual(values[k], one, level), *values[k + 1 :])
            made = op.function(*given, **keywords)
        traced = type(made) is Dual and made._level is level
        y = current(made) if traced else made
        slope = made._partials if traced else np.zeros_like(y)
        if slope != slope if type(slope) is float else np.any(np.not_equal(slope, slope)):  # 0 * inf inside
            slope = careful_slope(op, values, k, keywords, one)
        found.append(slope)
    return y, found


def careful_slope(op: Operation, values: list[Any], k: int, keywords: dict[str, Any], one: Any) -> Any:
    """The partial derivative by a whole transform."""
    from ..transforms import jvp

    def along(x: Any) -> Any:
        return op.function(*values[:k], x, *values[k + 1 :], **keywords)

    return jvp(along, (values[k],), (one,))[1]


def elementwise_of_numbers(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An elementwise operation on single numbers."""
    rule = rule_of(op)
    quiet = rule is not None and (rule.singular or rule.kind == "function")

    def on_numbers(*arguments: Any, **keywords: Any) -> Any:
        active = [k for k, x in enumerate(arguments) if isinstance(x, known.cls)]
        values = [known.mean(x) if k in active else x for k, x in enumerate(arguments)]
        if quiet:
            with np.errstate(all="ignore"):
                y, slopes = slopes_of(op, values, active, keywords)
        else:
            y, slopes = slopes_of(op, values, active, keywords)
        if type(y) is not float:
            refuse_complex(y, op, known)
        terms = [(float(p), arguments[k]) for p, k in zip(slopes, active, strict=True) if p != 0]
        return known.combine(float(y), terms, arguments[active[0]])

    return on_numbers


def elementwise_of_arrays(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """An elementwise operation on object arrays."""

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        active = [k for k, x in enumerate(arguments) if is_uncertain(x, known)]
        values = [values_of(x, known) for x in arguments]
        with np.errstate(all="ignore"):
            y, slopes = slopes_of(op, values, active, keywords)
        refuse_complex(y, op, known)
        terms = [(p, arguments[k]) for p, k in zip(slopes, active, strict=True)]
        return assembled(y, terms, known, first_number(arguments, known))

    return on_arrays


# ---- all others ------------------------------------------------------------------------------------------------------


def through_jacobian(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """Any operation, by its jacobian at the values."""
    from ..transforms import jacobian

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        elements = list(arguments[0] if op.variadic else arguments)
        active = [k for k, x in enumerate(elements) if is_uncertain(x, known)]
        values = [values_of(x, known) for x in elements]

        def of_chosen(*chosen: Any) -> Any:
            given = list(values)
            for k, x in zip(active, chosen, strict=True):
                given[k] = x
            return op.function(tuple(given), **keywords) if op.variadic else op.function(*given, **keywords)

        chosen = [values[k] for k in active]
        y = of_chosen(*chosen)
        with np.errstate(all="ignore"):
            blocks = jacobian(of_chosen, argnums=tuple(range(len(active))))(*chosen)
        numbers = [as_objects(elements[k]) for k in active]
        like = first_number(elements, known)

        def combined(v: Any, parts: Any) -> Any:
            refuse_complex(v, op, known)
            return linear(v, parts, numbers, known, like) if ops.dtype(v).kind == "f" else v

        if isinstance(y, (tuple, list)):
            made = [combined(v, parts) for v, parts in zip(y, blocks, strict=True)]
            return type(y)(*made) if hasattr(y, "_fields") else type(y)(made)
        return combined(y, blocks)

    return on_arrays


def linear(y: Any, blocks: tuple[Any, ...], numbers: list[Any], known: Uncertain, like: Any) -> Any:
    """The numbers with values y, whose linear parts are jacobian blocks times the linear parts of numbers."""
    count = ops.size(y)
    rows = np.concatenate(
        [np.reshape(np.asarray(b, np.float64), (count, x.size)) for b, x in zip(blocks, numbers, strict=True)], axis=1
    )
    flat = [v for x in numbers for v in x.flat]
    made = np.empty(count, object)
    for k, value in enumerate(np.ravel(y).tolist()):
        row = rows[k]
        pairs = [(float(row[j]), flat[j]) for j in np.flatnonzero(row) if known.holds(flat[j])]
        made[k] = known.combine(value, pairs, like)
    return made.reshape(ops.shape(y)) if ops.shape(y) else made[0]


# ---- choosing by value -----------------------------------------------------------------------------------------------


def chooses(*names: str) -> Callable[[Any], Any]:
    """Declare what hands out numbers for operations of these names."""

    def add(f: Any) -> Any:
        CHOOSING.update(dict.fromkeys(names, f))
        return f

    return add


@chooses("max", "min")
def extremum(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """The number with the largest (smallest) value, the first of equal ones; NumPy's keywords."""
    position = ops.argmax if op.name == "max" else ops.argmin

    def chosen(x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        values, shape = values_of(x, known), x.shape
        axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
        axes = tuple(a % x.ndim for a in axes)
        rest = tuple(a for a in range(x.ndim) if a not in axes)
        kept = tuple(shape[a] for a in rest)
        order = (*rest, *axes)
        rows, flat = (np.reshape(np.transpose(v, order), (*kept, -1)) for v in (values, x))
        where = np.asarray(position(rows, axis=-1))
        y = np.take_along_axis(flat, where[..., None], axis=-1)[..., 0]
        if keepdims:
            return np.reshape(y, tuple(1 if a in axes else n for a, n in enumerate(shape)))
        return y if y.ndim else y[()]

    return chosen


@chooses("sort", "partition")
def sorted_by_value(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """The numbers in the order of their values."""
    positions = ops.argsort if op.name == "sort" else ops.argpartition

    def ordered(x: Any, *, axis: Any = -1, **keywords: Any) -> Any:
        if axis is None:
            x, axis = np.ravel(x), -1
        return np.take_along_axis(x, positions(values_of(x, known), axis=axis, **keywords), axis=axis)

    return ordered


@chooses("maximum", "minimum", "fmax", "fmin")
def larger_or_smaller(op: Operation, known: Uncertain) -> Callable[..., Any]:
    """One of two numbers by value, the first of equal ones."""

    def chosen(a: Any, b: Any) -> Any:
        first, second = values_of(a, known), values_of(b, known)
        y = op.function(first, second)
        takes_first = np.logical_or(np.equal(first, y), np.logical_and(first != first, y != y))
        made = np.where(takes_first, as_objects(a), as_objects(b))
        return made if made.ndim else made[()]

    return chosen
