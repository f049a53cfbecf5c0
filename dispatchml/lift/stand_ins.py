"""What stands for names that make plain numbers and arrays of everything: numpy.array, math.sin, float, isinstance.

On plain values, outside of transforms, each does what the original does. Inside a transform new arrays are buffers.
"""

from __future__ import annotations

import cmath
import functools
import math
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import LiftError, at_user_line
from ..engines.record import Rec
from ..engines.refusals import REFUSED
from ..engines.traced import innermost
from ..numpy.manipulation import in_order, order_of
from .buffers import TRACED, Buffer, array_of, fresh, held, held_deeply, holds_traced, kept

#: What stands for a function, class or module, by the identity of the original. The original is kept with it.
STAND_INS: dict[int, tuple[Any, Any]] = {}

active = REFUSED.get


def stands_for(original: Any) -> Callable[[Any], Any]:
    """Enter a function as what stands for another one."""

    def enter(function: Any) -> Any:
        STAND_INS[id(original)] = (original, function)
        return functools.wraps(original, updated=())(function) if not isinstance(original, type) else function

    return enter


def stand_in(original: Any) -> Any:
    """What stands for an object; None where nothing does."""
    known = STAND_INS.get(id(original))
    return known[1] if known is not None and known[0] is original else None


# ---- arrays made of nothing, or of plain values ----------------------------------------------------------------------


def maker(original: Callable[..., Any]) -> None:
    """A function that makes a new array: inside a transform a buffer."""

    @stands_for(original)
    def made(*arguments: Any, **keywords: Any) -> Any:
        if active() is None and not any(type(x) is Buffer for x in arguments):
            return original(*arguments, **keywords)
        found = original(*map(held_deeply, arguments), **{k: held_deeply(v) for k, v in keywords.items()})
        return made_array(found)


def made_array(x: Any) -> Any:
    """An array that was just made, and may be written into: truth values become numbers by arithmetic."""
    if type(x) is not np.ndarray:
        return kept(x)
    return Buffer(x) if x.dtype.kind in "fcb" else x


for function in (
    np.zeros, np.empty, np.ones, np.eye, np.identity, np.linspace, np.arange, np.logspace, np.geomspace, np.tri,
    np.fromfunction,
):  # fmt: skip
    maker(function)


def maker_like(original: Callable[..., Any]) -> None:
    """A function that makes an array like another one; of a traced one it dispatches by itself."""

    @stands_for(original)
    def made(*arguments: Any, **keywords: Any) -> Any:
        like = held(arguments[0]) if arguments else None
        if active() is None and type(arguments[0] if arguments else None) is not Buffer:
            return original(*arguments, **keywords)
        if isinstance(like, TRACED):
            if not is_bare(like):
                return original(like, *arguments[1:], **keywords)  # in the layers of that
            like = np.empty(like.shape, like.dtype, order_of(like))  # pyright: ignore[reportCallIssue, reportArgumentType]
        elif type(like) in (list, tuple):
            like = np.empty(ops.shape(array_of(held_deeply(like))))
        return kept(original(like, *map(held_deeply, arguments[1:]), **keywords))


for function in (np.zeros_like, np.empty_like, np.ones_like):
    maker_like(function)


@stands_for(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, **keywords: Any) -> Any:
    """As `numpy.full`."""
    if not holds_traced(fill_value) or not is_bare(fill_value):
        made = np.full(shape, held_deeply(fill_value), dtype, **keywords)
        return made if active() is None else made_array(made)
    value = held_deeply(fill_value)
    value = array_of(value) if type(value) in (list, tuple) else value
    made = Buffer(np.empty(shape, ops.dtype(value) if dtype is None else dtype, **keywords))
    made[...] = value
    return made


