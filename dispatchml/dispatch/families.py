"""Classes of numbers whose Python operators are the operations: derivatives use them without a look-up in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .operation import LOCK


class Family:
    """Classes of real numbers that are closed under arithmetic.

    own: the classes. beside: these, and what their operators take as it is. finite(x): whether a number is neither nan
    nor infinite; None where all are.
    """

    __slots__ = ("own", "beside", "finite")

    def __init__(
        self, own: Iterable[type], beside: Iterable[type], finite: Callable[[Any], bool] | None = None
    ) -> None:
        self.own = frozenset(own)
        self.beside = self.own | frozenset(beside)
        self.finite = finite


class Families(dict[type, Any]):
    """The family of each class that was asked for, None where it has none."""

    __slots__ = ()

    def __missing__(self, cls: type) -> Family | None:
        with LOCK:
            found = next((make(cls) for base, make in DECLARED.items() if base in cls.__mro__), None)
            self[cls] = found
        return found


DECLARED: dict[type, Callable[[type], Family | None]] = {}
FAMILIES = Families()


def operators_are_operations(
    *classes: type,
    beside: Iterable[type] = (int,),
    finite: Callable[[Any], bool] | None = None,
    subclasses: bool = False,
) -> None:
    """Declare that `+ - * /` and the unary `-` of numbers of these classes, with each other and with numbers of the
    classes `beside`, are what add, subtract, multiply, divide and negative do, and give numbers of these classes.

    Derivatives then use Python's operators on them, which saves a look-up, a projection and a comparison of shapes an
    operation: no method for these operations on these classes is called by derivatives from then on. The numbers are
    real. finite: tells nan and the infinities from other numbers, where there are any. subclasses: whether each
    subclass of the one class is a family by itself, as the numbers of each context of mpmath are.

    >>> from dispatchml.dispatch import operators_are_operations
    >>> operators_are_operations(MyRational, beside=(int,))  # doctest: +SKIP
    """
    known = Family(classes, beside, finite)

    def family(cls: type) -> Family | None:
        return Family((cls,), beside, finite) if subclasses else known if cls in known.own else None

    with LOCK:
        DECLARED.update((cls, family) for cls in classes)
        FAMILIES.clear()


#: The methods of classes of numbers that are no layers.
METHODS: dict[type, dict[str, Callable[..., Any]]] = {}


def methods_of_numbers(cls: type, methods: Mapping[str, Callable[..., Any]]) -> None:
    """Declare what methods of numbers of a class do on traced ones: a function of the traced number and the other
    arguments for each name, made of operations. For layers, `register_type(methods=)` does the same.

    >>> from decimal import Decimal
    >>> from dispatchml import ops
    >>> from dispatchml.dispatch import methods_of_numbers
    >>> methods_of_numbers(Decimal, {"sqrt": ops.sqrt})  # doctest: +SKIP
    """
    with LOCK:
        METHODS.setdefault(cls, {}).update(methods)


def method_of_number(cls: type, name: str) -> Callable[..., Any] | None:
    """The method of that name of a class of numbers, its own or by inheritance; None where none is declared."""
    return next((METHODS[c][name] for c in cls.__mro__ if c in METHODS and name in METHODS[c]), None)
