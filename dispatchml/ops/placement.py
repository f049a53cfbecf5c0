"""Where values live: devices by name, and moving to one."""

from collections.abc import Callable
from typing import Any

from ..dispatch import layer_of, operation
from .conversion import numbers_below

__all__ = ["device_of", "to_device"]

#: Classes of arrays that live elsewhere than in this machine's memory -> what names the device of one.
HOMES: dict[type, Callable[[Any], str]] = {}


@operation(family="conversion")
def to_device(a: Any, *, device: str = "cpu") -> Any:
    """a on a device: "cpu", "gpu" (the current one) or "gpu:1". Numbers without axes of Python and NumPy stay.

    The derivative goes back to where a is.
    """


def device_of(x: Any) -> str:
    """The device on which the numbers of a value are, below its layers: "cpu", "gpu:0", "gpu:1".

    Python's and NumPy's numbers, and whatever is no array, are on "cpu". Nothing is computed and nobody is waited for.
    """
    if not HOMES:
        return "cpu"
    home = HOMES.get(type(numbers_below(x)))
    return "cpu" if home is None else home(numbers_below(x))


def is_remote(x: Any) -> bool:
    """Whether the numbers of a value are elsewhere, so that looking at them means waiting for the device."""
    return bool(HOMES) and type(numbers_below(x)) in HOMES


def beside(constant: Any, like: Any) -> Any:
    """An array that a rule has made on the host, on the device of `like`."""
    if not HOMES or not is_remote(like):
        return constant
    there = to_device(constant, device=device_of(like))
    recorder = recorder_below(like)
    return there if recorder is None else recorder.constant(constant, there)


def recorder_below(x: Any) -> Any:
    """What writes down the operations on a value, below the layers above it."""
    layer = layer_of(type(x))
    while layer is not None:
        found = getattr(x, "_recorder", None)
        if found is not None:
            return found
        x = layer.payload(x) if layer.payload is not None else getattr(x, "_value", None)
        x = x[0] if type(x) is tuple and x else x
        layer = layer_of(type(x))
    return None


def on_payload(top: Any) -> Any:
    """Moving what a layer wraps; engines and what records have ways of their own."""
    if top.slot == "transform" or top.payload is None or top.rebuild is None:
        return None

    def moved(x: Any, *, device: str) -> Any:
        info = layer_of(type(x))
        assert info is not None
        payload = info.payload(x)  # type: ignore[misc]
        if type(payload) is tuple:
            parts = tuple(p if p is None else to_device(p, device=device) for p in payload)
            return info.rebuild(x, parts)  # type: ignore[misc]
        return info.rebuild(x, to_device(payload, device=device))  # type: ignore[misc]

    return moved


to_device.info.layer_default = on_payload
