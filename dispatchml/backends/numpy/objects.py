"""Object arrays: numbers of other libraries, such as Fraction, Decimal, mpmath's or uncertain ones.

Elementwise operations go to the elements (`kernels.with_objects`). Here is what is more than elements: orders ask the
elements' own comparison, products and sums are NumPy's loops over elements that get along, linear systems are solved
by elimination. Nothing is computed in floats.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.elements import array_function
from ...dispatch.errors import NoMethodError, at_user_line, class_name
from ...ops.reductions import merged_last
from . import creation, indexing, matrix_functions, products, reductions, scans, selection, shaping, solvers  # noqa: F401  the methods that get a branch here
from .kernels import OBJECT, is_object

ndarray = np.ndarray
#: Numbers that take part in any arithmetic; whole ones become numbers of the others' class.
PYTHON = frozenset({bool, int, float, complex})


# ---- the elements ----------------------------------------------------------------------------------------------------


def samples(arrays: Any) -> dict[type, Any]:
    """One element of each class, the foreign classes first."""
    found: dict[type, Any] = {}
    for a in arrays:
        if isinstance(a, ndarray) and a.dtype is OBJECT:
            for element in a.flat:
                found.setdefault(type(element), element)
        elif isinstance(a, (ndarray, np.generic)):
            if a.size:
                element = a.flat[0].item()
                found.setdefault(type(element), element)
        else:
            found.setdefault(type(a), a)
    return {c: found[c] for c in sorted(found, key=lambda c: c in PYTHON)}


def settled(*arrays: Any) -> tuple[Any, ...]:
    """The arguments as object arrays whose elements get along: every two classes are asked, and whole numbers become
    numbers of the foreign class, so that a quotient of two of them is exact, too.
    """
    found = samples(arrays)
    foreign = [c for c in found if c not in PYTHON]
    if len(found) > 1:
        for k, one in enumerate(foreign):
            for other in list(found)[k + 1 :]:
                try:
                    ops.multiply(found[one], found[other])
                except NoMethodError:  # nobody has registered them: their own operators decide
                    continue
    given = tuple(np.asarray(a, object) for a in arrays)
    if foreign and (int in found or bool in found):
        given = tuple(np.asarray(raised(a, found[foreign[0]]), object) for a in given)
    return given


def raised(array: Any, like: Any) -> Any:
    """An array with its whole numbers made numbers of an element's class."""
    one = known(ops.ones_like, like)
    if one is None:
        return array
    return np.frompyfunc(lambda x: one * x if type(x) in (int, bool) else x, 1, 1)(array)


def of_class(array: Any, like: Any) -> Any:
    """The same for Python's floats too, where the class takes them: a float that it cannot take exactly raises."""
    one, cls = known(ops.ones_like, like), type(like)
    if one is None:
        return array

    def number(x: Any) -> Any:
        if type(x) not in (int, bool, float):
            return x
        y = ops.multiply(one, x)
        return y if type(y) is cls else x

    return np.frompyfunc(number, 1, 1)(array)


