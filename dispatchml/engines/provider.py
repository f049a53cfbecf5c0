"""How an operation is implemented when traced values are among its arguments: levels first, then the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import ops
from ..dispatch.layers import Layer, add_layer, layer_of
from ..dispatch.operation import Operation
from ..rules.registry import rule_of
from .declining import declining
from .detours import with_detour
from .levels import leaked
from .missing import missing_rule
from .nesting import with_normal_forms
from .reverse import Var, current
from .reverse_linear import linear_recorder
from .reverse_rules import function_recorder, variadic_recorder
from .traced import Element

#: The engines' classes; generated code settles levels only when two of these meet.
TRACED: set[type] = set()


#: Classes that hold a value of any kind and belong to no level (arrays of lifted code): what reads one, and what makes
#: the implementation of an operation.
HOLDERS: dict[type, tuple[Callable[[Any], Any], Callable[..., Any]]] = {}


def held(x: Any) -> Any:
    """What an array of lifted code holds; everything else as it is."""
    return HOLDERS[type(x)][0](x) if type(x) in HOLDERS else x


def payload_of(x: Any) -> Any:
    """What an engine value wraps: one level less."""
    return current(x)


def live_payload_of(x: Any) -> Any:
    """The same, refused for values that outlived their transform."""
    owner = x._tape if type(x) is Var else x._level
    if owner.closed:
        leaked(owner.name)
    return x._value if x._base is None else current(x)


def provide(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
    """The implementation of an operation for argument classes with at least one engine class among them."""
    for cls in classes:
        if cls in HOLDERS:
            return HOLDERS[cls][1](op, classes)
    return declining(op, classes, with_normal_forms(op, classes, provided(op, classes)))


def provided(op: Operation, classes: tuple[type, ...]) -> Callable[..., Any]:
    """The same for values in normal form."""
    if any(issubclass(cls, Element) for cls in classes):
        return on_normal_forms(op)
    if op.variadic:
        return settle_elements(op)
    if list in classes or tuple in classes:
        return with_arrays(op)
    traced = tuple(k for k, cls in enumerate(classes) if cls in TRACED)
    if len(traced) == 1 or is_pair_recorder(op, classes, traced):
        return implementation(op, classes[traced[0]], traced)
    return settle(op, traced)


def on_normal_forms(op: Operation) -> Callable[..., Any]:
    """Elements, which only their layer's rule sees, are the batched values that they stand for."""

    def normal(x: Any) -> Any:
        return x._normal if isinstance(x, Element) else x

    def on_batched(*arguments: Any, **keywords: Any) -> Any:
        given = (tuple(map(normal, arguments[0])),) if op.variadic else map(normal, arguments)
        return op.function(*given, **keywords)

    return on_batched


def with_arrays(op: Operation) -> Callable[..., Any]:
    """Lists and tuples beside a traced value are arrays, as in NumPy."""
    from ..numpy.registry import operand

    def on_arrays(*arguments: Any, **keywords: Any) -> Any:
        return op.function(*map(operand, arguments), **keywords)

    return on_arrays


def is_pair_recorder(op: Operation, classes: tuple[type, ...], traced: tuple[int, ...]) -> bool:
    """Whether the implementation itself looks if traced arguments are of one level (generated elementwise code)."""
    rule = rule_of(op)
    if rule is None or len({classes[k] for k in traced}) > 1:
        return False
    if rule.kind == "elementwise":
        return all(rule.partials[k] for k in traced)
    return rule.kind == "function" and classes[traced[0]] is Var


def settle(op: Operation, traced: tuple[int, ...]) -> Callable[..., Any]:
    """Several traced arguments: the newest level owns the call, the others are its constants. Settled at each call."""
    known: dict[tuple[type, tuple[int, ...]], Callable[..., Any]] = {}

    def settled(*arguments: Any, **keywords: Any) -> Any:
        top, number = arguments[traced[0]], arguments[traced[0]]._level_number
        active = traced[:1]
        for k in traced[1:]:
            n = arguments[k]._level_number
            if n > number:
                top, number, active = arguments[k], n, (k,)
            elif n == number:
                active += (k,)
        key = (type(top), active)
        function = known.get(key)
        if function is None:
            function = known[key] = implementation(op, *key)
        return function(*arguments, **keywords)

    settled.__name__ = settled.__qualname__ = f"settle_{op.name}"
    return settled


def settle_elements(op: Operation) -> Callable[..., Any]:
    """The same for an operation on a tuple of arrays."""
    known: dict[type, Callable[..., Any]] = {}

    def settled(elements: Any, /, **keywords: Any) -> Any:
        elements = tuple(elements)
        top: Any = None
        number = -1
        for x in elements:
            if type(x) in TRACED and x._level_number > number:
                top, number = x, x._level_number
        cls = type(top)
        function = known.get(cls)
        if function is None:
            function = known[cls] = with_looks(op, cls, ENGINES[cls].variadic(op))
        return function(elements, top._tape if cls is Var else top._level, **keywords)

    settled.__name__ = settled.__qualname__ = f"settle_{op.name}"
    return settled


