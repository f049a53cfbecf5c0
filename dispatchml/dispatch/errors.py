"""Every error that dispatchml raises, and the words they share.

An error is a subclass of `DispatchmlError` and of the built-in that it stands for. Its text says what was called with
which types and shapes (never the values), where in the user's code, and what to write instead.
"""

from __future__ import annotations

import functools
import os
import sys
from types import BuiltinFunctionType, CodeType, FrameType, TracebackType
from typing import Any

PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


class DispatchmlError(Exception):
    """Base of all errors of dispatchml."""

    #: Whether it came out of the code of a plugin, whose frames are hidden.
    of_plugin: bool = False


class RegistrationError(DispatchmlError, TypeError):
    """A method, a layer, a rule or an order was declared in a way that cannot work."""


class NoMethodError(DispatchmlError, TypeError):
    """An operation has no method for the classes of its arguments."""


class AmbiguousMethodError(DispatchmlError, TypeError):
    """Two methods fit a call equally well."""


class LayerOrderError(DispatchmlError, TypeError):
    """Two layers of one slot met and nobody declared which is outside."""


class JoinError(DispatchmlError, TypeError):
    """Two kinds of values have no common class, for example arrays on two devices."""


class UnregisteredTypeError(DispatchmlError, TypeError):
    """An array class that nobody registered; treating it as its base could lose what it carries."""


class NoRuleError(DispatchmlError, NotImplementedError):
    """An operation has no derivative rule, or not for these arguments."""


class NonDifferentiableError(DispatchmlError, TypeError):
    """A derivative was asked of something that has none."""


def turned_twice() -> NonDifferentiableError:
    """The error for a second derivative where the first has put equal eigenvalues in an order."""
    return NonDifferentiableError(
        f"A second derivative of equal eigenvalues or singular values{at_user_line()}, of their derivative along a "
        "direction: another direction puts them in another order. dispatchml.hvp and dispatchml.hessian, which go "
        "forward over reverse, give the second derivatives of functions of all of them."
    )


class LeakedTracerError(DispatchmlError, RuntimeError):
    """A traced value was used after its transform had ended."""


class TracerConversionError(DispatchmlError, TypeError):
    """A traced value was about to become a plain number or array, which would lose its derivative."""

    #: Whether the function may be run again: a plugin was loaded by which its library steps back.
    again: bool = False
    #: What to write so that a batch need not run element by element.
    in_batches: str = ""


class LiftError(TracerConversionError):
    """Code of another package cannot take traced values here: compiled code, an option or a version without a rule."""


class RecordingError(DispatchmlError, TypeError):
    """A function did something that cannot be compiled; `jit` runs it uncompiled."""


class CompiledDifferenceError(DispatchmlError, AssertionError):
    """A compiled function gave something else than the function itself, which DISPATCHML_DEBUG=1 looks for."""


class LayerConversionError(DispatchmlError, TypeError):
    """A value of a layer was about to become a plain array, which would lose what the layer says."""


class OutArgumentError(DispatchmlError, TypeError):
    """`out=` was given together with traced values."""


class NonScalarOutputError(DispatchmlError, TypeError):
    """A transform that needs one real number as output got something else."""


class IntegerInputError(DispatchmlError, TypeError):
    """A derivative with respect to integers was asked where it is meaningless."""


class FunctionError(DispatchmlError, TypeError):
    """A transform was given something that cannot be called."""


class ArgumentError(DispatchmlError, ValueError):
    """`argnums` does not say which arguments are differentiated: out of range, no integer, or one of them twice."""


class TangentMismatchError(DispatchmlError, ValueError):
    """A tangent or cotangent does not fit its primal."""


class ContainerMismatchError(DispatchmlError, TypeError):
    """Two containers that must agree in structure do not."""


class MutatedConstantError(DispatchmlError, ValueError):
    """An array that a derivative still needs was overwritten before the backward sweep."""


class SealedLayerError(RegistrationError):
    """A method named one of the engines' own classes."""


class PluginError(DispatchmlError, ImportError):
    """A plugin could not be loaded."""


class MissingExtraError(DispatchmlError, ImportError):
    """An optional package is needed that is not installed."""


class DeviceError(DispatchmlError, RuntimeError):
    """Values of two devices met, or a device is not there."""


class OperationError(DispatchmlError):
    """An operation refused its arguments. The class is always one of the built-in or NumPy's error too, which it names:
    `OperationIndexError`, `OperationLinAlgError`, `OperationTypeError`.
    """


class ShapeError(OperationError, ValueError):
    """Shapes, axes or sizes do not fit."""


class ReadOnlyError(DispatchmlError, ValueError):
    """Something was written into that cannot change."""


