"""Moving arrays of this machine's memory to devices."""

from importlib import import_module
from typing import Any

import numpy as np

from ... import ops
from ...dispatch.errors import DeviceError, at_user_line

#: Kind of device -> what brings an array there, and hands on anything else: a function of the array and the number of
#: the device, None for the current one. Backends enter theirs; that of "gpu" is loaded when it is first named.
ARRIVALS: dict[str, Any] = {}


def arrival(kind: str, device: Any) -> Any:
    """What brings arrays to a kind of device."""
    if kind == "gpu" and kind not in ARRIVALS:
        import_module("dispatchml.backends.cupy.register").load()
    if kind not in ARRIVALS:
        known = ", ".join(repr(k) for k in sorted({"cpu", "gpu", *ARRIVALS}))
        raise DeviceError(
            f"There is no device {device!r}{at_user_line()}: known are {known}, and a number behind a colon, as in "
            '"gpu:1".'
        )
    return ARRIVALS[kind]


def parsed(device: Any) -> tuple[str, int | None]:
    """The kind of a device and its number, None where it says none."""
    if not isinstance(device, str):
        raise DeviceError(f'A device is named by a text such as "cpu" or "gpu:0", not {device!r}{at_user_line()}.')
    kind, colon, number = device.partition(":")
    if colon and not number.isdecimal():
        raise DeviceError(f'The device {device!r}{at_user_line()} has no number behind the colon: write "gpu:0".')
    return kind, int(number) if colon else None


def moved_from_host(a: Any, *, device: str) -> Any:
    """An array to a device; numbers are at home everywhere."""
    kind, number = parsed(device)
    if kind == "cpu":
        if number:
            raise DeviceError(f"There is no device {device!r}{at_user_line()}: the host is one device, named 'cpu'.")
        return a
    return arrival(kind, device)(a, number)


ops.to_device.register(moved_from_host, np.ndarray)
