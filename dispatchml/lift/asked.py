"""What lifted code is told when it asks what a value is: the answer is that of the plain value.

A traced number that was one of Python's counts as `float`, also behind functions of NumPy, which give `numpy.float64`.
"""

from __future__ import annotations

import collections.abc
import functools
import types
from typing import Any

import numpy as np

from .. import ops
from ..compile.graph import PYTHON_FORMS
from ..dispatch.carriers import Carrier, foreign_class
from ..engines.record import Rec
from ..engines.recorded_numbers import in_form
from ..engines.refusals import remember
from ..engines.seen import seen_inside
from ..engines.traced import Traced, innermost
from .buffers import TRACED, Buffer, held
from .entering import active, stand_in, stands_for
from .making import is_bare

#: Classes that a traced value of numbers may stand for.
KINDS = (float, complex, np.float64, np.complex128, np.float32, np.complex64, np.ndarray)


def is_asked(x: Any) -> bool:
    """Whether a value answers as another one would."""
    return type(x) is Buffer or isinstance(x, TRACED)


def type_of(x: Any) -> type:
    """The class of the plain value that a traced one, or an array of lifted code, stands for."""
    if type(x) is Buffer:
        return np.ndarray
    inner = innermost(x)
    if isinstance(inner, Rec):
        form = inner._symbol.form
        if x.shape or form == "array":
            return np.ndarray
        return next((cls for cls, name in PYTHON_FORMS.items() if name == form), x.dtype.type)
    if not is_bare(x):
        return foreign_class(inner) if isinstance(inner, Carrier) else type(seen_inside(x))
    if type(inner) is not np.ndarray or type(x)._hides_axis:
        return np.ndarray if x.shape else type(inner) if type(inner) is not np.ndarray else x.dtype.type
    return np.ndarray if x.shape or not inner.shape else x.dtype.type


@functools.cache
def example(cls: type, dtype: Any) -> Any:
    """A value of a class, to be asked in the place of a traced one."""
    return np.zeros(1, dtype) if cls is np.ndarray else cls(0)


def stood_for(x: Any) -> Any:
    """A plain value of the class that a traced value of numbers stands for."""
    return example(type_of(x), x.dtype)


@stands_for(type)
def type_asked(x: Any, *more: Any, **keywords: Any) -> Any:
    """As `type`."""
    if more or keywords:
        return type(x, *more, **keywords)
    return type_of(x) if is_asked(x) else type(x)


@stands_for(isinstance)
def is_instance(x: Any, classes: Any, /) -> bool:
    """As `isinstance`, of what is below the derivatives that are being taken."""
    if not is_asked(x):
        return isinstance(x, classes)
    if asks_for_ours(classes) and isinstance(x, classes):
        return True
    if is_bare(x):
        return isinstance(stood_for(x), classes)
    from ..transforms.plain_values import is_instance as is_inside

    return is_inside(held(x), classes)


def asks_for_ours(classes: Any) -> bool:
    """Whether one of some classes is ours."""
    if type(classes) is tuple:
        return any(map(asks_for_ours, classes))
    return str(getattr(classes, "__module__", "")).partition(".")[0] == "dispatchml"


@stands_for(np.isscalar)
def isscalar(element: Any) -> bool:
    """As `numpy.isscalar`; a traced number is one, an array without axes is none."""
    return type_of(element) is not np.ndarray if is_asked(element) and is_bare(element) else np.isscalar(element)


#: Python's own special names. Others are protocols of libraries, by which traced values answer for themselves.
SPECIAL = frozenset(
    {name for kind in KINDS for name in dir(kind) if not name.startswith(("__array", "__dlpack", "__buffer"))}
    | {"__next__", "__call__", "__class__"}
)


def is_protocol(name: str) -> bool:
    """Whether an attribute is that of a library's protocol."""
    return name.startswith("__") and name not in SPECIAL


@stands_for(hasattr)
def has_attribute(x: Any, name: str, /) -> bool:
    """As `hasattr`."""
    if is_asked(x) and is_bare(x) and not is_protocol(name):
        return hasattr(stood_for(x), name)
    return hasattr(x, name)


