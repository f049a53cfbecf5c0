"""What an annotation means for dispatch: the classes that index it, and whether `type(x)` is enough to decide it."""

from __future__ import annotations

import abc
import inspect
import sys
import types
import typing
from collections.abc import Callable
from typing import Any

from .errors import RegistrationError, class_name, code_line, user_frame

#: A method for one of these matches that class only: numpy.float64 is a float, bool is an int, but their arithmetic
#: differs.
EXACT = frozenset({bool, int, float, complex})


def resolve_name(name: str) -> type | None:
    """The class behind "package.module:Class", or None while its module has not been imported by anybody."""
    module, _, qualname = name.partition(":")
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) else None


def is_name(text: str) -> bool:
    """Whether a text has the form "package.module:Class"."""
    module, colon, qualname = text.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), *qualname.split(".")))


def members(hint: Any) -> tuple[Any, ...]:
    """The alternatives of a hint: classes, and names "pkg:Class" of classes that may not be there yet."""
    if isinstance(hint, type) and hint is not Any:
        return (hint,)
    if hint is Any:
        return (object,)
    if hint is None:
        return (type(None),)
    origin = typing.get_origin(hint)
    if origin is typing.Union or origin is types.UnionType:
        return tuple(m for h in typing.get_args(hint) for m in members(h))
    if origin is typing.Annotated:
        return members(typing.get_args(hint)[0])
    if type(hint).__name__ == "TypeAliasType":
        return members(getattr(hint, "__value__"))  # noqa: B009  # there is none in Python 3.11
    if isinstance(origin, type) and type(hint).__name__ == "_SpecialGenericAlias":
        return (origin,)  # typing.Sequence and the like, without arguments
    return (hint,)


def normal_form(hint: Any) -> Any:
    """One spelling for every way to write a hint: `Any` is `object`, unions are flat and have no order, known names
    are classes.
    """
    if type(hint) is type:  # an ordinary class, as most are
        return hint
    if isinstance(hint, str):
        return resolve_name(hint) or hint
    found = tuple(dict.fromkeys(members(hint)))
    return found[0] if len(found) == 1 else typing.Union[found]  # noqa: UP007  # a tuple of alternatives


def check_hint(hint: Any, where: str) -> None:
    """Refuse hints that are read from the value: they would make `type(x)` an unsound key."""
    for member in members(hint):
        reason = reason_against(member)
        if reason is not None:
            raise RegistrationError(f"{where}: cannot dispatch on {member!r}: {reason}.")


def reason_against(member: Any) -> str | None:
    """Why one alternative of a hint cannot be dispatched on; None where it can."""
    origin = typing.get_origin(member)
    if isinstance(member, str):
        return None if is_name(member) else 'a name must be of the form "package.module:Class"'
    if isinstance(member, type) and origin is None:
        if getattr(member, "_is_protocol", False):
            return reason_against_protocol(member)
        if getattr(member, "_marks_payload_fields", False):
            return "it marks the payload fields of a layer and stands for no class; name the classes or leave it out"
        if type(member).__instancecheck__ not in (type.__instancecheck__, abc.ABCMeta.__instancecheck__):
            return f"the metaclass {class_name(type(member))} decides isinstance by the value"
        return None
    if isinstance(member, typing.TypeVar):
        return "a type variable relates arguments to each other, which the class of one argument does not tell"
    if isinstance(member, typing.NewType):
        return f"a NewType is {member.__supertype__!r} at run time; make it a class of its own"
    if origin is typing.Literal:
        return "Literal is read from the value; make it a keyword or a class of its own"
    if origin is type:
        return "the class of every class is `type`; make it a keyword or dispatch on an instance"
    if not isinstance(origin, type):
        return "it is not a class"
    return "its contents are read from the value, so the class of the argument does not decide"


def reason_against_protocol(protocol: type) -> str | None:
    """Why a protocol cannot be dispatched on: only methods can be seen on the class of an argument."""
    for base in protocol.__mro__:
        if base in (object, typing.Generic, typing.Protocol) or not getattr(base, "_is_protocol", False):
            continue
        names = {n for n in (*getattr(base, "__annotations__", ()), *vars(base)) if not n.startswith(("_abc_", "_is_"))}
        data = sorted(n for n in names - PROTOCOL_MACHINERY if not callable(vars(base).get(n)))
        if data:
            return f"a protocol with data members ({', '.join(data)}) is read from the value, not from its class"
    if not getattr(protocol, "_is_runtime_protocol", False):
        return "the protocol is not @typing.runtime_checkable"
    return None


#: What every protocol class has in its namespace without being a member of the protocol.
PROTOCOL_MACHINERY = frozenset(vars(type("Empty", (typing.Protocol,), {}))) | {  # type: ignore[arg-type]
    "__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__",
    "__conditional_annotations__", "__doc__",
    "__module__", "__slots__", "__orig_bases__", "__dict__", "__weakref__", "__type_params__", "__static_attributes__",
    "__firstlineno__", "__match_args__", "__qualname__", "__protocol_attrs__", "__non_callable_proto_members__",
}  # fmt: skip


def is_abstract(hint: Any) -> bool:
    """Whether classes may join the hint later without inheriting from it (`ABC.register`, protocols).

    A class that makes instances, such as Fraction, is taken for what it is, although its metaclass would let others
    join: operations that have a method for it then look nothing up at each call.
    """
    return type(hint) is not type and any(isinstance(m, abc.ABCMeta) and not makes_instances(m) for m in members(hint))


