"""What every traced or layered value gets: Python's operators, NumPy's attributes and methods, NumPy's protocols.

`ArrayOperators` defines nothing about truth, conversion to plain numbers, or writing into values: engines decide these.
"""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .. import numpy as xp
from .. import ops
from ..dispatch.carriers import dress_carriers
from ..dispatch.define import LAYER_DRESSERS
from ..dispatch.join import value_class
from ..dispatch.layers import layer_of
from ..dispatch.operation import FORGETTING
from ..dispatch.plugins import meet
from ..dispatch.resolve import OPERANDS
from .methods import ArrayMethods
from .protocols import array_function, array_namespace, array_ufunc

NO_OPERANDS = (str, bytes, dict, set, frozenset, type(None), type)


def is_operand(cls: type, reflected: str) -> bool:
    """Whether an operator takes a value of this class, or leaves it to that class's own reflected operator."""
    if cls is np.ndarray or value_class(cls) is not None:
        return True
    meet(cls)
    if layer_of(cls) is not None or cls in (list, tuple) or issubclass(cls, (np.ndarray, numbers.Number)):
        return True
    return not issubclass(cls, NO_OPERANDS) and getattr(cls, reflected, None) is getattr(object, reflected, None)


def is_operand_of(name: str, cls: type) -> bool:
    """Whether a class has a meaning as the operand of an operation, though it is no value: a library's units."""
    known = OPERANDS.get(getattr(ops, name).info)
    return known is not None and any(base in known for base in cls.__mro__)


def binary(name: str, method: str) -> Callable[[Any, Any], Any]:
    """The operator `self op other`."""
    reflected = REFLECTED.get(method, f"__r{method[2:]}")
    taken: set[type] = set()
    FORGETTING.append(taken.clear)

    def operator(self: Any, other: Any) -> Any:
        if type(other) not in taken:
            if not is_operand(type(other), reflected) and not is_operand_of(name, type(other)):
                return NotImplemented
            if type(other) in (list, tuple):
                other = xp.asarray(other)
            else:
                taken.add(type(other))
        return getattr(ops, name)(self, other)

    return named(operator, method)


def mirrored(name: str, method: str) -> Callable[[Any, Any], Any]:
    """The operator `other op self`."""

    def operator(self: Any, other: Any) -> Any:
        if not is_operand(type(other), f"__{method[3:]}") and not is_operand_of(name, type(other)):
            return NotImplemented
        if type(other) in (list, tuple):
            other = xp.asarray(other)
        return getattr(ops, name)(other, self)

    return named(operator, method)


def unary(name: str, method: str) -> Callable[[Any], Any]:
    """The operator `op self`."""

    def operator(self: Any) -> Any:
        return getattr(ops, name)(self)

    return named(operator, method)


def named(function: Any, method: str) -> Any:
    """A function under the name that tracebacks should show."""
    function.__name__ = method
    function.__qualname__ = f"ArrayOperators.{method}"
    return function


REFLECTED = {
    "__eq__": "__eq__", "__ne__": "__ne__", "__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__",
    "__ge__": "__le__",
}  # fmt: skip


class ArrayOperators(ArrayMethods):
    """The operators, attributes and methods of NumPy's arrays, by operations on whatever carries them."""

    __slots__ = ()
    __array_priority__ = 1_000_000.0
    __hash__ = None  # type: ignore[assignment]

    __add__, __radd__ = binary("add", "__add__"), mirrored("add", "__radd__")
    __sub__, __rsub__ = binary("subtract", "__sub__"), mirrored("subtract", "__rsub__")
    __mul__, __rmul__ = binary("multiply", "__mul__"), mirrored("multiply", "__rmul__")
    __truediv__, __rtruediv__ = binary("divide", "__truediv__"), mirrored("divide", "__rtruediv__")
    __floordiv__, __rfloordiv__ = binary("floor_divide", "__floordiv__"), mirrored("floor_divide", "__rfloordiv__")
    __mod__, __rmod__ = binary("remainder", "__mod__"), mirrored("remainder", "__rmod__")
    __pow__, __rpow__ = binary("power", "__pow__"), mirrored("power", "__rpow__")
    __matmul__, __rmatmul__ = binary("matmul", "__matmul__"), mirrored("matmul", "__rmatmul__")
    __and__, __rand__ = binary("bitwise_and", "__and__"), mirrored("bitwise_and", "__rand__")
    __or__, __ror__ = binary("bitwise_or", "__or__"), mirrored("bitwise_or", "__ror__")
    __xor__, __rxor__ = binary("bitwise_xor", "__xor__"), mirrored("bitwise_xor", "__rxor__")
    __lshift__, __rlshift__ = binary("bitwise_left_shift", "__lshift__"), mirrored("bitwise_left_shift", "__rlshift__")
    __rshift__, __rrshift__ = (
        binary("bitwise_right_shift", "__rshift__"),
        mirrored("bitwise_right_shift", "__rrshift__"),
    )
    __eq__, __ne__ = binary("equal", "__eq__"), binary("not_equal", "__ne__")
    __lt__, __le__ = binary("less", "__lt__"), binary("less_equal", "__le__")
    __gt__, __ge__ = binary("greater", "__gt__"), binary("greater_equal", "__ge__")
    __neg__, __pos__ = unary("negative", "__neg__"), unary("positive", "__pos__")
    __abs__, __invert__ = unary("absolute", "__abs__"), unary("bitwise_invert", "__invert__")

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __rdivmod__(self, other: Any) -> Any:
        return other // self, other % self

    def __round__(self, ndigits: int | None = None) -> Any:
        return xp.round(self, ndigits or 0)

    # ---- protocols ------------------------------------------------------------------------------------------------

    __array_ufunc__ = array_ufunc
    __array_function__ = array_function
    __array_namespace__ = array_namespace

    # ---- a container ----------------------------------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        return xp.getitem(self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object: it has no axes.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array")
        return iter(xp.unstack(self, axis=0))

    def __contains__(self, value: Any) -> bool:
        return bool(xp.any(self == value))


#: What a class of somebody's own is not given, because every class has it already.
OWN = frozenset({"__module__", "__doc__", "__slots__", "__dict__", "__weakref__", "__qualname__"})


def dress(cls: type, layer: Any = None) -> None:
    """Give a layer of one's own everything that it does not define itself; `dm.layer` calls this for each."""
    for name, member in (vars(ArrayMethods) | vars(ArrayOperators)).items():
        if name in OWN:
            continue
        if name in ("__eq__", "__ne__", "__hash__"):
            if name not in vars(cls) or generated(vars(cls)[name]):
                setattr(cls, name, member)
        elif getattr(cls, name, None) is getattr(object, name, None):
            setattr(cls, name, member)


def generated(member: Any) -> bool:
    """Whether a comparison was written by attrs or dataclasses, which compare payloads as a whole."""
    if member is None:
        return True
    code = getattr(member, "__code__", None)
    return code is not None and (code.co_filename.startswith("<attrs generated") or code.co_filename == "<string>")


LAYER_DRESSERS.append(dress)
dress_carriers(dress)
