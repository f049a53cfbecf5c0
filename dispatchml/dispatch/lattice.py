"""Who wraps whom: slots, the order inside a slot, and the outermost layer of a call."""

from __future__ import annotations

from .errors import LayerOrderError, RegistrationError, at_user_line, class_name, user_line
from .hints import resolve_name
from .layers import Layer, layer_of
from .operation import LOCK, forget_everything

#: Inner to outer; it is the order in which the ecosystem nests already: xarray(pint(dask(sparse(cupy)))).
SLOTS = ("scalar", "storage", "structure", "chunked", "meaning", "transform")

#: (outer, inner) pairs declared inside a slot, by class or by name "pkg:Class", with the place of the declaration.
DECLARED: dict[tuple[str, str], str] = {}


def order(outer: type | str, inner: type | str) -> None:
    """Declare, inside one slot, that `outer` wraps `inner`. Classes or names "package.module:Class" (nothing is imported).

    Raises RegistrationError where the declaration would close a cycle, naming both places.

    >>> import dispatchml as dm
    >>> dm.order(outer="xarray:DataArray", inner="pint:Quantity")
    """
    outer, inner = key_of(outer), key_of(inner)
    with LOCK:
        if outer == inner:
            raise RegistrationError(f"order: {outer} cannot be outside itself.")
        path = path_between(inner, outer)
        if path is not None:
            places = "; ".join(f"{a} outside {b} at {DECLARED[a, b]}" for a, b in zip(path, path[1:], strict=False))
            raise RegistrationError(
                f"order(outer={outer!r}, inner={inner!r}) at {user_line()} would close a cycle: {places}. "
                "Remove one of the declarations."
            )
        DECLARED.setdefault((outer, inner), user_line())
        forget_everything()


def key_of(cls: type | str) -> str:
    """A class by its name "module:qualname", so that names and classes are the same thing."""
    if isinstance(cls, str):
        if ":" not in cls:
            raise RegistrationError(f"order: {cls!r} must be a class or a name of the form 'package.module:Class'.")
        found = resolve_name(cls)
        return key_of(found) if found is not None else cls
    if not isinstance(cls, type):
        raise RegistrationError(f"order: {cls!r} is not a class.")
    return f"{cls.__module__}:{cls.__qualname__}"


def path_between(start: str, end: str) -> list[str] | None:
    """A chain of declarations from `start` down to `end`."""
    stack = [[start]]
    seen = {start}
    while stack:
        path = stack.pop()
        if path[-1] == end:
            return path
        for outer, inner in list(DECLARED):
            if canonical(outer) == path[-1] and canonical(inner) not in seen:
                seen.add(canonical(inner))
                stack.append([*path, canonical(inner)])
    return None


def canonical(key: str) -> str:
    """The name under which the class itself is known, once it has been imported ("pint:Quantity" is re-exported)."""
    found = resolve_name(key)
    return f"{found.__module__}:{found.__qualname__}" if found is not None else key


def is_outside(one: Layer, other: Layer) -> bool:
    """Whether values of `one` wrap values of `other`; an error where nobody has said."""
    if one.slot != other.slot:
        return SLOTS.index(one.slot) > SLOTS.index(other.slot)
    if one is other:
        return False
    if one.slot == "transform":
        return False  # levels settle these at run time
    a, b = key_of(one.cls), key_of(other.cls)
    if path_between(a, b) is not None:
        return True
    if path_between(b, a) is not None:
        return False
    x, y = class_name(one.cls), class_name(other.cls)
    raise LayerOrderError(
        f"No order between {x} and {y}{at_user_line()}: both are in the slot {one.slot!r}. Write "
        f"dispatchml.order(outer={a!r}, inner={b!r}) to put {x} outside, or the reverse."
    )


def outermost(classes: tuple[type, ...]) -> Layer | None:
    """The layer that owns a call: the outermost among the classes of its arguments, None where there is no layer."""
    top: Layer | None = None
    for cls in dict.fromkeys(classes):
        info = layer_of(cls)
        if info is not None and (top is None or is_outside(info, top)):
            top = info
    return top

