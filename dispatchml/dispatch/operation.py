"""Operations: generic functions whose warm call costs two dictionary look-ups.

An operation is a real function (it pickles by reference and shows up in tracebacks under its own name): a closure over one
nested dict keyed by `type(x)`. A miss goes, under one process-wide lock, to `resolve`, and the winner is stored. Registering
or removing a method clears the table under the same lock, so that no stale entry survives a race.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any, Protocol, TypeVar, cast, overload

from .errors import RegistrationError, SealedLayerError, class_name, code_line
from .hints import check_hint, from_annotations, is_abstract, members

#: Every operation that is alive, so that a new layer or order can make them forget what they have settled.
OPERATIONS: weakref.WeakSet[Operation] = weakref.WeakSet()

#: Held while a method is registered and while a miss is settled.
LOCK = threading.RLock()

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound=Callable[..., Any])


class Method:
    """One implementation of an operation: its function and the hints of its positional parameters."""

    __slots__ = ("function", "hints", "_signature")

    def __init__(self, function: Callable[..., Any], hints: tuple[Any, ...]) -> None:
        self.function = function
        self.hints = hints
        self._signature: Any = None

    @property
    def signature(self) -> Any:
        """The same as a `plum.Signature`; plum is imported by the first use."""
        if self._signature is None:
            from .judge import signature_of

            self._signature = signature_of(self.hints)
        return self._signature

    @property
    def location(self) -> str:
        """`file:line` of the implementation."""
        return code_line(self.function)

    def __repr__(self) -> str:
        return f"({', '.join(hint_name(h) for h in self.hints)}) at {self.location}"


def hint_name(hint: Any) -> str:
    """A hint as a reader would write it."""
    return " | ".join(class_name(m) if isinstance(m, type) else str(m) for m in members(hint))


class GuardedTable(dict[Any, Any]):
    """A table that forgets everything when a class joins an abstract base class; only operations that name one pay for it."""

    __slots__ = ("token",)

    def __getitem__(self, key: Any) -> Any:
        from abc import get_cache_token

        if getattr(self, "token", None) != get_cache_token():
            self.clear()
            self.token = get_cache_token()
        return super().__getitem__(key)


class Operation:
    """What is known of an operation: its name, its parameters, its methods, the layers' rules and its declared properties."""

    __slots__ = (
        "name",
        "module",
        "arguments",
        "keywords",
        "variadic",
        "methods",
        "exact",
        "index",
        "layers",
        "table",
        "function",
        "family",
        "view",
        "strips",
        "decomposition",
        "listeners",
        "__weakref__",
    )

    def __init__(self, stub: Callable[..., Any], *, family: str, view: bool, variadic: bool, strips: tuple[str, ...]) -> None:
        code = stub.__code__
        self.name: str = stub.__name__
        self.module: str = stub.__module__
        self.arguments: tuple[str, ...] = code.co_varnames[: code.co_argcount]
        names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        defaults = stub.__kwdefaults__ or {}
        if code.co_flags & 0x0C or stub.__defaults__ or set(names) != set(defaults):
            raise RegistrationError(
                f"The stub {self.name} ({code_line(stub)}) must have a fixed number of positional parameters without defaults "
                "and keyword-only parameters with defaults: a variadic operation takes one tuple (variadic=True)."
            )
        if not self.arguments or (variadic and len(self.arguments) != 1):
            raise RegistrationError(
                f"The stub {self.name} ({code_line(stub)}) needs "
                + ("exactly one positional parameter: the tuple." if variadic else "at least one positional parameter.")
            )
        self.keywords: dict[str, Any] = {k: defaults[k] for k in names}
        self.variadic = variadic
        self.methods: list[Method] = []
        self.exact: dict[tuple[Any, ...], Method] = {}
        self.index: dict[Any, list[Method]] = {}
        self.layers: dict[type, Callable[..., Any]] = {}
        self.table: dict[Any, Any] = {}
        self.family = family
        self.view = view
        self.strips = frozenset(strips)
        self.decomposition: Callable[..., Any] | None = None
        self.listeners: list[Callable[[], None]] = []
        self.function: Callable[..., Any] = build(self, stub)
        OPERATIONS.add(self)

    @property
    def arity(self) -> int:
        """How many positional arguments dispatch looks at; 1 for a variadic operation, whose elements decide together."""
        return len(self.arguments)

    # ---- registration --------------------------------------------------------------------------------------------------

    def register(self, function: Any, hints: tuple[Any, ...], replace: bool) -> None:
        """Add a method; `hints` empty means its annotations."""
        if hints and len(hints) != self.arity:
            raise RegistrationError(f"{self.name} takes {self.arity} positional arguments, but {len(hints)} types were given.")
        hints = hints or from_annotations(function, self.arity, self.name)
        for hint in hints:
            check_hint(hint, f"{self.name} ({code_line(function)})")
            refuse_sealed(hint, self.name)
        with LOCK:
            known = self.exact.get(hints)
            if known is not None:
                if not replace:
                    raise RegistrationError(
                        f"{self.name}({', '.join(map(hint_name, hints))}) has a method already, at {known.location}; "
                        f"the new one is at {code_line(function)}. Say replace=True to mean it."
                    )
                self.drop(known)
            self.exact[hints] = method = Method(function, hints)
            self.methods.append(method)
            for key in index_keys(hints[0]):
                self.index.setdefault(key, []).append(method)
            if any(is_abstract(h) for h in hints) and type(self.table) is dict:
                self.table = replace_table(self.function, GuardedTable())
            self.forget()

    def register_layer(self, layer: Any, function: Callable[..., Any], replace: bool) -> None:
        """Add the rule of a layer: called when the layer is the outermost among the arguments."""
        from .layers import layer_of, when_registered

        def add(cls: type) -> None:
            if layer_of(cls) is None:
                raise RegistrationError(
                    f"{self.name}.layer({class_name(cls)}): not a layer. Decorate the class with dispatchml.layer(slot=...) or "
                    f"declare it with dispatchml.register_type({class_name(cls)}, slot=...) first."
                )
            refuse_sealed(cls, self.name)
            with LOCK:
                if cls in self.layers and not replace:
                    raise RegistrationError(
                        f"{self.name} has a rule for the layer {class_name(cls)} already, at {code_line(self.layers[cls])}; "
                        f"the new one is at {code_line(function)}. Say replace=True to mean it."
                    )
                self.layers[cls] = function
                self.forget()

        when_registered(layer, add)

    def unregister(self, hints: tuple[Any, ...]) -> None:
        """Remove the method with exactly these types, or the rule of a layer when one layer with a rule is given."""
        with LOCK:
            if len(hints) == 1 and hints[0] in self.layers:
                del self.layers[hints[0]]
            elif hints in self.exact:
                self.drop(self.exact.pop(hints))
            else:
                raise RegistrationError(
                    f"{self.name} has no method ({', '.join(map(hint_name, hints))}). It has: "
                    + ("; ".join(map(repr, self.methods)) or "none")
                )
            self.forget()

    def drop(self, method: Method) -> None:
        """Take a method out of the list and the index."""
        self.methods.remove(method)
        for key in index_keys(method.hints[0]):
            self.index[key].remove(method)

    def candidates(self, cls: type) -> list[Method]:
        """The methods whose first parameter may take this class; plum never sees the others."""
        found = [m for c in (*cls.__mro__, None) for m in self.index.get(c, ())]
        return list(dict.fromkeys(found))

    def forget(self) -> None:
        """Drop every settled call, here and in whatever was generated from this operation's methods."""
        self.table.clear()
        for listener in self.listeners:
            listener()

    # ---- calls that are not settled yet --------------------------------------------------------------------------------

    def miss(self, *arguments: Any) -> Callable[..., Any]:
        """Settle a call that the table does not know, and store it."""
        from .plugins import meet
        from .resolve import resolve

        if self.variadic:
            arguments = check_elements(self, arguments[0])
        for cls in set(map(type, arguments)):
            meet(cls)
        with LOCK:
            function = resolve(self, arguments)
            if self.variadic:
                self.table[frozenset(map(type, arguments))] = function
            else:
                row = self.table
                for argument in arguments[:-1]:
                    row = row.setdefault(type(argument), {})
                row[type(arguments[-1])] = function
        return function

    def __repr__(self) -> str:
        return f"<operation {self.module}.{self.name}({', '.join(self.arguments)}) with {len(self.methods)} methods>"


