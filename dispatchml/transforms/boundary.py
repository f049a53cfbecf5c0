"""The boundary of a transform: inputs become traced, outputs become plain, errors point at the user's line."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from enum import Enum
from types import FunctionType
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..dispatch.construct import FORMS
from ..dispatch.errors import (
    ArgumentError,
    DispatchmlError,
    IntegerInputError,
    OperationError,
    TracerConversionError,
    at_user_line,
    describe,
)
from ..dispatch.latecomers import load_latecomers
from ..dispatch.layers import layer_of
from ..engines.nesting import normal_form
from ..engines.provider import HOLDERS
from ..engines.refusals import REFUSED
from ..engines.reverse import Var, variable
from ..engines.space import NUMBER_OF
from ..engines.tape import LineTape, SweepError, Tape
from ..engines.traced import Traced, innermost
from ..engines.views import current
from ..ops.metadata import OBJECT
from ..rules.layers import on_structure
from .containers import LEAVES, flatten, map_leaves, unflatten
from .watching import Watch, private, settled

FLOAT_KINDS = frozenset("fc")


def input_leaf(x: Any, transform: str) -> Any:
    """A leaf as it is differentiated: integers become floats, floats and layers stay; None: it passes through."""
    cls = type(x)
    if cls is float or cls is complex:
        return x
    if cls is int:
        return float(x)
    if cls is bool or cls is str or cls is bytes or x is None or isinstance(x, type):
        return None
    if cls in HOLDERS:
        return input_leaf(HOLDERS[cls][0](x), transform)
    kind = ops.dtype(x).kind
    if kind in FLOAT_KINDS:
        return x
    if kind in "iu":
        return ops.astype(x, dtype=np.dtype(np.float64))
    return x if kind == "O" and is_number(x) else None


def is_number(x: Any) -> bool:
    """Whether an object is a number or an array of them: a layer, an object array, a class with arithmetic."""
    cls = type(x)
    if cls is np.ndarray or layer_of(cls) is not None:
        return True
    if isinstance(x, Enum):
        return False
    return all(hasattr(cls, name) for name in ("__add__", "__sub__", "__mul__"))


def refuse_inputs(transform: str, position: int, x: Any) -> NoReturn:
    """The error for an argument in which nothing can be differentiated."""
    closed = next((leaf for leaf in flatten(x)[0] if is_closed(leaf)), None)
    if closed is not None:
        which = "which is" if closed is x else f"which holds {describe(closed)},"
        raise IntegerInputError(
            f"{transform}: argument {position} is {describe(x)}{at_user_line()}, {which} no container that dispatchml "
            "opens, so it has no derivative. Use a dataclass, an attrs class, a dict, a list or a tuple, or register "
            "its class with dispatchml.register_type."
        )
    raise IntegerInputError(
        f"{transform}: argument {position} is {describe(x)}{at_user_line()}, which has no derivative: it is constant "
        "under small changes. Pass floating-point values (x.astype(float)), or choose other arguments with argnums=."
    )


def is_closed(x: Any) -> bool:
    """Whether a leaf is an object whose insides are not seen, such as a set, a deque or an object of a plain class."""
    if type(x) in LEAVES or isinstance(x, (np.generic, type, Enum)) or layer_of(type(x)) is not None:
        return False
    return not callable(x) and ops.dtype(x).kind == "O" and not isinstance(x, (str, bytes))


def like_input(g: Any, x: Any) -> Any:
    """A derivative by a 0-d array as a 0-d array, by a NumPy scalar as a scalar, by a Python number as a number."""
    fit = LIKE.get(type(x))
    if fit is not None:
        return fit(g, x)
    if FORMS:  # of a structure of one's own it may have come back dense
        form = FORMS.get(type(innermost(x)))
        if form is not None and form.info.slot == "structure" and type(innermost(g)) in LIKE:
            return on_structure(form, x, g) if ops.shape(g) == ops.shape(x) else g
    return g


def like_array(g: Any, x: Any) -> Any:
    """A number as a 0-d array: NumPy's arithmetic makes numbers of 0-d arrays."""
    return np.asarray(g) if isinstance(g, (np.generic, float, complex)) else g


def like_scalar(g: Any, x: Any) -> Any:
    """A 0-d array as a scalar."""
    return g[()] if type(g) is np.ndarray and not g.ndim else g


def like_number(g: Any, x: Any) -> Any:
    """A 0-d array or a scalar as a Python number."""
    plain = type(g) is np.ndarray and not g.ndim or isinstance(g, np.generic)
    return g.item() if plain and g.dtype.kind in FLOAT_KINDS else g


#: What gives a derivative the class of what it is by, by the class of that; recorded values enter theirs.
LIKE: dict[type, Callable[[Any, Any], Any]] = {
    np.ndarray: like_array,
    float: like_number,
    complex: like_number,
    **{np.dtype(c).type: like_scalar for c in "efdgFDG"},
}