@stands_for(np.full_like)
def full_like(
    x: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None
) -> Any:  # fmt: skip
    """As `numpy.full_like`."""
    if active() is None:
        return np.full_like(x, fill_value, dtype, order, subok, shape)
    x = held(x)
    if isinstance(x, TRACED) and not is_bare(x) or not is_bare(fill_value):
        return np.full_like(x, held_deeply(fill_value), dtype, order, subok, shape)
    x = array_of(held_deeply(x)) if type(x) in (list, tuple) else x
    order = order_of(x) if order in "AK" else order
    shape, dtype = ops.shape(x) if shape is None else shape, ops.dtype(x) if dtype is None else dtype
    return full(shape, fill_value, dtype, order=order)


# ---- arrays made of what is given ------------------------------------------------------------------------------------


def converted(x: Any, dtype: Any, copy: bool, ndmin: int = 0, order: str = "K") -> Any:
    """A traced value, or a list that holds some, as an array that can be written into."""
    given = x
    x = held_deeply(x)
    if type(x) is list and dtype in (None, float) and all(type(v) is float or is_number(v) for v in x):
        return Buffer(ops.stack(tuple(x), axis=0))
    y = array_of(x) if type(x) in (list, tuple) else x
    if dtype is not None and ops.dtype(y) != np.dtype(dtype):
        wanted = np.dtype(dtype)
        if wanted.kind in "biu":
            raise LiftError(
                f"A traced value was made an array of {wanted}{at_user_line()}: whole numbers have no derivative. "
                "dispatchml.primal(x) is the plain value."
            )
        y = ops.astype(y, dtype=wanted)
    if ops.ndim(y) < ndmin:
        y = ops.reshape(y, shape=(1,) * (ndmin - ops.ndim(y)) + ops.shape(y))
    if type(innermost(y)) in PYTHONS:
        return ops.multiply(y, ONE)  # one of NumPy's numbers, with their attributes
    if y is x:
        if not copy and in_order(y, order) is y:
            return given
        y = fresh(y)
    y = in_order(y, order)
    return Buffer(y) if ops.shape(y) else y


def is_bare(x: Any) -> bool:
    """Whether there is nothing but numbers below the derivatives in a traced value, or in all of a list.

    What a library's conversion does to its units, masks or labels, or that it refuses, stays its own: there the
    original is called, which refuses for traced values.
    """
    if type(x) in (list, tuple):
        return all(map(is_bare, x))
    inner = innermost(held(x))
    return type(inner) in NUMBERS or isinstance(inner, (Rec, np.generic)) or not isinstance(held(x), TRACED)


PYTHONS = frozenset({float, complex})
ONE = np.float64(1.0)
NUMBERS = frozenset({np.ndarray, float, int, complex, bool})


def is_number(x: Any) -> bool:
    """Whether a value is a traced floating-point number of double precision."""
    return isinstance(x, TRACED) and not x.shape and x.dtype == float


def converter(original: Callable[..., Any], copy: bool, ndmin: int = 0) -> None:
    """A function that makes an array of what it is given. copy: also where that is an array already."""

    @stands_for(original)
    def made(x: Any, dtype: Any = None, *arguments: Any, **keywords: Any) -> Any:
        cls = type(x)
        if cls is np.ndarray and not copy:
            return original(x, dtype, *arguments, **keywords)
        if active() is None and cls is not Buffer:
            if not holds_traced(x):
                return original(x, dtype, *arguments, **keywords)
        elif not holds_traced(x):
            plain = held_deeply(x)
            found = original(plain, dtype, *arguments, **keywords)
            return x if cls is Buffer and found is plain else kept(found)
        again = keywords.get("copy", copy) in (True, np._CopyMode.ALWAYS)
        if not is_bare(x):
            return original(held_deeply(x), dtype, *arguments, **keywords)
        order = keywords.get("order") or ("F" if original is np.asfortranarray else "C" if ndmin else "K")
        return converted(x, dtype, again, max(ndmin, keywords.get("ndmin", 0)), order)


