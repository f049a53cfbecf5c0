"""Layers: classes that wrap a payload and carry a meaning beside it.

This file keeps what is known of each layer; `define` makes layers of one's own classes, `foreign` of somebody else's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .carriers import lineage
from .errors import RegistrationError, at_user_line, class_name
from .hints import is_name, resolve_name


class Layer:
    """What is known of a layer.

    slot: where it nests. payload(x): the wrapped value (a tuple where there are several). rebuild(x, payload): the
    same layer round another payload. static: attributes that a traced value answers from its payload. methods: foreign
    methods that become operations, called with the value and the method's arguments. fields: payload fields of one's
    own class by name, each an operation that reads it, which is what `traced.field` means. materialise(x): a dense
    equivalent, for operations that have no rule for the structure. provider: for the engines, makes the implementation
    of an operation. sealed: takes no methods from outside. properties: what other rooms know of it, such as "space"
    for the engines. place: file:line of the declaration.
    """

    __slots__ = (
        "cls",
        "slot",
        "payload",
        "rebuild",
        "static",
        "methods",
        "fields",
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
        fields: dict[str, Any] | None = None,
        materialise: Callable[[Any], Any] | None = None,
        provider: Callable[..., Any] | None = None,
        sealed: bool = False,
        properties: dict[str, Any] | None = None,
        place: str = "",
    ) -> None:
        self.cls, self.slot = cls, slot
        self.payload, self.rebuild, self.materialise = payload, rebuild, materialise
        self.static, self.methods, self.fields = static, methods or {}, fields or {}
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
#: Classes that become layers when they are first met: "pkg:Class" -> what makes the declaration.
EXPECTED: dict[str, Callable[[type], None]] = {}


def layer_of(cls: type) -> Layer | None:
    """The layer that a class is, itself or by inheritance; None for values and everything else."""
    try:
        return ANSWERS[cls]
    except KeyError:
        pass
    from .operation import LOCK

    with LOCK:  # a layer that is declared meanwhile clears the answers before we give ours, or after
        if EXPECTED:
            arrived()
        found = next((LAYERS[c] for c in lineage(cls) if c in LAYERS), None)
        if found is not None or not may_arrive(cls):
            ANSWERS[cls] = found
        return found


def is_layer(value: Any) -> bool:
    """Whether a value is wrapped in a layer; the plugin that brings its class is loaded by the question."""
    from .plugins import meet

    meet(type(value))
    return layer_of(type(value)) is not None


def is_traced(value: Any) -> bool:
    """Whether a value belongs to a transform: an engine's, whatever it is round."""
    info = layer_of(type(value))
    return info is not None and info.slot == "transform"


def arrived() -> None:
    """Make layers of the expected classes whose modules have been imported in the meantime."""
    for name in list(EXPECTED):
        cls = resolve_name(name)
        if cls is not None:
            EXPECTED.pop(name)(cls)


def may_arrive(cls: type) -> bool:
    """Whether a class comes from a module of which a class is still expected: its package may be half imported."""
    expected = {name.partition(".")[0].partition(":")[0] for name in EXPECTED}
    return any(str(c.__module__).partition(".")[0] in expected for c in cls.__mro__)


def add_layer(info: Layer) -> None:
    """Make a class a layer; every operation settles its calls anew."""
    from .lattice import check_slots
    from .operation import LOCK, forget_everything

    check_layer(info)
    with LOCK:
        known = LAYERS.get(info.cls)
        if known is not None:
            raise RegistrationError(
                f"{class_name(info.cls)} is a layer already (slot {known.slot!r}, declared at {known.place}); "
                f"the new declaration is at {info.place}."
            )
        LAYERS[info.cls] = info
        ANSWERS.clear()
        try:
            check_slots(info)
        except RegistrationError:
            del LAYERS[info.cls]
            ANSWERS.clear()
            raise
        forget_everything()
        for key in [k for k in WAITING if resolve_name(k) is info.cls]:
            for callback in WAITING.pop(key):
                callback(info.cls)


def check_layer(info: Layer) -> None:
    """Refuse slots that are not there, the engines' slot, and classes that are values."""
    from .join import value_class
    from .lattice import SLOTS

    name = class_name(info.cls)
    if info.slot not in SLOTS:
        raise RegistrationError(
            f"{name}: there is no slot {info.slot!r}. The slots, inner to outer, are {', '.join(SLOTS)}."
        )
    if info.slot == "transform" and not info.sealed:
        raise RegistrationError(
            f"{name}: the slot 'transform' is kept for dispatchml's engines, which are ordered by level. "
            "Choose 'meaning' for what changes the interpretation of numbers, 'structure' for what changes their "
            "storage."
        )
    if info.cls in (tuple, list, dict):
        raise RegistrationError(
            f"{name} is a container, whose values transforms see one by one: it cannot be a layer. Make a class of its "
            "own for what it is to mean, such as a subclass."
        )
    if info.cls is object or value_class(info.cls) is not None:
        raise RegistrationError(
            f"{name} is a plain value, which wraps nothing: it cannot be a layer. Make a class that holds one "
            "(dispatchml.layer), or declare where values are promoted to (dispatchml.promotes)."
        )


def when_registered(layer: Any, callback: Callable[[type], None]) -> None:
    """Call back with the class now, or when the class of that name "pkg:Class" becomes a layer."""
    from .operation import LOCK

    if isinstance(layer, type):
        callback(layer)
        return
    if not (isinstance(layer, str) and is_name(layer)):
        raise RegistrationError(
            f"{layer!r} must be a class or a name of the form 'package.module:Class'{at_user_line()}."
        )
    with LOCK:
        cls = resolve_name(layer)
        if cls is not None and layer_of(cls) is not None:
            callback(cls)
        else:
            WAITING.setdefault(layer, []).append(callback)
