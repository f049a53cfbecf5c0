"""One recording of a function: the program, and how results are put together again."""

from __future__ import annotations

import types
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..compile.device import LIBRARIES
from ..compile.graph import Literal, Program, UnsettledError
from ..dispatch.errors import FallbackWarning, RecordingError, at_user_line, describe, warn_at_user_line
from ..dispatch.layers import layer_of
from ..engines.levels import CAREFULLY, NUMBERS
from ..engines.record import Rec, Recorder
from ..engines.traced import Traced
from ..engines.views import current
from .boundary import call_user
from .containers import unflatten
from .draws import Draws
from .native_functions import native_function
from .signature import INPUT, Outside, Part, Row, Signature, flatten_result, part_of
from .surroundings import Surroundings

#: How often a function is recorded for one call, at most.
ATTEMPTS = 40


class Recorded:
    """A program and what is around it: guards, and how results are built."""

    __slots__ = ("executable", "count", "expected", "parts", "structure", "native", "donated", "in_place", "guards")

    def __init__(self, executable: Any, count: int, expected: list[Any], parts: list[Part], structure: Any) -> None:
        self.executable, self.count, self.expected = executable, count, expected
        self.parts, self.structure = parts, structure
        #: A native function of the arguments, where the program and what is around it are that simple.
        self.native: Callable[..., Any] | None = None
        #: Numbers of inputs that are given away, and the program that writes into them.
        self.donated: tuple[int, ...] = ()
        #: What numbers were when branches looked at them, and where.
        self.guards: list[str] = []
        self.in_place: Any = None

    def run(self, inputs: list[Any]) -> list[Any] | None:
        """The outputs for these inputs; None where a guard does not hold, or results are of another kind."""
        try:
            found = (self.in_place if self.may_overwrite(inputs) else self.executable)(*inputs)
        except UnsettledError:
            return None
        for value, expected in zip(found[self.count :], self.expected, strict=True):
            if value != expected:
                return None
        return found[: self.count]

    def may_overwrite(self, inputs: list[Any]) -> bool:
        """Whether the inputs that are given away own their memory, may be written to, and overlap no other input."""
        if not self.donated:
            return False
        arrays = [x for x in inputs if type(x) is np.ndarray]
        for k in self.donated:
            x = inputs[k]
            if type(x) is not np.ndarray or not (x.flags.writeable and x.flags.owndata and x.flags.c_contiguous):
                return False
            if any(y is not x and np.may_share_memory(x, y) for y in arrays) or sum(y is x for y in arrays) > 1:
                return False
        return True

    def rebuild(self, outputs: list[Any]) -> Any:
        """The result of the function."""
        rest = iter(outputs)
        leaves = [p.build(rest) for p in self.parts]
        return tuple(leaves) if type(self.structure) is Row else unflatten(self.structure, leaves)


Wrap = Callable[[Callable[..., Any]], Callable[..., Any]]


class Ways(NamedTuple):
    """How programs are compiled. fast: whether products and sums are rounded once; donate: positions of arguments whose
    memory results may take.
    """

    fast: bool = False
    donate: tuple[int, ...] = ()


class Doubtful(Exception):
    """A derivative is nan, and of the uncompiled function in other places than of the careful program: which products
    were repeated carefully there depends on what raised floating-point flags.
    """


def record(wrap: Wrap | None, signature: Signature, surroundings: Surroundings, ways: Ways) -> Recorded:
    """Record a function, or what is made of it, for the inputs of a signature and compile its program.

    Raises Doubtful where only the uncompiled function knows where its derivatives are nan.
    """
    careful = False
    for _ in range(ATTEMPTS):
        try:
            found = record_once(wrap, signature, surroundings, careful, ways)
        except UnsettledError:  # a loop had more rounds than there was room for; it knows now
            continue
        if found is not None:
            if careful and not is_nan_alike(found, wrap, signature, surroundings):
                raise Doubtful
            return found
        careful = True
    raise RecordingError(f"There is no end to the rounds of its loops{at_user_line()}.")