class Inputs:
    """The differentiated arguments of one call: their leaves, which of them are traced, and how to rebuild them."""

    __slots__ = ("arguments", "positions", "structures", "leaves", "traced", "single", "watch")

    def __init__(self, arguments: tuple[Any, ...], argnums: Any, transform: str) -> None:
        self.single = not isinstance(argnums, (tuple, list))
        chosen = (argnums,) if self.single else tuple(argnums)
        count = len(arguments)
        for k in chosen:
            if not isinstance(k, int) or isinstance(k, bool) or not -count <= k < count:
                raise ArgumentError(
                    f"{transform}: argnums={argnums!r} does not fit a call with {count} positional argument"
                    f"{'s' if count != 1 else ''}{at_user_line()}. Pass what is differentiated by position."
                )
        self.arguments = list(arguments)
        self.positions = tuple(k % count for k in chosen)
        if len(set(self.positions)) < len(chosen):
            twice = next(k for k in self.positions if self.positions.count(k) > 1)
            raise ArgumentError(
                f"{transform}: argnums={argnums!r} names argument {twice} more than once{at_user_line()}. Name each "
                "differentiated argument once."
            )
        self.watch: Watch | None = None
        self.structures: list[tuple[Any, int]] = []
        self.leaves: list[Any] = []
        self.traced: list[int] = []
        for k in self.positions:
            leaves, structure = flatten(arguments[k])
            self.structures.append((structure, len(leaves)))
            start = len(self.leaves)
            for leaf in leaves:
                ready = input_leaf(leaf, transform)
                if ready is not None:
                    self.traced.append(len(self.leaves))
                    leaf = ready
                self.leaves.append(leaf)
            if leaves and not any(t >= start for t in self.traced):
                refuse_inputs(transform, k, arguments[k])

    def settle(self, limit: int) -> Inputs:
        """Copy the arrays up to a number of bytes, and watch the larger ones."""
        large: list[Any] = []
        own: list[Any] = []
        for k in self.traced:
            before = len(large)
            x = self.leaves[k] = settled(self.leaves[k], limit, large)
            if len(large) > before and large[-1] is x:
                self.leaves[k] = private(large.pop())
                own.append(self.leaves[k])
        if own or large:
            self.watch = Watch(large, own)
            del own
            self.watch.note_holders()
        return self

    def check(self) -> None:
        """Raise where an array that was too large to copy was overwritten."""
        if self.watch is not None:
            self.watch.check()

    @property
    def primals(self) -> list[Any]:
        """The leaves that are differentiated."""
        return [self.leaves[k] for k in self.traced]

    def rebuild(self, traced: list[Any]) -> list[Any]:
        """All arguments, with the differentiated leaves replaced."""
        leaves = list(self.leaves)
        for k, x in zip(self.traced, traced, strict=True):
            leaves[k] = x
        arguments = list(self.arguments)
        for k, tree in zip(self.positions, self.trees(leaves), strict=True):
            arguments[k] = tree
        return arguments

    def trees(self, leaves: list[Any]) -> list[Any]:
        """One tree for each chosen argument."""
        result, start = [], 0
        for structure, count in self.structures:
            result.append(unflatten(structure, leaves[start : start + count]))
            start += count
        return result

    def results(self, found: list[Any]) -> Any:
        """Gradients in the shape of the arguments, a tuple for argnums=(...); other leaves pass through."""
        leaves = list(self.leaves)
        for k, x in zip(self.traced, found, strict=True):
            if NUMBER_OF and ops.dtype(leaves[k]) is OBJECT:
                x = NUMBER_OF[0](x)
            leaves[k] = like_input(x, leaves[k])
        trees = self.trees(leaves)
        return trees[0] if self.single else tuple(trees)


#: Stands for a function that is run as it is; what is kept of functions must not keep them alive.
AS_IT_IS: Any = "as it is"
#: What is run for a function that has been seen, by its identity: AS_IT_IS, or what `lift` makes of it.
READY: dict[int, Any] = {}


#: Keeps the entries of READY true: an entry goes with its function.
REFERENCES: dict[int, Any] = {}
#: Functions that run as they are, for lift=False.
UNLIFTED: weakref.WeakSet[Any] = weakref.WeakSet()


def enter_ready(function: Any, made: Any) -> Any:
    """Enter what is run for a function, for as long as that lives."""
    key = id(function)

    def forget(_: Any, ready: Any = READY, references: Any = REFERENCES) -> None:  # globals are gone at exit
        ready.pop(key, None)
        references.pop(key, None)

    try:
        REFERENCES[key] = weakref.ref(function, forget)
    except TypeError:
        REFERENCES[key] = function
    READY[key] = made
    return made


def as_given(function: Any, lift: bool) -> Any:
    """A function as a transform runs it; with lift=False it is not lifted."""
    if lift or not callable(function):
        return function

    @functools.wraps(function)
    def unlifted(*arguments: Any, **keywords: Any) -> Any:
        return function(*arguments, **keywords)

    UNLIFTED.add(unlifted)
    enter_ready(unlifted, AS_IT_IS)
    return unlifted


def is_unlifted(function: Any) -> bool:
    """Whether a function runs as it is in any case."""
    return LIFTING.prepare is None or isinstance(function, FunctionType) and function in UNLIFTED


class Lifting:
    """What `lift` does at the outermost transform of a context; None where there is nothing to do.

    prepare(function, arguments): what is run for a function that is seen for the first time. enter, leave: called when
    a transform begins and ends. release(result): the result without arrays of lifted code; held(x): what these hold, in
    lists, tuples and dictionaries. check(function, result, name): called where a result holds nothing traced at once.
    is_of_package(error): whether an error comes out of the code of a package that runs lifted.
    """

    __slots__ = ("prepare", "enter", "leave", "release", "held", "check", "is_of_package")


LIFTING = Lifting()
LIFTING.prepare = LIFTING.enter = LIFTING.leave = LIFTING.release = LIFTING.held = LIFTING.check = None
LIFTING.is_of_package = None


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
        if isinstance(error, TracerConversionError) and run is function and not is_unlifted(function):
            ready = LIFTING.prepare(function, arguments)  # a name may mean something else by now  # pyright: ignore[reportOptionalCall]
            if ready is not AS_IT_IS:
                run, again = ready.run, True
        if not again:
            raise_in_words(error, name)
        del refused[before:]
        try:
            result = run(*arguments, **keywords)
        except Exception as second:
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
        return again or (isinstance(error, TracerConversionError) and load_latecomers())
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
        raise error
    raise made.with_traceback(error.__traceback__) from made.__cause__


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
