"""The batching engine: a payload with a hidden axis in front, for `vmap`, chunked jacobians and batched pullbacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.construct import FORMS
from ..dispatch.operation import Operation
from ..dispatch.structures import structure_of
from ..rules.registry import BATCH_RULES, rule_of
from .element_checks import CHECKED, check_element
from .levels import Level, leaked
from .provider import add_engine, on_payloads, settle
from .space import SPACES, ArraySpace, StructureSpace
from .traced import Traced, refuse_attribute
from .views import current, has_memory, is_view, taken_from


class Batched(Traced):
    """`value` has the batch axis in front; shape, ndim and indexing are those of one element."""

    __slots__ = ("_value", "_level", "_base")

    _hides_axis = True

    def __init__(self, value: Any, level: Level, base: Any = None) -> None:
        self._value = value
        self._level = level
        self._base = base

    @property
    def _level_number(self) -> int:
        """The number that orders levels."""
        return self._level.number

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one element of the batch."""
        return ops.shape(self._value)[1:]

    @shape.setter
    def shape(self, shape: Any) -> NoReturn:
        refuse_attribute("shape", "x = x.reshape(shape)")

    def __bool__(self) -> bool:
        from ..dispatch.errors import TracerConversionError, at_user_line

        value = np.asarray(plain(self))
        if value.size and (value == value.flat[0]).all():
            return bool(value.flat[0])
        raise TracerConversionError(
            f"A branch on a batched value{at_user_line()}: the elements of the batch disagree. "
            "Use numpy.where(condition, a, b) inside vmap."
        )


def plain(x: Any) -> Any:
    """The innermost payload."""
    while isinstance(x, Traced):
        x = current(x)
    return x


def aligned(x: Any, ndim: int) -> Any:
    """A payload with batch axis, its element padded with axes in front so that elements broadcast against ndim axes."""
    shape = ops.shape(x)
    missing = ndim - (len(shape) - 1)
    return ops.reshape(x, shape=(shape[0], *(1,) * missing, *shape[1:])) if missing > 0 else x


def is_of(x: Any, level: Level) -> bool:
    """Whether a value is batched at this level."""
    return type(x) is Batched and x._level is level


def wrap(y: Any, level: Level) -> Any:
    """The result of a batch rule as batched values; objects that are not arrays stay as they are."""
    if type(y) is tuple:
        return tuple(wrap(v, level) for v in y)
    return None if y is None else Batched(y, level)


def check_open(level: Level) -> None:
    """Refuse values that outlived their transform."""
    if level.closed:
        leaked(level.name)