def index_keys(hint: Any) -> list[Any]:
    """The classes under which a first parameter is found; None where only a closer look can tell."""
    return list(
        dict.fromkeys(m if isinstance(m, type) and not is_abstract(m) else None for m in members(hint))
    )


def check_elements(op: Operation, elements: Any) -> tuple[Any, ...]:
    """The elements of a variadic operation's one argument."""
    if not isinstance(elements, (tuple, list)):
        raise RegistrationError(f"{op.name} takes one tuple of arrays, not {class_name(type(elements))}: {op.name}((a, b, ...)).")
    if not elements:
        from .errors import ShapeError, at_user_line

        raise ShapeError(f"{op.name} needs at least one array{at_user_line()}.")
    return tuple(elements)


def refuse_sealed(hint: Any, name: str) -> None:
    """The engines' classes take no methods: a method for one of them would bypass levels and tapes."""
    from .layers import layer_of

    for member in members(hint):
        info = layer_of(member) if isinstance(member, type) else None
        if info is not None and info.sealed:
            raise SealedLayerError(
                f"{name}: {class_name(cast(type, member))} is sealed. Register the method for the payload's class, or a "
                "derivative with dispatchml.rules; the engines then use it by themselves."
            )


# ---- the generated function ------------------------------------------------------------------------------------------

