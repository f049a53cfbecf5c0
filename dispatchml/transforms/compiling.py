"""`jit`: a function is recorded once for each signature, and runs as a compiled program from then on."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np

from ..dispatch.errors import (
    ArgumentError,
    FallbackWarning,
    RecordingError,
    at_user_line,
    describe,
    warn_at_user_line,
)
from ..engines import recorded_python
from ..engines.operators import install
from ..engines.record import Rec
from ..engines.recorded_answers import (
    function_as_numpy_answers,
    method_as_numpy_answers,
    power_as_numpy_answers,
    ufunc_as_numpy_answers,
)
from ..engines.recorded_numbers import like_recorded
from ..engines.refusals import forget, noted
from ..engines.views import current
from ..numpy.operators import dress
from ..numpy.protocols import array_function, array_ufunc
from .boundary import call_user
from .comparing import compared, is_asked_for
from .compiled_calls import call_through
from .containers import map_leaves
from .entry import transformed
from .flags import FLAGS, QUIET, raises_on_flags
from .inputs import LIKE
from .latest import keep
from .looking import Traces
from .prepared import LIFTING, as_given
from .recording import Doubtful, Misses, Recorded, Ways, record
from .signature import Outside, Signature, UncompiledError, objects_among
from .surroundings import Surroundings
from .zeros import STANDING

#: How many variants of a signature are kept, least recently used out.
VARIANTS = 64
#: After so many calls of which only the uncompiled function knows where derivatives are nan, it always runs so.
DOUBTS = 4
#: After so many recordings in a row a warning says what changes.
IN_A_ROW = 8


def jit(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Iterable[int] = (),
    static_argnames: str | Iterable[str] = (),
    donate: int | Iterable[int] = (),
    fast: bool = False,
    lift: bool = True,
) -> Callable[..., Any]:
    """A function that runs as a compiled program: recorded at its first call, fused into a few loops, kept.

    function: takes and returns arrays, numbers, registered layers or containers of them, and computes with NumPy's
    functions, operators and the transforms of this package. The program is recorded for each combination of classes,
    dtypes, shapes, units and other static parts of the arguments; Python's whole numbers, texts and truth values are
    such parts, so that `range(n)` works. A branch on a computed number is remembered with the program and checked at
    each call. What cannot be compiled (`float(x)`, an array written into from outside, random draws) runs uncompiled,
    and a warning names the line, once. Results are those of the uncompiled function up to rounding, in class and dtype
    exactly, and never share memory with arguments.

    static_argnums, static_argnames: arguments that are parts of the signature whatever they are; they must be hashable.
    donate: positions of arguments that are given away: a result of the same shape and dtype may lie in their memory,
    and be that array itself. They must be writeable, own their memory and overlap no other argument; others are kept,
    and so are all where the program has guards (branches, derivatives).
    fast: whether a product and the sum that it goes into may be rounded once, as a fused operation.
    lift: as in every transform.

    `compiled.report(*arguments)` says what was fused, `compiled.lower(*arguments)` shows the program and its code.

    >>> import numpy as np, dispatchml as dm
    >>> f = dm.jit(lambda x: np.sum(np.sin(x) * x))
    >>> float(round(f(np.ones(3)), 6))
    2.524413
    """
    if function is None:
        return lambda f: jit(
            f, static_argnums=static_argnums, static_argnames=static_argnames, donate=donate, fast=fast, lift=lift
        )
    function = as_given(function, lift)
    assert function is not None
    positions = of_kind(static_argnums, int, "static_argnums takes positions, whole numbers")
    names = of_kind(static_argnames, str, "static_argnames takes names, texts")
    donated = of_kind(donate, int, "donate takes positions, whole numbers")
    made = Compiled(function, positions, names, ways=Ways(bool(fast), donated))

    @transformed(function, "jit")
    def compiled(*arguments: Any, **keywords: Any) -> Any:
        if not keywords and made.fast and FLAGS.get(None) is QUIET.flags and made.is_steady():
            for call in made.fast:
                found = call(*arguments)
                if found is not NotImplemented:
                    return found
        return made(*arguments, **keywords)

    if is_asked_for():
        compiled = transformed(function, "jit")(compared(compiled, function, name_of(function)))
    compiled.report = made.report  # type: ignore[attr-defined]
    compiled.lower = made.lower  # type: ignore[attr-defined]
    compiled.compile_ahead = made.ahead  # type: ignore[attr-defined]
    return compiled


def of_kind(given: Any, kind: type, says: str) -> tuple[Any, ...]:
    """One value of a kind or several, as a tuple. Raises ArgumentError for anything else."""
    found = (given,) if isinstance(given, kind) else given
    if isinstance(found, Iterable) and not isinstance(found, (str, bytes)):
        found = tuple(found)
        if all(isinstance(x, kind) and not isinstance(x, bool) for x in found):
            return found
    raise ArgumentError(f"jit: {says}, one or several, not {given!r}{at_user_line()}.")


def always() -> bool:
    """A function that reaches nothing is always what it was."""
    return True


#: How many native functions are tried before the signature is looked up.
TRIED = 3


class Compiled:
    """A function with the programs that were recorded of it.

    wrap: what is compiled, where that is made of the function: a derivative of it, a batch.
    """

    __slots__ = (
        "function", "wrap", "positions", "names", "programs", "surroundings", "refused", "misses", "others",
        "fast", "state", "is_steady", "ways", "doubts", "held", "objects",
    )  # fmt: skip

    def __init__(
        self,
        function: Callable[..., Any],
        positions: tuple[int, ...] = (),
        names: tuple[str, ...] = (),
        wrap: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
        ways: Ways = Ways(),  # noqa: B008
        objects: tuple[Any, ...] = (),
    ) -> None:
        self.ways = ways
        self.function, self.positions, self.names, self.wrap = function, positions, names, wrap
        self.programs: dict[Any, list[Recorded]] = {}
        self.surroundings: Surroundings | None = None
        #: Objects that `wrap` hands to the function.
        self.objects = objects
        #: What the function reaches in calls with objects, by where these are.
        self.held: dict[tuple[int, ...], Surroundings] = {}
        self.refused: dict[Any, None] = {}
        self.misses = Misses(IN_A_ROW)
        self.others: dict[Any, Compiled] = {}
        #: How often only the uncompiled function knew where its derivatives are nan.
        self.doubts: dict[Any, int] = {}
        #: Native functions of the arguments, the last used first: NotImplemented where these do not fit.
        self.fast: list[Callable[..., Any]] = []
        self.state: tuple[Any, ...] = ()
        self.is_steady: Callable[[], bool] = always

    def derived(
        self, key: Any, wrap: Callable[[Callable[..., Any]], Callable[..., Any]], objects: tuple[Any, ...] = ()
    ) -> Compiled:
        """A compiled function that is made of this one's function. objects: those that `wrap` hands to it."""
        known = self.others.get(key)
        if known is None:
            inner = self.wrap
            whole = wrap if inner is None else lambda function: wrap(inner(function))
            known = Compiled(self.function, wrap=whole, ways=Ways(self.ways.fast), objects=(*self.objects, *objects))
        keep(self.others, key, known)
        return known

    def as_it_is(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run the function uncompiled."""
        function = self.function if self.wrap is None else self.wrap(self.function)
        return function(*arguments, **keywords)

    def traced(self, arguments: tuple[Any, ...], keywords: dict[str, Any], error: Exception | None = None) -> Any:
        """Run the function uncompiled on traced values, as a transform does; say so where an error was the reason."""
        function = self.function if self.wrap is None else self.wrap(self.function)
        result = call_user(function, arguments, keywords, "jit")
        if error is not None:
            warn_at_user_line(f"{name_of(self.function)} runs uncompiled: {error}", FallbackWarning)
        return result

    def traced_as_it_is(self, stranger: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """The same where one of the traced values is of numbers that no program takes; says so."""
        result = self.traced(arguments, keywords)
        warn_at_user_line(
            f"{name_of(self.function)} runs uncompiled: {describe(stranger)} is an argument{at_user_line()} of numbers "
            "that no program can take. Write jit round the part that can be compiled, or leave it out.",
            FallbackWarning,
        )
        return result

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Run the program for these arguments, recorded where there is none yet; the function where there is none."""
        return self.run(arguments, keywords, self.as_it_is, self.uncompiled)

    def as_program(self, *arguments: Any, **keywords: Any) -> Any:
        """The same, but UncompiledError where the function would run: a derivative of it must see that run."""
        return self.run(arguments, keywords, self.refuse, self.refuse_for)

    def refuse(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Do not run the function."""
        raise UncompiledError

    def refuse_for(self, key: Any, error: Exception, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Do not run the function, and do not compile it again."""
        if key is not None:
            keep(self.refused, key, None)
        raise error

    def run(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], instead: Callable[..., Any], failed: Any
    ) -> Any:
        """Run the program for these arguments; instead(arguments, keywords) where there is none, and
        failed(key, error, arguments, keywords) where there cannot be one.
        """
        if LIFTING.held is not None:
            arguments, keywords = LIFTING.held((arguments, keywords))
        key: Any = None
        try:
            signature = Signature(arguments, keywords, self.positions, self.names)
            reached = self.around(signature)
            key = signature.key, reached.state()
            if key not in self.refused and not raises_on_flags():
                program, outputs = self.outputs(signature, reached, key)
                if program is not None:
                    self.use(program)
                    return program.rebuild(outputs)
        except Traces:
            pass
        except Outside:
            instead = partial(call_through, self)
        except Exception as error:
            instead = partial(failed, key, error)
        return instead(arguments, keywords)  # outside of the handlers: an error of its own has come of nothing else

    def around(self, signature: Signature, anew: bool = False) -> Surroundings:
        """What the function reaches with these arguments. anew: as it is now."""
        objects = (*self.objects, *objects_among(signature.leaves))
        if objects:
            places = tuple(map(id, objects))
            found = None if anew else self.held.get(places)
            found = Surroundings(self.function, objects) if found is None else found
            keep(self.held, places, found)
            return found
        if anew or self.surroundings is None:
            self.surroundings = Surroundings(self.function)
        return self.surroundings

    def outputs(self, signature: Signature, reached: Surroundings, key: Any) -> tuple[Recorded | None, Any]:
        """The program that fits, recorded where there is none, and its outputs; None where the function must run."""
        inputs = [*signature.inputs, *reached.arrays()]
        for k, program in enumerate(variants := self.programs.get(key, [])):
            try:
                outputs = program.run(inputs)
            except Exception:
                return None, None  # the function raises it itself, at the user's line
            if outputs is not None:
                self.misses.count = 0
                if k:
                    variants.insert(0, variants.pop(k))
                keep(self.programs, key, variants)
                return program, outputs
        try:
            program, reached = self.recorded(signature)
        except Doubtful:
            doubts = self.doubts.get(key, 0) + 1
            keep(self.doubts, key, doubts)
            if doubts == DOUBTS:
                raise RecordingError(
                    f"Its derivative is nan for {DOUBTS} calls, and in which places is settled by "
                    f"floating-point flags{at_user_line()}."
                ) from None
            return None, None
        outputs = program.run([*signature.inputs, *reached.arrays()])
        if outputs is None:  # a guard that does not hold for the values that it was recorded with
            raise RecordingError(f"A branch of {name_of(self.function)} is decided by rounding{at_user_line()}.")
        return program, outputs

    def use(self, program: Recorded) -> None:
        """Try the program's native function first from now on."""
        if program.native is None or self.positions or self.names or self.surroundings is None:
            return
        state = self.surroundings.state()
        known = self.fast if state == self.state else []
        self.state = state
        self.is_steady = always if not state else self.is_as_it_was
        program.executable.give_back()
        self.fast = [program.native, *(f for f in known if f is not program.native)][:TRIED]

    def is_as_it_was(self) -> bool:
        """Whether what the function reaches is what it was when a native function was last chosen."""
        try:
            return self.surroundings is not None and self.surroundings.state() == self.state
        except Exception:
            return False  # said where it is recorded

    def recorded(self, signature: Signature) -> tuple[Recorded, Surroundings]:
        """Record a program for a signature and keep it; with what the function reaches."""
        refusals = noted()
        reached = self.around(signature, anew=True)
        before = reached.state()
        try:
            program = record(self.wrap, signature, reached, self.ways)
        except Exception:
            forget(refusals)  # the function runs in another way; a transform around it would take them for its own
            raise
        try:
            after = reached.state()
        except Traces:
            raise RecordingError(
                f"The function stores a computed value in something that it reaches{at_user_line()}, which a program "
                "would not do. Return it instead."
            ) from None
        if after == before:
            key = signature.key, after
            keep(self.programs, key, [program, *self.programs.get(key, [])][:VARIANTS])
        else:  # it has changed what it reads, and is recorded in each call as long as it does
            program.native = None
        self.misses.note(signature, self.function)
        return program, reached

    def uncompiled(self, key: Any, error: Exception, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Run the function as it is; where that succeeds, say once why it was not compiled."""
        result = self.as_it_is(arguments, keywords)
        if key is not None:
            keep(self.refused, key, None)
        warn_at_user_line(
            f"{name_of(self.function)} runs uncompiled: {error} Write jit round the part that can be compiled, or "
            "leave it out.",
            FallbackWarning,
        )
        return result

    def used(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Recorded:
        """The program that a call with these arguments uses."""
        try:
            signature = Signature(arguments, keywords, self.positions, self.names)
        except Outside:
            raise RecordingError(
                f"report and lower show the program for plain arguments, not for traced ones{at_user_line()}. Pass "
                "dispatchml.primal(x), or call them outside of the transform."
            ) from None
        self(*arguments, **keywords)
        variants = self.programs.get((signature.key, self.around(signature).state()))
        if not variants:
            raise RecordingError(f"{name_of(self.function)} runs uncompiled for these arguments{at_user_line()}.")
        return variants[0]

    def ahead(self, *arguments: Any, **keywords: Any) -> None:
        """Record and compile for such arguments, of which the arrays stay what they are."""
        from ..compile.progress import progress

        given, named = map_leaves(lambda x: x.copy() if type(x) is np.ndarray else x, (arguments, keywords))
        with progress(f"compiling {name_of(self.function)}"), warnings.catch_warnings():
            warnings.simplefilter("ignore", FallbackWarning)
            self.used(given, named)

    def report(self, *arguments: Any, **keywords: Any) -> Any:
        """What was fused, what moves how many bytes, and what was not fused and why."""
        program = self.used(arguments, keywords)
        return "\n".join([program.executable.report(), *(f"guard: a number was {said}" for said in program.guards)])

    def lower(self, *arguments: Any, **keywords: Any) -> Any:
        """The recorded program and the code that it became."""
        return self.used(arguments, keywords).executable.lower()


def name_of(function: Any) -> str:
    """How a function is called in messages."""
    return getattr(function, "__qualname__", repr(function))


LIKE[Rec] = like_recorded
STANDING[Rec] = current
install(Rec)
dress(Rec)
for moving in ("copy", "reshape", "squeeze", "transpose"):
    setattr(Rec, moving, method_as_numpy_answers(getattr(Rec, moving)))
Rec.__pow__ = power_as_numpy_answers(Rec.__pow__)  # type: ignore[attr-defined, method-assign, operator]
recorded_python.install(Rec)
Rec.T = property(method_as_numpy_answers(Rec.T.fget))  # type: ignore[attr-defined, union-attr]
Rec.__array_ufunc__ = ufunc_as_numpy_answers(array_ufunc)  # type: ignore[attr-defined]
Rec.__array_function__ = function_as_numpy_answers(array_function)  # type: ignore[attr-defined]