class AttributeSetError(DispatchmlError, AttributeError):
    """An attribute of a traced value cannot be set."""


class FallbackWarning(UserWarning):
    """A function runs uncompiled, or is compiled anew at each call."""


class PluginWarning(UserWarning):
    """A plugin is broken of which another one serves the same types."""


class DensifyWarning(UserWarning):
    """A structured value was turned into a dense one because an operation has no rule for its structure."""


# ---- where it happened -----------------------------------------------------------------------------------------------


def is_ours(filename: str) -> bool:
    """Whether a frame belongs to dispatchml or to code that it generated."""
    return filename.startswith((PACKAGE_FOLDER, "<dispatchml"))


#: Folders of plugins that were loaded and of the packages that they serve, and those of the plugins alone.
HIDDEN: tuple[str, ...] = ()
PLUGINS: tuple[str, ...] = ()
#: What `is_hidden` has answered, until another package is hidden.
KNOWN_FILES: dict[str, bool] = {}


def hide_package(name: str, is_plugin: bool = False) -> None:
    """Count the frames of a package among those between the user and us; those of a plugin are as our own."""
    global HIDDEN, PLUGINS
    file = getattr(sys.modules.get(name.partition(".")[0]), "__file__", None)
    if file and os.path.basename(file).startswith("__init__."):
        folder = os.path.dirname(os.path.abspath(file)) + os.sep
        HIDDEN = (*dict.fromkeys((*HIDDEN, folder)),)
        if is_plugin:
            PLUGINS = (*dict.fromkeys((*PLUGINS, folder)),)
        KNOWN_FILES.clear()


def is_hidden(filename: str) -> bool:
    """Whether a frame is between the user and us: ours, a plugin's, of what it serves, NumPy's, attrs' or frozen."""
    known = KNOWN_FILES.get(filename)
    if known is None:
        others = ("<frozen", "<attrs generated", numpy_folder(), *HIDDEN)
        known = KNOWN_FILES[filename] = is_ours(filename) or filename.startswith(others)
    return known


def numpy_folder() -> str:
    """Where NumPy's own code lives; a folder of the user's may well be called numpy."""
    file = getattr(sys.modules.get("numpy"), "__file__", None)
    return folder_of(file) if file else "<no numpy>"


@functools.cache
def folder_of(file: str) -> str:
    """The folder of a file, with its separator."""
    return os.path.dirname(file) + os.sep


def user_frame(frame: FrameType | None = None) -> FrameType | None:
    """The innermost frame that is the user's own."""
    frame = frame or sys._getframe(1)
    while frame is not None and is_hidden(frame.f_code.co_filename):
        frame = frame.f_back
    return frame


def user_line(frame: FrameType | None = None) -> str:
    """`file:line` of the user's code that is running now, or an empty string."""
    found = user_frame(frame or sys._getframe(1))
    return f"{found.f_code.co_filename}:{found.f_lineno}" if found is not None else ""


def at_user_line() -> str:
    """` (at file:line)`, ready to be put behind a sentence."""
    line = user_line(sys._getframe(1))
    return f" (at {line})" if line else ""


def warn_at_user_line(text: str, category: type[Warning]) -> None:
    """Warn as if the user's own line had: Python then shows it once a line, and a filter can make it an error."""
    import warnings

    frame = user_frame(sys._getframe(1))
    if frame is None:
        warnings.warn(text, category, stacklevel=2)
        return
    names = frame.f_globals
    warnings.warn_explicit(
        text,
        category,
        frame.f_code.co_filename,
        frame.f_lineno,
        names.get("__name__"),
        names.setdefault("__warningregistry__", {}),
    )


def code_line(function: Any) -> str:
    """`file:line` where a function was defined."""
    code = getattr(function, "__code__", None)
    while code is not None and is_ours(code.co_filename) and hasattr(function, "__wrapped__"):
        function = function.__wrapped__  # what a transform has made of a function
        code = getattr(function, "__code__", None)
    if isinstance(function, BuiltinFunctionType) and isinstance(function.__self__, bytes):  # machine code of ours
        return f"{function.__module__}.{function.__name__}"
    if not isinstance(code, CodeType):
        return f"{getattr(function, '__module__', None) or 'builtins'}.{getattr(function, '__qualname__', function)}"
    return f"{code.co_filename}:{code.co_firstlineno}"


