"""One recording of a function: what identifies the call, the program, and how results are put together again."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..compile.graph import UnsettledError
from ..dispatch.construct import FORMS
from ..dispatch.errors import FallbackWarning, RecordingError, at_user_line, class_name, describe, warn_at_user_line
from ..dispatch.layers import layer_of
from ..engines.levels import CAREFULLY, NUMBERS
from ..engines.record import Rec, Recorder
from ..engines.traced import Traced
from ..engines.views import current
from .boundary import call_user
from .containers import RECORDS, field_names, flatten, is_leaf, unflatten
from .draws import Draws
from .native_functions import native_function
from .surroundings import Surroundings

#: Leaves that are parts of the signature by their value.
STATIC = frozenset({int, bool, str, bytes, type(None)})
#: How often a function is recorded for one call, at most.
ATTEMPTS = 40
#: Longest static array, in bytes, that may be part of a signature.
STATIC_BYTES = 1 << 16


class Outside(Exception):
    """Traced values of a transform outside of the compiled function, or recorded ones of a program around it."""


class Signature:
    """What identifies a call. key: hashable; inputs: the arrays and numbers that the program receives.

    rebuild(values): the arguments with other values in the places of the inputs.
    """

    __slots__ = ("key", "inputs", "leaves", "parts", "structure", "orders", "arguments")

    def __init__(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], positions: tuple[int, ...], names: tuple[str, ...]
    ) -> None:
        static = {k % len(arguments) for k in positions if -len(arguments) <= k < len(arguments)}
        given = tuple(Static(x) if k in static else x for k, x in enumerate(arguments)) if static else arguments
        named = {k: Static(x) if k in names else x for k, x in keywords.items()}
        self.leaves, self.structure = flatten((given, named)) if named else flatten_row(given)
        self.arguments = given
        self.inputs: list[Any] = []
        self.parts = [part_of(x, self.inputs) for x in self.leaves]
        #: In which order dictionaries have their keys, which functions that go through them see.
        self.orders = () if type(self.structure) is Row else orders_of((given, named))
        self.key = (tuple(p.key for p in self.parts), self.structure, self.orders)

    def inputs_of(self, positions: tuple[int, ...]) -> tuple[int, ...]:
        """The numbers of the inputs that positional arguments hold."""
        held: list[tuple[int, ...]] = []
        before: list[Any] = []
        for x in self.arguments:
            first = len(before)
            for leaf in flatten_row((x,))[0]:
                part_of(leaf, before)
            held.append(tuple(range(first, len(before))))
        return tuple(number for k in positions if -len(held) <= k < len(held) for number in held[k])

    def rebuild(self, values: list[Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments with these values in the places of the inputs."""
        rest = iter(values)
        leaves = [p.build(rest) for p in self.parts]
        return (tuple(leaves), {}) if type(self.structure) is Row else unflatten(self.structure, leaves)


class Row:
    """The structure of a tuple of leaves: the common one, for which no library of containers is needed."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count

    def __eq__(self, other: object) -> bool:
        return type(other) is Row and other.count == self.count

    def __hash__(self) -> int:
        return hash((Row, self.count))


def orders_of(tree: Any) -> tuple[Any, ...]:
    """The keys of the dictionaries in a tree, in their order."""
    cls = type(tree)
    if cls is dict:
        return (tuple(tree), *filter(None, map(orders_of, tree.values())))
    if isinstance(tree, (tuple, list)):
        return tuple(filter(None, map(orders_of, tree)))
    if cls in RECORDS:
        return tuple(filter(None, (orders_of(getattr(tree, name, None)) for name in field_names(cls))))
    return ()


def flatten_row(arguments: tuple[Any, ...]) -> tuple[list[Any], Any]:
    """The leaves of arguments without keywords, and their structure."""
    if all(map(is_leaf, arguments)):
        return list(arguments), Row(len(arguments))
    return flatten((arguments, {}))


def flatten_result(tree: Any) -> tuple[list[Any], Any]:
    """The leaves of a result and its structure."""
    if type(tree) is tuple and all(map(is_leaf, tree)):
        return list(tree), Row(len(tree))
    return flatten(tree)


class Static:
    """A leaf that is a part of the signature whatever it is."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Part:
    """A leaf of the arguments or results. key: what identifies it; build(values): the leaf from the next values."""

    __slots__ = ("key", "build")

    def __init__(self, key: Any, build: Callable[[Any], Any]) -> None:
        self.key, self.build = key, build


INPUT = next


