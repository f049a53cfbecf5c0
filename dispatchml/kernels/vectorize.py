"""`vectorize`: a function of numbers as an elementwise operation on arrays of any kind.

A function that is one formula is called with the arrays themselves, so that it is elementwise operations like any
others: it goes through every transform and layer, and is fused by `jit`. Whether it is one is seen by recording it on
numbers. One with branches or loops on its values is compiled as a kernel, within a loop over the elements; its
derivatives run it on dual numbers. What can be neither runs element by element.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import FallbackWarning, ShapeError, at_user_line, describe, hide_frames, warn_at_user_line
from ..dispatch.layers import layer_of
from ..engines.provider import HOLDERS
from ..engines.record import Rec, Recorder
from ..engines.traced import Traced, innermost
from ..ops.placement import beside, is_remote
from ..transforms import compiling as compiling  # recorded numbers get their operators there
from ..transforms.comparing import is_asked_for
from ..transforms.draws import Draws
from ..transforms.entry import check_function
from .closing import Closed, close
from .elementwise import Call, run
from .errors import KernelError
from .formulas import with_numpy
from .kinds import refuse
from .program import Program
from .source import python_function, read

#: A number at which formulas are recorded, inside the domain of most functions.
SOMEWHERE = 0.53125
#: Operations of other families that go from element to element.
BESIDE = frozenset({"python_number", "numpy_number", "array_of_number", "astype", "positive"})
NUMBERS = (float, int, complex, bool)


def vectorize(function: Callable[..., Any]) -> Vectorized:
    """A function of numbers, called with arrays: elementwise, with broadcasting.

    function: takes numbers and returns a number or a tuple of numbers. It may use operators, `math` and NumPy's
    functions, and have branches and loops, which are compiled. Arrays of single precision give results of single
    precision; numbers of Python give what the function gives.

    The result is an operation like any other, through all transforms to any order. A formula without branches is fused
    with what is around it by `jit`, and takes values with units or other layers as they are.

    A FallbackWarning says why, where a function can neither be recorded nor compiled: it then runs once for each
    element.

    >>> import math, numpy as np, dispatchml as dm
    >>> @dm.vectorize
    ... def soft(x, width):
    ...     if x > width:
    ...         return x - width
    ...     return width * math.expm1(x / width) if x < 0 else 0.0
    >>> soft(np.array([-1.0, 0.5, 3.0]), 1.0)
    array([-0.63212056,  0.        ,  2.        ])
    >>> dm.grad(lambda x: np.sum(soft(x, 1.0)))(np.array([-1.0, 0.5, 3.0]))
    array([0.36787944, 0.        , 1.        ])
    """
    check_function(function, "vectorize")
    return Vectorized(function)


class Vectorized:
    """A function of numbers on arrays. py_func: the function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.py_func = function
        self.on_arrays = with_numpy(function)
        try:
            self.signature: inspect.Signature | None = inspect.signature(function)
        except (TypeError, ValueError):
            self.signature = None
        self.straight: dict[Any, bool] = {}
        self.refused: set[Any] = set()
        self.program: Program | None = None
        self.closed: Closed | None = None

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """The function of each element."""
        try:
            if self.signature is not None and (keywords or len(arguments) != len(self.signature.parameters)):
                bound = self.signature.bind(*arguments, **keywords)
                bound.apply_defaults()
                arguments, keywords = bound.args, bound.kwargs
            if keywords:
                raise KernelError(f"vectorize: arguments go by position{at_user_line()}.")
            return self.call([as_value(x) for x in arguments])
        except Exception as error:
            hide_frames(error)
            raise

    def call(self, values: list[Any]) -> Any:
        """The result for numbers, arrays, layers and traced values."""
        if all(type(x) in NUMBERS for x in values):
            return self.py_func(*values)
        try:
            shape = np.broadcast_shapes(*map(ops.shape, values))
        except ValueError as error:
            shapes = ", ".join(str(ops.shape(x)) for x in values)
            raise ShapeError(
                f"{self.name}: arguments of the shapes {shapes} cannot be broadcast together{at_user_line()}."
            ) from error
        single = is_single(values)
        if not is_asked_for():
            kinds = tuple(map(kind_of, values))
            if kinds not in self.straight:
                self.straight[kinds] = self.is_straight(kinds)
            if self.straight[kinds]:
                try:
                    return fitted(self.on_arrays(*values), shape, single)
                except (TypeError, ValueError):  # it may go another way now, by what it reads from outside
                    self.straight[kinds] = self.is_straight(kinds)
                    if self.straight[kinds]:
                        raise
            known = (*kinds, any(map(is_small, values)))
            remote = any(map(is_remote, values))
            if known not in self.refused and all(is_plain_inside(x) or is_remote(x) for x in values):
                try:
                    return self.compiled(values, shape, single)
                except KernelError as error:
                    if remote:
                        raise
                    self.refused.add(known)
                    warn_at_user_line(f"{self.name} runs element by element: {error}", FallbackWarning)
        if any(map(is_remote, values)):
            refuse(next(x for x in values if is_remote(x)))
        return self.one_by_one(values, shape, single)

    @property
    def name(self) -> str:
        """The function's name."""
        return getattr(self.py_func, "__qualname__", repr(self.py_func))

    def is_straight(self, kinds: tuple[str, ...]) -> bool:
        """Whether the function is one formula for numbers of these kinds: elementwise operations and no branches."""
        recorder, draws = Recorder(), Draws([])
        given = [recorder.input(np.dtype(kind).type(SOMEWHERE)) for kind in kinds]
        try:
            with np.errstate(all="ignore"):
                found = self.on_arrays(*given)
        except Exception:
            return False
        finally:
            recorder.closed = True
        if draws.happened():
            draws.take_back()
            return False
        results = found if type(found) is tuple else (found,)
        return (
            not recorder.guards
            and all(x._symbol is v for x, v in zip(given, recorder.inputs, strict=True))
            and all(node.op.family == "elementwise" or node.op.name in BESIDE for node in recorder.nodes)
            and all(type(innermost(y)) is Rec or type(y) in NUMBERS or isinstance(y, np.number) for y in results)
        )

    def compiled(self, values: list[Any], shape: tuple[int, ...], single: bool) -> Any:
        """The result by a loop in machine code."""
        small = next((x for x in values if is_small(x)), None)
        if small is not None:
            raise KernelError(
                f"compiled whole numbers have 64 bits, those of {describe(small)} wrap around in fewer; hand over "
                f"x.astype(int){at_user_line()}."
            )
        remote = next((x for x in values if is_remote(x)), None)
        program, closed = self.current()
        hidden = [as_value(reader()) for reader in closed.hidden]
        statics: list[Any] = []
        arrays = []
        for k, x in enumerate([*values, *hidden]):
            if remote is not None and isinstance(x, np.generic):
                x = x.item()
            if type(x) in NUMBERS or k >= len(values) and not isinstance(x, (Traced, Rec)):
                statics.append(x)
            elif k >= len(values) and ops.shape(x) or not is_plain_inside(x) and not is_remote(x):
                raise KernelError(f"it reads {describe(x)} from outside, which no kernel takes{at_user_line()}.")
            else:
                statics.append(None)
                wide = ops.reshape(stretched(x, shape), shape=(-1,))
                if remote is None and np.dtype(ops.dtype(wide)) == np.float32:  # rounded once, in the end
                    wide = ops.astype(wide, dtype=np.dtype(np.float64))
                arrays.append(wide if remote is None or ops.ndim(x) else beside(wide, remote))
        call = Call(program, statics, [x is None for x in statics])
        found = run(call, arrays)
        outputs = [ops.reshape(y, shape=shape) for y in found]
        return fitted(outputs[0] if call.is_single else tuple(outputs), shape, single)

    def current(self) -> tuple[Program, Closed]:
        """The program of the function as it is now: what it reads from outside may have changed."""
        closed = self.closed
        if closed is None or not all(reader() is value for reader, value in closed.constants):
            python = python_function(self.py_func)
            closed = self.closed = close(read(self.py_func if python is None else python))
            self.program = Program(closed.source)
        assert self.program is not None
        return self.program, closed

    def one_by_one(self, values: list[Any], shape: tuple[int, ...], single: bool) -> Any:
        """The result by a call for each element."""
        flat = [ops.reshape(stretched(x, shape), shape=(-1,)) if ops.shape(x) else x for x in values]
        rows = []
        function = self.on_arrays if any(isinstance(x, (Traced, Rec)) for x in flat) else self.py_func
        for k in range(math.prod(shape)):
            rows.append(function(*(ops.getitem(x, index=k) if ops.shape(x) else x for x in flat)))
        if not rows:
            return np.zeros(shape, np.float32 if single else np.float64)
        several = type(rows[0]) is tuple
        columns = list(zip(*rows, strict=True)) if several else [rows]
        made = [ops.reshape(ops.stack(tuple(column)), shape=shape) for column in columns]
        return fitted(tuple(made) if several else made[0], shape, single)

    def __repr__(self) -> str:
        return f"<vectorized {self.name}>"

    def __reduce__(self) -> Any:
        return find, (self.py_func.__module__, self.name)


