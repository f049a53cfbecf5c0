"""Errors that come out of an operation, such as shapes that do not fit, in the words of the user's call.

Nothing is done on the good path: when an error passes the boundary of a transform its traceback still holds the frames
of the operation with its arguments. The new error names the operation, the arguments as the user sees them (a batch's
elements, not the batch), the user's line and a way out; it is of the class of the first one too, which is its cause.
"""

from __future__ import annotations

import math
import os
import sysconfig
from types import TracebackType
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.called import source_at
from ..dispatch.errors import (
    DispatchmlError,
    OperationError,
    ShapeError,
    TracerConversionError,
    describe,
    describe_call,
    is_hidden,
    is_ours,
    without_our_frames,
)
from ..engines.traced import Traced, hidden_axes

#: Where the functions of operations come from (dispatch/generated.py).
DISPATCHERS = "<dispatchml operation>.py"
#: Errors of other libraries (pint's, say) speak for themselves.
EXPLAINED = ("builtins", "numpy", "numpy.exceptions", "numpy.linalg")
#: Elements up to which a failing call is tried again on plain arrays, for NumPy's words about them.
LARGE = 1_000_000
KINDS = (ValueError, IndexError, TypeError, ArithmeticError)


class Call:
    """A call that an error came out of: what the user's code called, and the first operation that it led to.

    name, arguments, keywords: of the function as the user knows it. operation: its name in dispatchml.ops, or "".
    """

    __slots__ = ("name", "arguments", "keywords", "operation", "place", "source")

    def __init__(self, place: str, source: str) -> None:
        self.name, self.operation = "", ""
        self.arguments: tuple[Any, ...] = ()
        self.keywords: dict[str, Any] = {}
        self.place, self.source = place, source

    def look(self, entry: TracebackType) -> bool:
        """Learn from a frame; whether nothing more is to be learnt."""
        frame = entry.tb_frame
        code, seen = frame.f_code, frame.f_locals
        if code.co_filename == DISPATCHERS:
            arguments = tuple(seen.get(name) for name in code.co_varnames[: code.co_argcount])
            count = code.co_argcount
            names = code.co_varnames[count : count + code.co_kwonlyargcount]
            self.operation = code.co_name
            if not self.name:
                usual = usual_keywords(code.co_name)
                self.name, self.arguments = code.co_name, arguments
                self.keywords = {k: seen.get(k) for k in names if k not in usual or seen.get(k) is not usual[k]}
            return True
        if not self.name and is_ours(code.co_filename):
            if code.co_name == "array_function":
                func = seen["func"]
                self.name = f"{getattr(func, '__module__', 'numpy')}.{getattr(func, '__name__', func)}"
                self.arguments, self.keywords = seen["args"], seen["kwargs"]
            elif code.co_name == "array_ufunc":
                method = "" if seen["method"] == "__call__" else f".{seen['method']}"
                self.name = f"numpy.{seen['ufunc'].__name__}{method}"
                self.arguments, self.keywords = seen["inputs"], seen["kwargs"]
            elif code.co_name == "public" and "args" in seen:
                self.name = getattr(seen.get("function"), "__name__", "").rstrip("_")
                self.arguments, self.keywords = seen["args"], seen["kwargs"]
        return False

    def text(self) -> str:
        """The call with its arguments described."""
        if not self.name:
            return f"`{self.source}`" if self.source else "An operation"
        given = [said(x) for x in self.arguments] + [
            f"{k}={said(v)}" for k, v in self.keywords.items() if v is not None
        ]
        return f"{self.name}({', '.join(given)})"

    @property
    def is_batched(self) -> bool:
        """Whether an argument has axes that the user does not see."""
        return any(isinstance(x, Traced) and hidden_axes(x) for x in self.arrays)

    @property
    def arrays(self) -> list[Any]:
        """The arguments that have a shape, those in lists and tuples too."""
        found: list[Any] = []
        for x in (*self.arguments, *self.keywords.values()):
            found += [v for v in (x if type(x) in (list, tuple) else (x,)) if isinstance(v, (Traced, np.ndarray))]
        return found


def said(x: Any) -> str:
    """An argument: arrays by shape and dtype, settings as they were written."""
    if type(x) in (int, str, bool, slice, type(None), type(...)) or isinstance(x, (np.dtype, type)):
        return x.__name__ if isinstance(x, type) else repr(x)
    if type(x) in (tuple, list):
        inside = ", ".join(map(said, x[:6])) + (", ..." if len(x) > 6 else "")
        if type(x) is list:
            return f"[{inside}]"
        return f"({inside},)" if len(x) == 1 else f"({inside})"
    return describe(x)


def usual_keywords(name: str) -> dict[str, Any]:
    """The keywords of an operation with their defaults."""
    info = getattr(getattr(ops, name, None), "info", None)
    return info.keywords if info is not None else {}


