"""Every operation on an array type: it works, keeping the type, or raises."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import AmbiguousMethodError, DensifyWarning, NonDifferentiableError, class_name
from .examined import Examined, differ, is_structure, seen
from .samples import Sample, public_operations, sample


def check_operation(examined: Examined, name: str) -> str:
    """An operation works, keeping the layer, or raises."""
    op = public_operations()[name]
    found = sample(op)
    if found is None:
        return "untried"
    outcome = "refused"
    for chosen, arguments in wrapped_calls(examined, found):
        what = f"{name} with the layer in argument {' and '.join(map(str, chosen))}"
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                y = found.call(arguments)
        except (*examined.refuses, NonDifferentiableError):
            continue
        except AmbiguousMethodError as error:
            raise examined.error(f"{what} is ambiguous: {error}") from error
        except Exception as error:
            if is_structure(examined) and dense_result(examined, found, arguments) is None:
                continue  # the dense array has no result either
            raise examined.error(f"{what} raised {type(error).__name__}: {error}") from error
        outcome = "works"
        check_dense(examined, what, found, arguments, y)
        densified = any(issubclass(w.category, DensifyWarning) for w in said)
        if not examined.holds(y) and is_numeric(y) and not densified and not may_be_plain(examined, found):
            examined.fail(
                f"{what} loses the layer: the result is {class_name(type(y))}, and nothing says that it may be plain"
            )
    return outcome


#: Operations whose result is one of several, whatever was in memory, or of the structure itself.
FREE = frozenset(
    {"argpartition", "argsort", "eig", "eigh", "eigvals", "empty_like", "lu", "one_like", "partition", "qr", "svd"}
)


def dense_result(examined: Examined, found: Sample, arguments: tuple[Any, ...]) -> Any:
    """What an operation gives for the dense arrays of structures; None where it raises."""
    given = tuple(examined.layer.materialise(x) if examined.holds(x) else x for x in arguments)  # type: ignore[misc]
    try:
        with np.errstate(all="ignore"):
            return found.call(given)
    except Exception:  # whatever NumPy says to arguments that do not fit
        return None


def check_dense(examined: Examined, what: str, found: Sample, arguments: tuple[Any, ...], y: Any) -> None:
    """A structure gives the numbers that its dense array gives."""
    if not is_structure(examined) or found.op.name in FREE:
        return
    expected = dense_result(examined, found, arguments)
    if expected is None or not is_numeric(expected) or isinstance(expected, (tuple, list)):
        return
    wanted, got = seen(expected), seen(y)
    finite = np.isfinite(wanted)  # zeros of a structure stay zeros where dense ones are divided by zero
    if got.shape != wanted.shape or differ(np.where(finite, got, 0), np.where(finite, wanted, 0), 1e-9):
        examined.fail(f"{what} gives other numbers than for its dense array")


def wrapped_calls(examined: Examined, found: Sample) -> list[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """The sample's calls with wrapped arguments, as far as the type can hold them."""
    try:
        return list(found.wrapped(examined.make))
    except (TypeError, ValueError):
        return []


def may_be_plain(examined: Examined, found: Sample) -> bool:
    """Whether the operation's stub or a rule of the type itself decides that the result is plain."""
    op = found.op
    by_parts = is_structure(examined) and op.decomposition is not None  # by operations that decide
    return by_parts or examined.layer.slot in op.strips or any(c in op.layers for c in examined.cls.__mro__)


def is_numeric(y: Any) -> bool:
    """Whether a result holds floating-point numbers, which a layer would wrap."""
    leaves = y if isinstance(y, (tuple, list)) else (y,)
    return any(ops.dtype(v).kind in "fc" for v in leaves)
