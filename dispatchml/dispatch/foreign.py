"""`register_type`: make somebody else's class a layer, by class or by name; nothing is imported for it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .construct import wraps
from .errors import RegistrationError, at_user_line, class_name, code_line, user_line
from .hints import is_name, resolve_name
from .layers import EXPECTED, LAYERS, Layer, add_layer, check_layer, layer_of
from .operation import LOCK
from .plugins import SEEN

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
    materialise: Callable[[Any], Any] | None = None,
    defer: Iterable[str] = (),
) -> None:
    """Make a class of another package a layer. By name "package.module:Class" it takes effect when the class is first
    met.

    slot: "scalar", "storage", "structure", "chunked" or "meaning", inner to outer. payload(x): what x wraps (a tuple
    where there are several). rebuild(x, payload): the same round another payload. static: attributes that do not
    depend on the numbers, which a traced x answers too. methods: name -> operation for the class's methods.
    materialise(x): a dense equivalent. defer: operators of the class, such as "__add__", that leave the call to an
    operand that belongs outside, such as a traced value; they are wrapped once.

    Saying the same again from the same line changes nothing but the functions. Raises RegistrationError for a second
    declaration, for a slot that is not there, and for an operator that the class does not have or that cannot be
    wrapped.

    >>> import dispatchml as dm
    >>> dm.register_type(
    ...     "pint:Quantity", slot="meaning", static=("units", "dimensionality"),
    ...     payload=lambda q: q.magnitude, rebuild=lambda q, p: q.__class__(p, q.units),
    ... )  # doctest: +SKIP
    """
    told = told_twice(payload=payload, rebuild=rebuild, materialise=materialise)
    statics, deferred = texts("static", static), texts("defer", defer)
    operations = dict(methods or {})
    for name, method in operations.items():
        if not isinstance(name, str) or not callable(method):
            raise RegistrationError(
                f"register_type: methods maps names to operations, not {name!r} to {method!r}{at_user_line()}."
            )
    place = user_line()

    def declare(found: type) -> None:
        info = Layer(
            found, slot, payload=payload, rebuild=rebuild, static=statics, methods=operations, materialise=materialise,
            place=place, properties={"told": told},
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


def told_twice(**functions: Any) -> tuple[str, ...]:
    """Where the functions of a declaration were written: what makes a second one the same."""
    for name, function in functions.items():
        if not callable(function) and not (function is None and name == "materialise"):
            raise RegistrationError(f"register_type: {name} must be a function, not {function!r}{at_user_line()}.")
    return tuple(code_line(f) for f in functions.values())


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
    made = protocol(cls, original) if name in PROTOCOLS else operator(cls, original)
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


def operator(cls: type, original: Callable[..., Any]) -> Any:
    """A binary operator that steps back."""

    def stepping_back(self: Any, other: Any, *rest: Any) -> Any:
        if belongs_outside(type(other), cls):
            return NotImplemented
        return original(self, other, *rest)

    return stepping_back


def protocol(cls: type, original: Callable[..., Any]) -> Any:
    """`__array_ufunc__` or `__array_function__` that steps back."""

    def stepping_back(self: Any, function: Any, method_or_types: Any, *inputs: Any, **keywords: Any) -> Any:
        classes = set(map(type, inputs)) if isinstance(method_or_types, str) else set(method_or_types)
        if any(belongs_outside(c, cls) for c in classes):
            return NotImplemented
        return original(self, function, method_or_types, *inputs, **keywords)

    return stepping_back


def belongs_outside(other: type, cls: type) -> bool:
    """Whether values of a class own a call in which values of the other take part."""
    if other is cls:
        return False
    info, own = layer_of(other), layer_of(cls)
    return info is not None and own is not None and info is not own and wraps(info, own)