def is_library(file: str) -> bool:
    """Whether a file is of an installed package or of Python's own library."""
    return file.startswith(tuple(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")))


def call_of(error: Exception) -> tuple[Call, list[TracebackType]] | None:
    """The call in the user's code that an error came out of, and the frames inside it."""
    entries: list[TracebackType] = []
    entry = error.__traceback__
    while entry is not None:
        entries.append(entry)
        entry = entry.tb_next
    files = [k.tb_frame.f_code.co_filename for k in entries]
    seen = [k for k, file in enumerate(files) if not is_hidden(file)]
    while len(seen) > 1 and is_library(files[seen[-1]]) and any(map(is_ours, files[seen[-2] : seen[-1]])):
        seen.pop()  # a library that one of our kernels calls
    if not seen:
        return None
    last = seen[-1]
    user, inside = entries[last], entries[last + 1 :]
    code = user.tb_frame.f_code
    call = Call(f"{code.co_filename}:{user.tb_lineno}", source_at(code, user.tb_lasti, user.tb_frame.f_globals))
    for entry in inside:
        if call.look(entry):
            break
    return call, inside


def in_users_terms(error: DispatchmlError) -> None:
    """Let one of our own errors speak of what the user called, and of the elements of a batch that the user sees."""
    found = call_of(error) if error.args and isinstance(error.args[0], str) else None
    if found is None or not found[0].name:
        return
    call, inside = found
    text = error.args[0]
    if call.is_batched:
        text = of_elements(text, error.__cause__, call, inside)
    if isinstance(error, OperationError) and call.operation and f"{call.name.rpartition('.')[2]}(" not in text:
        text = f"{call.text()}: {text}"
    error.args = (text, *error.args[1:])


def of_elements(text: str, cause: Any, call: Call, inside: list[TracebackType]) -> str:
    """A text with the arrays of a batch replaced by the elements that the user sees."""
    for entry in inside:
        code, seen = entry.tb_frame.f_code, entry.tb_frame.f_locals
        if code.co_filename == DISPATCHERS:
            arguments = tuple(seen.get(name) for name in code.co_varnames[: code.co_argcount])
            known = describe_call(code.co_name, arguments)
            if known in text:
                text = text.replace(known, call.text())
                break
    if isinstance(cause, Exception):
        text = text.replace(str(cause).rstrip("."), of_one_element(cause, call) or "the shapes do not fit")
    return text


def explained(error: Exception) -> Exception | None:
    """An error in the user's words for one that came out of an operation; None for any other error."""
    found = call_of(error) if isinstance(error, KINDS) else None
    if found is None:
        return None
    call, inside = found
    if not inside:
        return of_a_compiled_function(error, call)
    if not any(is_ours(k.tb_frame.f_code.co_filename) for k in inside) or class_of(error) is None:
        return None
    made = translated(error, call)
    made.__cause__, made.__suppress_context__ = error, True
    error.__traceback__ = without_our_frames(error.__traceback__)
    return made


def of_a_compiled_function(error: Exception, call: Call) -> Exception | None:
    """Errors that NumPy's compiled code raises about traced values without having asked them."""
    if isinstance(error, TypeError) and "Iterator operand" in str(error):
        made = TracerConversionError(
            f"`{call.source or 'numpy.nditer(x)'}` (at {call.place}) goes through the memory of plain arrays, which "
            "would lose the derivative of a traced one. Write `for i in numpy.ndindex(x.shape)` and x[i], or a loop "
            "over x.flat."
        )
        made.__cause__ = error
        return made
    return None


#: The classes of explained errors, made as they are met: ours first, then the class that the operation raised.
CLASSES: dict[type, type] = {}


def class_of(error: Exception) -> type | None:
    """The class of the explanation of an error."""
    base = next((c for c in type(error).__mro__ if c.__module__ in EXPLAINED), None)
    if base is None or base is not type(error) and not type(error).__module__.startswith("numpy."):
        return None
    if base not in CLASSES:
        ours = ShapeError if issubclass(base, ValueError) and base is not np.linalg.LinAlgError else OperationError
        name = ours.__name__ if issubclass(ours, base) else f"Operation{base.__name__}"
        own = {"__doc__": base.__doc__, "__str__": BaseException.__str__}  # AxisError adds to its text
        CLASSES[base] = ours if issubclass(ours, base) else type(name, (ours, base), own)
    return CLASSES[base]


def translated(error: Exception, call: Call) -> Exception:
    """The error in the words of the call."""
    cls = class_of(error)
    assert cls is not None
    where = f" (at {call.place})"
    fix = advice(error, call)
    made = cls(f"{call.text()}{where}: {reason(error, call)}" + (f" {fix}" if fix else ""))
    if isinstance(error, np.exceptions.AxisError):
        made.axis, made.ndim = error.axis, axes_of(error, call)  # type: ignore[attr-defined]
    return made


def axes_of(error: Any, call: Call) -> int | None:
    """How many axes the user's array has."""
    return ops.ndim(call.arrays[0]) if call.arrays else error.ndim


def reason(error: Exception, call: Call) -> str:
    """What NumPy says; of a batch, what it says of one element."""
    text = str(error).strip().rstrip(".")
    if call.is_batched and not isinstance(error, (ArithmeticError, np.linalg.LinAlgError)):
        text = of_one_element(error, call) or "the shapes or settings do not fit"
    return f"{text}."


def of_one_element(error: Exception, call: Call) -> str:
    """The text of the same error for plain arrays of the shapes that the user sees; "" where there is none."""
    if isinstance(error, np.exceptions.AxisError):
        return f"axis {error.axis} is out of bounds for array of dimension {axes_of(error, call)}"
    function = getattr(ops, call.name, None)
    if call.name.startswith("numpy."):
        function = np
        for part in call.name.split(".")[1:]:
            function = getattr(function, part, None)
    given = (*call.arguments, *call.keywords.values())
    if not callable(function) or any(map(callable, given)) or sum(ops.size(x) for x in call.arrays) > LARGE:
        return ""
    try:
        with np.errstate(all="ignore"):
            function(*map(stand_in, call.arguments), **{k: stand_in(v) for k, v in call.keywords.items()})
    except Exception as again:
        plain = again.__cause__ if isinstance(again, DispatchmlError) and again.__cause__ else again
        return str(plain).strip().rstrip(".") if type(plain) is type(error) else ""
    return ""


def stand_in(x: Any) -> Any:
    """A plain array in the shape and dtype of a traced one."""
    if isinstance(x, Traced):
        return np.ones(ops.shape(x), ops.dtype(x))
    if type(x) in (list, tuple):
        return type(x)(map(stand_in, x))
    return x


# ---- what to write instead -------------------------------------------------------------------------------------------

BROADCAST = (
    "Counted from the last axis, sizes must be equal or 1: add axes with x[:, None], or use x.reshape(...) or x.T."
)
JOINED = "All arrays must have the same shape, but for the axis along which they are joined."
ADVICE = {
    "matmul": "The last axis of the first must be as long as the last but one of the second (as its only one, for a "
    "vector): transpose with x.T, or x.reshape(...).",
    "reshape": "The number of elements stays the same; one size may be -1, which is filled in.",
    "concatenate": JOINED,
    "stack": "All arrays must have the same shape.",
    "cholesky": "It must be symmetric and positive definite: add a small multiple of the identity.",
    "broadcast_to": BROADCAST,
    "einsum": "Each letter stands for one size, and each array needs as many letters as it has axes.",
    "transpose": "axes must name each axis once.",
    "squeeze": "Only axes of size 1 can be left out.",
}
ALIKE = {
    "matmul": "dot vdot inner tensordot matvec vecmat vecdot multi_dot",
    "concatenate": "concat hstack vstack dstack column_stack block append",
    "reshape": "ravel resize",
    "transpose": "permute_dims moveaxis swapaxes",
}
ADVICE.update({name: ADVICE[model] for model, names in ALIKE.items() for name in names.split()})


def advice(error: Exception, call: Call) -> str:
    """What to write instead."""
    text = str(error)
    names = (call.name.rpartition(".")[2], call.operation)
    shapes = [ops.shape(x) for x in call.arrays]
    if isinstance(error, np.exceptions.AxisError):
        ndim = axes_of(error, call)
        if ndim:
            return f"Axes are counted from 0 to {ndim - 1}, or from -1 back to {-ndim}."
        return "Axes are counted from 0 to x.ndim - 1, or from -1 back to -x.ndim; a number has none."
    if isinstance(error, IndexError):
        if shapes and math.prod(shapes[0]):
            return (
                f"The shape is {shapes[0]}: one index for each axis at most, and one of size n goes from -n to n - 1."
            )
        return "Indices of an axis of size n go from -n to n - 1."
    if isinstance(error, np.linalg.LinAlgError):
        if "ingular" in text:
            return "Use numpy.linalg.lstsq or pinv, or add a small multiple of the identity."
        if "square" in text:
            return "The last two axes must be equally long; lstsq and pinv take other matrices."
    for name in names:
        if name in ADVICE:
            return ADVICE[name]
    if "broadcast" in text or isinstance(error, ValueError) and is_elementwise(call):
        return BROADCAST
    if isinstance(error, TypeError) and any(ops.dtype(x).kind not in "fc" for x in call.arrays):
        return "Convert with x.astype(float) where that is meant."
    if isinstance(error, ArithmeticError):
        return "numpy.errstate or numpy.seterr asked for this error; leave it at 'warn' or 'ignore' to go on."
    return "The same call fails on plain arrays of these shapes." if of_one_element(error, call) else ""


def is_elementwise(call: Call) -> bool:
    """Whether the operation works element by element."""
    found = getattr(ops, call.operation, None)
    return getattr(getattr(found, "info", None), "family", "") == "elementwise"
