"""What the engines' values share: metadata from the payload, item assignment, and refusal to become plain numbers."""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.called import is_assignment
from ..dispatch.errors import (
    LeakedTracerError,
    at_user_line,
)
from .payloads import Wrapper, describe_payload, hidden_axes, innermost
from .refusing import refuse, refuse_moving
from .seen import foreign_attribute, is_claimed
from .tape import PLAIN
from .writable import update


class Traced(Wrapper):
    """Base of Var, Dual and Batched. `_value` is the payload; `_base` is None or what a view was taken from."""

    __slots__ = ()

    # ---- metadata ----------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the primal."""
        return ops.shape(self._value)

    @shape.setter
    def shape(self, shape: Any) -> NoReturn:
        refuse_attribute("shape", "x = x.reshape(shape)")

    @property
    def dtype(self) -> Any:
        """The dtype of the primal."""
        return ops.dtype(self._value)

    @dtype.setter
    def dtype(self, dtype: Any) -> NoReturn:
        refuse_attribute("dtype", "x = x.astype(dtype)")

    @property
    def ndim(self) -> int:
        """The number of axes of the primal."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements of the primal, as its library counts them: SciPy's sparse ones by what is stored."""
        if type(self._value) is not np.ndarray and is_claimed(self, "size"):
            return foreign_attribute(self, "size")
        return ops.size(self)

    def __repr__(self) -> str:
        return f"<traced {type(self).__name__} of {describe_payload(self)}>"

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeError("len() of a 0-d value")
        return shape[0]

    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        """Attributes of the payload's own library, as its registration says."""
        if name.startswith("__"):
            raise AttributeError(name)
        return foreign_attribute(self, name)

    # ---- truth is of the primal; numbers and arrays are refused ------------------------------------------------------

    def __bool__(self) -> bool:
        from .views import current

        return bool(current(self))

    def __float__(self) -> NoReturn:
        refuse(
            self,
            "float(x)",
            "Keep x as it is (NumPy functions take it), or use dispatchml.primal(x) for the plain number",
        )

    def __int__(self) -> NoReturn:
        refuse(self, "int(x)", "An integer has no derivative: int(dispatchml.primal(x)) takes the plain number")

    __index__ = __trunc__ = __floor__ = __ceil__ = __int__

    def __round__(self, digits: int | None = None) -> Any:
        if digits is None:
            refuse(self, "round(x)", "An integer has no derivative: round(dispatchml.primal(x)) takes the plain number")
        if self._hides_axis and not isinstance(self._value, Traced):  # a batch of plain numbers
            return ops.round(self, decimals=digits)
        refuse(
            self,
            "round(x, digits)",
            "Write numpy.round(x, digits) where its derivative, which is 0, is meant, and "
            "round(dispatchml.primal(x), digits) for the plain number",
        )

    def __complex__(self) -> NoReturn:
        refuse(self, "complex(x)", "Keep x as it is, or use dispatchml.primal(x) for the plain number")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        refuse(
            self,
            "numpy.asarray(x), numpy.array([x, ...]) or writing x into a plain array",
            "Use numpy.stack([x, y]) to build an array from traced values, numpy.zeros_like(x) and item assignment to "
            "fill one, and dispatchml.primal(x) for the plain array",
        )

    def __format__(self, how: str) -> str:
        if not how:
            return str(self)
        refuse(
            self,
            f"format(x, {how!r}), as in an f-string,",
            f"To print the number write f'{{dispatchml.primal(x):{how}}}'",
        )

    def __reduce__(self) -> NoReturn:
        refuse(self, "pickling or copying x", "Use dispatchml.primal(x), or return x from the function")

    def __copy__(self) -> Any:
        return ops.positive(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return ops.positive(self)

    def item(self, *arguments: Any) -> NoReturn:
        """Refused: a traced value has no plain item."""
        refuse(self, "x.item()", "Use x[i], which stays traced, or dispatchml.primal(x).item()")

    def tolist(self) -> NoReturn:
        """Refused: lists hold plain numbers."""
        refuse(self, "x.tolist()", "list(x) has the same elements, traced; dispatchml.primal(x).tolist() the numbers")

    def tobytes(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: bytes have no derivative."""
        refuse(self, "x.tobytes()", "Use dispatchml.primal(x).tobytes(), which is constant to derivatives")

    # ---- writing -----------------------------------------------------------------------------------------------------

    def __setitem__(self, index: Any, value: Any) -> None:
        if type(self._value) not in PLAIN:
            from .foreign_methods import claimed

            method = claimed(self, "__setitem__")
            if method is not None:
                method(self, index, value)
                return
        if isinstance(value, Traced) and value._base is not None and not is_assignment(sys._getframe(1)):
            refuse_moving(self)
        self._write_item(index, value)

    def _write_all(self, new: Any) -> None:
        if type(self._value) not in PLAIN:
            from .foreign_methods import claimed

            method = claimed(self, "__setitem__")
            if method is not None:
                method(self, Ellipsis, new)
                return
        super()._write_all(new)

    def __ilshift__(self, other: Any) -> Any:
        from .foreign_methods import claimed

        method = claimed(self, "__ilshift__")
        return super().__ilshift__(other) if method is None else method(self, other)


def refuse_attribute(name: str, instead: str) -> NoReturn:
    """The error for setting an attribute that a traced value cannot change in place."""
    raise AttributeError(
        f"x.{name} of a traced value cannot be set{at_user_line()}: its aliases would not see it. Write {instead}."
    )


class Element:
    """What stands for a structure in a batch while its layer's rule runs; `_normal` is the batched value."""

    __slots__ = ()

    _normal: Any

    def __new__(cls, *arguments: Any, **keywords: Any) -> Any:
        """A call of an element's class, such as type(self)(...) in a method, makes the structure itself."""
        return cls.__mro__[2](*arguments, **keywords)


__all__ = ["Element", "LeakedTracerError", "Traced", "describe_payload", "hidden_axes", "innermost", "refuse", "update"]