def beside_each_other(array: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function that puts elements of several arrays into one: Python's numbers become numbers of the class."""

    def on_objects(*arguments: Any, **keywords: Any) -> Any:
        y = array(*arguments, **keywords)
        found = samples((y,))
        foreign = next((x for c, x in found.items() if c not in PYTHON), None)
        if foreign is None or not (int in found or bool in found or float in found):
            return y
        return np.asarray(of_class(y, foreign), object)

    return on_objects


def known(op: Any, *elements: Any) -> Any:
    """An operation on elements; None where nobody has registered their class."""
    try:
        return op(*elements)
    except NoMethodError:
        return None


def asked(op: Any, plain: Callable[..., Any]) -> Callable[..., Any]:
    """An operation on elements; Python's own where nobody has registered their class."""

    def ask(*elements: Any) -> Any:
        try:
            return op(*elements)
        except NoMethodError:
            return plain(*elements)

    return ask


less = asked(ops.less, operator.lt)
size_of = asked(ops.absolute, abs)
conj = asked(ops.conj, lambda x: x.conjugate())
is_zero = asked(lambda x: ops.equal(x, 0), lambda x: x == 0)


def is_nan(x: Any) -> bool:
    """Whether a number is nan: it differs from itself."""
    try:
        return bool(ops.isnan(x))
    except NoMethodError:
        return bool(x != x)


def zero_of(x: Any) -> Any:
    """The zero of an element's class."""
    found = known(ops.zeros_like, x)
    return x - x if found is None else found


def one_of(arrays: Any) -> Any:
    """The one of the class of the elements."""
    element = next(iter(samples(arrays).values()), 1)
    found = known(ops.ones_like, element)
    return 1 if found is None else found


# ---- methods ---------------------------------------------------------------------------------------------------------


def branch(operation: Any, on_objects: Callable[..., Any]) -> None:
    """Give the method for arrays a way for object arrays; a function of the elements' library comes first."""
    op = operation.info
    hints = (ndarray,) * op.arity
    array = op.exact[hints].function

    def objects(arguments: Any, keywords: Any) -> Any:
        given = arguments[0] if op.variadic else arguments
        own = array_function(op, samples(given))
        if own is not None:
            return own(*arguments, **keywords)
        return on_objects(*arguments, **keywords)

    def on_one(x: Any, **keywords: Any) -> Any:
        if is_object(x):
            return objects((x,), keywords)
        return array(x, **keywords)

    def on_two(a: Any, b: Any, **keywords: Any) -> Any:
        if is_object(a) or is_object(b):
            return objects((a, b), keywords)
        return array(a, b, **keywords)

    def on_several(elements: Any, **keywords: Any) -> Any:
        if any(map(is_object, elements)):
            return objects((elements,), keywords)
        return array(elements, **keywords)

    def on_three(a: Any, b: Any, c: Any, **keywords: Any) -> Any:
        if is_object(a) or is_object(b) or is_object(c):
            return objects((a, b, c), keywords)
        return array(a, b, c, **keywords)

    made = on_several if op.variadic else {1: on_one, 2: on_two, 3: on_three}[op.arity]
    made.__name__ = made.__qualname__ = op.name
    made.__wrapped__ = array
    made.__of_objects__ = True
    op.register(made, hints, True)


def refused(operation: Any, way_out: str) -> Callable[..., Any]:
    """The error for what has no way over the elements' arithmetic."""
    name = operation.info.name

    def refuse(*arguments: Any, **keywords: Any) -> Any:
        given = arguments[0] if operation.info.variadic else arguments
        classes = ", ".join(class_name(c) for c in samples(given)) or "nothing"
        raise NoMethodError(
            f"No method for {name} of an object array of {classes}{at_user_line()}: it is computed in floats, which "
            f"would lose digits. {way_out} Convert with x.astype(float), or declare a function with "
            f"dispatchml.dispatch.for_arrays_of(ops.{name}, cls)."
        )

    return refuse


def of_settled(array: Callable[..., Any], variadic: bool = False) -> Callable[..., Any]:
    """NumPy's loops, over elements that get along."""

    def on_objects(*arguments: Any, **keywords: Any) -> Any:
        if variadic:
            return array(settled(*arguments[0]), **keywords)
        return array(*settled(*arguments), **keywords)

    return on_objects


def bare(y: Any) -> Any:
    """The element of a 0-d array, anything else as it is."""
    return y[()] if isinstance(y, ndarray) else y


# ---- reductions ------------------------------------------------------------------------------------------------------


def along(x: Any, axis: Any, keepdims: bool, function: Callable[[Any], Any], dtype: Any = object) -> Any:
    """A function of vectors, along axes."""
    x = np.asarray(x)
    merged = merged_last(x, axis)
    y = np.empty(merged.shape[:-1], dtype)
    for place in np.ndindex(y.shape):
        y[place] = function(merged[place])
    if keepdims:
        axes = range(x.ndim) if axis is None else {a % x.ndim for a in np.atleast_1d(axis)}
        return y.reshape([1 if k in axes else n for k, n in enumerate(x.shape)])
    return y[()]


def count(x: Any, axis: Any) -> int:
    """How many elements become one."""
    x = np.asarray(x)
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return int(np.prod([x.shape[a] for a in axes], dtype=int))


def total(x: Any, axis: Any, keepdims: bool) -> Any:
    return np.add.reduce(x, axis, None, None, keepdims)  # pyright: ignore[reportCallIssue, reportArgumentType]


def mean(x: Any, *, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """The sum over the number of elements."""
    (x,) = settled(x)
    if dtype is not None and np.dtype(dtype) != OBJECT:
        return np.mean(x, axis=axis, dtype=dtype, keepdims=keepdims)
    return total(x, axis, keepdims) / count(x, axis)


def var(x: Any, *, axis: Any, ddof: float, keepdims: bool) -> Any:
    """The mean square of the deviations from the mean."""
    (x,) = settled(x)
    d = x - total(x, axis, True) / count(x, axis)
    free = count(x, axis) - ddof
    return total(ops.real(d * ops.conj(d)), axis, keepdims) / (int(free) if free == int(free) else free)


def std(x: Any, *, axis: Any, ddof: float, keepdims: bool) -> Any:
    """The square root of the variance."""
    return bare(ops.sqrt(np.asarray(var(x, axis=axis, ddof=ddof, keepdims=keepdims), object)))


def largest(elements: Any) -> int:
    """The position of the largest element, the first of equal ones; of the first nan where there is one."""
    return extreme(elements, lambda best, x: less(best, x))


def smallest(elements: Any) -> int:
    """The position of the smallest element."""
    return extreme(elements, lambda best, x: less(x, best))


def extreme(elements: Any, beats: Callable[[Any, Any], Any]) -> int:
    """The position of the element that beats all before it."""
    if not len(elements):
        raise ValueError("zero-size array to reduction operation which has no identity")
    best = 0
    if is_nan(elements[0]):
        return 0
    for k in range(1, len(elements)):
        if is_nan(elements[k]):
            return k
        if beats(elements[best], elements[k]):
            best = k
    return best


def max_of(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The largest element."""
    return along(x, axis, keepdims, lambda v: v[largest(v)])


def min_of(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The smallest element."""
    return along(x, axis, keepdims, lambda v: v[smallest(v)])


def argmax(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The position of the largest element."""
    return along(x, axis, keepdims, largest, np.intp)


def argmin(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The position of the smallest element."""
    return along(x, axis, keepdims, smallest, np.intp)


def median(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """The middle element, or half the sum of the two in the middle."""

    def of_vector(v: Any) -> Any:
        ranks = order(v)
        n = len(ranks)
        if n == 0:
            raise ValueError("the median of nothing")
        if is_nan(v[ranks[-1]]):
            return v[ranks[-1]]
        return v[ranks[n // 2]] if n % 2 else (v[ranks[n // 2 - 1]] + v[ranks[n // 2]]) / 2

    return along(settled(x)[0], axis, keepdims, of_vector)


def logsumexp(x: Any, *, axis: Any, keepdims: bool) -> Any:
    """log(sum(exp(x - top))) + top."""
    (x,) = settled(x)
    top = finite_top(x, axis)
    y = ops.add(np.asarray(ops.log(np.asarray(total(ops.exp(x - top), axis, True), object)), object), top)
    return y if keepdims else np.reshape(y, np.shape(total(x, axis, False)))[()]


def softmax(x: Any, *, axis: Any) -> Any:
    """exp(x) / sum(exp(x))."""
    (x,) = settled(x)
    e = ops.exp(x - finite_top(x, axis))
    return ops.divide_or_zero(e, total(e, axis, True))


def log_softmax(x: Any, *, axis: Any) -> Any:
    """x - logsumexp(x)."""
    y = logsumexp(x, axis=axis, keepdims=True)
    return np.asarray(x - ops.where_or_zero(ops.isfinite(y), y), object)


def finite_top(x: Any, axis: Any) -> Any:
    """The largest element with the axes kept; zero where it is infinite."""
    top = np.asarray(max_of(ops.real(x), axis=axis, keepdims=True), object)
    return np.asarray(ops.where_or_zero(ops.isfinite(top), top), object)


def vector_norm(x: Any, *, axis: Any, ord: float, keepdims: bool) -> Any:
    """The p-norm."""
    (x,) = settled(x)
    if ord == 2:
        squares = ops.square(ops.real(x)) + ops.square(ops.imag(x)) if is_complex(x) else x * x
        return bare(ops.sqrt(np.asarray(total(squares, axis, keepdims), object)))
    size = np.asarray(ops.absolute(x), object)
    if ord == np.inf:
        return max_of(size, axis=axis, keepdims=keepdims)
    if ord == -np.inf:
        return min_of(size, axis=axis, keepdims=keepdims)
    if ord == 1:
        return total(size, axis, keepdims)
    one = one_of((x,))
    if ord == 0:
        return total(np.where(np.asarray(ops.equal(size, 0)), one * 0, one), axis, keepdims)
    power = int(ord) if ord == int(ord) else ord
    sums = np.asarray(total(ops.power(size, power), axis, keepdims), object)
    return bare(ops.power(sums, one / power))


def is_complex(x: Any) -> bool:
    """Whether an element has an imaginary part that is not zero."""
    return any(not is_zero(v) for v in np.asarray(ops.imag(x), object).flat)


# ---- order -----------------------------------------------------------------------------------------------------------


def compare(a: Any, b: Any) -> int:
    """-1, 0 or 1; nan is last."""
    one, other = is_nan(a), is_nan(b)
    if one or other:
        return int(one) - int(other)
    return -1 if less(a, b) else 1 if less(b, a) else 0


def order(v: Any) -> list[int]:
    """The positions that sort a vector; equal elements keep their order."""
    key = functools.cmp_to_key(compare)
    return sorted(range(len(v)), key=lambda k: key(v[k]))


def argsort(x: Any, *, axis: Any, descending: bool = False, **_: Any) -> Any:
    """The positions that sort; equal elements keep their order, also descending."""
    x = np.reshape(x, -1) if axis is None else np.asarray(x)
    axis = -1 if axis is None else axis
    lines = np.moveaxis(x, axis, -1)
    y = np.empty(lines.shape, np.intp)
    for place in np.ndindex(lines.shape[:-1]):
        v = lines[place]
        n = len(v)
        y[place] = [n - 1 - k for k in order(v[::-1])][::-1] if descending else order(v)
    return np.moveaxis(y, -1, axis)


def sort(x: Any, *, axis: Any, descending: bool = False, **_: Any) -> Any:
    """The elements in order."""
    x = np.reshape(x, -1) if axis is None else np.asarray(x)
    axis = -1 if axis is None else axis
    return np.take_along_axis(x, argsort(x, axis=axis, descending=descending), axis)


def searchsorted(x: Any, values: Any, *, side: str, sorter: Any) -> Any:
    """Where values would have to be inserted."""
    x = np.asarray(x, object) if sorter is None else np.asarray(x, object)[sorter]
    place: Any = lambda v: sum((compare(e, v) < 0) if side == "left" else (compare(e, v) <= 0) for e in x)  # noqa: E731
    found = np.frompyfunc(place, 1, 1)(np.asarray(values, object))
    return np.asarray(found, np.intp)[()]


def running(beats: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The running maximum or minimum."""

    def chosen(best: Any, x: Any) -> Any:
        if is_nan(best):
            return best
        return x if is_nan(x) or beats(best, x) else best

    def on_objects(x: Any, *, axis: Any) -> Any:
        x = np.reshape(x, -1) if axis is None else np.asarray(x)
        return np.frompyfunc(chosen, 2, 1).accumulate(x, 0 if axis is None else axis)

    return on_objects


def unique(x: Any) -> Any:
    """The different elements in order."""
    v = sort(x, axis=None)
    keep = [k for k in range(len(v)) if k == 0 or compare(v[k - 1], v[k]) != 0]
    return v[keep]


def unique_indices(x: Any) -> Any:
    """The first places of the different elements, in their order."""
    v = np.reshape(x, -1)
    ranks = order(v)
    return np.asarray([k for i, k in enumerate(ranks) if i == 0 or compare(v[ranks[i - 1]], v[k]) != 0], np.intp)


# ---- what NumPy fills with whole zeros -------------------------------------------------------------------------------


def with_typed_zeros(array: Callable[..., Any]) -> Callable[..., Any]:
    """NumPy's function that puts zeros beside elements, with zeros of the elements' class."""

    def on_objects(x: Any, **keywords: Any) -> Any:
        y = array(x, **keywords)
        missing = np.asarray(np.frompyfunc(lambda e: type(e) in PYTHON or isinstance(e, np.generic), 1, 1)(y), bool)
        first = next((e for e in np.asarray(x, object).flat if type(e) not in PYTHON), None)
        if first is None or not missing.any():
            return y
        one = known(ops.ones_like, first)
        if one is None:
            return y
        y = np.array(y)
        for place in zip(*np.nonzero(missing), strict=True):
            whole = y[place].item() if isinstance(y[place], np.generic) else y[place]
            y[place] = ops.multiply(one, whole)
        return y

    return on_objects


def full_like(x: Any, *, value: Any, dtype: Any) -> Any:
    """One number, of the elements' class."""
    return full_of(x, value=value, shape=np.shape(x), dtype=dtype)


def full_of(x: Any, *, value: Any, shape: Any, dtype: Any) -> Any:
    """One number, of the elements' class, in another shape."""
    shape = np.shape(x) if shape is None else shape
    if dtype is not None and np.dtype(dtype) != OBJECT:
        return np.full(shape, value, dtype)
    first = next((e for e in np.asarray(x, object).flat if type(e) not in PYTHON), None)
    y = np.empty(shape, object)
    filled = None if first is None else known(functools.partial(ops.full_like, value=value), first)
    y[...] = value if filled is None else filled
    return y


def empty_like(x: Any, *, dtype: Any) -> Any:
    """Zeros: an object array has no numbers to find."""
    return ops.zeros_like(x, dtype=dtype)


def matrix_norm(a: Any, *, ord: Any, keepdims: bool) -> Any:
    """A norm of the matrices on the last two axes."""
    (a,) = settled(a)
    if ord in ("fro", None):
        return vector_norm(a, axis=(-2, -1), ord=2, keepdims=keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.asarray(total(ops.absolute(a), -2 if abs(ord) == 1 else -1, True), object)
        return (max_of if ord > 0 else min_of)(sums, axis=(-2, -1), keepdims=keepdims)
    values = ops.svdvals(a)
    axes = (slice(None),) * (values.ndim - 1)
    y = total(values, -1, False) if ord == "nuc" else values[(*axes, 0 if ord == 2 else -1)]
    return np.reshape(y, np.shape(y) + (1, 1)) if keepdims else y


# ---- registration ----------------------------------------------------------------------------------------------------


def loops() -> None:
    """What NumPy's own loops do for elements that get along."""
    for operation in (
        ops.sum, ops.prod, ops.cumsum, ops.cumprod, ops.matmul, ops.dot, ops.inner, ops.outer, ops.vdot, ops.vecdot,
        ops.tensordot, ops.kron, ops.cross, ops.convolve, ops.correlate, ops.trace,
    ):  # fmt: skip
        branch(operation, of_settled(operation.info.exact[(ndarray,) * operation.info.arity].function))
    for operation in (ops.einsum, ops.multi_dot):
        method = operation.info.exact.get((ndarray,))
        if method is not None:
            branch(operation, of_settled(method.function, variadic=True))
    for operation in (ops.concatenate, ops.stack, ops.where, ops.setitem):
        hints = (ndarray,) * operation.info.arity
        branch(operation, beside_each_other(operation.info.exact[hints].function))
    for operation in (ops.tril, ops.triu, ops.diag, ops.pad_constant):
        branch(operation, with_typed_zeros(operation.info.exact[(ndarray,)].function))


def by_parts() -> None:
    """What NumPy computes in floats, or not at all, is made of smaller operations."""
    for operation in (
        ops.nanmax, ops.nanmin, ops.nanmean, ops.nanvar, ops.nanstd, ops.nansum, ops.nanprod, ops.nanmedian,
        ops.nancumsum, ops.nancumprod, ops.quantile, ops.cumulative_logsumexp, ops.tensorinv, ops.tensorsolve, ops.cond,
        ops.ptp, ops.pad,
    ):  # fmt: skip
        if (ndarray,) * operation.info.arity in operation.info.exact and operation.info.decomposition is not None:
            branch(operation, operation.info.decomposition)


loops()
by_parts()
for operation, on_objects in (
    (ops.mean, mean), (ops.var, var), (ops.std, std), (ops.max, max_of), (ops.min, min_of), (ops.argmax, argmax),
    (ops.argmin, argmin), (ops.median, median), (ops.logsumexp, logsumexp), (ops.softmax, softmax),
    (ops.log_softmax, log_softmax), (ops.vector_norm, vector_norm), (ops.sort, sort), (ops.argsort, argsort),
    (ops.partition, sort), (ops.argpartition, argsort), (ops.searchsorted, searchsorted),
    (ops.cummax, running(less)), (ops.cummin, running(lambda best, x: less(x, best))), (ops.unique, unique),
    (ops.unique_indices, unique_indices), (ops.full_like, full_like), (ops.full_of, full_of),
    (ops.empty_like, empty_like), (ops.matrix_norm, matrix_norm),
):  # fmt: skip
    branch(operation, on_objects)