converter(np.array, True)
converter(np.asarray, False)
converter(np.asanyarray, False)
converter(np.ascontiguousarray, False, 1)
converter(np.asfortranarray, False)
converter(np.require, False)


@stands_for(np.copy)
def copy(a: Any, *arguments: Any, **keywords: Any) -> Any:
    """As `numpy.copy`."""
    made = np.copy(held_deeply(a), *arguments, **keywords)
    return made if active() is None and type(a) is not Buffer else kept(made)


@stands_for(np.asarray_chkfinite)
def asarray_chkfinite(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """As `numpy.asarray_chkfinite`."""
    if not holds_traced(a) or not is_bare(a):
        made = np.asarray_chkfinite(held_deeply(a), dtype, order)
        return made if active() is None else kept(made) if type(a) is not np.ndarray else made
    y = converted(a, dtype, False)
    if not bool(ops.all(ops.isfinite(held(y)))):
        raise ValueError("array must not contain infs or NaNs")
    return y


@stands_for(np.fromiter)
def fromiter(iter: Any, dtype: Any, count: int = -1, **keywords: Any) -> Any:
    """As `numpy.fromiter`."""
    if active() is None:
        return np.fromiter(iter, dtype, count, **keywords)
    values = [held(x) for _, x in zip(range(count), iter)] if count >= 0 else [held(x) for x in iter]  # noqa: B905
    return converted(values, dtype, True) if holds_traced(values) else kept(np.fromiter(values, dtype, count))


@stands_for(np.isscalar)
def isscalar(element: Any) -> bool:
    """As `numpy.isscalar`; a traced number is one."""
    return not element.shape if isinstance(element, TRACED) and is_bare(element) else np.isscalar(element)


@stands_for(np.vectorize)
class Vectorized(np.vectorize):
    """As `numpy.vectorize`, element by element where an argument or the function's results are traced."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        if active() is None:
            return super().__call__(*arguments, **keywords)
        if getattr(self, "_init_stage_2", None) is not None and not hasattr(self, "pyfunc"):
            return super().__call__(*arguments, **keywords)
        if self.signature is not None or self.excluded or keywords:
            return super().__call__(*map(held_deeply, arguments), **{k: held_deeply(v) for k, v in keywords.items()})
        given = [array_of(v) if type(v) in (list, tuple) else v for v in map(held_deeply, arguments)]
        has_elements = [isinstance(v, (*TRACED, np.ndarray, np.generic, int, float, complex)) for v in given]
        shape = np.broadcast_shapes(*(ops.shape(v) for v, has in zip(given, has_elements, strict=True) if has))
        if not shape:
            return self.pyfunc(*given)
        flat = [
            ops.reshape(ops.broadcast_to(v, shape=shape), shape=(-1,)) if has else (v,) * math.prod(shape)
            for v, has in zip(given, has_elements, strict=True)
        ]
        found = [held(self.pyfunc(*(v[k] for v in flat))) for k in range(math.prod(shape))]
        if found and type(found[0]) is tuple:
            return tuple(shaped(list(column), shape) for column in zip(*found, strict=True))
        return shaped(found, shape)


def shaped(values: list[Any], shape: tuple[int, ...]) -> Any:
    """Numbers as an array of some shape."""
    made = converted(values, None, True) if holds_traced(values) else kept(np.array(values))
    return made.reshape(shape)


# ---- numbers ---------------------------------------------------------------------------------------------------------


@stands_for(float)
def number(x: Any = 0.0, /) -> Any:
    """As `float`; a traced number stays traced."""
    x = held(x)
    if not isinstance(x, TRACED) or not is_bare(x):
        return float(x)
    if x.size != 1 or x.dtype.kind not in "f":
        if x.dtype.kind in "biu":
            return ops.astype(x, dtype=np.dtype(float))
        return float(np.empty(x.shape, x.dtype))  # NumPy's error
    return ops.reshape(x, shape=()) if x.shape else x


for scalar in (np.float64, np.float32, np.complex128):

    def numpy_scalar(x: Any = 0.0, /, *, _scalar: Any = scalar) -> Any:
        """As the class of numbers; a traced number stays traced."""
        x = held_deeply(x)
        if not holds_traced(x) or not is_bare(x):
            return _scalar(x)
        return converted(x, _scalar, False)

    STAND_INS[id(scalar)] = (scalar, numpy_scalar)


@stands_for(complex)
def complex_number(real: Any = 0.0, imag: Any = None, /) -> Any:
    """As `complex`; of traced numbers a traced one."""
    real, imag = held(real), held(imag)
    if not isinstance(real, TRACED) and not isinstance(imag, TRACED) or not is_bare((real, imag)):
        return complex(real) if imag is None else complex(real, imag)
    y = real if imag is None else real + 1j * imag  # pyright: ignore[reportOperatorIssue]
    return y if ops.dtype(y).kind == "c" else ops.astype(y, dtype=np.dtype(complex))


#: Stands for any array where one is asked for its class.
EXAMPLE = np.zeros(1)


@stands_for(isinstance)
def is_instance(x: Any, classes: Any, /) -> bool:
    """As `isinstance`, of what is below the derivatives that are being taken."""
    if type(x) is not Buffer and not isinstance(x, TRACED):
        return isinstance(x, classes)
    from ..transforms.plain_values import is_instance as is_inside

    x = held(x)
    if not isinstance(x, TRACED):
        return isinstance(x, classes)
    if is_inside(x, classes) or not is_bare(x):
        return is_inside(x, classes)
    # a traced number is a number of NumPy's too, a traced array an array, also in jit
    return isinstance(EXAMPLE if x.shape else x.dtype.type(0), classes)


# ---- math ------------------------------------------------------------------------------------------------------------

#: Functions of `math` -> what computes them on traced values; those of the same name are NumPy's.
MATH: dict[str, Any] = {
    "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2, "asinh": np.arcsinh,
    "acosh": np.arccosh, "atanh": np.arctanh, "pow": np.power, "erf": ops.erf, "erfc": ops.erfc,
    "lgamma": lambda x: ops.gammaln(x), "gamma": lambda x: ops.gamma(x),
    **{name: getattr(np, name) for name in (
        "sin cos tan sinh cosh tanh exp expm1 exp2 log1p log2 log10 sqrt cbrt fabs degrees radians fmod copysign "
        "isnan isinf isfinite nextafter"
    ).split() if hasattr(math, name)},
}  # fmt: skip


def math_function(name: str) -> None:
    """What stands for a function of `math`."""
    original, function = getattr(math, name), MATH[name]

    @stands_for(original)
    def computed(*arguments: Any) -> Any:
        for x in arguments:
            if isinstance(x, TRACED):
                if not is_bare(x):
                    return original(*arguments)
                break
            if type(x) is Buffer:
                return computed(*(as_number(v) for v in arguments))
        else:
            return original(*arguments)
        numbers = [as_number(v) for v in arguments]
        raise_as(original, numbers)
        return function(*numbers)


def raise_as(original: Callable[..., Any], numbers: Any) -> None:
    """Raise what a function of `math` raises for these numbers, where each has one plain value: `math.log(0.0)` is a
    ValueError, and a program may count on that.
    """
    plain = [innermost(v) if isinstance(v, TRACED) else v for v in numbers]
    if all(isinstance(v, (float, int)) and type(v) is not Rec for v in plain):
        original(*plain)


def as_number(x: Any) -> Any:
    """A traced array of one element as a number."""
    x = held(x)
    return ops.reshape(x, shape=()) if isinstance(x, TRACED) and x.shape else x


for name in MATH:
    math_function(name)


@stands_for(math.log)
def log(x: Any, *base: Any) -> Any:
    """As `math.log`."""
    if not holds_traced((x, *base)):
        return math.log(held(x), *base)
    raise_as(math.log, [as_number(v) for v in (x, *base)])
    y = np.log(as_number(x))
    return y / np.log(as_number(base[0])) if base else y


@stands_for(math.hypot)
def hypot(*coordinates: Any) -> Any:
    """As `math.hypot`."""
    if not holds_traced(coordinates):
        return math.hypot(*map(held, coordinates))
    return functools.reduce(np.hypot, map(as_number, coordinates), 0.0)


@stands_for(math.dist)
def dist(p: Any, q: Any, /) -> Any:
    """As `math.dist`."""
    p, q = list(p), list(q)
    if not holds_traced((p, q)):
        return math.dist(p, q)
    return hypot(*(a - b for a, b in zip(p, q, strict=True)))


@stands_for(math.fsum)
def fsum(seq: Any, /) -> Any:
    """As `math.fsum`."""
    values = [held(x) for x in seq]
    return sum(values, 0.0) if holds_traced(values) else math.fsum(values)


@stands_for(math.prod)
def prod(iterable: Any, /, *, start: Any = 1) -> Any:
    """As `math.prod`."""
    return math.prod((held(x) for x in iterable), start=start)


@stands_for(math.isclose)
def isclose(a: Any, b: Any, *, rel_tol: float = 1e-09, abs_tol: float = 0.0) -> bool:
    """As `math.isclose`."""
    if not holds_traced((a, b)):
        return math.isclose(a, b, rel_tol=rel_tol, abs_tol=abs_tol)
    a, b = as_number(a), as_number(b)
    return bool(a == b) or bool(abs(a - b) <= np.maximum(rel_tol * np.maximum(abs(a), abs(b)), abs_tol))


def complex_function(name: str, function: Any) -> None:
    """What stands for a function of `cmath`."""
    original = getattr(cmath, name)

    @stands_for(original)
    def computed(x: Any, *base: Any) -> Any:
        if not holds_traced((x, *base)):
            return original(x, *base)
        y = function(complex_number(as_number(x)))
        return y / function(complex_number(as_number(base[0]))) if base else y


for name, function in (
    ("sin", np.sin), ("cos", np.cos), ("tan", np.tan), ("exp", np.exp), ("log", np.log), ("log10", np.log10),
    ("sqrt", np.sqrt), ("sinh", np.sinh), ("cosh", np.cosh), ("tanh", np.tanh), ("phase", np.angle),
):  # fmt: skip
    complex_function(name, function)


# ---- lists of traced values ------------------------------------------------------------------------------------------


def taking_lists(original: Callable[..., Any]) -> Callable[..., Any]:
    """A function of NumPy that takes lists of traced values, too, which NumPy's own dispatch does not see."""

    def with_lists(*arguments: Any, **keywords: Any) -> Any:
        for x in arguments if not keywords else (*arguments, *keywords.values()):
            if (type(x) is list or type(x) is tuple) and holds_ours(x):
                return on_lists(original, arguments, keywords)
        return original(*arguments, **keywords)

    with_lists.__name__ = with_lists.__qualname__ = getattr(original, "__name__", "function")
    with_lists.__wrapped__ = original  # type: ignore[attr-defined]
    return with_lists


def holds_ours(x: Any) -> bool:
    """Whether a list holds a traced value or an array of lifted code."""
    for v in x:
        cls = type(v)
        if cls is Buffer or isinstance(v, TRACED) or (cls is list or cls is tuple) and holds_ours(v):
            return True
    return False


def on_lists(original: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """The same where a list holds some."""
    from ..numpy.protocols import array_function, array_ufunc

    arguments, keywords = held_deeply(arguments), {k: held_deeply(v) for k, v in keywords.items()}
    if not holds_traced(arguments) and not holds_traced(keywords):
        return kept(original(*arguments, **keywords))
    if isinstance(original, np.ufunc):
        return array_ufunc(None, original, "__call__", *arguments, **keywords)
    return array_function(None, original, (), arguments, keywords)


class Joined:
    """`numpy.r_` or `numpy.c_`, which take traced values, too. columns: what is joined are columns."""

    def __init__(self, original: Any, columns: bool) -> None:
        self.original, self.columns = original, columns

    def __getitem__(self, index: Any) -> Any:
        parts = index if type(index) is tuple else (index,)
        parts = tuple(map(held_deeply, parts))
        if not holds_traced(parts):
            return self.original[parts if type(index) is tuple else parts[0]]
        for p in parts:
            if isinstance(p, str):
                raise LiftError(f"numpy.r_[{p!r}, ...] with traced values{at_user_line()}: write numpy.concatenate.")
        arrays = [self.original[p] if isinstance(p, slice) else array_of(p) for p in parts]
        if not self.columns:
            return np.concatenate([np.atleast_1d(a) for a in arrays])
        return np.concatenate([np.reshape(a, (-1, 1)) if np.ndim(a) < 2 else a for a in arrays], axis=1)


#: Functions whose results are new arrays, which may be written into.
JOINING = (
    np.astype, np.concatenate, np.stack, np.hstack, np.vstack, np.column_stack, np.tile, np.repeat, np.pad, np.roll,
    np.append, np.insert, np.delete,
)  # fmt: skip


def joining(original: Callable[..., Any]) -> None:
    """A function that makes a new array of others: inside a transform a buffer where nothing in it is traced."""
    on_values = taking_lists(original)

    @stands_for(original)
    def made(*arguments: Any, **keywords: Any) -> Any:
        found = on_values(*arguments, **keywords)
        return found if active() is None else kept(found)


for function in JOINING:
    joining(function)

STAND_INS[id(np.r_)] = np.r_, Joined(np.r_, False)
STAND_INS[id(np.c_)] = np.c_, Joined(np.c_, True)
#: Functions of NumPy with what takes lists in their place, by identity.
LISTED: dict[int, tuple[Any, Any]] = {}


def listed(x: Any) -> Any:
    """What stands for a thing of NumPy's in code that makes lists."""
    found = keeps_class(x)
    if found is not None:
        return found
    if x is np.linalg or x is np.fft:
        known = LISTED.get(id(x))
        if known is None:
            known = LISTED[id(x)] = x, module_copy(x, listed)
        return known[1]
    if type(x).__name__ == "_ArrayFunctionDispatcher" or isinstance(x, np.ufunc) and x.nin < 3:
        known = LISTED.get(id(x))
        if known is None:
            known = LISTED[id(x)] = x, taking_lists(x)
        return known[1]
    return None


# ---- modules ---------------------------------------------------------------------------------------------------------


def module_copy(original: types.ModuleType, change: Callable[[Any], Any]) -> types.ModuleType:
    """A module with the same contents but for what `change` replaces; None from it keeps a thing as it is."""
    made = types.ModuleType(original.__name__, original.__doc__)
    for name, value in vars(original).items():
        if not (name[:2] == name[-2:] == "__") or name in ("__version__", "__file__", "__path__", "__spec__"):
            found = change(value)
            vars(made)[name] = value if found is None else found
    made.__getattr__ = lambda name: getattr(original, name)  # type: ignore[method-assign]
    return made


def keeps_class(x: Any) -> Any:
    """What stands for a function; classes stay, as they are compared and asked for dtypes."""
    return None if isinstance(x, type) and x is not np.vectorize else stand_in(x)


for module in (np, math, cmath):
    STAND_INS[id(module)] = (module, module_copy(module, keeps_class))

LIFTED_NUMPY = stand_in(np)
#: NumPy with functions in the places of its classes of numbers, for where these are called.
CALLED_NUMPY = module_copy(np, stand_in)
#: NumPy for code that makes lists.
LISTED_NUMPY = module_copy(np, listed)
