"""Recording: values that run a function once on real numbers and write down every operation, for `jit`.

A recorded value sits in the slot of storage: units, structures, batches, duals and tapes run over it as over an array,
and have vanished from the program that comes out. What depends on a number of a recorded value (a branch, a size read
from an element) is written down as a guard; what cannot be written down raises, and the function then runs uncompiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..compile.graph import Literal, Node, Operand, Program, Value, form_of
from ..dispatch.errors import LeakedTracerError, RecordingError, at_user_line, class_name, user_line
from ..dispatch.handled import may_be_handled
from ..dispatch.layers import Layer, add_layer, layer_of
from ..dispatch.operation import Operation
from ..ops.placement import HOMES
from .constants import is_still
from .refusals import remember
from .views import current, has_memory, is_view, taken_from
from .writable import Writable

#: Families of operations that may draw random numbers, or bring a generator into use, for purposes of their own.
IMPORTING = frozenset({"linalg", "kernels"})
#: Operations of Python's operators that raise for floats where NumPy's give inf or nan.
DIVISIONS = frozenset({"divide", "floor_divide", "remainder", "power"})


class Guard:
    """A number of the program that decided what was recorded. expected: what it was."""

    __slots__ = ("value", "expected", "line")

    def __init__(self, value: Value, expected: Any, line: str) -> None:
        self.value, self.expected, self.line = value, expected, line


class Recorder:
    """The program that a recording writes."""

    __slots__ = (
        "inputs",
        "constants",
        "nodes",
        "guards",
        "known",
        "count",
        "around",
        "closed",
        "loops",
        "loop_results",
    )

    #: How many recordings are round this one: that of a loop's body is within that of the function.
    depth = 0

    def __init__(self) -> None:
        self.inputs: list[Value] = []
        self.constants: dict[Value, np.ndarray[Any, Any]] = {}
        self.nodes: list[Node] = []
        self.guards: list[Guard] = []
        self.known: dict[int, tuple[Any, Value]] = {}
        self.count = 0
        self.closed = False
        #: The loop that gives a value, and what it gave in this run, for loops back over it.
        self.loops: dict[Value, Any] = {}
        self.loop_results: dict[Value, Any] = {}
        #: What calls of libraries with habits of their own go through.
        self.around: Callable[[Callable[[], Any]], Any] | None = None

    def value(self, x: Any) -> Value:
        """A new value of the program for a plain one."""
        self.count += 1
        return Value(self.count - 1, ops.dtype(x), ops.shape(x), form_of(x))

    def input(self, x: Any) -> Rec:
        """A new input."""
        made = self.value(x)
        self.inputs.append(made)
        return recorded(x, self, made)

    def constant(self, x: Any, there: Any) -> Rec:
        """An array of the host that becomes part of the program; there: the same on the device of other values."""
        made = self.value(there)
        self.constants[made] = x if is_still(x) else x.copy()
        return recorded(there, self, made)

    def operand(self, x: Any) -> Operand:
        """What a node reads: a recorded value, a number, or an array that becomes part of the program."""
        if type(x) is Rec:
            return x._symbol if x._recorder is self else self.outer(x)
        if type(x) is not np.ndarray:
            if type(x) in HOMES:
                refuse(
                    f"An array on {HOMES[type(x)](x)}",
                    "is reached in a way that is not followed; pass it as an argument",
                )
            return Literal(x)
        known = self.known.get(id(x))
        if known is not None:
            return known[1]
        kept = x if is_still(x) else x.copy()
        made = self.value(kept)
        self.constants[made] = kept
        if kept is x:
            self.known[id(x)] = x, made
        return made

    def outer(self, x: Rec) -> Operand:
        """What a node reads of a value of another recording: there is none that it could."""
        leaked(x)

    def run(self, op: Operation, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Compute an operation and write it down."""
        if self.closed:
            leaked(next(x for x in arguments if type(x) is Rec))
        plain = tuple(current(x) if type(x) is Rec else x for x in arguments)
        given = (plain,) if op.variadic else plain
        if op.name in DIVISIONS:
            self.note_division(op, arguments, plain)
        with np.errstate(all="ignore"):
            if op.family in IMPORTING and self.around is not None:
                found = self.around(lambda: op.function(*given, **keywords))
            else:
                found = op.function(*given, **keywords)
        inputs = [self.operand(x) for x in arguments]
        outputs = found if type(found) is tuple else (found,)
        try:
            values = [self.value(y) for y in outputs]
        except TypeError:
            refuse(op.name, f"gives {class_name(type(found))}, of which a program knows nothing")
        self.nodes.append(Node(op, inputs, keywords, values, user_line()))
        made = tuple(recorded(y, self, v) for y, v in zip(outputs, values, strict=True))
        if op.view and len(arguments) == 1 and is_view(keywords) and has_memory(made[0].shape, keywords):
            made[0]._base = taken_from(arguments[0], op.function, keywords, plain[0])
        return made if type(found) is tuple else made[0]

    def note_division(self, op: Operation, arguments: tuple[Any, ...], plain: tuple[Any, ...]) -> None:
        """Guard whether a division of Python's floats fails, where the user's code may go on in a handler."""
        below = arguments[0] if op.name == "power" else arguments[1]
        if type(below) is not Rec or not all(type(x) in (float, int) for x in plain):
            return
        if (op.name != "power" or plain[1] < 0) and may_be_handled(plain):
            bool(ops.equal(below, 0))

    def guard(self, x: Rec) -> Any:
        """The number that x is in this run; other runs of the program check that it is the same."""
        value = current(x)
        if self.closed:
            leaked(x)
        if type(value) in HOMES:
            refuse("A branch", "depends on a number on a device, which would have to be waited for")
        if not any(g.value is x._symbol for g in self.guards):
            self.guards.append(Guard(x._symbol, value, user_line()))
        return value

    def program(self, outputs: list[Any]) -> Program:
        """The program that gives these values."""
        return Program(self.inputs, self.constants, self.nodes, [self.operand(y) for y in outputs])


