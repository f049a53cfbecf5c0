"""What an annotation means for dispatch: the classes that index it, and whether `type(x)` is enough to decide it."""

from __future__ import annotations

import abc
import sys
import types
import typing
from typing import Any

from .errors import RegistrationError, class_name

#: A method for one of these matches that class only: numpy.float64 is a float, bool is an int, but their arithmetic differs.
EXACT = frozenset({bool, int, float, complex})


def resolve_name(name: str) -> type | None:
    """The class behind "package.module:Class", or None while its module has not been imported by anybody."""
    module, _, qualname = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a hint: classes, and names "pkg:Class" of classes that may not be there yet."""
    if hint is Any:
        return (object,)
    if hint is None:
        return (type(None),)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(m for h in typing.get_args(hint) for m in members(h))
    return (hint,)


def check_hint(hint: Any, where: str) -> None:
    """Refuse hints that are read from the value: they would make `type(x)` an unsound key."""
    for member in members(hint):
        if isinstance(member, str) and ":" in member:
            continue
        if isinstance(member, type) and typing.get_origin(member) is None:
            if getattr(member, "_is_protocol", False) and getattr(member, "__non_callable_proto_members__", None):
                reason = "a protocol with data members is read from the value, not from its class"
            elif type(member).__instancecheck__ not in (type.__instancecheck__, abc.ABCMeta.__instancecheck__):
                if getattr(member, "_is_protocol", False):
                    continue
                reason = f"the metaclass {class_name(type(member))} decides isinstance by the value"
            else:
                continue
        elif isinstance(member, typing.TypeVar):
            reason = "a type variable relates arguments to each other, which the class of one argument does not tell"
        elif typing.get_origin(member) is typing.Literal:
            reason = "Literal is read from the value; make it a keyword or a class of its own"
        elif isinstance(member, str):
            reason = 'a name must be of the form "package.module:Class"'
        else:
            reason = "its contents are read from the value, so the class of the argument does not decide"
        raise RegistrationError(f"{where}: cannot dispatch on {member!r}: {reason}.")


def is_abstract(hint: Any) -> bool:
    """Whether classes may join the hint later without inheriting from it (`ABC.register`, protocols)."""
    return any(isinstance(m, abc.ABCMeta) for m in members(hint))


def fits(cls: type, hint: Any, is_layer: bool) -> bool:
    """Whether an argument of class `cls` may be handed to a parameter of type `hint`.

    A layer is matched only by a parameter that names it or a base of it that is itself a layer: a masked array is not
    "an ndarray", and nothing is matched by `object` behind its owner's back.
    """
    from .layers import layer_of

    for member in members(hint):
        if isinstance(member, str):
            member = resolve_name(member)
            if member is None:
                continue
        if member in EXACT:
            if cls is member:
                return True
        elif is_layer and layer_of(member) is None:
            continue
        elif cls is member or issubclass(cls, member):
            return True
    return False


def from_annotations(function: Any, arity: int, name: str) -> tuple[Any, ...]:
    """The hints of a method's positional parameters, in order; a missing annotation means `object`."""
    code = getattr(function, "__code__", None)
    raw = getattr(function, "__annotations__", {})
    if code is not None and not code.co_flags & 0x04 and not any(isinstance(h, str) for h in raw.values()):
        names = code.co_varnames[: code.co_argcount]
        if len(names) == arity:
            return tuple(raw.get(n, object) for n in names)
    import inspect

    try:
        hints = typing.get_type_hints(function)
    except NameError as error:
        raise RegistrationError(
            f"{name}: the annotation {error.name!r} of a method cannot be resolved. Import the class before the method, or "
            'register it by name: op.register(function, "package.module:Class").'
        ) from None
    parameters = [
        p
        for p in inspect.signature(function).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(parameters) != arity:
        raise RegistrationError(
            f"{name} takes {arity} positional argument{'s' if arity != 1 else ''}, but the method has {len(parameters)}. "
            "Keywords belong behind a `*`."
        )
    return tuple(hints.get(p.name, object) for p in parameters)