def part_of(x: Any, inputs: list[Any]) -> Part:
    """What a leaf is made of; its arrays and numbers are appended to the inputs."""
    cls = type(x)
    if cls is np.ndarray:
        if x.dtype.hasobject or x.dtype.names is not None or x.dtype.kind not in "?biufc":
            return static_part(x)
        inputs.append(x)
        return Part((cls, x.dtype, x.shape, layout_of(x)), INPUT)
    if cls is float or cls is complex:
        inputs.append(x)
        return Part(cls, INPUT)
    if cls in STATIC:
        return static_part(x)
    if cls is Static:
        return static_part(x.value)
    if isinstance(x, (Traced, Rec)):
        raise Outside
    if isinstance(x, np.generic) and x.dtype.kind in "?biufc":
        inputs.append(x)
        return Part(cls, INPUT)
    info = layer_of(cls)
    if info is None:
        return static_part(x)
    return layer_part(x, info, inputs)


def layout_of(x: np.ndarray[Any, Any]) -> Any:
    """What of an array's memory the code depends on: nothing where it is contiguous and aligned."""
    flags = x.flags
    return True if flags.c_contiguous and flags.aligned else (x.strides, flags.aligned)


def static_part(x: Any) -> Part:
    """A leaf by its value."""
    return Part(("static", static_key(x)), lambda values: x)


def static_key(x: Any) -> Any:
    """What identifies a value by content."""
    if isinstance(x, np.ndarray):
        if x.dtype.hasobject or x.nbytes > STATIC_BYTES:
            raise RecordingError(f"{describe(x)} is an argument{at_user_line()} that no program can take.")
        return type(x), x.dtype, x.shape, x.tobytes()
    if isinstance(x, (list, tuple)):
        return type(x), tuple(map(static_key, x))
    if isinstance(x, slice):
        return slice, static_key((x.start, x.stop, x.step))
    if isinstance(x, dict):
        return dict, tuple((k, static_key(v)) for k, v in x.items())
    try:
        hash(x)
    except TypeError:
        raise RecordingError(
            f"{describe(x)} is an argument{at_user_line()} that has no hash: calls with it cannot be told apart."
        ) from None
    return type(x), repr(x) if isinstance(x, (float, complex)) else x


def layer_part(x: Any, info: Any, inputs: list[Any]) -> Part:
    """A layer: its static fields are parts of the signature, its payload is taken apart."""
    if info.payload is None or info.rebuild is None:
        raise RecordingError(f"{describe(x)} is an argument{at_user_line()} of which nobody has said what it wraps.")
    if info.properties.get("opaque"):
        raise RecordingError(f"{describe(x)} is an argument{at_user_line()}, and {info.properties['opaque']}.")
    statics = statics_key(x, info)
    payload = info.payload(x)
    several = type(payload) is tuple
    inner = [part_of(p, inputs) for p in (payload if several else (payload,))]

    def build(values: Any) -> Any:
        made = tuple(p.build(values) for p in inner)
        return info.rebuild(x, made if several else made[0])

    return Part((type(x), statics, tuple(p.key for p in inner)), build)


def statics_key(x: Any, info: Any) -> Any:
    """What identifies a layer beside its payload."""
    form = FORMS.get(type(x))
    if form is not None:
        return tuple((k, static_key(v)) for k, v in form.statics_of(x).items())
    names = info.properties["carrier"].fields if "carrier" in info.properties else info.static
    values = [(k, getattr(x, k)) for k in names]
    if not values:
        raise RecordingError(
            f"{class_name(type(x))} is the class of an argument{at_user_line()}; its registration has neither carrier= "
            "nor static=, which would say what it is beside its payload."
        )
    return tuple((k, static_key(v)) for k, v in values if not callable(v))


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


def record(wrap: Wrap | None, signature: Signature, surroundings: Surroundings, ways: Ways) -> Recorded:
    """Record a function, or what is made of it, for the inputs of a signature and compile its program."""
    careful = False
    for _ in range(ATTEMPTS):
        try:
            found = record_once(wrap, signature, surroundings, careful, ways)
        except UnsettledError:  # a loop had more rounds than there was room for; it knows now
            continue
        if found is not None:
            return found
        careful = True
    raise RecordingError(f"There is no end to the rounds of its loops{at_user_line()}.")


def record_once(
    wrap: Wrap | None, signature: Signature, surroundings: Surroundings, careful: bool, ways: Ways
) -> Recorded | None:
    """One recording; None where a derivative came out nan and a careful one may do better."""
    from ..compile import build
    from ..compile.choices import Choices

    recorder = Recorder()
    given = [recorder.input(x) for x in (*signature.inputs, *surroundings.arrays())]
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
    executable = build(program, Choices(ways.fast))
    made = Recorded(executable, len(results), [g.expected for g in recorder.guards], parts, structure)
    made.guards = [f"{g.expected} at {g.line}" for g in recorder.guards if g.line]
    donated = signature.inputs_of(ways.donate) if ways.donate and not recorder.guards else ()
    if donated:
        made.donated, made.in_place = donated, build(program, Choices(ways.fast, donated))
    else:
        made.native = native_function(made, signature, bool(surroundings.slots))
    executable.forget()
    return made


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