def find(module: str, name: str) -> Any:
    """A vectorized function by its place, for unpickling."""
    import importlib

    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def as_value(x: Any) -> Any:
    """An argument as a number, an array or a traced value."""
    holder = HOLDERS.get(type(x))
    if holder is not None:
        x = holder[0](x)
    if type(x) in (list, tuple):
        from .. import numpy as xp

        x = xp.asarray(x)
    if isinstance(x, (str, bytes, dict, set, type(None))):
        raise KernelError(f"vectorize: {describe(x)} is neither a number nor an array{at_user_line()}.")
    return x


def kind_of(x: Any) -> str:
    """What numbers a formula is recorded for."""
    kind = np.dtype(ops.dtype(x)).kind if not isinstance(x, NUMBERS) else np.result_type(type(x)).kind
    return {"f": "d", "c": "D", "i": "q", "u": "q", "b": "?"}.get(kind, "d")


def is_plain_inside(x: Any) -> bool:
    """Whether a value is plain numbers below derivatives and batches."""
    inside = innermost(x)
    if type(inside) is Rec or type(inside) in NUMBERS:
        return True
    plain = isinstance(inside, (np.ndarray, np.generic)) and layer_of(type(inside)) is None
    return plain and inside.dtype.kind in "?iufc"


def is_small(x: Any) -> bool:
    """Whether a value is whole numbers that NumPy computes with in less than 64 bits, or without a sign."""
    return np.dtype(ops.dtype(x)) not in (np.int64, np.intp) and np.dtype(ops.dtype(x)).kind in "iu"


