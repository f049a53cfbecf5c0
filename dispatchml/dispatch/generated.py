"""The function that callers hold: a closure over one nested dict keyed by `type(x)`, made from source once for each
set of names.
"""

from __future__ import annotations

import builtins
import types
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .errors import NoMethodError, at_user_line, describe

if TYPE_CHECKING:
    from .operation import Operation

FACTORIES: dict[tuple[Any, ...], Callable[..., Any]] = {}

SOURCE = """\
# generated from dispatchml/dispatch/generated.py
def make({table}, {miss}{bound}):
    def operation({arguments}, /{keywords}):
{prepare}        try:
            {method} = {table}{path}
        except {KeyError}:
            {method} = {miss}({arguments})
        return {method}({arguments}{given})
    return operation
"""

#: A variadic operation looks at the elements; a list becomes a tuple, and nothing else is iterated over.
PREPARE = """\
        if {type}({first}) is not {tuple}:
            {first} = {elements}({name!r}, {first})
"""

#: What generated source calls by name; a parameter of that name would hide it, so that it then has another one there.
WORDS = ("table", "miss", "method", "elements", "type", "tuple", "frozenset", "map", "KeyError")


class Source:
    """Hands generated source to tracebacks."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def get_source(self, name: str) -> str:
        """The text; the one module that has this loader is the generated one."""
        return self.text


def compiled(source: str, title: str, **scope: Any) -> dict[str, Any]:
    """The namespace of generated source, which tracebacks can show: its file name does not end in `>` for linecache's
    sake.
    """
    scope.update(__name__=title, __loader__=Source(source))
    exec(compile(source, f"<dispatchml {title}>.py", "exec"), scope)
    return scope


def build(op: Operation, stub: Callable[..., Any]) -> Callable[..., Any]:
    """The function that callers hold, with the tools of an operation on it."""
    made = factory_of(op)(op.table, op.miss, *op.keywords.values())
    made.__code__ = made.__code__.replace(co_name=op.name, co_qualname=stub.__qualname__)
    made.__name__, made.__qualname__, made.__module__, made.__doc__ = (
        op.name,
        stub.__qualname__,
        op.module,
        stub.__doc__,
    )
    made.__annotations__ = stub.__annotations__
    made.__wrapped__ = stub
    made.info = op
    made.methods = op.methods
    made.decomposition = None
    for tool in (register, layer, which, unregister, ambiguities, decompose):
        setattr(made, tool.__name__, types.MethodType(tool, op))
    return made


def factory_of(op: Operation) -> Callable[..., Any]:
    """The compiled maker for an operation's parameter names."""
    arguments, keywords = op.arguments, tuple(op.keywords)
    key = (arguments, keywords, op.variadic and op.name)
    factory = FACTORIES.get(key)
    if factory is not None:
        return factory
    names = {*arguments, *keywords}
    if not names.isdisjoint(WORDS) or any(name.startswith("_") for name in names):
        factory = written(arguments, keywords, op.variadic and op.name)
    else:  # compiling takes much longer than naming the parameters anew
        places = tuple(f"_{k}" for k in range(len(arguments))), tuple(f"_k{k}" for k in range(len(keywords)))
        shape = (*places, op.variadic and "_name")
        known = FACTORIES.get(shape)
        if known is None:
            known = FACTORIES[shape] = written(*shape)
        new = dict(zip((*places[0], *places[1]), (*arguments, *keywords), strict=True)) | {"_name": op.name}
        scope = known.__globals__ | {"__loader__": Source(source_of(arguments, keywords, op.variadic and op.name))}
        file = f"<dispatchml {title_of(arguments, keywords)}>.py"
        factory = types.FunctionType(renamed(known.__code__, new, file), scope)
    FACTORIES[key] = factory
    return factory


def written(arguments: tuple[str, ...], keywords: tuple[str, ...], variadic: str | bool) -> Callable[..., Any]:
    """The maker for these names, compiled."""
    free = {word: free_name(word, {*keywords, *arguments}) for word in WORDS}
    scope = {free[word]: getattr(builtins, word) for word in WORDS if hasattr(builtins, word)}
    scope[free["elements"]] = elements
    return compiled(source_of(arguments, keywords, variadic), title_of(arguments, keywords), **scope)["make"]


def title_of(arguments: tuple[str, ...], keywords: tuple[str, ...]) -> str:
    """What tells the source for these names from others: lines are remembered by the name of their file."""
    return f"operation of {', '.join((*arguments, *keywords))}"