def is_nan_alike(found: Recorded, wrap: Wrap | None, signature: Signature, surroundings: Surroundings) -> bool:
    """Whether a program gives nan where the uncompiled function does."""
    arrays = surroundings.arrays()
    arguments, keywords = signature.rebuild(signature.inputs)
    function = surroundings.with_arrays(arrays)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            wanted = (function if wrap is None else wrap(function))(*arguments, **keywords)
        except Exception:
            return True  # it is said when the function runs
    outputs = found.run([*signature.inputs, *arrays])
    if outputs is None:
        return True
    several = [np.isnan(x) for x in numbers_of(wanted)], [np.isnan(x) for x in numbers_of(found.rebuild(outputs))]
    return len(several[0]) == len(several[1]) and all(map(np.array_equal, *several))


def numbers_of(tree: Any) -> list[Any]:
    """The floating-point arrays and numbers of a result."""
    found: list[Any] = []
    for leaf in flatten_result(tree)[0]:
        part_of(leaf, found)
    return [x for x in found if isinstance(x, (float, complex)) or x.dtype.kind in "fc"]


def record_once(
    wrap: Wrap | None, signature: Signature, surroundings: Surroundings, careful: bool, ways: Ways
) -> Recorded | None:
    """One recording; None where a derivative came out nan and a careful one may do better."""
    from ..compile import build
    from ..compile.choices import Choices
    from ..compile.passes.strides import steps_of

    reached = (*signature.inputs, *surroundings.arrays())
    remote = next((LIBRARIES[type(x)] for x in reached if type(x) in LIBRARIES), None) if LIBRARIES else None
    careful = careful or remote is not None  # on a device nobody looks whether a result is nan
    recorder = Recorder()
    given = [recorder.input(x) for x in reached]
    for symbol, x in zip(recorder.inputs, signature.inputs, strict=False):  # the signature says how these lie
        symbol.steps = steps_of(x) if type(x) is np.ndarray else None
    arguments, keywords = signature.rebuild(given)
    draws = Draws(surroundings.generators)
    recorder.around = draws.around
    before = next(NUMBERS)
    CAREFULLY.count += careful
    try:
        function = surroundings.with_arrays(given[len(signature.inputs) :])
        output = call_user(function if wrap is None else wrap(function), arguments, keywords, "jit")
        check_effects(given, recorder, draws)
        leaves, structure = flatten_result(output)
        results: list[Any] = []
        parts = [result_part(x, results) for x in leaves]
        if next(NUMBERS) > before + 1 and not careful:
            spoiled = guard_against_nan(recorder, results)
            if spoiled:
                return None
    finally:
        CAREFULLY.count -= careful
        recorder.closed = True
    program = recorder.program([*results])
    program.outputs += [g.value for g in recorder.guards]
    if remote is None:
        executable = build(program, Choices(ways.fast, any_order=True))
    else:
        executable = on_device(program, remote)
    made = Recorded(executable, len(results), [g.expected for g in recorder.guards], parts, structure)
    made.guards = [f"{g.expected} at {g.line}" for g in recorder.guards if g.line]
    if remote is not None:
        if ways.donate:
            warn_at_user_line("jit: no array of a device is given away (donate=...). Leave it out.", FallbackWarning)
        return made
    donated = signature.inputs_of(ways.donate) if ways.donate else ()
    if donated and recorder.guards:
        donated = ()
        reason = made.guards[0] if made.guards else "a derivative, which must not be nan"
        warn_at_user_line(
            f"jit: no argument is given away (donate=...), as the program may have to be run again. It has a guard "
            f"({reason}). Leave donate out, or decide the branch and take the derivative outside.",
            FallbackWarning,
        )
    if donated:
        made.donated, made.in_place = donated, build(program, Choices(ways.fast, donated))
    else:
        made.native = native_function(made, signature, bool(surroundings.slots))
    executable.forget()
    return made


def on_device(program: Program, library: Any) -> Any:
    """An executable for arrays of a device; RecordingError where a number of the host is computed or a result."""
    from ..compile.device.executable import device_build

    for x in (*(y for node in program.nodes for y in node.outputs), *program.outputs):
        if isinstance(x, Literal) or x.form != "array":
            raise RecordingError(
                f"A number is computed of numbers of the host{at_user_line()}, or is a result, beside arrays of a "
                "device, for which nothing is compiled."
            )
    return device_build(program, library)


