"""Layers: classes that wrap a payload and carry a meaning beside it.

This file keeps what is known of each layer; `define` makes layers of one's own classes, `foreign` of somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import RegistrationError, class_name, code_line
from .hints import resolve_name


class Layer:
    """What is known of a layer.

    slot: where it nests. payload(x): the wrapped value (a tuple where there are several). rebuild(x, payload): the same layer
    round another payload. static: attributes that a traced value answers from its payload. methods: foreign methods that
    become operations. materialise(x): a dense equivalent, for operations that have no rule for the structure. provider: for
    the engines, makes the implementation of an operation. sealed: takes no methods from outside.
    """

    __slots__ = (
        "cls",
        "slot",
        "payload",
        "rebuild",
        "static",
        "methods",
        "materialise",
        "provider",
        "sealed",
        "properties",
        "place",
    )

    def __init__(
        self,
        cls: type,
        slot: str,
        *,
        payload: Callable[[Any], Any] | None = None,
        rebuild: Callable[[Any, Any], Any] | None = None,
        static: tuple[str, ...] = (),
        methods: dict[str, Any] | None = None,
        materialise: Callable[[Any], Any] | None = None,
        provider: Callable[..., Any] | None = None,
        sealed: bool = False,
        properties: dict[str, Any] | None = None,
        place: str = "",
    ) -> None:
        self.cls, self.slot = cls, slot
        self.payload, self.rebuild, self.materialise = payload, rebuild, materialise
        self.static, self.methods = static, methods or {}
        self.provider, self.sealed = provider, sealed
        self.properties = properties or {}
        self.place = place

    def __repr__(self) -> str:
        return f"<layer {class_name(self.cls)} in the slot {self.slot!r}>"


#: Layers by class, and the answers for classes that were asked (None: not a layer).
LAYERS: dict[type, Layer] = {}
ANSWERS: dict[type, Layer | None] = {}
#: What waits for a class that is known by name only: "pkg:Class" -> callbacks.
WAITING: dict[str, list[Callable[[type], None]]] = {}


def layer_of(cls: type) -> Layer | None:
    """The layer that a class is, itself or by inheritance; None for values and everything else."""
    try:
        return ANSWERS[cls]
    except KeyError:
        found = next((LAYERS[c] for c in cls.__mro__ if c in LAYERS), None)
        ANSWERS[cls] = found
        return found


def is_layer(value: Any) -> bool:
    """Whether a value is wrapped in a layer."""
    return layer_of(type(value)) is not None


def add_layer(info: Layer) -> None:
    """Make a class a layer; every operation settles its calls anew."""
    from .lattice import SLOTS
    from .operation import LOCK, forget_everything

    if info.slot not in SLOTS:
        raise RegistrationError(
            f"{class_name(info.cls)}: there is no slot {info.slot!r}. The slots, inner to outer, are {', '.join(SLOTS)}."
        )
    if info.slot == "transform" and not info.sealed:
        raise RegistrationError(
            f"{class_name(info.cls)}: the slot 'transform' is kept for dispatchml's engines, which are ordered by level. "
            "Choose 'meaning' for what changes the interpretation of numbers, 'structure' for what changes their storage."
        )
    with LOCK:
        known = LAYERS.get(info.cls)
        if known is not None:
            raise RegistrationError(
                f"{class_name(info.cls)} is a layer already (slot {known.slot!r}, declared at {known.place}); "
                f"the new declaration is at {info.place}."
            )
        LAYERS[info.cls] = info
        ANSWERS.clear()
        forget_everything()
        for key in [k for k in WAITING if resolve_name(k) is info.cls]:
            for callback in WAITING.pop(key):
                callback(info.cls)


def when_registered(layer: Any, callback: Callable[[type], None]) -> None:
    """Call back with the class now, or when the class of that name "pkg:Class" becomes a layer."""
    if isinstance(layer, type):
        callback(layer)
        return
    if not (isinstance(layer, str) and ":" in layer):
        raise RegistrationError(f"{layer!r} must be a class or a name of the form 'package.module:Class' ({code_line(callback)}).")
    cls = resolve_name(layer)
    if cls is not None and layer_of(cls) is not None:
        callback(cls)
    else:
        WAITING.setdefault(layer, []).append(callback)
