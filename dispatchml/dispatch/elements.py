"""Operations on object arrays whose elements have a function of their own for a whole array.

An elementwise operation asks each element. What is more than elements (a decomposition, an order) may be known to the
elements' library for an array at once: `for_arrays_of` declares that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .errors import RegistrationError, class_name
from .lattice import outermost
from .operation import LOCK, Operation
from .plugins import meet

#: For each operation the functions by class of element.
ARRAY_FUNCTIONS: dict[Operation, dict[type, Callable[..., Any]]] = {}
#: What makes functions for any operation, by class of element.
ARRAY_PROVIDERS: dict[type, Callable[[Operation], Callable[..., Any] | None]] = {}


def for_arrays_of(function: Any, cls: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare what an operation does with object arrays of numbers of a class, in place of the core's own way.

    The function gets the arguments of the operation as object arrays, and its keywords by name. It is used where an
    element of the class is among the elements of the arguments. Raises RegistrationError where there is one already.

    >>> from fractions import Fraction
    >>> from dispatchml import ops
    >>> from dispatchml.dispatch import for_arrays_of
    >>> @for_arrays_of(ops.eigvalsh, Fraction)
    ... def _(a, *, UPLO): raise TypeError("eigenvalues of rational matrices are not rational")  # doctest: +SKIP
    """
    op: Operation = function.info

    def add(f: Callable[..., Any]) -> Callable[..., Any]:
        with LOCK:
            known = ARRAY_FUNCTIONS.setdefault(op, {})
            if known.get(cls, f) is not f:
                raise RegistrationError(f"{op.name} has a function for arrays of {class_name(cls)} already.")
            known[cls] = f
        return f

    return add


def provide_for_arrays_of(cls: type, provider: Callable[[Operation], Callable[..., Any] | None]) -> None:
    """Declare what all operations do with object arrays of numbers of a class: a function for each, or None for those
    that the core's own way is right for. What `for_arrays_of` declares comes first.
    """
    with LOCK:
        if ARRAY_PROVIDERS.get(cls, provider) is not provider:
            raise RegistrationError(f"Arrays of {class_name(cls)} have a provider already.")
        ARRAY_PROVIDERS[cls] = provider


def array_function(op: Operation, classes: Iterable[type]) -> Callable[..., Any] | None:
    """The function that was declared for one of these classes of elements; their plugins are loaded by the question."""
    classes = tuple(classes)
    for cls in classes:
        meet(cls)  # may declare the first function of all
    known = ARRAY_FUNCTIONS.get(op, {})
    for cls in classes:
        found = next((known[c] for c in cls.__mro__ if c in known), None)
        if found is not None:
            return found
    provided = [cls for cls in classes if provider_of(cls) is not None]
    if not provided:
        return None
    top = outermost(tuple(provided)) if len(provided) > 1 else None  # of several kinds the outermost one decides
    provider = provider_of(provided[0] if top is None else top.cls)
    assert provider is not None
    return provider(op)


def provider_of(cls: type) -> Callable[[Operation], Callable[..., Any] | None] | None:
    """The provider of a class, its own or by inheritance."""
    return next((ARRAY_PROVIDERS[c] for c in cls.__mro__ if c in ARRAY_PROVIDERS), None)