def elementwise_batch(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """Elementwise operations broadcast: the elements' axes are aligned behind the batch axis."""
    function, chosen, settled = op.function, frozenset(active), settle(op, active)
    if op.arity == 1:

        def batched_one(x: Any, /, **keywords: Any) -> Any:
            check_open(x._level)
            return Batched(function(current(x), **keywords), x._level)

        return batched_one

    def batched_elements(*arguments: Any, **keywords: Any) -> Any:
        level = arguments[active[0]]._level
        if any(arguments[k]._level is not level for k in active[1:]):
            return settled(*arguments, **keywords)
        check_open(level)
        ndim = max(ops.ndim(x) for x in arguments)
        values = [aligned(current(x), ndim) if k in chosen else x for k, x in enumerate(arguments)]
        return Batched(function(*values, **keywords), level)

    return batched_elements


def rule_batch(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """Operations with a batch rule, or one run for each element of the batch."""
    rule, chosen, settled = BATCH_RULES.get(op), frozenset(active), settle(op, active)
    flags = tuple(k in chosen for k in range(op.arity))
    checked = rule is not None and op.family in CHECKED

    def batched_call(*arguments: Any, **keywords: Any) -> Any:
        level = arguments[active[0]]._level
        if any(arguments[k]._level is not level for k in active[1:]):
            return settled(*arguments, **keywords)
        check_open(level)
        values = tuple(current(x) if flag else x for x, flag in zip(arguments, flags, strict=True))
        if checked:
            check_element(op, values, flags, keywords, False)
        if rule is None:
            y = each(op, values, flags, level.size, keywords, False)
        else:
            y = rule(values, flags, level.size, **keywords)
        made = wrap(y, level)
        one = op.view and len(arguments) == 1 and type(made) is Batched
        if one and is_view(keywords) and has_memory(made.shape, keywords):
            made._base = taken_from(arguments[0], op.function, keywords, values[0])
        return made

    return batched_call


def each(
    op: Operation, values: tuple[Any, ...], flags: tuple[bool, ...], size: int, keywords: Any, variadic: bool
) -> Any:
    """The operation once for each element of the batch, stacked: right for every operation, fast for none."""
    results = []
    for k in range(size):
        one = tuple(ops.getitem(v, index=k) if f else v for v, f in zip(values, flags, strict=True))
        results.append(op.function(one, **keywords) if variadic else op.function(*one, **keywords))
    if not results:
        from ..dispatch.errors import ShapeError, at_user_line

        raise ShapeError(
            f"{op.name} has no batch rule and the batch is empty{at_user_line()}: the result's shape is not known."
        )
    return joined(results)


def joined(results: list[Any]) -> Any:
    """The results for the elements of a batch with the batch axis in front, several outputs apart."""
    from .elements import stacked

    if type(results[0]) is tuple:
        return tuple(stacked(column) for column in zip(*results, strict=True))
    return stacked(tuple(results))


def newest(arguments: tuple[Any, ...]) -> Level:
    """The newest level of a batch among values."""
    return max((x._level for x in arguments if type(x) is Batched), key=lambda level: level.number)


def one_by_one(op: Operation, arguments: tuple[Any, ...], keywords: dict[str, Any], variadic: bool) -> Any:
    """The operation once for each element of a batch in which there are structures."""
    from .elements import structure_of

    level = newest(arguments)
    check_open(level)

    def part(x: Any, k: int) -> Any:
        if not is_of(x, level):
            return x
        form = structure_of(x)
        if form is None:
            return ops.getitem(current(x), index=k)
        fields = [form.read[name](x) for name in form.payload]
        return form.make(*(None if f is None else part(f, k) for f in fields), **form.statics_of(x))

    results = []
    for k in range(level.size):
        one = tuple(part(x, k) for x in arguments)
        results.append(op.function(one, **keywords) if variadic else op.function(*one, **keywords))
    return wrap(joined(results), level)


def batch_fixed(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """The batching engine's implementation of an operation."""
    from .elements import with_structures

    return with_structures(op, general_fixed(op, active))


def general_fixed(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """The same for arguments that are no structures."""
    if op.family == "elementwise" and op not in BATCH_RULES:
        return elementwise_batch(op, active)
    rule = rule_of(op)
    if op not in BATCH_RULES and op.decomposition is not None and rule is None:
        return op.decomposition
    return rule_batch(op, active)


def batch_variadic(op: Operation) -> Callable[..., Any]:
    """The same for an operation on a tuple of arrays."""
    from .elements import on_elements, structure_of

    rule = BATCH_RULES.get(op)
    whole = op.decomposition if rule is None and rule_of(op) is None else None

    def batched_tuple(elements: Any, level: Level, /, **keywords: Any) -> Any:
        check_open(level)
        forms = [structure_of(x) for x in elements] if FORMS else []
        if any(form is not None for form in forms):
            return on_elements(op, elements, forms, keywords, True)
        if whole is not None:
            return whole(elements, **keywords)
        flags = tuple(is_of(x, level) for x in elements)
        values = tuple(current(x) if f else x for x, f in zip(elements, flags, strict=True))
        if rule is None:
            return wrap(each(op, values, flags, level.size, keywords, True), level)
        if op.family in CHECKED:
            check_element(op, values, flags, keywords, True)
        return wrap(rule(values, flags, level.size, **keywords), level)

    return batched_tuple


def batched_space(x: Any) -> Any:
    """The space of one element of the batch."""
    inside = structure_of(x)
    return ArraySpace(ops.shape(x), ops.dtype(x)) if inside is None else StructureSpace(x, inside.project)


SPACES[Batched] = batched_space
add_engine(Batched, batch_fixed, batch_variadic)

__all__ = ["Batched", "on_payloads"]
