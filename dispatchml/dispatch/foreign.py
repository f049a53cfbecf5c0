"""`register_type`: make somebody else's class a layer, by class or by name; nothing is imported for it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .carriers import CARRIERS, DRESSERS, Carrier, Carrying, keeping_payload, keeping_rebuild
from .carriers import carrier as carrier_of
from .construct import wraps
from .errors import PluginError, RegistrationError, at_user_line, class_name, code_line, user_line
from .hints import check_arity, is_name, resolve_name
from .layers import EXPECTED, LAYERS, Layer, add_layer, check_layer, layer_of
from .operation import FORGETTING, LOCK
from .parts import Part
from .plugins import SEEN, meet

#: The protocols of NumPy, where the other operand is somewhere among the arguments.
PROTOCOLS = frozenset({"__array_ufunc__", "__array_function__"})


def register_type(
    cls: type | str,
    *,
    slot: str,
    payload: Callable[[Any], Any],
    rebuild: Callable[[Any, Any], Any],
    static: Iterable[str] = (),
    methods: Mapping[str, Any] | None = None,
    setters: Mapping[str, Callable[[Any, Any], None]] | None = None,
    numbers: Part | None = None,
    materialise: Callable[[Any], Any] | None = None,
    project: Callable[[Any, Any], Any] | None = None,
    defer: Iterable[str] = (),
    carrier: Iterable[str] | None = None,
    holds: Callable[[Any], bool] | None = None,
    takes: Iterable[str] = (),
    opaque: str = "",
    key: Callable[[Any], Any] | None = None,
) -> None:
    """Make a class of another package a layer. By name "package.module:Class" it takes effect when the class is first
    met.

    slot: "scalar", "storage", "structure", "chunked" or "meaning", inner to outer. payload(x): what x wraps (a tuple
    where there are several). rebuild(x, payload): the same round another payload. static: attributes that do not
    depend on the numbers, which a traced x answers too. methods: name -> operation for the class's methods, or
    property(operation) for what is read without a call, a `dispatch.Part` for what the library hands out as a view;
    "__setitem__" (x, key, value), "__getattr__" (x, name), and "__copyto__" (x, values, where) for NumPy's functions
    that write numbers to memory, such as copyto and putmask.
    setters: name -> function(x, value) for attributes that can be set, made with `dispatch.change`; parts need none.
    numbers: of a subclass of ndarray, the part that x.view(numpy.ndarray) gives.
    materialise(x): a dense equivalent. project(x, ct): of a structure, the part of a dense cotangent, a NumPy array,
    that belongs to the structure of x; without it, a derivative that arrives dense raises (`dispatch.transparent` goes
    further). defer: operators of the class, such as "__add__", that leave the call to an
    operand that belongs outside, such as a traced value; they are wrapped once.

    carrier: names of the static fields which, with the payload, make a value, for a class that can hold plain storage
    only (a subclass of ndarray, for example). Where a payload is something else, a *carrier* with the same rules
    stands for the class; `payload`, `rebuild` and rules may then be given one, and read its static fields as attributes
    (`dispatch.hold`, `dispatch.carrier`, `dispatch.foreign_class`). Operators in `defer` then also take over calls with
    a layer that belongs inside. holds(payload): what the class can hold beside NumPy's arrays and numbers.

    takes: names "package.module:Class" of layers that belong inside, of which the class's own operators lose something,
    such as a mask: the operators in `defer` then hand calls with them to the operations.

    key(x): what identifies a value beside its payload, of numbers, strings, arrays, tuples and dicts of such, where it
    is more than its static fields: a function that `jit` has compiled is compiled again where it is another one.

    opaque: why functions of the class cannot be compiled, where they cannot: its rules look at numbers, for example.
    `jit` then runs them uncompiled and says so, with this reason.

    Saying the same again from the same line changes nothing but the functions. Raises RegistrationError for a second
    declaration, for a slot that is not there, and for an operator that the class does not have or that cannot be
    wrapped.

    >>> import dispatchml as dm
    >>> dm.register_type(
    ...     "pint:Quantity", slot="meaning", static=("units", "dimensionality"),
    ...     payload=lambda q: q.magnitude, rebuild=lambda q, p: q.__class__(p, q.units),
    ... )  # doctest: +SKIP
    """
    told = told_twice(payload=payload, rebuild=rebuild, materialise=materialise, project=project, holds=holds)
    how = None if carrier is None else Carrying(texts("carrier", carrier), holds)
    if how is not None:
        payload, rebuild = keeping_payload(payload), keeping_rebuild(how, rebuild)
    elif holds is not None:
        raise RegistrationError(f"register_type: holds= says nothing without carrier={at_user_line()}.")
    statics, deferred = texts("static", static), texts("defer", defer)
    taken_names = texts("takes", takes)
    operations = dict(methods or {})
    for name, method in operations.items():
        if not isinstance(name, str) or not (callable(method) or isinstance(method, property)):
            raise RegistrationError(
                f"register_type: methods maps names to operations, not {name!r} to {method!r}{at_user_line()}."
            )
    place = user_line()

    def declare(found: type) -> None:
        properties: dict[str, Any] = {"told": told, "project": project} | ({} if how is None else {"carrier": how})
        properties |= {"setters": dict(setters or {}), "numbers": numbers, "opaque": opaque, "takes": taken_names}
        properties["key"] = key
        info = Layer(
            found, slot, payload=payload, rebuild=rebuild, static=statics, methods=operations, materialise=materialise,
            place=place, properties=properties,
        )  # fmt: skip
        with LOCK:
            known = LAYERS.get(found)
            if (
                known is not None
                and known.place == place
                and known.properties.get("told") == told
                and known.slot == slot
            ):
                check_layer(info)
                del LAYERS[found]
                for stale in [c for c in CARRIERS if issubclass(c, found)]:
                    del CARRIERS[stale]
            for name in deferred:
                check_deferrable(found, name)
            add_layer(info)
            for name in deferred:
                wrap(found, name)

    if isinstance(cls, str):
        register_name(cls, declare, slot)
    elif isinstance(cls, type):
        declare(cls)
    else:
        raise RegistrationError(
            f"register_type takes a class or its name 'package.module:Class', not {cls!r}{at_user_line()}."
        )


def register_name(name: str, declare: Callable[[type], None], slot: str) -> None:
    """Declare now if the module has been imported by somebody, else when the class is first met."""
    if not is_name(name):
        raise RegistrationError(
            f"register_type: {name!r} must be a class or a name of the form 'package.module:Class'{at_user_line()}."
        )
    check_layer(Layer(type(name, (), {"__module__": name.partition(":")[0]}), slot))
    with LOCK:
        found = resolve_name(name)
        if found is not None:
            declare(found)
        elif (
            name in EXPECTED
            and EXPECTED[name].__closure__ != declare.__closure__
            and places(EXPECTED[name]) != places(declare)
        ):
            raise RegistrationError(
                f"register_type: {name} is expected already (declared at {places(EXPECTED[name])}); the new "
                "declaration is at "
                f"{places(declare)}."
            )
        else:
            EXPECTED[name] = declare
            SEEN.clear()


def places(declare: Callable[..., Any]) -> str:
    """Where a declaration that waits for its class was made."""
    names = declare.__code__.co_freevars
    return declare.__closure__[names.index("place")].cell_contents  # type: ignore[index]


#: What the functions of a declaration are called with.
TAKES = {
    "payload": ("x",),
    "rebuild": ("x", "payload"),
    "materialise": ("x",),
    "project": ("x", "ct"),
    "holds": ("payload",),
}


def told_twice(**functions: Any) -> tuple[str, ...]:
    """Where the functions of a declaration were written: what makes a second one the same."""
    for name, function in functions.items():
        if not callable(function) and not (function is None and name in ("materialise", "project", "holds")):
            raise RegistrationError(f"register_type: {name} must be a function, not {function!r}{at_user_line()}.")
        check_arity(function, TAKES[name], f"register_type: {name}")
    return tuple(code_line(f) for f in functions.values() if f is not None)


def texts(name: str, given: Iterable[str]) -> tuple[str, ...]:
    """A tuple of texts; one text alone was meant as a tuple of one."""
    found = (given,) if isinstance(given, str) else tuple(given)
    for item in found:
        if not isinstance(item, str):
            raise RegistrationError(f"register_type: {name} must be names, not {item!r}{at_user_line()}.")
    return found


# ---- operators that step back ----------------------------------------------------------------------------------------


def check_deferrable(cls: type, name: str) -> None:
    """Refuse an operator that the class does not have."""
    if not callable(getattr(cls, name, None)):
        raise RegistrationError(
            f"register_type: defer names {name!r}, which {class_name(cls)} does not have{at_user_line()}."
        )


def wrap(cls: type, name: str) -> None:
    """Make an operator of a class return NotImplemented for operands that belong outside; once."""
    original = getattr(cls, name)
    if getattr(original, "__steps_back_for__", None) is cls:
        return
    made = protocol(cls, name, original) if name in PROTOCOLS else operator(cls, name, original)
    functools.update_wrapper(made, original)
    made.__steps_back_for__ = cls
    try:
        setattr(cls, name, made)
    except TypeError:
        raise RegistrationError(
            f"register_type: {name} of {class_name(cls)} cannot be wrapped, because the class is written in "
            f"C{at_user_line()}. "
            "Leave it out of defer; use the library's own door for foreign operands, if it has one."
        ) from None


#: What an operator does with an operand of a class: call the original, step back, or leave it to the carrier's.
OWN, OUTSIDE, TAKEN = 0, 1, 2
#: The answers for the classes that were asked, by class of the operator.
DECISIONS: dict[type, dict[type, int]] = {}


def operator(cls: type, name: str, original: Callable[..., Any]) -> Any:
    """A binary operator that steps back."""
    known = DECISIONS.setdefault(cls, {})

    def stepping_back(self: Any, other: Any, *rest: Any) -> Any:
        what = known.get(type(other))
        if what is None:
            what = decide(cls, type(other))
        if what == OWN:
            return original(self, other, *rest)
        return NotImplemented if what == OUTSIDE else taken(cls, name)(self, other, *rest)

    return stepping_back


def protocol(cls: type, name: str, original: Callable[..., Any]) -> Any:
    """`__array_ufunc__` or `__array_function__` that steps back."""
    known = DECISIONS.setdefault(cls, {})

    def stepping_back(self: Any, function: Any, method_or_types: Any, *inputs: Any, **keywords: Any) -> Any:
        classes = map(type, inputs) if type(method_or_types) is str else method_or_types
        most = OWN
        for c in classes:
            what = known.get(c)
            if what is None:
                what = decide(cls, c)
            if what:
                if what == OUTSIDE:
                    return NotImplemented
                most = TAKEN
        if most == OWN:
            return original(self, function, method_or_types, *inputs, **keywords)
        return taken(cls, name)(self, function, method_or_types, *inputs, **keywords)

    return stepping_back


def taken(cls: type, name: str) -> Callable[..., Any]:
    """An operator that is an operation of dispatchml, as the carrier has it; in-place ones become ordinary ones."""
    info = layer_of(cls)
    carried = info is not None and "carrier" in info.properties
    return getattr(carrier_of(cls) if carried else operators(), name, not_in_place)


@functools.cache
def operators() -> type:
    """A class with the operators that carriers have."""
    made = type("Operators", (), {})
    for dresser in DRESSERS:
        dresser(made)
    return made


def not_in_place(*_: Any) -> Any:
    """An in-place operator for an operand that the class cannot hold: Python then asks for the ordinary one."""
    return NotImplemented


def decide(cls: type, other: type) -> int:
    """What the operators of a class do with an operand of another one; kept until a layer or an order is declared."""
    with contextlib.suppress(PluginError):  # it is named by the operations that need it
        meet(other)
    with LOCK:
        info, own = layer_of(other) or layer_of_operand(other), layer_of(cls)
        if info is None or own is None or other is cls:
            what = OWN
        elif info is own:
            what = TAKEN if issubclass(other, Carrier) else OWN
        elif wraps(info, own):
            what = OUTSIDE
        else:
            what = TAKEN if "carrier" in own.properties or is_taken(other, own) else OWN
        if own is not None:
            DECISIONS[cls][other] = what
        return what


def is_taken(other: type, own: Layer) -> bool:
    """Whether a layer has said that calls with a class belong to the operations."""
    found = map(resolve_name, own.properties.get("takes", ()))
    return any(cls is not None and issubclass(foreign_class_of(other), cls) for cls in found)


def foreign_class_of(cls: type) -> type:
    """The class that a carrier stands for; any other itself."""
    return cls.__stands_for__ if issubclass(cls, Carrier) and cls is not Carrier else cls


def layer_of_operand(cls: type) -> Layer | None:
    """The layer whose rules take a class as an operand, such as a library's quantities for its units."""
    from .resolve import OPERANDS

    for known in OPERANDS.values():
        for base in cls.__mro__:
            if base in known:
                return layer_of(known[base])
    return None


def forget_decisions() -> None:
    """A layer or an order was declared."""
    for known in DECISIONS.values():
        known.clear()


FORGETTING.append(forget_decisions)
