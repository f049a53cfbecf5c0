"""Who wraps whom: slots, the order inside a slot, and the outermost layer of a call."""

from __future__ import annotations

from .errors import LayerOrderError, RegistrationError, at_user_line, class_name, user_line
from .hints import is_name, resolve_name
from .layers import Layer, layer_of
from .operation import LOCK, forget_everything

#: Inner to outer; it is the order in which the ecosystem nests already: xarray(pint(dask(sparse(cupy)))).
SLOTS = ("scalar", "storage", "structure", "chunked", "meaning", "transform")

#: (outer, inner) pairs declared inside a slot, by class or by name "pkg:Class", with the place of the declaration.
DECLARED: dict[tuple[str, str], str] = {}


def order(outer: type | str, inner: type | str) -> None:
    """Declare, inside one slot, that `outer` wraps `inner`. Classes or names "package.module:Class" (nothing is
    imported).

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
            raise RegistrationError(
                f"order(outer={outer!r}, inner={inner!r}) at {user_line()} would close a cycle: {places(path)}. "
                "Remove one of the declarations."
            )
        if (outer, inner) in DECLARED:
            return
        DECLARED[outer, inner] = user_line()
        try:
            check_slots(None)
        except RegistrationError:
            del DECLARED[outer, inner]
            raise
        forget_everything()


def check_slots(info: Layer | None) -> None:
    """Refuse declarations that contradict the slots, as soon as both classes are layers."""
    for (outer, inner), place in DECLARED.items():
        one, other = (layer_of(c) if (c := resolve_name(k)) is not None else None for k in (outer, inner))
        if one is None or other is None or (info is not None and info is not one and info is not other):
            continue
        if SLOTS.index(one.slot) < SLOTS.index(other.slot):
            raise RegistrationError(
                f"order(outer={outer!r}, inner={inner!r}) at {place} contradicts the slots: {class_name(other.cls)} "
                "is in the "
                f"slot {other.slot!r}, outside {one.slot!r}. `order` is for two layers of one slot."
            )


def key_of(cls: type | str) -> str:
    """A class by its name "module:qualname", so that names and classes are the same thing."""
    if isinstance(cls, str):
        if not is_name(cls):
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


def places(path: list[str]) -> str:
    """Where the declarations of a chain were made."""
    known = {(canonical(a), canonical(b)): place for (a, b), place in DECLARED.items()}
    return "; ".join(f"{a} outside {b} at {known[a, b]}" for a, b in zip(path, path[1:], strict=False))


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
    down, up = path_between(a, b), path_between(b, a)
    if down is not None and up is not None:
        raise LayerOrderError(
            f"The order between {class_name(one.cls)} and {class_name(other.cls)} is a cycle{at_user_line()}, which "
            "showed when "
            f"their modules were imported: {places(down)}; {places(up)}. Remove one of the declarations."
        )
    if down is None and up is None:
        raise no_order(one, other)
    return down is not None


def no_order(one: Layer, other: Layer) -> LayerOrderError:
    """The error for two layers of one slot of which nobody has said which is outside, or nobody could: `rivals` is a
    property of layers that mean the same thing each in its own way.
    """
    one, other = sorted((one, other), key=lambda info: key_of(info.cls))
    x, y = class_name(one.cls), class_name(other.cls)
    kind = one.properties.get("rivals")
    if kind is not None and kind == other.properties.get("rivals"):
        return LayerOrderError(
            f"{x} meets {y}{at_user_line()}: two libraries of {kind}, and neither knows the other's. Convert one of "
            "the two where it comes in: take its plain number in a stated unit and give that the other library's unit."
        )
    return LayerOrderError(
        f"No order between {x} and {y}{at_user_line()}: both are in the slot {one.slot!r}. Write "
        f"dispatchml.order(outer={key_of(one.cls)!r}, inner={key_of(other.cls)!r}) to put {x} outside, or the reverse."
    )


def outermost(classes: tuple[type, ...]) -> Layer | None:
    """The layer that owns a call: the outermost among the classes of its arguments, None where there is no layer.

    It does not depend on the order of the arguments. Layers below the outermost need no order among themselves yet.
    """
    found = list(dict.fromkeys(info for c in classes if (info := layer_of(c)) is not None))
    if len(found) < 2:
        return found[0] if found else None
    slot = max((info.slot for info in found), key=SLOTS.index)
    found = sorted((info for info in found if info.slot == slot), key=lambda info: class_name(info.cls))
    if len(found) == 1 or slot == "transform":
        return found[0]
    undecided: LayerOrderError | None = None
    for one in found:
        try:
            if all(is_outside(one, other) for other in found if other is not one):
                return one
        except LayerOrderError as error:
            undecided = undecided or error
    assert undecided is not None, "an acyclic total order has a greatest element"
    raise undecided