class InnerRecorder(Recorder):
    """The program of a part that runs any number of times: the body of a loop, a branch.

    around: the recorder of the program in which it is a node. outside: values of that program which are read here, as
    further inputs. what: how the part is called in errors.
    """

    __slots__ = ("parent", "outside", "what", "depth")

    def __init__(self, parent: Recorder, what: str) -> None:
        super().__init__()
        self.parent, self.what, self.around, self.depth = parent, what, parent.around, parent.depth + 1
        self.outside: dict[Value, tuple[Rec, Value]] = {}

    def outer(self, x: Rec) -> Operand:
        """A value of a recording around this one becomes an input."""
        around: Recorder | None = self.parent
        while around is not x._recorder:
            if type(around) is not InnerRecorder:
                leaked(x)
            around = around.parent
        known = self.outside.get(x._symbol)
        if known is None:
            made = self.value(current(x))
            self.inputs.append(made)
            known = self.outside[x._symbol] = x, made
        return known[1]

    def entered(self, x: Rec) -> Rec:
        """A value of a recording around this one as one of this."""
        symbol = self.outer(x)
        assert isinstance(symbol, Value)
        return recorded(current(x), self, symbol)

    def guard(self, x: Rec) -> Any:
        if self.closed:
            leaked(x)
        refuse(
            f"A branch in {self.what}",
            "depends on a value that differs from round to round; dispatchml.cond or numpy.where takes both ways",
        )