def check_effects(given: list[Rec], recorder: Recorder, draws: Draws) -> None:
    """Refuse a function that wrote into an argument or drew random numbers: the program would not."""
    for x, symbol in zip(given, recorder.inputs, strict=True):
        if x._symbol is not symbol:
            raise RecordingError(
                f"The function writes into an array that it was given or reaches{at_user_line()}, which a program "
                "would not do. Copy it first: x = x.copy()."
            )
    if draws.happened():
        draws.take_back()
        raise RecordingError(
            f"The function draws random numbers{at_user_line()}, which a program would draw once for all calls. Draw "
            "them outside and pass them as an argument."
        )


def guard_against_nan(recorder: Recorder, results: list[Any]) -> bool:
    """Whether a result holds nan; that none does is made a guard. A nan may come of 0 * inf where the uncompiled
    function, which looks, would have run carefully.
    """
    spoiled: Any = None
    for x in results:
        if type(x) is Rec and x.dtype.kind in "fc":
            nan = ops.any(ops.isnan(x))
            spoiled = nan if spoiled is None else ops.logical_or(spoiled, nan)
    return spoiled is not None and bool(recorder.guard(spoiled))


def result_part(x: Any, results: list[Any]) -> Part:
    """What a leaf of the result is made of; its recorded values are appended to the results."""
    if type(x) is Rec:
        current(x)
        results.append(x)
        return Part(None, INPUT)
    if isinstance(x, Traced):
        raise Outside
    if type(x) is np.ndarray:
        kept = x.copy()
        return Part(None, lambda values: kept.copy())
    info = layer_of(type(x))
    if info is None or info.payload is None or info.rebuild is None:
        if hasattr(type(x), "__next__") or holds_recorded(x):
            raise RecordingError(
                f"The function returns {describe(x)}{at_user_line()}, of which a program knows nothing. Return arrays, "
                "numbers or containers of them."
            )
        return Part(None, lambda values: x)
    payload = info.payload(x)
    several, rebuild = type(payload) is tuple, info.rebuild
    inner = [result_part(p, results) for p in (payload if several else (payload,))]

    def build(values: Any) -> Any:
        made = tuple(p.build(values) for p in inner)
        return rebuild(x, made if several else made[0])

    return Part(None, build)


def holds_recorded(x: Any, depth: int = 3) -> bool:
    """Whether an object of an unknown class, or a function, has a recorded value in it."""
    if isinstance(x, (Rec, Traced)):
        return True
    if depth == 0 or isinstance(x, (str, bytes, type, types.ModuleType, types.BuiltinFunctionType)):
        return False
    if isinstance(x, dict):
        inside = list(x.values())
    elif isinstance(x, (list, tuple, set, frozenset)):
        inside = list(x)
    else:
        inside = list(getattr(x, "__dict__", {}).values())
        inside += [getattr(x, k, None) for c in type(x).__mro__ for k in getattr(c, "__slots__", ()) if type(k) is str]
        inside += [c.cell_contents for c in getattr(x, "__closure__", None) or () if c != types.CellType()]
    return any(holds_recorded(v, depth - 1) for v in inside)


class Misses:
    """How often in a row a function was recorded: a part of the signature that changes at each call is pointed out."""

    __slots__ = ("limit", "count", "last", "warned")

    def __init__(self, limit: int) -> None:
        self.limit, self.count, self.warned = limit, 0, False
        self.last: Any = None

    def note(self, signature: Signature, function: Callable[..., Any]) -> None:
        """Count a recording."""
        self.count += 1
        if self.count > self.limit and not self.warned:
            self.warned = True
            warn_at_user_line(
                f"{getattr(function, '__qualname__', function)} was recorded {self.count} times in a row: "
                f"{self.difference(signature)} Pass what changes as an array or a float, or leave jit out.",
                FallbackWarning,
            )
        self.last = signature.key

    def difference(self, signature: Signature) -> str:
        """The part of the key that changed."""
        if self.last is None or self.last[1] != signature.key[1]:
            return "the structure of its arguments changes."
        for k, (old, new) in enumerate(zip(self.last[0], signature.key[0], strict=True)):
            if old != new:
                return f"leaf {k} of its arguments was {old} and is {new}."
        return "a branch on a computed number goes another way each time."