def makes_instances(cls: type) -> bool:
    """Whether a class is made to be called, as against one that only gathers others."""
    if getattr(cls, "_is_protocol", False):  # has an __init__ that refuses
        return False
    if getattr(cls, "_is_protocol", False) or getattr(cls, "__abstractmethods__", None):
        return False
    return not vars(cls).keys().isdisjoint({"__new__", "__init__"})


def fits(cls: type, hint: Any, bases: frozenset[type] | None = None) -> bool:
    """Whether an argument of class `cls` may be handed to a parameter of type `hint`.

    bases: where given, only a parameter that names one of these takes the class. A layer is matched only by a parameter
    that names it or a base of it that is itself a layer: a masked array is not "an ndarray", and nothing is matched by
    `object` behind its owner's back.
    """
    for member in members(hint):
        if isinstance(member, str):
            member = resolve_name(member)
            if member is None:
                continue
        if bases is not None:
            if member in bases:
                return True
        elif member in EXACT:
            if cls is member:
                return True
        elif cls is member or issubclass(cls, member):
            return True
    return False


# ---- annotations -----------------------------------------------------------------------------------------------------


def from_annotations(function: Any, arity: int, name: str) -> tuple[Any, ...]:
    """The hints of a method's positional parameters, in order; a missing annotation means `object`."""
    names = positional_names(function, name)
    if len(names) != arity:
        raise RegistrationError(
            f"{name} takes {arity} positional argument{'s' if arity != 1 else ''}, but the method at "
            f"{code_line(function)} "
            f"has {len(names)}. Keywords belong behind a `*`."
        )
    try:
        raw = getattr(function, "__annotations__", {})
        return tuple(evaluated(raw.get(n, object), function) for n in names)
    except NameError as error:
        raise RegistrationError(
            f"{name}: the annotation {error.name!r} of the method at {code_line(function)} cannot be resolved. Import "
            "the "
            'class before the method, or register it by name: op.register(function, "package.module:Class").'
        ) from None


def positional_names(function: Any, name: str) -> tuple[str, ...]:
    """The names of a function's positional parameters."""
    code = getattr(function, "__code__", None)
    if isinstance(function, types.FunctionType) and code is not None and not code.co_flags & inspect.CO_VARARGS:
        return code.co_varnames[: code.co_argcount]
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = ()
    found = tuple(p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD))
    if not found or any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise RegistrationError(
            f"{name}: {code_line(function)} has no parameters to read types from. Give the types: "
            f"{name}.register(function, A, ...)."
        )
    return found


def evaluated(hint: Any, function: Callable[..., Any]) -> Any:
    """An annotation as an object; texts are looked up where the function was written, names "pkg:Class" stay names."""
    while isinstance(hint, str):
        text = hint.strip()
        if text[:1] in ("'", '"') and text[-1:] == text[:1]:
            text = text[1:-1]  # a quoted name under `from __future__ import annotations`
        if is_name(text):
            return text
        frame = user_frame()
        scope = dict(frame.f_locals) if frame is not None else {}
        hint = eval(hint, getattr(function, "__globals__", {}), scope)
    return hint


def check_arity(function: Any, arguments: tuple[str, ...], where: str) -> None:
    """Refuse an implementation that cannot be called with the operation's positional arguments."""
    code = getattr(function, "__code__", None)
    if not isinstance(function, types.FunctionType) or code is None:
        return
    most, defaults = code.co_argcount, len(function.__defaults__ or ())
    least = most - defaults
    if least <= len(arguments) and (len(arguments) <= most or code.co_flags & inspect.CO_VARARGS):
        return
    count = least if least == most else f"{least} to {most}"
    raise RegistrationError(
        f"{where}: the implementation at {code_line(function)} takes {count} "
        f"positional argument{'s' if most != 1 else ''}, but it is called with {len(arguments)}: "
        f"({', '.join(arguments)})."
    )


def check_keywords(function: Any, keywords: dict[str, Any], where: str) -> None:
    """Refuse an implementation that does not take the operation's keywords: it is always called with all of them."""
    code = getattr(function, "__code__", None)
    if not isinstance(function, types.FunctionType) or code is None:
        return
    only = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    foreign = [k for k in only if k not in keywords and k not in (function.__kwdefaults__ or {})]
    if foreign:
        raise RegistrationError(
            f"{where}: the implementation at {code_line(function)} needs the "
            f"keyword{'s' if len(foreign) > 1 else ''} {', '.join(foreign)}, which the operation does not have "
            f"({', '.join(keywords) or 'it has none'}): no call would reach it. Give "
            f"{'them defaults' if len(foreign) > 1 else 'it a default'}, or add it to the operation's stub."
        )
    if not keywords or code.co_flags & inspect.CO_VARKEYWORDS:
        return
    known = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    missing = [k for k in keywords if k not in known]
    if missing:
        raise RegistrationError(
            f"{where}: the implementation at {code_line(function)} does not take the "
            f"keyword{'s' if len(missing) > 1 else ''} "
            f"{', '.join(missing)}. Write them behind a `*`: (..., *, "
            f"{', '.join(f'{k}={v!r}' for k, v in keywords.items())})."
        )