def implementation(op: Operation, cls: type, active: tuple[int, ...]) -> Callable[..., Any]:
    """An operation for one engine with these arguments traced at one level."""
    key = (op, cls, active)
    made = MADE.get(key)
    if made is None:
        if op not in WATCHED:
            WATCHED.add(op)
            op.listeners.append(lambda: forget_made(op))
        made = MADE[key] = with_looks(op, cls, ENGINES[cls].fixed(op, active))
        if active == (0, 1) and made.__name__ in (f"record_{op.name}_01", f"dual_{op.name}_01"):
            use_as_operator(cls, op, made)
    return made


#: What looks for structures whose rules run on traced fields: wrap(op, engine, implementation) -> implementation.
BY_FIELDS: list[Callable[[Operation, type, Callable[..., Any]], Callable[..., Any]]] = []


def with_looks(op: Operation, cls: type, made: Callable[..., Any]) -> Callable[..., Any]:
    """An engine's implementation that looks for structures and detours; itself where there are none.

    Generated functions look by themselves, behind their ways for plain values: these cost nothing more.
    """
    looked = look(op, cls, nothing_found)
    if looked is nothing_found:
        return made
    scope = getattr(made, "__globals__", {})
    if "looked" in scope:
        scope["looked"] = looked
        return made
    return look(op, cls, made)


def look(op: Operation, cls: type, made: Callable[..., Any]) -> Callable[..., Any]:
    """All that looks, round an implementation."""
    if not op.variadic:
        made = with_detour(op, made)
    for wrap in BY_FIELDS:
        made = wrap(op, cls, made)
    return made


def nothing_found(*_: Any, **__: Any) -> Any:
    """What looks answers where there is nothing to find."""
    return NotImplemented


#: Python's operator of an operation, where generated code may stand in for it directly.
OPERATORS = {"add": "__add__", "subtract": "__sub__", "multiply": "__mul__", "divide": "__truediv__"}


def use_as_operator(cls: type, op: Operation, function: Callable[..., Any]) -> None:
    """Let `x * y` call generated code without the table; it calls the operation whenever y is of another class."""
    if op.name in OPERATORS and op.module.startswith("dispatchml.ops"):
        setattr(cls, OPERATORS[op.name], function)


#: Implementations that were generated, until the operation's rule or methods change.
MADE: dict[tuple[Operation, type, tuple[int, ...]], Callable[..., Any]] = {}
WATCHED: set[Operation] = set()


def forget_made(op: Operation) -> None:
    """Drop what was generated for an operation."""
    for key in [k for k in MADE if k[0] is op]:
        del MADE[key]
        use_as_operator(key[1], op, op.function)


def on_payloads(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """A nondifferentiable operation: on the primal, and the result is a constant of this level."""
    function = op.function
    chosen = frozenset(active)

    def on_primals(*arguments: Any, **keywords: Any) -> Any:
        return function(*(live_payload_of(x) if k in chosen else x for k, x in enumerate(arguments)), **keywords)

    def on_primal(x: Any, /, **keywords: Any) -> Any:
        return function(live_payload_of(x), **keywords)

    def on_first(x: Any, other: Any, /) -> Any:
        return function(live_payload_of(x), other)

    if op.arity == 2 and active == (0,) and not op.keywords:
        return on_first
    return on_primal if op.arity == 1 else on_primals


class Engine:
    """What an engine offers: implementations for fixed arguments and for a tuple of them."""

    __slots__ = ("fixed", "variadic")

    def __init__(self, fixed: Callable[..., Any], variadic: Callable[..., Any]) -> None:
        self.fixed, self.variadic = fixed, variadic


ENGINES: dict[type, Engine] = {}


def add_engine(cls: type, fixed: Callable[..., Any], variadic: Callable[..., Any]) -> None:
    """Make a class an engine's value: sealed, in the slot `transform`, ordered by level."""
    ENGINES[cls] = Engine(fixed, variadic)
    TRACED.add(cls)
    add_layer(Layer(cls, "transform", payload=payload_of, provider=provide, sealed=True, place="dispatchml.engines"))


def reverse_fixed(op: Operation, active: tuple[int, ...]) -> Callable[..., Any]:
    """The reverse engine's implementation by the kind of rule."""
    rule = rule_of(op)
    if rule is None and "transform" in op.strips:
        return on_payloads(op, active)
    if rule is None:
        return op.decomposition or missing_rule(op, "vjp")
    if rule.kind == "nondifferentiable":
        return on_payloads(op, active)
    if rule.kind == "elementwise":
        from .reverse_elementwise import elementwise_recorder

        return elementwise_recorder(op, rule, active)
    if rule.kind == "linear":
        return linear_recorder(op, rule, active)
    if op is ops.matmul.info:
        from .reverse_products import product_recorder

        return product_recorder(op, rule, active)
    return function_recorder(op, rule, active)


def reverse_variadic(op: Operation) -> Callable[..., Any]:
    """The same for an operation on a tuple of arrays."""
    rule = rule_of(op)
    if rule is None:
        if op.decomposition is None:
            return missing_rule(op, "vjp")
        decomposition = op.decomposition
        return lambda elements, tape, /, **keywords: decomposition(elements, **keywords)
    if rule.kind == "nondifferentiable":
        return lambda elements, tape, /, **keywords: op.function(
            tuple(live_payload_of(x) if type(x) is Var and x._tape is tape else x for x in elements), **keywords
        )
    return variadic_recorder(op, rule)


add_engine(Var, reverse_fixed, reverse_variadic)

__all__ = ["ENGINES", "TRACED", "add_engine", "layer_of", "on_payloads", "payload_of", "provide"]
