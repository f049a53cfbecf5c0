"""What the engines' values share: metadata from the payload, item assignment, and refusal to become plain numbers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from opcode import opname
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.called import called_function, is_assignment
from ..dispatch.construct import FORMS, form_of
from ..dispatch.errors import (
    LeakedTracerError,
    LiftError,
    TracerConversionError,
    at_user_line,
    class_name,
    is_hidden,
    user_frame,
)
from ..dispatch.latecomers import load_latecomers
from ..dispatch.layers import layer_of
from ..dispatch.parts import Part
from ..dispatch.stacks import Stack, unstacked
from .bundles import field_built
from .refusals import remember
from .tape import PLAIN
from .writable import Writable, update


class Traced(Writable):
    """Base of Var, Dual and Batched. `_value` is the payload; `_base` is None or what a view was taken from."""

    __slots__ = ()

    _value: Any
    #: Whether the payload has an axis in front that is not there for the user.
    _hides_axis = False

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

    def __round__(self, digits: int | None = None) -> NoReturn:
        refuse(self, "round(x)", "An integer has no derivative: round(dispatchml.primal(x)) takes the plain number")

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


def refuse_moving(x: Any) -> NoReturn:
    """The error for a compiled function that swaps views of one array, such as `shuffle` on rows."""
    error = TracerConversionError(
        f"{called_function() or 'A compiled function'} moves parts of a traced array about ({describe_payload(x)})"
        f"{at_user_line()}, and the parts are views of each other: some would be lost and others doubled. Draw the "
        "order and index: x[...] = x[generator.permutation(len(x))]."
    )
    remember(error)
    raise error


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


#: What to write instead of functions that make plain arrays or numbers out of everything.
INSTEAD = {
    "full": "numpy.broadcast_to(x, shape).copy() is an array that is filled with x",
    "full_like": "numpy.broadcast_to(x, y.shape).copy() is an array that is filled with x",
    "arange": "Its length would depend on x: write start + x * numpy.arange(n), or numpy.linspace(start, stop, n)",
    "ascontiguousarray": "Leave it out, or write x.copy(), which is contiguous",
    "asfortranarray": "Leave it out, or write x.copy(order='F')",
    "require": "Leave it out, or write x.copy(), which is contiguous",
    "vectorize": "Write the function on whole arrays, or use dispatchml.vmap",
    "ndenumerate": "Write `for i in numpy.ndindex(x.shape)` and x[i]",
    "permutation": "Draw the order and index: x[generator.permutation(len(x))]",
    "permuted": "Draw the order and index: x[generator.permutation(len(x))]",
    "choice": "Draw positions and index: x[generator.choice(len(x), size)]",
    "fromiter": "numpy.stack(list_of_values) builds an array from traced values",
}


#: What is said of writing a traced value into an element of a plain array: of floats, or of whole numbers.
WRITING = (
    (
        "writing x into a plain array",
        "Make the array where it is filled, in code that is lifted (a = a.copy() of one that others hold), or build it "
        "with numpy.stack; dispatchml.primal(x) is the plain value",
    ),
    (
        "writing x into an array of whole numbers",
        "They have no derivative: make the array with dtype=float, or write dispatchml.primal(x)",
    ),
)


def describe_payload(x: Any) -> str:
    """The innermost payload by class, shape and dtype."""
    inner = innermost(x)
    shape = ops.shape(inner)
    return f"{class_name(type(inner))} {ops.dtype(inner)}" + (f", shape {shape}" if shape else "")


def innermost(x: Any) -> Any:
    """The payload below every engine layer."""
    while isinstance(x, Traced):
        x = x._value
    return x


def refuse(x: Traced, what: str, instead: str) -> NoReturn:
    """The error for turning a traced value into a plain one; it names the function that the user called, where that
    shows.
    """
    package, place = package_at_work()
    if package:
        error: TracerConversionError = LiftError(
            f"{what} on a traced value ({describe_payload(x)}){at_user_line()} would lose its derivative. The code of "
            f"{package} does it ({place}). {advice(package)}"
        )
        error.again = load_latecomers()
        remember(error)
        raise error
    frame = user_frame(sys._getframe(1))
    if frame is not None and is_element_assignment(frame):
        what, instead = WRITING[what.startswith("int")]
    called = called_function()
    known = INSTEAD.get(called.rpartition(".")[2])
    if known is not None:
        what, instead = f"{called}(...)", known
    error = TracerConversionError(
        f"{what} on a traced value ({describe_payload(x)}){at_user_line()} would lose its derivative. {instead}."
    )
    error.again = load_latecomers()  # a library that steps back once its plugin is loaded
    remember(error)
    raise error


def is_element_assignment(frame: Any) -> bool:
    """Whether a frame writes an element or a slice now."""
    code = frame.f_code.co_code
    return opname[code[frame.f_lasti]] in ("STORE_SUBSCR", "STORE_SLICE")


def package_at_work() -> tuple[str, str]:
    """The installed package whose code is running, and where, if it is neither NumPy nor served by a plugin's types."""
    replacing: Any = sys.modules.get("dispatchml.lift.replacing")
    known = () if replacing is None else replacing.REPLACEMENTS
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if "site-packages" in file or "dist-packages" in file:
            module = str(frame.f_globals.get("__name__", ""))
            package = module.partition(".")[0]
            lifted = any(name.startswith(f"{package}.") for name in known)
            if package != "numpy" and (lifted or not is_hidden(file)):
                return package, f"{module}, line {frame.f_lineno}"
        elif not is_hidden(file):
            break
        frame = frame.f_back
    return "", ""


