"""Structures of one's own that were built round traced arrays: views of these arrays, as far as the constructor keeps
them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..dispatch.construct import Form
from ..dispatch.layers import layer_of
from ..dispatch.parts import ENGINE, Part
from .bundles import Bundle, shared_fields
from .provider import held
from .views import as_part, current, stamp_of, taken_from
from .writable import Writable


def built(made: Any, payloads: list[Any], form: Form, statics: dict[str, Any]) -> Any:
    """A structure of one's own that was built round traced arrays: a view of them, where the constructor keeps them."""
    if len(payloads) > 1:
        return built_of_several(made, payloads, form, statics)
    (x,), ((name, read),) = payloads, form.read.items()
    if form.part is not None and isinstance(made, Writable) and isinstance(x, Writable):
        inner = made._value
        if type(inner) is form.cls and getattr(inner, name) is x._value:
            return as_part(made, x, form.part)
    if made is x or not hasattr(made, "_base") or not hasattr(x, "_base") or memory_of(made) is not memory_of(x):
        return made
    if form.part is not None:
        return as_part(made, x, form.part)
    return as_part(made, x, Part(lambda x: form.make(x, **statics), lambda x, new: read(new), aligned=False))


def built_of_several(made: Any, payloads: list[Any], form: Form, statics: dict[str, Any]) -> Any:
    """The same for a structure of several fields: a view of the bundle of its arrays."""
    if not isinstance(made, Writable):
        return made
    parts = {name: p for name, p in zip(form.payload, payloads, strict=True) if p is not None}
    kept, same = shared_fields(made, parts, form, statics, payload_now, memory_of)
    if not kept:
        return made
    bundle = Bundle(form.cls, parts, kept, same, payload_now)

    def build(bundle: Bundle) -> Any:
        return form.make(*(bundle.parts.get(name) for name in form.payload), **statics)

    made._base = taken_from(made, Part(build, lambda bundle, new: bundle.refuse(), aligned=False), {}, None)
    made._base = (bundle, *made._base[1:3], bundle._value, stamp_of(bundle))
    return made


def payload_now(x: Any) -> Any:
    """What an array is that a structure was built of: a traced one its payload, one of lifted code what it holds."""
    if isinstance(x, Writable):
        return current(x)
    y = held(x)
    return payload_now(y) if isinstance(y, Writable) else y


def memory_of(x: Any) -> Any:
    """What a value holds below all its layers; of several payloads the first."""
    while True:
        info = layer_of(type(x))
        if info is None or info.payload is None:
            return x
        made = getattr(x, "__template__", None)  # of a stack, whose fields no constructor has seen
        x = info.payload(x)
        x = x[0] if type(x) is tuple else x
        if made is not None and not np.may_share_memory(memory_of(made), x):
            return made


ENGINE["built"] = built