def source_of(arguments: tuple[str, ...], keywords: tuple[str, ...], variadic: str | bool) -> str:
    """The source for these names; variadic: the operation's name, where it is variadic."""
    first = arguments[0]
    free = {word: free_name(word, {*keywords, *arguments}) for word in WORDS}
    return SOURCE.format(
        **free,
        bound="".join(f", _{k}" for k in keywords),
        arguments=", ".join(arguments),
        keywords=", *" * bool(keywords) + "".join(f", {k}=_{k}" for k in keywords),
        prepare=PREPARE.format(**free, first=first, name=variadic) if variadic else "",
        path="[{frozenset}({map}({type}, {first}))]".format(**free, first=first)
        if variadic
        else "".join(f"[{free['type']}({a})]" for a in arguments),
        given="".join(f", {k}={k}" for k in keywords),
    )


def renamed(code: types.CodeType, names: dict[str, str], file: str) -> types.CodeType:
    """A code object with other names for its parameters, also where it hands them on by name, in another file."""

    def constant(x: Any) -> Any:
        if isinstance(x, types.CodeType):
            return renamed(x, names, file)
        if type(x) is tuple:
            return tuple(map(constant, x))
        return names.get(x, x) if type(x) is str else x

    return code.replace(
        co_filename=file,
        co_varnames=tuple(names.get(n, n) for n in code.co_varnames),
        co_consts=tuple(map(constant, code.co_consts)),
    )


def free_name(word: str, taken: set[str]) -> str:
    """The word, with underscores behind it until nothing else has the name."""
    while word in taken:
        word += "_"
    return word


def elements(name: str, argument: Any) -> tuple[Any, ...]:
    """The elements of a variadic operation's one argument; a generator or an array is not taken apart behind one's
    back.
    """
    if isinstance(argument, (tuple, list)):
        return tuple(argument)
    raise NoMethodError(f"{name} takes one tuple, not {describe(argument)}{at_user_line()}: {name}((a, b, ...)).")


def replace_table(function: Any, table: dict[Any, Any]) -> dict[Any, Any]:
    """Put another table under a generated function."""
    free = [name.rstrip("_") for name in function.__code__.co_freevars]
    function.__closure__[free.index("table")].cell_contents = table
    return table


def is_hint(thing: Any) -> bool:
    """Whether the first argument of `register` is a type rather than an implementation."""
    return isinstance(thing, (type, str, types.UnionType)) or thing is Any or typing.get_origin(thing) is not None


# ---- the tools on an operation, bound to what is known of it ---------------------------------------------------------


def register(op: Operation, function: Any = None, *hints: Any, replace: bool = False) -> Any:
    """Add a method: `@op.register` by its annotations, `@op.register(A, B)` or `op.register(function, A, B)` by the
    types.

    A type is a class, a union, or the name "package.module:Class" of one that may not be imported yet. Raises
    RegistrationError for types that are read from the value, and where the method is there already (say replace=True).
    """
    if function is None or is_hint(function):
        given = hints if function is None else (function, *hints)
        return lambda f: register(op, f, *given, replace=replace)
    op.register(function, hints, replace)
    return function


def layer(op: Operation, cls: Any, function: Any = None, *, replace: bool = False) -> Any:
    """Add the rule of a layer: `@op.layer(Quantity)`. It is called when that layer is the outermost among the
    arguments.
    """
    if function is None:
        return lambda f: layer(op, cls, f, replace=replace)
    op.register_layer(cls, function, replace)
    return function


def which(op: Operation, *arguments: Any) -> Callable[..., Any]:
    """The implementation that a call with these values or classes gets."""
    if op.variadic and len(arguments) == 1 and isinstance(arguments[0], (tuple, list)):
        arguments = tuple(arguments[0])
    return op.settle(arguments, tuple(a if isinstance(a, type) else type(a) for a in arguments))


def unregister(op: Operation, *hints: Any) -> None:
    """Remove the method with exactly these types, or the rule of a layer."""
    op.unregister(hints)


def ambiguities(op: Operation) -> list[Any]:
    """The pairs of methods that fit the same classes equally well, each with the method to write."""
    from .judge import ambiguities_of

    return ambiguities_of(op)


def decompose(op: Operation, function: Any) -> Any:
    """Say how the operation is made of smaller ones; used where a layer has no rule of its own."""
    op.decomposition = op.function.decomposition = function  # type: ignore[attr-defined]
    op.forget()
    return function