FACTORIES: dict[tuple[Any, ...], Callable[..., Any]] = {}

SOURCE = """\
# generated from dispatchml/dispatch/operation.py
def make(table, miss{bound}):
    def operation({arguments}, /{keywords}):
        try:
            method = table{path}
        except KeyError:
            method = miss({arguments})
        return method({arguments}{given})
    return operation
"""


def build(op: Operation, stub: Callable[..., Any]) -> Callable[..., Any]:
    """The function that callers hold, made from the factory of its parameter names."""
    key = (op.arguments, tuple(op.keywords), op.variadic)
    factory = FACTORIES.get(key)
    if factory is None:
        names = tuple(op.keywords)
        path = (
            f"[frozenset(map(type, {op.arguments[0]}))]"
            if op.variadic
            else "".join(f"[type({a})]" for a in op.arguments)
        )
        source = SOURCE.format(
            bound="".join(f", _{k}" for k in names),
            arguments=", ".join(op.arguments),
            keywords=", *" * bool(names) + "".join(f", {k}=_{k}" for k in names),
            path=path,
            given="".join(f", {k}={k}" for k in names),
        )
        scope: dict[str, Any] = {}
        exec(compile(source, "<dispatchml operation>", "exec"), scope)
        factory = FACTORIES[key] = scope["make"]
    made = factory(op.table, op.miss, *op.keywords.values())
    code: CodeType = made.__code__
    made.__code__ = code.replace(co_name=op.name, co_qualname=stub.__qualname__)
    made.__name__, made.__qualname__, made.__module__, made.__doc__ = op.name, stub.__qualname__, op.module, stub.__doc__
    made.__annotations__ = stub.__annotations__
    made.__wrapped__ = stub
    made.info = op
    made.methods = op.methods

    def register(function: Any = None, *hints: Any, replace: bool = False) -> Any:
        if function is None or isinstance(function, (type, str)):
            return lambda f: register(f, *((function,) if function is not None else ()), *hints, replace=replace)
        op.register(function, hints, replace)
        return function

    def layer(cls: Any, function: Any = None, *, replace: bool = False) -> Any:
        if function is None:
            return lambda f: layer(cls, f, replace=replace)
        op.register_layer(cls, function, replace)
        return function

    def which(*arguments: Any) -> Callable[..., Any]:
        from .resolve import resolve

        if op.variadic and len(arguments) == 1 and isinstance(arguments[0], (tuple, list)):
            arguments = tuple(arguments[0])
        return resolve(op, arguments)

    def unregister(*hints: Any) -> None:
        op.unregister(hints)

    def ambiguities() -> list[Any]:
        from .judge import ambiguities_of

        return ambiguities_of(op)

    def decompose(function: Any) -> Any:
        op.decomposition = made.decomposition = function
        op.forget()
        return function

    made.decomposition = None
    made.register, made.layer, made.which = register, layer, which
    made.unregister, made.ambiguities, made.decompose = unregister, ambiguities, decompose
    return made


