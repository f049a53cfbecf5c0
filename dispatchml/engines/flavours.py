"""What the words of a rule's text stand for in each flavour of generated code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..backends.numpy.kernels import RAW_FLOATS, UFUNCS


def operation_named(name: str) -> Any:
    """An operation or plain function of `ops` by name."""
    return getattr(ops, name, None)


def array_function(name: str) -> Any:
    """NumPy's function behind an operation, for plain arrays."""
    found = getattr(ops, name, None)
    return UFUNCS.get(found.info, found) if found is not None and hasattr(found, "info") else found


def named(operation: Any) -> Any:
    """An operation of `ops` by name, or anybody's operation itself."""
    return getattr(ops, operation, None) if isinstance(operation, str) else operation


def float_function(name: Any) -> Any:
    """The method of an operation for Python's floats, where it has one."""
    found = named(name)
    if not hasattr(found, "info"):
        return found
    method = found.info.exact.get((float,) * found.info.arity)
    return method.function if method is not None else found


def raw_function(name: Any) -> Any:
    """The bare function of Python's floats behind an operation; it may raise where NumPy gives inf or nan."""
    found = named(name)
    return RAW_FLOATS.get(found.info) or float_function(name) if hasattr(found, "info") else found


FINDERS: dict[str, Callable[[str], Any]] = {
    "array": array_function,
    "calls": array_function,
    "traced": operation_named,
    "float": raw_function,
    "numbers": operation_named,
    "operations": operation_named,
}