class Rec(Writable):
    """A recorded value: the number or array that it is in this run, and its name in the program."""

    __slots__ = ("_value", "_recorder", "_symbol", "_base")
    # filled by `recorded`, as traced values are

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape."""
        return self._symbol.shape

    @property
    def dtype(self) -> Any:
        """The dtype."""
        return self._symbol.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._symbol.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._symbol.size

    def __repr__(self) -> str:
        return f"<recorded {self._symbol!r}>"

    __hash__ = object.__hash__

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d value")
        return self.shape[0]

    def __bool__(self) -> bool:
        if self.size != 1:
            return bool(current(self))  # NumPy's error
        return bool(self._recorder.guard(self if self.dtype.kind == "b" else ops.not_equal(self, 0)))

    def __index__(self) -> int:
        if self.dtype.kind not in "iu" or self.size != 1:
            refuse("int(x)", "reads a number out of a value that is not known yet")
        return int(self._recorder.guard(self))

    def __int__(self) -> int:
        return self.__index__()

    def __float__(self) -> NoReturn:
        refuse("float(x)", "reads a number out of a value that is not known yet")

    def __complex__(self) -> NoReturn:
        refuse("complex(x)", "reads a number out of a value that is not known yet")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        refuse("numpy.asarray(x), or writing x into a plain array,", "needs a value that is not known yet")

    def __format__(self, how: str) -> str:
        if not how:
            return str(self)
        refuse("formatting x", "needs a value that is not known yet")

    def __reduce__(self) -> NoReturn:
        refuse("pickling x", "needs a value that is not known yet")

    def __copy__(self) -> Any:
        return ops.positive(self)

    def __deepcopy__(self, memo: Any) -> Any:
        return ops.positive(self)

    def item(self, *_: Any) -> NoReturn:
        """Refused: the number is not known yet."""
        refuse("x.item()", "reads a number out of a value that is not known yet")

    def tolist(self) -> NoReturn:
        """Refused: the numbers are not known yet."""
        refuse("x.tolist()", "reads numbers out of a value that is not known yet")

    def tobytes(self, *_: Any, **__: Any) -> NoReturn:
        """Refused: the numbers are not known yet."""
        refuse("x.tobytes()", "reads numbers out of a value that is not known yet")


def recorded(value: Any, recorder: Recorder, symbol: Value) -> Rec:
    """A recorded value."""
    made = Rec()
    made._value, made._recorder, made._symbol, made._base = value, recorder, symbol, None
    return made


def refuse(what: str, why: str) -> NoReturn:
    """The error for what cannot be compiled; `jit` runs the function uncompiled."""
    error = RecordingError(f"{what} {why}{at_user_line()}, so that it cannot be compiled.")
    remember(error)
    raise error


def leaked(x: Rec) -> NoReturn:
    """The error for a value that outlived its recording."""
    raise LeakedTracerError(
        f"A value of jit was used after the function had been recorded{at_user_line()}. It was probably stored in a "
        "global, an attribute or a list that outlives the compiled function. Return it from the function instead."
    )


#: Families of operations that are one step of a program, whatever they are made of.
WHOLE = frozenset(("kernels", "calls"))


def provide(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
    """The implementation of an operation for recorded values among plain ones."""
    if not op.variadic and (list in classes or tuple in classes):
        from .provider import with_arrays

        return with_arrays(op)

    if op.family == "layers":
        return round_recorded(op, classes)

    if op.decomposition is not None and not op.methods and op.family not in WHOLE:
        return op.decomposition  # a function of the user's: what it is made of is recorded

    def record(*arguments: Any, **keywords: Any) -> Any:
        given = tuple(arguments[0]) if op.variadic else arguments
        recorder = recorder_of(given)
        for name, value in keywords.items():
            if holds_recorded(value):
                refuse(f"{op.name}(..., {name}=...)", "depends on a value that is not known yet")
        return recorder.run(op, given, keywords)

    record.__name__ = record.__qualname__ = f"record_{op.name}"
    return record


def recorder_of(values: Any) -> Recorder:
    """The recorder that an operation on these values belongs to: the innermost one."""
    found: Any = None
    for x in values:
        if type(x) is Rec and (found is None or x._recorder.depth > found.depth):
            found = x._recorder
    return found


def round_recorded(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
    """An operation that puts a layer round its arguments: that layer is then round recorded values."""
    from ..dispatch.resolve import resolve

    found = op.layer_default(layer_of(Rec)) if op.layer_default is not None else None
    if found is None:
        found = resolve(op, (), tuple(np.ndarray if cls is Rec else cls for cls in classes))
    make = found

    def checked(*arguments: Any, **keywords: Any) -> Any:
        made = make(*arguments, **keywords)
        info = layer_of(type(made))
        if info is not None and info.properties.get("opaque"):
            refuse(f"a {class_name(info.cls)}", f"was made, and {info.properties['opaque']}")
        return made

    return checked


def holds_recorded(value: Any) -> bool:
    """Whether a static keyword is a recorded value, or has one inside."""
    if type(value) is Rec:
        return True
    return isinstance(value, (tuple, list)) and any(map(holds_recorded, value))


add_layer(Layer(Rec, "storage", provider=provide, sealed=True, place="dispatchml.engines"))

from . import recorded_numbers as recorded_numbers  # noqa: E402  # spaces of the class above

__all__ = ["Guard", "InnerRecorder", "Rec", "Recorder", "recorded", "recorder_of"]