def replace_table(function: Callable[..., Any], table: dict[Any, Any]) -> dict[Any, Any]:
    """Put another table under a generated function."""
    names = function.__code__.co_freevars
    function.__closure__[names.index("table")].cell_contents = table  # type: ignore[index]
    return table


class OperationFunction(Protocol[F]):
    """How a type checker sees an operation: callable as its stub says, with the tools of an operation on it."""

    @property
    def __call__(self) -> F: ...
    @property
    def info(self) -> Operation: ...
    @property
    def methods(self) -> list[Method]: ...
    @property
    def decomposition(self) -> Callable[..., Any] | None: ...
    @overload
    def register(self, function: M, /, *, replace: bool = False) -> M: ...
    @overload
    def register(self, function: Callable[..., Any], /, *hints: Any, replace: bool = False) -> Any: ...
    def layer(self, cls: Any, function: Any = None, /, *, replace: bool = False) -> Any: ...
    def which(self, *arguments: Any) -> Callable[..., Any]: ...
    def unregister(self, *hints: Any) -> None: ...
    def ambiguities(self) -> list[Any]: ...
    def decompose(self, function: M, /) -> M: ...


@overload
def operation(stub: F, /) -> OperationFunction[F]: ...
@overload
def operation(
    *, family: str = "", view: bool = False, variadic: bool = False, strips: Iterable[str] = ()
) -> Callable[[F], OperationFunction[F]]: ...
def operation(
    stub: Any = None, /, *, family: str = "", view: bool = False, variadic: bool = False, strips: Iterable[str] = ()
) -> Any:
    """Make an operation from a stub: its name, positional parameters, keyword-only static parameters and docstring.

    family: the room that it belongs to, for rules that cover a whole family. view: the result shares memory with the first
    argument (NumPy's meaning), so writes to one are seen in the other. variadic: the one argument is a tuple whose elements
    decide together. strips: the slots whose layers the result does not carry, such as "meaning" for `argmax`.

    >>> from dispatchml.dispatch import operation
    >>> @operation
    ... def area(shape): "The area of a shape."
    >>> @area.register
    ... def _(shape: float): return shape * shape
    >>> area(3.0)
    9.0
    """
    if stub is None:
        return lambda s: operation_from(s, family, view, variadic, tuple(strips))
    return operation_from(stub, family, view, variadic, tuple(strips))


def forget_everything() -> None:
    """Make every operation settle its calls anew: a layer or an order was declared."""
    with LOCK:
        for op in list(OPERATIONS):
            op.forget()


def operation_from(stub: Any, family: str, view: bool, variadic: bool, strips: tuple[str, ...]) -> Any:
    """The operation of a stub, with everything said."""
    return Operation(stub, family=family, view=view, variadic=variadic, strips=strips).function