@stands_for(getattr)
def attribute(x: Any, name: str, /, *default: Any) -> Any:
    """As `getattr`."""
    if is_asked(x) and is_bare(x) and not is_protocol(name):
        if default and not hasattr(stood_for(x), name):
            return default[0]
        return attribute_asked(x, name)
    return getattr(x, name, *default)


def attribute_asked(x: Any, name: str) -> Any:
    """An attribute of a traced value; AttributeError where the plain value has none."""
    if name == "__class__":
        return type_of(x)
    if name in TAKEN_OUT and isinstance(held(x), TRACED):
        return functools.partial(TAKEN_OUT[name], held(x))
    if not hasattr(stood_for(x), name):
        raise AttributeError(f"{type_of(x).__name__!r} object has no attribute {name!r}")
    try:
        return getattr(x, name)
    except AttributeError as error:
        remember(error)  # the plain value has it: nobody shall take it for missing
        raise


def item(x: Any, *index: Any) -> Any:
    """As `numpy.ndarray.item`; the number stays traced."""
    if index:
        x = np.ravel(x)[index[0]] if len(index) == 1 and not isinstance(index[0], tuple) else x[index]
    if x.size != 1:
        return np.zeros(x.shape).item()  # NumPy's error
    return in_form(ops.reshape(x, shape=()) if x.shape else x, "python")


def tolist(x: Any) -> Any:
    """As `numpy.ndarray.tolist`; the numbers stay traced."""
    return [tolist(v) for v in x] if x.shape else x


def is_integer(x: Any) -> bool:
    """As `float.is_integer`."""
    return bool(np.isfinite(x)) and bool(np.floor(x) == x)


def as_array(x: Any, dtype: Any = None, copy: Any = None) -> Any:
    """As `numpy.ndarray.__array__`."""
    return ops.astype(x, dtype=np.dtype(dtype)) if dtype is not None else x


#: Methods that give plain numbers, with what gives traced ones.
TAKEN_OUT: dict[str, Any] = {"item": item, "tolist": tolist, "is_integer": is_integer, "__array__": as_array}


# ---- in code that asks without a name: x.__class__, x.shape in a `try`, `case float():` ------------------------------


class Asking:
    """An attribute that code reads, as something that is multiplied by the object: `Asking("shape") @ x`.

    The instruction of an operator fits in the place of the one that reads an attribute.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<the attribute {self.name}>"

    def __matmul__(self, x: Any) -> Any:
        if isinstance(x, (Traced, Rec, Buffer)) and is_bare(x):
            return attribute_asked(x, self.name)
        if type(x) is np.ndarray and self.name in OF_CONSTANTS and active() is not None:
            return functools.partial(OF_CONSTANTS[self.name], x)
        return getattr(x, self.name)


#: Methods of plain arrays that do not see that an argument is traced, with the functions that do.
OF_CONSTANTS: dict[str, Any] = {"dot": np.dot}
#: Attributes that lifted code reads in its own way.
ASKED = frozenset({*TAKEN_OUT, *OF_CONSTANTS})


class Casting:
    """What a type in a variable is multiplied by, as `CASTING @ dtype`, before lifted code calls it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<a type that is called>"

    def __matmul__(self, x: Any) -> Any:
        return (stand_in(x) or x) if isinstance(x, type) else x


CASTING = Casting()


@functools.cache
def asking(name: str) -> Asking:
    """What reads an attribute."""
    return Asking(name)


#: Attributes of NumPy's arrays and numbers that Python's numbers do not have.
OF_ARRAYS = frozenset(dir(np.ndarray)) - frozenset(dir(complex)) - frozenset(dir(float))


@functools.cache
def pattern(cls: type) -> type | None:
    """What stands for a class in `case cls():`; None where traced values give the right answer by themselves."""
    if cls is object or not any(issubclass(kind, cls) for kind in KINDS) and cls not in PROTOCOLS:
        return None

    class Asked(type(cls)):  # type: ignore[misc]
        """The class of a class that is asked whether it has a traced value."""

        def __instancecheck__(self, x: Any) -> bool:
            return is_instance(x, cls)

    return types.new_class(cls.__name__, (cls,), {"metaclass": Asked})


#: Abstract classes of which traced values are, and some plain ones are not.
PROTOCOLS = frozenset(getattr(collections.abc, name) for name in collections.abc.__all__)
