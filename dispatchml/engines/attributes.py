"""Attributes of another library on traced values: read by `__getattr__`, set by what the registration says.

A traced value has slots and no others, so that setting an attribute would end in Python's "no attribute". A descriptor
for each name that a registered type can answer says what happens instead: a part is written to, a setter of the plugin
is called, and anything else is refused with what to write.
"""

from __future__ import annotations

import inspect
from typing import Any, NoReturn

from ..dispatch.errors import AttributeSetError, at_user_line, class_name
from ..dispatch.layers import LAYERS, Layer, layer_of
from ..dispatch.operation import FORGETTING
from ..dispatch.parts import Part
from ..dispatch.traced_protocols import TracedMethod
from .provider import TRACED
from .seen import field_of, foreign_attribute, seen_inside
from .views import replace


class Attribute:
    """A name that registered types answer. Reading it is what `__getattr__` does."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, x: Any, cls: type | None = None) -> Any:
        return self if x is None else foreign_attribute(x, self.name)

    def __set__(self, x: Any, value: Any) -> None:
        set_attribute(x, self.name, value)


def set_attribute(x: Any, name: str, value: Any) -> None:
    """`x.name = value` for a traced x."""
    inner = seen_inside(x)
    info = layer_of(type(inner))
    setter = None if info is None else info.properties.get("setters", {}).get(name)
    if setter is not None:
        setter(x, value)
        return
    part = part_named(inner, info, name)
    if part is None or not is_settable(inner, name):
        refuse_setting(inner, name, part)
    replace(x, part, value)


def part_named(inner: Any, info: Layer | None, name: str) -> Part | None:
    """The part of a traced value that an attribute is."""
    if info is None:
        return None
    method = field_of(inner, name) if name in info.fields else info.methods.get(name)
    method = method.fget if isinstance(method, property) else method
    return method if isinstance(method, Part) else None


def is_settable(x: Any, name: str) -> bool:
    """Whether an attribute of a plain value can be set; the error of a frozen class goes on."""
    found = inspect.getattr_static(type(x), name, None)
    if isinstance(found, property):
        return found.fset is not None
    import copy  # not before it is wanted

    setattr(copy.copy(x), name, getattr(x, name))
    return True


def refuse_setting(inner: Any, name: str, part: Part | None) -> NoReturn:
    """The error for an attribute that cannot be set."""
    what = class_name(type(inner))
    found = inspect.getattr_static(type(inner), name, None)
    if found is None and not hasattr(inner, name):
        raise AttributeSetError(f"A traced {what} has no attribute {name!r}{at_user_line()} that could be set.")
    if isinstance(found, property) and found.fset is None:
        raise AttributeSetError(
            f"x.{name} of a traced {what} cannot be set{at_user_line()}, nor can that of a plain one. "
            + (f"Write into it: x.{name}[...] = v." if part is not None else "Make a new value.")
        )
    raise AttributeSetError(
        f"x.{name} = v of a traced {what}{at_user_line()}: no plugin says what becomes of derivatives when it is set. "
        f"Make a new value with the library's own functions, or set {name} before the transform or on its result."
    )


#: Layers whose names have been looked at.
SEEN: set[Layer] = set()


def names_of(info: Layer) -> set[str]:
    """The names that instances of a registered class answer, methods apart."""
    found = {*info.static, *info.methods, *info.fields, *info.properties.get("setters", {})}
    for name in dir(info.cls):
        if not name.startswith("_") and hasattr(type(inspect.getattr_static(info.cls, name)), "__set__"):
            found.add(name)
    return {name for name in found if not (name.startswith("__") and name.endswith("__"))}


def install_attributes() -> None:
    """Give traced values the descriptors of the layers that have come."""
    for info in list(LAYERS.values()):
        if info in SEEN or info.sealed:
            continue
        SEEN.add(info)
        for name in names_of(info):
            for cls in TRACED:
                found = inspect.getattr_static(cls, name, None)
                if isinstance(found, TracedMethod) and found.original is None:
                    found.original = Attribute(name)
                elif found is None and not hasattr(cls, name):
                    setattr(cls, name, Attribute(name))


FORGETTING.append(install_attributes)