def without_our_frames(
    traceback: TracebackType | None, shown: frozenset[tuple[FrameType, int]] = frozenset()
) -> TracebackType | None:
    """The traceback without the frames of dispatchml and its plugins, unless `DISPATCHML_TRACEBACK=full` asks for them,
    and without lines that are shown elsewhere.
    """
    if os.environ.get("DISPATCHML_TRACEBACK") == "full":
        return traceback
    kept = []
    entry = traceback
    while entry is not None:
        file = entry.tb_frame.f_code.co_filename
        if not (is_ours(file) or file.startswith(PLUGINS) or (entry.tb_frame, entry.tb_lineno) in shown):
            kept.append(entry)
        entry = entry.tb_next
    result: TracebackType | None = None
    for entry in reversed(kept):
        result = TracebackType(result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return result


def hide_frames(error: BaseException) -> None:
    """Leave dispatchml's frames out of the traceback of an error, and of those that it tells of; what made an error of
    ours happens at the lines of that, which are shown once. To be followed by a bare `raise`, which adds no frame.
    """
    if isinstance(error, DispatchmlError):
        error.of_plugin = is_of_plugin(error)  # which its traceback shows no more
    error.__traceback__ = without_our_frames(error.__traceback__)
    seen = {id(error)}
    shown = lines_of(error) if isinstance(error, DispatchmlError) else frozenset[tuple[FrameType, int]]()
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    while before is not None and id(before) not in seen:
        seen.add(id(before))
        before.__traceback__ = without_our_frames(before.__traceback__, shown)
        before = before.__cause__ or (None if before.__suppress_context__ else before.__context__)


def is_of_plugin(error: BaseException) -> bool:
    """Whether an error comes out of the code of a plugin of dispatchml."""
    if getattr(error, "of_plugin", False):
        return True
    entry = error.__traceback__
    while entry is not None:
        if str(entry.tb_frame.f_globals.get("__name__", "")).startswith("dispatchml_"):
            return True
        entry = entry.tb_next
    return False


def lines_of(error: BaseException) -> frozenset[tuple[FrameType, int]]:
    """The lines in the traceback of an error."""
    found, entry = set[tuple[FrameType, int]](), error.__traceback__
    while entry is not None:
        found.add((entry.tb_frame, entry.tb_lineno))
        entry = entry.tb_next
    return frozenset(found)


# ---- what it was called with -----------------------------------------------------------------------------------------


def class_name(cls: type) -> str:
    """The class as a reader knows it: `float`, `numpy.ndarray`, `pint.Quantity`."""
    module = getattr(cls, "__module__", "builtins")
    name = getattr(cls, "__qualname__", repr(cls)).rpartition("<locals>.")[2]
    if module == "builtins":
        return name
    if module.startswith("dispatchml."):
        return f"dispatchml.{name}"
    return f"{module}.{name}"


def describe(value: Any) -> str:
    """An argument by class, shape and dtype, never by its values."""
    if isinstance(value, tuple):
        inside = ", ".join(describe(v) for v in value[:4]) + (", ..." if len(value) > 4 else "")
        return f"({inside})"
    text = class_name(type(value))
    try:
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    except Exception as error:  # a foreign property may fail; the description must not
        return f"{text} (no shape: {type(error).__name__})"
    if isinstance(shape, tuple) and dtype is not None:
        return f"{text}[{dtype}, shape {shape}]"
    return text


def describe_call(name: str, arguments: tuple[Any, ...]) -> str:
    """`name(float, numpy.ndarray[float64, shape (3,)])`; classes stand for arguments of which only the class is
    known.
    """
    return f"{name}({', '.join(class_name(a) if isinstance(a, type) else describe(a) for a in arguments)})"


#: Errors of rooms that are seldom entered, by the module where they live.
ELSEWHERE = {
    "CacheWarning": "compile.cache",
    "CompilationError": "compile.machine",
    "KernelError": "kernels.errors",
    "KernelCallError": "kernels.errors",
    "KernelSourceError": "kernels.errors",
    "KernelReverseError": "kernels.reverse.errors",
    "KernelIndexError": "kernels.failing",
    "KernelRuntimeError": "kernels.failing",
    "ExponentUnitError": "units.errors",
    "LogarithmicUnitError": "units.errors",
    "ArrayQuantityError": "testing.array_quantities",
    "ArrayTypeError": "testing.examined",
    "DeviceCheckError": "testing.devices",
    "LibraryFunctionError": "testing.library_functions",
    "LoadingError": "testing.loading",
    "RegistryError": "testing.registry",
    "RuleCheckError": "testing.reports",
    "ScenarioError": "testing.scenarios",
    "UnitCheckError": "testing.units",
    "NewPluginError": "commands.skeleton",
    "UnknownNameError": "commands.questions",
}


def __getattr__(name: str) -> Any:
    """The errors of other rooms, so that all are found here."""
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    package = __name__.partition(".")[0]
    return getattr(importlib.import_module(f"{package}.{ELSEWHERE[name]}"), name)
