"""Operations: generic functions whose warm call costs two dictionary look-ups.

An operation is a real function (it pickles by reference and shows up in tracebacks under its own name): a closure over
one nested dict keyed by `type(x)`. A miss goes, under one process-wide lock, to `resolve`, and the winner is stored.
Registering or removing a method clears the table under the same lock, so that no stale entry survives a race.
"""

from __future__ import annotations

import operator
import weakref
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast, overload

from .carriers import lineage
from .errors import (
    DispatchmlError,
    NoMethodError,
    RegistrationError,
    SealedLayerError,
    ShapeError,
    at_user_line,
    class_name,
    code_line,
    without_our_frames,
)
from .generated import build, replace_table
from .hints import check_arity, check_hint, check_keywords, from_annotations, is_abstract, members, normal_form
from .method import Method, hint_name, hint_names, index_keys
from .table import LOCK, GuardedTable
from .typed import OperationFunction

#: Every operation that is alive, so that a new layer or order can make them forget what they have settled.
OPERATIONS: weakref.WeakSet[Operation] = weakref.WeakSet()
#: Called when a layer or an order was declared, beside the operations themselves.
FORGETTING: list[Callable[[], None]] = []

F = TypeVar("F", bound=Callable[..., Any])


class Operation:
    """What is known of an operation: its name, its parameters, its methods, the layers' rules and its declared
    properties.

    layer_default(layer): what stands in where that layer owns a call and has no rule, or None; asked before the
    decomposition. opening(arguments, classes): what is called instead where containers are among the arguments, or
    None.
    """

    __slots__ = (
        "name",
        "module",
        "arguments",
        "keywords",
        "variadic",
        "methods",
        "exact",
        "index",
        "named",
        "layers",
        "promised",
        "table",
        "function",
        "family",
        "view",
        "strips",
        "decomposition",
        "layer_default",
        "opening",
        "listeners",
        "epoch",
        "__weakref__",
    )

    def __init__(
        self, stub: Callable[..., Any], *, family: str, view: bool, variadic: bool, strips: tuple[str, ...]
    ) -> None:
        code = stub.__code__
        self.name: str = stub.__name__
        self.module: str = stub.__module__ or ""  # none for a stub out of exec
        self.arguments: tuple[str, ...] = code.co_varnames[: code.co_argcount]
        names = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        defaults = stub.__kwdefaults__ or {}
        if code.co_flags & 0x0C or stub.__defaults__ or set(names) != set(defaults):
            raise RegistrationError(
                f"The stub {self.name} ({code_line(stub)}) must have a fixed number of positional parameters without "
                "defaults "
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
        self.named: list[Method] = []
        self.layers: dict[type, Callable[..., Any]] = {}
        self.promised: dict[str, Callable[..., Any]] = {}
        self.table: dict[Any, Any] = {}
        self.family = family
        self.view = view
        self.strips = frozenset(strips)
        self.decomposition: Callable[..., Any] | None = None
        self.layer_default: Callable[[Any], Callable[..., Any] | None] | None = None
        self.opening: Callable[[tuple[Any, ...], tuple[type, ...]], Callable[..., Any] | None] | None = None
        self.listeners: list[Callable[[], None]] = []
        self.epoch = 0
        self.function: Callable[..., Any] = build(self, stub)
        with LOCK:
            OPERATIONS.add(self)

    @property
    def arity(self) -> int:
        """How many positional arguments dispatch looks at; 1 for a variadic operation, whose elements decide
        together.
        """
        return len(self.arguments)

    def __reduce__(self) -> Any:
        return operator.attrgetter("info"), (self.function,)

    # ---- registration ------------------------------------------------------------------------------------------------

    def register(self, function: Any, hints: tuple[Any, ...], replace: bool) -> None:
        """Add a method; `hints` empty means its annotations."""
        if not callable(function):
            raise RegistrationError(f"{self.name}.register takes a function and types, not {function!r}.")
        if hints and len(hints) != self.arity:
            raise RegistrationError(
                f"{self.name} takes {self.arity} positional argument{'s' if self.arity != 1 else ''}, but {len(hints)} "
                f"types were given: {hint_names(hints)}."
            )
        hints = hints or from_annotations(function, self.arity, self.name)
        where = f"{self.name} ({code_line(function)})"
        for hint in hints:
            check_hint(hint, where)
            refuse_sealed(hint, self.name)
        check_keywords(function, self.keywords, self.name)
        hints = tuple(map(normal_form, hints))
        with LOCK:
            known = self.exact.get(hints)
            if known is not None:
                if not replace:
                    raise RegistrationError(
                        f"{self.name}({hint_names(hints)}) has a method already, at {known.location}; "
                        f"the new one is at {code_line(function)}. Say replace=True to mean it."
                    )
                self.drop(known)
            self.add(Method(function, hints))
            self.forget()

    def add(self, method: Method) -> None:
        """Put a method into the list and the index."""
        self.exact[method.hints] = method
        self.methods.append(method)
        for key in index_keys(method.hints[0]):
            self.index.setdefault(key, []).append(method)
        if method.has_names:
            self.named.append(method)
        if type(self.table) is dict and any(map(is_abstract, method.hints)):
            self.table = replace_table(self.function, GuardedTable())

    def drop(self, method: Method) -> None:
        """Take a method out of the list and the index."""
        del self.exact[method.hints]
        self.methods.remove(method)
        for key in index_keys(method.hints[0]):
            self.index[key].remove(method)
        if method in self.named:
            self.named.remove(method)

    def settle_names(self) -> None:
        """Methods for names whose modules have been imported in the meantime become methods for the classes."""
        for method in list(self.named):
            hints = tuple(map(normal_form, method.hints))
            if hints != method.hints and hints not in self.exact:
                for hint in hints:
                    refuse_sealed(hint, self.name)
                self.drop(method)
                method.hints = hints
                self.add(method)
                self.forget()

    def register_layer(self, layer: Any, function: Callable[..., Any], replace: bool) -> None:
        """Add the rule of a layer: called when the layer is the outermost among the arguments."""
        from .layers import layer_of, when_registered

        if not callable(function):
            raise RegistrationError(f"{self.name}.layer takes a class and a function, not {function!r}.")
        check_arity(function, self.arguments, f"{self.name}.layer")
        check_keywords(function, self.keywords, f"{self.name}.layer")

        def add(cls: type) -> None:
            if layer_of(cls) is None:
                raise RegistrationError(
                    f"{self.name}.layer({class_name(cls)}): not a layer. Decorate the class with "
                    "dispatchml.layer(slot=...) or "
                    f"declare it with dispatchml.register_type({class_name(cls)}, slot=...) first."
                )
            refuse_sealed(cls, self.name)
            with LOCK:
                self.refuse_second(cls, self.layers.get(cls), function, replace)
                self.layers[cls] = function
                self.forget()

        with LOCK:
            if isinstance(layer, str):
                self.refuse_second(layer, self.promised.get(layer), function, replace)
                self.promised[layer] = function
            when_registered(layer, add)

    def refuse_second(self, layer: Any, known: Any, function: Any, replace: bool) -> None:
        """A second rule for a layer must say that it replaces the first."""
        if known is not None and known is not function and not replace:
            raise RegistrationError(
                f"{self.name} has a rule for the layer {hint_name(layer)} already, at {code_line(known)}; "
                f"the new one is at {code_line(function)}. Say replace=True to mean it."
            )

    def unregister(self, hints: tuple[Any, ...]) -> None:
        """Remove the method with exactly these types, or the rule of a layer when one layer with a rule is given."""
        hints = tuple(map(normal_form, hints))
        with LOCK:
            if len(hints) == 1 and hints[0] in self.layers:
                del self.layers[hints[0]]
            elif hints in self.exact:
                self.drop(self.exact[hints])
            else:
                raise RegistrationError(
                    f"{self.name} has no method ({hint_names(hints)}). It has: "
                    + ("; ".join(map(repr, self.methods)) or "none")
                    + "."
                )
            self.forget()

    def candidates(self, cls: type) -> list[Method]:
        """The methods whose first parameter may take this class; plum never sees the others."""
        found = [m for c in (*lineage(cls), None) for m in self.index.get(c, ())]
        return list(dict.fromkeys(found))

    def forget(self) -> None:
        """Drop every settled call, here and in whatever was generated from this operation's methods."""
        with LOCK:
            self.epoch += 1
            self.table.clear()
            for listener in self.listeners:
                listener()

    # ---- calls that are not settled yet ------------------------------------------------------------------------------

    def miss(self, *arguments: Any) -> Callable[..., Any]:
        """Settle a call that the table does not know, and store it."""
        if self.variadic:
            arguments = arguments[0]
            if not arguments:
                raise ShapeError(f"{self.name} needs at least one array{at_user_line()}.") from None
        try:
            return self.settle(arguments, tuple(map(type, arguments)))
        except DispatchmlError as error:
            error.__suppress_context__ = True  # the KeyError of the table says nothing to anybody
            error.__traceback__ = without_our_frames(error.__traceback__)
            raise

    def settle(self, arguments: tuple[Any, ...], classes: tuple[type, ...]) -> Callable[..., Any]:
        """The implementation for these classes: stored, or resolved and stored. `arguments` are there for the
        errors.
        """
        from .plugins import meet
        from .resolve import resolve

        if not self.variadic and len(classes) != self.arity:
            raise NoMethodError(f"{self.name} takes {self.arity} arguments, not {len(classes)}: {hint_names(classes)}.")
        for cls in dict.fromkeys(classes):
            meet(cls)
        with LOCK:
            if self.named:
                self.settle_names()
            path = (frozenset(classes),) if self.variadic else classes
            known = self.lookup(path)
            if known is not None:
                return known  # another thread was faster, or `which` asks
            while True:
                epoch = self.epoch
                function = resolve(self, arguments, classes)
                if epoch == self.epoch:
                    break  # else resolving declared something itself, such as rules that are loaded when needed
            row = self.table
            for cls in path[:-1]:
                row = row.setdefault(cls, {})
            row[path[-1]] = function
        return function

    def lookup(self, path: tuple[Any, ...]) -> Callable[..., Any] | None:
        """What the table has for these classes."""
        found: Any = self.table
        for cls in path:
            try:
                found = found[cls]
            except KeyError:
                return None
        return found

    def __repr__(self) -> str:
        return f"<operation {self.module}.{self.name}({', '.join(self.arguments)}) with {len(self.methods)} methods>"


def refuse_sealed(hint: Any, name: str) -> None:
    """The engines' classes take no methods: a method for one of them would bypass levels and tapes."""
    from .layers import layer_of

    for member in members(normal_form(hint)):
        info = layer_of(member) if isinstance(member, type) else None
        if info is not None and info.sealed:
            raise SealedLayerError(
                f"{name}: {class_name(cast(type, member))} is sealed. Register the method for the payload's class, or "
                "a "
                "derivative with dispatchml.rules; the engines then use it by themselves."
            )


@overload
def operation(
    stub: F,
    /,
    *,
    name: str = "",
    family: str = "",
    view: bool = False,
    variadic: bool = False,
    strips: Iterable[str] = (),
) -> OperationFunction[F]: ...
@overload
def operation(
    *, name: str = "", family: str = "", view: bool = False, variadic: bool = False, strips: Iterable[str] = ()
) -> Callable[[F], OperationFunction[F]]: ...
def operation(
    stub: Any = None,
    /,
    *,
    name: str = "",
    family: str = "",
    view: bool = False,
    variadic: bool = False,
    strips: Iterable[str] = (),
) -> Any:
    """Make an operation from a stub: its name, positional parameters, keyword-only static parameters and docstring.

    name: where the stub has another one, as below. family: the room that it belongs to, for rules that cover a whole
    family. view: the result shares memory with the first argument (NumPy's meaning), so writes to one are seen in the
    other. variadic: the one argument is a tuple whose elements decide together. strips: the slots whose layers the
    result does not carry, such as "meaning" for `argmax`.

    For a type checker, the operation is called as its stub says. A stub with overloads is written apart, because
    checkers forget the decorator of an overloaded function: `area = operation(_area, name="area")`.

    >>> from dispatchml.dispatch import operation
    >>> @operation
    ... def area(shape): "The area of a shape."
    >>> @area.register
    ... def _(shape: float): return shape * shape
    >>> area(3.0)
    9.0
    """

    def make(stub: Any) -> Any:
        if name:
            stub.__qualname__ = stub.__qualname__[: -len(stub.__name__)] + name
            stub.__name__ = name
        return operation_from(stub, family, view, variadic, tuple(strips))

    return make if stub is None else make(stub)


def forget_everything() -> None:
    """Make every operation settle its calls anew: a layer or an order was declared."""
    with LOCK:
        for op in list(OPERATIONS):
            op.forget()
        for listener in FORGETTING:
            listener()


def operation_from(stub: Any, family: str, view: bool, variadic: bool, strips: tuple[str, ...]) -> Any:
    """The operation of a stub, with everything said."""
    return Operation(stub, family=family, view=view, variadic=variadic, strips=strips).function
