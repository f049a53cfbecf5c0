"""Carriers: what stands for a foreign value whose class cannot hold the payload.

Some classes ask for plain memory: a subclass of ndarray, a masked array or a sparse array calls `asarray` on what it is
made round. Where a rule gives such a class something else (a sparse array in astropy units, fractions, a recorded
value), the result is a *carrier*: the payload and the static fields, in the same layer as the foreign class, with the
same rules, operators, attributes and methods. As soon as the payload is plain storage again, so is the foreign class.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from .errors import LayerConversionError, LayerOrderError, RegistrationError, at_user_line, class_name, describe
from .generated import compiled
from .hints import is_name, resolve_name
from .table import LOCK

if TYPE_CHECKING:
    from .layers import Layer

OBJECT = np.dtype(object)
#: Classes that every foreign array class can hold; arrays of objects are asked for besides.
PLAIN = frozenset({float, int, complex, bool, *(np.dtype(c).type for c in np.typecodes["All"] if c not in "OSUV")})
#: Carriers by the class that they stand for; subclasses of a foreign class get one when it is first needed.
CARRIERS: dict[type, type[Carrier]] = {}
#: Called with each new carrier class: the other rooms give it what arrays can do.
DRESSERS: list[Callable[[type], None]] = []


class Carrier:
    """Base of all carriers. `_payload` is what it wraps; the static fields are attributes of their own names."""

    __slots__ = ("_payload",)

    #: The foreign class, and the names of the static fields.
    __stands_for__: type
    __fields__: tuple[str, ...]

    _payload: Any

    def __repr__(self) -> str:
        parts = [repr(self._payload), *(f"{getattr(self, name)}" for name in self.__fields__)]
        return f"<{self.__stands_for__.__name__} {' '.join(filter(None, parts))}>"

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self._payload), *(f"{getattr(self, name)}" for name in self.__fields__))))

    def __reduce__(self) -> Any:
        return carry, (self.__stands_for__, self._payload, {name: getattr(self, name) for name in self.__fields__})

    def __bool__(self) -> NoReturn:
        raise TypeError(f"The truth of {describe(self)}{at_user_line()} is not defined. Compare it: x != 0.")

    def __array__(self, *_: Any, **__: Any) -> NoReturn:
        raise LayerConversionError(
            f"numpy.asarray(x) of {describe(self)}{at_user_line()} would lose what {class_name(self.__stands_for__)} "
            "says."
        )

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name in self.__fields__ or name == "_payload":
            raise AttributeError(name)  # a slot that is not filled yet
        reader = field_inside(self._payload, name)
        if reader is not None:
            return reader(self)
        foreign = self.__stands_for__
        known = f", though {class_name(foreign)} has" if hasattr(foreign, name) else ""
        raise AttributeError(
            f"A {class_name(foreign)} round {describe(self._payload)} has no attribute {name!r}{at_user_line()}{known}."
            f" Register it: dispatchml.register_type(..., static=({name!r},)) for what does not depend on the numbers, "
            f"methods={{{name!r}: operation}} for a method."
        )


class Carrying:
    """How a registered class is carried. fields: names of the static fields that, with the payload, make a value.
    holds(payload): what the class can hold beside plain storage.
    """

    __slots__ = ("fields", "holds")

    def __init__(self, fields: tuple[str, ...], holds: Callable[[Any], bool] | None) -> None:
        self.fields, self.holds = fields, holds

    def can_hold(self, payload: Any) -> bool:
        """Whether the foreign class can be made round a payload."""
        cls = type(payload)
        if cls in PLAIN or (cls is np.ndarray and payload.dtype != OBJECT):
            return True
        if cls is tuple:
            return all(p is None or self.can_hold(p) for p in payload)
        return self.holds is not None and bool(self.holds(payload))


def lineage(cls: type) -> tuple[type, ...]:
    """The classes whose rules a value of this class has: for a carrier, those of the class that it stands for."""
    if issubclass(cls, Carrier) and cls is not Carrier:
        return (cls, *cls.__stands_for__.__mro__)
    return cls.__mro__


def field_inside(value: Any, name: str) -> Any:
    """What reads a payload field of a layer further inside: the field of a quantity round a structure is a quantity."""
    from .layers import layer_of

    while (info := layer_of(type(value))) is not None:
        if name in info.fields:
            return info.fields[name]
        if info.payload is None:
            return None
        value = info.payload(value)
    return None


# ---- making them -----------------------------------------------------------------------------------------------------


def carrier(cls: Any) -> Any:
    """The carrier of a foreign class that was registered with `carrier=`: carrier(Quantity)(payload, unit=metre).

    Also of a subclass, which it then stands for. A name "package.module:Class" and a carrier itself will do. Raises
    RegistrationError for a class that has none.
    """
    cls = named(cls)
    known = CARRIERS.get(cls)
    if known is not None:
        return known
    if isinstance(cls, type) and issubclass(cls, Carrier):
        return cls
    from .layers import layer_of
    from .plugins import meet

    if isinstance(cls, type):
        meet(cls)
    info = layer_of(cls) if isinstance(cls, type) else None
    how = None if info is None else info.properties.get("carrier")
    if info is None or how is None:
        name = class_name(cls) if isinstance(cls, type) else repr(cls)
        raise RegistrationError(
            f"{name} has no carrier{at_user_line()}. Say how it is carried: "
            "dispatchml.register_type(..., carrier=(names of its static fields))."
        )
    with LOCK:
        if cls not in CARRIERS:
            CARRIERS[cls] = carrier_class(cls, info, how)
        return CARRIERS[cls]


def named(cls: Any) -> Any:
    """A class by its name, where its module has been imported."""
    found = resolve_name(cls) if isinstance(cls, str) and is_name(cls) else None
    return cls if found is None else found


def carrier_class(cls: type, info: Layer, how: Carrying) -> type[Carrier]:
    """A new carrier class, with everything that was registered for the foreign one."""
    from .layers import layer_of

    fields = how.fields
    words = "".join(f", {name}" for name in fields)
    base = next((carrier(c) for c in cls.__mro__[1:] if layer_of(c) is info), Carrier)
    body: dict[str, Any] = {
        "__slots__": fields if base is Carrier else (),
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": f"A {cls.__name__} round a payload that the class itself cannot hold.",
        "__stands_for__": cls,
        "__fields__": fields,
        "__init__": compiled(
            f"def __init__(self, payload{', *' * bool(words)}{words}):\n    self._payload = payload\n"
            + "".join(f"    self.{name} = {name}\n" for name in fields),
            f"carrier of {cls.__name__}",
        )["__init__"],
    }
    for name in set(info.static) - set(fields):
        body[name] = property(from_foreign(name))
    for name, method in info.methods.items():
        if name not in fields:
            read = isinstance(method, property) or isinstance(getattr(cls, name, None), property)
            body[name] = (
                method if isinstance(method, property) else property(called(method)) if read else called(method)
            )
    made: Any = type(cls.__name__, (base,), body)
    for dresser in DRESSERS:
        dresser(made)
    return made


def called(method: Callable[..., Any]) -> Callable[..., Any]:
    """A registered method as a method of the carrier."""
    return lambda self, *arguments, **keywords: method(self, *arguments, **keywords)


def from_foreign(name: str) -> Callable[[Any], Any]:
    """A static attribute that is no field: the foreign class answers, round the number one."""
    return lambda self: getattr(hold(self, 1.0), name)


def dress_carriers(dresser: Callable[[type], None]) -> None:
    """Call a function with each carrier class, those that are there and those that come."""
    with LOCK:
        DRESSERS.append(dresser)
        for made in CARRIERS.values():
            dresser(made)


def carry(cls: type, payload: Any, statics: dict[str, Any]) -> Any:
    """A value of a foreign class, or its carrier: how carriers are unpickled and copied."""
    return hold(carrier(cls)(None, **statics), payload)


# ---- in and out ------------------------------------------------------------------------------------------------------


def foreign_class(x: Any) -> type:
    """The class of a value; for a carrier, the foreign class that it stands for."""
    cls = type(x)
    return cls.__stands_for__ if issubclass(cls, Carrier) else cls


def hold(like: Any, payload: Any, **statics: Any) -> Any:
    """A value like another one round a payload: of the foreign class if that can hold the payload, else its carrier.

    like: of a class that was registered with `carrier=`, or its carrier. statics: static fields that are to be
    different. This is what `rebuild` of the layer does, and what rules use to change a static field.

    >>> from dispatchml.dispatch import hold
    >>> hold(3.0 * astropy.units.m, sparse_array, unit=astropy.units.s)  # doctest: +SKIP
    """
    made = carrier(type(like))
    given = {name: statics[name] if name in statics else getattr(like, name) for name in made.__fields__}
    if len(statics) > sum(name in statics for name in made.__fields__):
        lost = ", ".join(name for name in statics if name not in made.__fields__)
        raise TypeError(f"hold: {lost} is no static field of {class_name(made)}, which has {made.__fields__}.")
    from .layers import layer_of

    info = layer_of(made)
    assert info is not None
    return info.rebuild(made(None, **given), payload)  # type: ignore[misc]


def keeping_rebuild(how: Carrying, rebuild: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """The `rebuild` of a layer that is carried: the foreign class where it can hold the payload, else the carrier."""
    fields = how.fields

    def rebuild_or_carry(x: Any, payload: Any) -> Any:
        if how.can_hold(payload):
            return rebuild(x, payload)
        made = carrier(type(x))
        refuse_outer(made, payload)
        return made(payload, **{name: getattr(x, name) for name in fields})

    return rebuild_or_carry


def refuse_outer(made: type[Carrier], payload: Any) -> None:
    """Refuse a payload that belongs outside: normal form is made by whoever makes the value."""
    from .construct import wraps
    from .layers import layer_of

    own = layer_of(made)
    for p in payload if type(payload) is tuple else (payload,):
        info = layer_of(type(p))
        if info is not None and own is not None and info is not own and wraps(info, own):
            raise LayerOrderError(
                f"{describe(p)} belongs outside {class_name(made)}, and cannot be put into one{at_user_line()}. Use an "
                "operation of the layer, which gives the normal form."
            )


def keeping_payload(payload: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The `payload` of a layer that is carried."""
    return lambda x: x._payload if isinstance(x, Carrier) else payload(x)
