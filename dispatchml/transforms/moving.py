"""Moving values between devices, and what the devices' memory holds."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .. import ops
from ..engines.provider import HOLDERS
from ..engines.traced import Traced
from .containers import map_leaves


def to_device(x: Any, device: str) -> Any:
    """x with its arrays on a device: "cpu", "gpu" (the current one), "gpu:1". Containers are gone through leaf by leaf.

    Units and other layers stay round their numbers; Python's and NumPy's numbers, texts and other leaves are at home
    everywhere and stay. An array that is there already is returned itself. It is an operation: a derivative goes back
    to where x is.

    Raises DeviceError for a device that is not there, with what is missing.

    >>> import numpy as np, dispatchml as dm
    >>> dm.to_device({"w": np.ones(2), "name": "layer"}, "cpu")
    {'w': array([1., 1.]), 'name': 'layer'}
    """
    if isinstance(x, Traced) or type(x) in HOLDERS:
        return ops.to_device(x, device=device)
    ops.to_device(0.0, device=device)  # a device that is not there raises, also where there is nothing to move
    return map_leaves(lambda v: ops.to_device(v, device=device) if has_numbers(v) else v, x)


def has_numbers(x: Any) -> bool:
    """Whether a leaf is an array of numbers, or a layer round one."""
    if isinstance(x, (str, bytes, type)) or x is None:
        return False
    return (
        isinstance(x, (Traced, np.ndarray)) or getattr(x, "shape", None) is not None and ops.dtype(x).kind in "?biufc"
    )


class MemoryReport(dict[str, dict[str, int]]):
    """What the devices' memory holds, in bytes: device -> "used" by arrays that live, "held" by CuPy's pool for these
    and further ones, "free" and "total" of the card.
    """

    def __str__(self) -> str:
        lines = [
            f"{device}: {shown(m['used'])} used by arrays, {shown(m['held'])} held by the pool"
            + (f", {shown(m['free'])} of {shown(m['total'])} free" if "total" in m else "")
            for device, m in self.items()
        ]
        return "\n".join(lines) or "no device but the host has been used"


def memory_report() -> MemoryReport:
    """What the memory of each device that has been used holds. Nobody is waited for and nothing is given back.

    Arrays of a derivative are released by reference count while its sweep passes; what the pool holds beyond `used`
    is taken first for new arrays (`cupy.get_default_memory_pool().free_all_blocks()` gives it back to the card).

    >>> import dispatchml as dm
    >>> print(dm.memory_report())
    no device but the host has been used
    """
    registered = sys.modules.get("dispatchml.backends.cupy.register")
    found = MemoryReport()
    for library in registered.LIBRARIES.values() if registered is not None else ():
        found.update(library.memory())
    return found


def shown(size: int) -> str:
    """A number of bytes."""
    return f"{size / 2**20:.1f} MiB" if size < 2**30 else f"{size / 2**30:.2f} GiB"