def advice(package: str) -> str:
    """What to do where a package's code makes plain numbers of traced values."""
    packages: Any = sys.modules.get("dispatchml.lift.packages")
    if packages is None or not any(name.partition(".")[0] == package for name in packages.STATE.prefixes):
        return (
            f"Write dispatchml.lift.enable({package!r}) once, so that its Python code takes traced values; "
            "dispatchml.primal(x) is the plain value."
        )
    return (
        "That is compiled, or of a part that is not enabled: dispatchml.lift.enable names of more modules, and "
        "dispatchml.lift.replaces what stands for a function; dispatchml.primal(x) is the plain value."
    )


def as_seen(x: Any) -> Any:
    """The payload below every engine layer, as the user's code sees it: an element for a stack in a batch, and None for
    what has an axis in front otherwise.
    """
    hidden = 0
    while isinstance(x, Traced):
        hidden += x._hides_axis
        x = x._value
    return unstacked(x, hidden)


def hidden_axes(x: Any) -> int:
    """How many axes of its payload a value hides."""
    hidden = 0
    while isinstance(x, Traced):
        hidden += x._hides_axis
        x = x._value
    return hidden


def is_claimed(x: Traced, name: str) -> bool:
    """Whether the payload's registration has a static attribute or a method of a name."""
    info = layer_of(type(innermost(x)))
    return info is not None and (name in info.static or name in info.methods)


def seen_inside(x: Traced) -> Any:
    """What a traced value stands for in the user's code: in a batch of numbers, which is an object array, one of
    them.
    """
    inner = as_seen(x)
    inner = innermost(x) if inner is None else inner
    if type(inner) is np.ndarray and inner.dtype == object and inner.size and not ops.shape(x):
        return inner.flat[0]
    return inner


#: What is said of a traced array's memory where code of others asks for it, which lifting enters.
OF_MEMORY: dict[str, Callable[[Any], Any]] = {}


def foreign_attribute(x: Traced, name: str) -> Any:
    """An attribute that the payload's registration knows: static ones from the payload, methods as operations."""
    inner = seen_inside(x)
    info = layer_of(type(inner))
    if info is not None:
        if name in info.static:
            return getattr(inner, name)
        if name in info.fields:
            if x._base is not None and (found := field_built(x, name)) is not None:
                return found
            return None if is_missing(inner, name) else field_of(inner, name)(x)
        method = info.methods.get(name)
        if method is not None:
            if isinstance(method, property):
                return method.fget(x)  # type: ignore[misc]
            if is_property(getattr(type(inner), name, None)):
                return method(x)  # what is read without a call on the plain value is on the traced one
            return lambda *arguments, **keywords: method(x, *arguments, **keywords)
        holder = holder_inside(info, inner, name, hidden_axes(x))
        if holder is not None:
            return field_of(holder, name)(x)
        other = info.methods.get("__getattr__")  # what the library itself looks up, such as coordinates
        if other is not None:
            return other(x, name)
    if name in OF_MEMORY and type(inner) is np.ndarray:
        return OF_MEMORY[name](x)
    if hasattr(inner, name) and is_plain_attribute(info, inner, name):
        raise AttributeError(
            f"x.{name} on a traced value ({describe_payload(x)}){at_user_line()}: traced values do not have what is "
            f"about memory, bytes or one plain number. dispatchml.primal(x).{name} is that of the plain value."
        )
    if hasattr(type(inner), name) or hasattr(inner, name):
        raise AttributeError(
            f"A traced {class_name(type(inner))} has no attribute {name!r}{at_user_line()}, though the plain one has. "
            f"Register it: dispatchml.register_type(..., static=({name!r},)) for what does not depend on the numbers, "
            f"methods={{{name!r}: operation}} for a method."
        )
    raise AttributeError(f"A traced {class_name(type(inner))} has no attribute {name!r}{at_user_line()}.")


def is_plain_attribute(info: Any, inner: Any, name: str) -> bool:
    """Whether an attribute is one of plain arrays and numbers, which are about memory, also where a subclass has it."""
    if info is None:
        return isinstance(inner, (np.ndarray, np.generic, float, complex))
    return isinstance(inner, np.ndarray) and getattr(type(inner), name, None) is getattr(np.ndarray, name, name)


def is_property(attribute: Any) -> bool:
    """Whether a class's attribute is read without a call: a property, or one of a class written in C."""
    return hasattr(type(attribute), "__set__")


def is_missing(x: Any, name: str) -> bool:
    """Whether a payload field of a layer of one's own, declared as `Array | None`, is None."""
    form = FORMS.get(type(x))
    return form is not None and name in form.payload and getattr(x, name) is None


def holder_inside(info: Any, value: Any, name: str, hidden: int) -> Any:
    """The layer further inside that has a payload field: the field of a quantity round a structure is a quantity."""
    while info is not None and info.payload is not None:
        value = info.payload(value)
        value = unstacked(value, hidden) if isinstance(value, Stack) else value
        info = layer_of(type(value))
        if info is not None and name in info.fields:
            return value
    return None


def field_of(holder: Any, name: str) -> Callable[[Any], Any]:
    """What reads a field of a traced value with a layer of one's own, `holder`, inside: a payload field as a part."""
    form = form_of(type(holder))
    if name not in form.read:
        return layer_of(type(holder)).fields[name]  # type: ignore[union-attr]

    def with_field(owner: Any, new: Any) -> Any:
        fields = (
            new if n == name else None if getattr(holder, n) is None else form.read[n](owner) for n in form.payload
        )
        return form.make(*fields, **form.statics_of(holder))

    return Part(form.read[name], with_field, aligned=False)


__all__ = ["LeakedTracerError", "Traced", "describe_payload", "innermost", "refuse", "update"]
