"""Errors that come out of an operation, such as shapes that do not fit, in the words of the user's call.

Nothing is done on the good path: when an error passes the boundary of a transform its traceback still holds the frames
of the operation with its arguments. The new error names the operation, the arguments as the user sees them (a batch's
elements, not the batch), the user's line and a way out; it is of the class of the first one too, which is its cause.
"""

from __future__ import annotations

import math
import os
import re
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
    describe_call,
    is_hidden,
    is_ours,
    without_our_frames,
)
from ..engines.traced import Traced
from .failed_call import DISPATCHERS, Call, call_of

#: Errors of other libraries (pint's, say) speak for themselves.
EXPLAINED = ("builtins", "numpy", "numpy.exceptions", "numpy.linalg")
#: Elements up to which a failing call is tried again on plain arrays, for NumPy's words about them.
LARGE = 1_000_000
KINDS = (ValueError, IndexError, TypeError, ArithmeticError)


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
        if code.co_filename.startswith(DISPATCHERS):
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
    if isinstance(error, TypeError) and OURS.search(str(error)):
        source, place = users_call(error)
        text = str(error).strip().rstrip(".")
        made = TracerConversionError(
            f"`{source or 'A function'}` (at {place or call.place}) takes plain numbers only, and would lose the "
            f"derivative of a traced one ({text}). Write it with functions of NumPy or math, or pass "
            "dispatchml.primal(x) where no derivative is wanted."
        )
        made.__cause__ = error
        return made
    return None


def users_call(error: Exception) -> tuple[str, str]:
    """The innermost call that is the user's own on the way of an error, as written, and where it is."""
    entry, source, place = error.__traceback__, "", ""
    while entry is not None:
        code = entry.tb_frame.f_code
        if not is_hidden(code.co_filename) and not code.co_filename.startswith(STANDARD):
            source = source_at(code, entry.tb_lasti, entry.tb_frame.f_globals)
            place = f"{code.co_filename}:{entry.tb_lineno}"
        entry = entry.tb_next
    return source, place


#: The folder of the standard library, and those of installed packages in it.
STANDARD = os.path.dirname(os.__file__) + os.sep
#: Our classes in the texts of others.
OURS = re.compile(r"\b(type|from|received a|not) '?(Var|Dual|Batched|Rec|Buffer)\b")


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
    if isinstance(error, (ZeroDivisionError, OverflowError)):
        return "Python's floats raise where numpy.float64(x) gives inf or nan."
    if isinstance(error, ArithmeticError):
        return "numpy.errstate or numpy.seterr asked for this error; leave it at 'warn' or 'ignore' to go on."
    return "The same call fails on plain arrays of these shapes." if of_one_element(error, call) else ""


def is_elementwise(call: Call) -> bool:
    """Whether the operation works element by element."""
    found = getattr(ops, call.operation, None)
    return getattr(getattr(found, "info", None), "family", "") == "elementwise"
