"""Arrays for `traced_namespace`: traced values that may be read.

An array holds a traced value on an open tape where its dtype is floating, and a plain NumPy array where it is not, as
inside a transform. A traced value refuses to become a plain number; a test suite wants to read its results, so that
`float(x)`, `bool(x)` and the like read the primal here, and here only.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

import numpy as np

from dispatchml import numpy as namespace
from dispatchml.engines.reverse import Var, record
from dispatchml.engines.tape import Tape
from dispatchml.engines.views import current

#: Entries after which a new tape is opened, so that a long run does not keep everything that it ever computed.
TAPE_LIMIT = 5_000
TAPE = Tape("the traced namespace")


def traced(value: Any) -> Any:
    """A floating value on the open tape; anything else as it is."""
    global TAPE
    if isinstance(value, Var):
        return value
    value = np.asarray(value)
    if value.dtype.kind not in "fc":
        return value
    if len(TAPE) > TAPE_LIMIT:
        TAPE = Tape("the traced namespace")
    return record(value, TAPE, (nothing_behind,))


def nothing_behind(*_: Any) -> None:
    """The backward function of an input: there is nothing before it."""


def plain(x: Any) -> Any:
    """The plain array inside an array of this namespace."""
    value = x.value if isinstance(x, Array) else x
    while isinstance(value, Var):
        value = current(value)
    return np.asarray(value)


class Array:
    """An array of this namespace."""

    __slots__ = ("value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any) -> None:
        self.value = traced(value)

    def __repr__(self) -> str:
        return f"Array({plain(self)!r})"

    def __array_namespace__(self, *, api_version: Any = None) -> Any:
        from . import traced_namespace

        np.zeros(0).__array_namespace__(api_version=api_version)
        return traced_namespace

    # ---- what a traced value refuses ------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        return bool(plain(self))

    def __int__(self) -> int:
        return int(plain(self))

    def __float__(self) -> float:
        return float(plain(self))

    def __complex__(self) -> complex:
        return complex(plain(self))

    def __index__(self) -> int:
        return operator.index(plain(self))

    def __dlpack__(
        self, *, stream: Any = None, max_version: Any = None, dl_device: Any = None, copy: bool | None = None
    ) -> Any:
        return plain(self).__dlpack__(stream=stream, max_version=max_version, dl_device=dl_device, copy=copy)

    def __dlpack_device__(self) -> Any:
        return plain(self).__dlpack_device__()

    # ---- what it has ----------------------------------------------------------------------------------------------

    def __getitem__(self, key: Any, /) -> Any:
        return wrap(self.value[unwrap_index(key)])

    def __setitem__(self, key: Any, value: Any, /) -> None:
        key, value = unwrap_index(key), unwrap(value)
        if isinstance(self.value, Var):
            self.value[key] = value
        else:
            self.value[key] = plain(value)

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return map(wrap, self.value)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self.value.shape

    @property
    def dtype(self) -> Any:
        """The dtype of the primal."""
        return self.value.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.value.size

    @property
    def device(self) -> Any:
        """Where the primal lives."""
        return self.value.device

    @property
    def T(self) -> Any:
        """The axes reversed."""
        return wrap(self.value.T)

    @property
    def mT(self) -> Any:
        """The last two axes swapped."""
        return wrap(self.value.mT)

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """The array on a device."""
        return wrap(self.value.to_device(device, stream=stream))


def binary(name: str) -> Any:
    """An operator of two operands, as Python spells it on the value inside."""

    def method(self: Array, other: Any, /) -> Any:
        return wrap(getattr(operator, name)(self.value, unwrap(other)))

    def reflected(self: Array, other: Any, /) -> Any:
        return wrap(getattr(operator, name)(unwrap(other), self.value))

    def in_place(self: Array, other: Any, /) -> Any:
        self.value = traced(getattr(operator, in_place_name)(self.value, unwrap(other)))
        return self

    bare = name.rstrip("_")
    in_place_name = "i" + bare
    for prefix, function in (("", method), ("r", reflected), ("i", in_place)):
        function.__name__ = f"__{prefix}{bare}__"
        if not prefix or bare not in COMPARISONS:
            setattr(Array, function.__name__, function)
    return method


def unary(name: str) -> None:
    """An operator of one operand."""

    def method(self: Array, /) -> Any:
        return wrap(getattr(operator, name)(self.value))

    method.__name__ = f"__{name}__"
    setattr(Array, method.__name__, method)


COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
ARITHMETIC = (
    "add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and_", "or_", "xor", "lshift", "rshift",
)  # fmt: skip
for _name in (*COMPARISONS, *ARITHMETIC):
    binary(_name)
for _name in ("neg", "pos", "abs", "invert"):
    unary(_name)


# ---- functions ---------------------------------------------------------------------------------------------------


def unwrap(x: Any) -> Any:
    """The values inside, in containers too."""
    if isinstance(x, Array):
        return x.value
    if type(x) in (list, tuple):
        return type(x)(map(unwrap, x))
    return x


def unwrap_index(key: Any) -> Any:
    """An index with plain arrays in it."""
    if isinstance(key, tuple):
        return tuple(map(unwrap_index, key))
    return plain(key) if isinstance(key, Array) else key


def wrap(x: Any) -> Any:
    """Arrays of this namespace round the values of a result, in containers too."""
    if isinstance(x, (Var, np.ndarray, np.generic)):
        return Array(x)
    if isinstance(x, tuple) and hasattr(x, "_fields"):
        return type(x)(*map(wrap, x))
    if type(x) in (list, tuple):
        return type(x)(map(wrap, x))
    return x


#: Functions whose results are no arrays.
PASSED_ON = (
    "broadcast_shapes", "can_cast", "result_type", "finfo", "iinfo", "isdtype", "__array_namespace_info__",
)  # fmt: skip
#: Functions that turn something else into an array.
CONVERTING = ("asarray", "from_dlpack")


def lifted(function: Any, name: str) -> Any:
    """A function of `dispatchml.numpy` on arrays of this namespace."""

    @functools.wraps(function)
    def on_arrays(*args: Any, **kwargs: Any) -> Any:
        result = function(*map(unwrap, args), **{k: unwrap(v) for k, v in kwargs.items()})
        return result if name in PASSED_ON else wrap(result)

    return on_arrays


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> Any:
    """An array from numbers, nested lists, arrays and their buffers."""
    if isinstance(obj, Array) and copy is not True and dtype in (None, obj.dtype):
        return Array(obj.value)
    return wrap(namespace.asarray(unwrap(obj), dtype=dtype, device=device, copy=copy))


def from_dlpack(x: Any, /, *, device: Any = None, copy: bool | None = None) -> Any:
    """An array from another library's."""
    return wrap(np.from_dlpack(x, device=device, copy=copy))


def members(space: Any, names: Any) -> dict[str, Any]:
    """The functions of a namespace, lifted; dtypes and constants as they are."""
    found = {}
    for name in names:
        member = getattr(space, name)
        callable_here = callable(member) and not isinstance(member, type)
        found[name] = lifted(member, name) if callable_here else member
    return found