def is_single(values: list[Any]) -> bool:
    """Whether arrays are of single precision, and Python's numbers give way to them."""
    kinds = [np.dtype(ops.dtype(x)) for x in values if not is_weak(innermost(x))]
    found = [k for k in kinds if k.kind in "fc"]
    return bool(found) and all(k.char in "efF" for k in found) and len(found) == len(kinds)


def is_weak(x: Any) -> bool:
    """Whether a value is one of Python's numbers, which take the precision of arrays beside them."""
    return x._symbol.is_weak if type(x) is Rec else type(x) in NUMBERS


def stretched(x: Any, shape: tuple[int, ...]) -> Any:
    """A value in the shape of the result."""
    return x if ops.shape(x) == shape else ops.broadcast_to(x, shape=shape)


def fitted(found: Any, shape: tuple[int, ...], single: bool) -> Any:
    """Results of the right shape and precision."""
    if type(found) is tuple:
        return tuple(fitted(y, shape, single) for y in found)
    if ops.shape(found) != shape:
        found = stretched(found, shape)
        found = found.copy() if type(found) is np.ndarray else found
    if single:
        kind = np.dtype(ops.dtype(found)).char
        if kind in "dD":
            found = ops.astype(found, dtype=np.dtype({"d": "f", "D": "F"}[kind]))
    return found[()] if type(found) is np.ndarray and not shape else found
