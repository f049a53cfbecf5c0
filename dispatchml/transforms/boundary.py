"""The boundary of a transform: inputs become traced, outputs become plain, errors point at the user's line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from ..dispatch.errors import (
    DispatchmlError,
    NoMethodError,
    OperationError,
    RecordingError,
    TracerConversionError,
    class_name,
)
from ..dispatch.latecomers import load_latecomers
from ..engines.nesting import normal_form
from ..engines.refusals import REFUSED
from ..engines.reverse import Var, variable
from ..engines.tape import LineTape, SweepError, Tape
from ..engines.traced import Traced
from ..engines.views import current
from .containers import LEAVES, RECORDS, map_leaves
from .inputs import Inputs
from .prepared import AS_IT_IS, LIFTING, READY, is_unlifted

LIFTING.is_of_package = None
#: Errors of code that met a traced or recorded value without knowing what it is.
UNSEEN = (TracerConversionError, RecordingError, NoMethodError)


def call_user(function: Callable[..., Any], arguments: Any, keywords: Any, name: str) -> Any:
    """Call the user's function; a refusal that was swallowed is raised at its end, an error that we caused as ours."""
    refused = REFUSED.get()
    outermost = None
    if refused is None:
        refused = []
        outermost = REFUSED.set(refused)
    before = len(refused)
    entered = outermost is not None and LIFTING.enter is not None and LIFTING.enter()
    run = function
    try:
        ready = READY.get(id(function))
        if ready is None and LIFTING.prepare is not None:
            ready = LIFTING.prepare(function, arguments)
            if outermost is not None and not entered and LIFTING.enter is not None:
                entered = LIFTING.enter()  # a package was met on the way
        run = function if ready is AS_IT_IS or ready is None else ready.run
        result = run(*arguments, **keywords)
    except Exception as error:
        again = may_go_on(error)
        if isinstance(error, UNSEEN) and not is_unlifted(function):
            ready = AS_IT_IS
            if run is function:
                ready = LIFTING.prepare(function, arguments)  # a name may mean something else by now  # pyright: ignore[reportOptionalCall]
            if ready is AS_IT_IS:
                ready = with_lists(function, arguments)
            if ready is not None:
                run, again = ready.run, True
        if not again:
            advise(error, function)
            raise_in_words(error, name)
        del refused[before:]
        try:
            result = run(*arguments, **keywords)
        except Exception as second:
            if second.__context__ is error:
                second.__context__ = None  # of a run that did not count
            advise(second, function)
            raise_in_words(second, name)
    finally:
        if entered:
            LIFTING.leave()
        if outermost is not None:
            REFUSED.reset(outermost)
    if LIFTING.release is not None:
        result = LIFTING.release(result)
    if len(refused) > before:
        swallowed = refused[before]
        swallowed.add_note(f"Raised when {name} ended: the code that was called had caught this error and gone on.")
        raise swallowed
    if isinstance(result, Traced):
        return up_to_date(result)
    if LIFTING.check is not None:
        LIFTING.check(function, result, name)
    return result if type(result) in LEAVES else map_leaves(lambda x: up_to_date(normal_form(x)), result)


def advise(error: Exception, function: Callable[..., Any]) -> None:
    """Say of an error where a function was not lifted."""
    if type(error) is TracerConversionError and not is_unlifted(function):
        from ..lift.unreached import advise as of_functions

        of_functions(error)


def with_lists(function: Callable[..., Any], arguments: Any) -> Any:
    """What is run for a function whose arguments are or hold lists, so that it may hand them to NumPy; else None."""
    if not any(type(x) in (list, tuple, dict) for x in arguments):
        return None
    from ..lift.automatic import prepare_for_lists

    return prepare_for_lists(function, arguments)


def up_to_date(x: Any) -> Any:
    """A result as it is when the function ends: views of what was written to are gathered while the tape is open."""
    if isinstance(x, Traced) and getattr(x, "_base", None) is not None:
        current(x)
    return x


def may_go_on(error: Exception) -> bool:
    """Whether the function may succeed in a second run: a library met a traced value before its plugin was loaded."""
    if isinstance(error, DispatchmlError):
        again = getattr(error, "again", False)
        if again:
            error.again = False  # type: ignore[attr-defined]
        return again or (isinstance(error, UNSEEN) and load_latecomers())
    if getattr(error, "again", True) is False:
        return False
    return load_latecomers() or getattr(ours_behind(error), "again", False)


def raise_in_words(error: Exception, name: str) -> NoReturn:
    """Raise what the user should see for an error that left the function: ours where we caused it, and in the words of
    the call where it came out of an operation; the user's own errors as they are.
    """
    from .explaining import explained, in_users_terms

    if isinstance(error, DispatchmlError):
        if name == "vmap" or isinstance(error, OperationError):
            in_users_terms(error)
        raise error
    cause = ours_behind(error)
    if cause is not None:
        raise cause.with_traceback(error.__traceback__) from None
    made = explained(error)
    if made is None:
        if isinstance(error, AttributeError) and type(error.obj) in RECORDS:
            note_left_out(error)
        raise error
    raise made.with_traceback(error.__traceback__) from made.__cause__


def note_left_out(error: AttributeError) -> None:
    """Say of an attribute that an instance of a container lacks, which is rebuilt of its fields, why it may lack it."""
    cls = type(error.obj)
    error.add_note(
        f"A {class_name(cls)} is a container: inside transforms it is rebuilt of its fields, without __init__ and "
        f"__post_init__. What is computed of the fields, as {error.name!r} may be, is a property or a "
        "functools.cached_property."
    )


def ours_behind(error: BaseException) -> DispatchmlError | None:
    """The error of dispatchml that caused another one, or that was being handled when it was raised."""
    seen = {id(error)}
    cause = error.__cause__ or error.__context__
    while cause is not None and id(cause) not in seen:
        if isinstance(cause, DispatchmlError):
            return cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__
    return None


def run_on_tape(
    function: Callable[..., Any], inputs: Inputs, keywords: dict[str, Any], name: str, tape: Tape | None = None
) -> tuple[Tape, Any]:
    """Run a function with its inputs on a new tape; the tape is closed when the function is done."""
    tape = Tape(name) if tape is None else tape
    primals = inputs.primals
    tape.extend([None] * len(primals))
    try:
        return tape, call_user(
            function, inputs.rebuild([variable(x, tape, k) for k, x in enumerate(primals)]), keywords, name
        )
    finally:
        tape.close()


def is_on(x: Any, tape: Tape) -> bool:
    """Whether a value is traced on this tape."""
    return type(x) is Var and x._tape is tape


def primal_on(x: Any, tape: Tape) -> Any:
    """A value without this tape's layer."""
    return current(x) if type(x) is Var and x._tape is tape else x


def explain_sweep(
    failure: SweepError, function: Callable[..., Any], inputs: Inputs, keywords: dict[str, Any], name: str
) -> NoReturn:
    """Run the function again with a tape that remembers lines, and say which one made the failing operation."""
    error = failure.error
    line = ""
    tape = LineTape(name)
    try:
        run_on_tape(function, inputs, keywords, name, tape)
        if failure.index < len(tape.lines):
            line = tape.lines[failure.index]
    except Exception:
        line = ""
    if line:
        error.add_note(f"In the backward pass of {name}, of the operation at {line}.")
    raise error from None
