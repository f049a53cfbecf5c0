"""The errors where a traced value is taken for a plain one, with what to write instead."""

from __future__ import annotations

import sys
from opcode import opname
from typing import Any, NoReturn

from ..dispatch.called import called_function
from ..dispatch.errors import (
    LiftError,
    TracerConversionError,
    at_user_line,
    is_hidden,
    user_frame,
)
from ..dispatch.latecomers import load_latecomers
from .payloads import describe_payload
from .refusals import remember


def refuse_moving(x: Any) -> NoReturn:
    """The error for a compiled function that swaps views of one array, such as `shuffle` on rows."""
    error = TracerConversionError(
        f"{called_function() or 'A compiled function'} moves parts of a traced array about ({describe_payload(x)})"
        f"{at_user_line()}, and the parts are views of each other: some would be lost and others doubled. Draw the "
        "order and index: x[...] = x[generator.permutation(len(x))]."
    )
    remember(error)
    raise error


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


def refuse(x: Any, what: str, instead: str) -> NoReturn:
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
