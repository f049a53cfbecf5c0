"""Functions that make arrays of nothing: on the device that `default_device` or `device=` names."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..backends.placing import CHOSEN

#: Functions whose arrays come from nowhere.
MAKING = ("zeros", "ones", "empty", "full", "eye", "identity", "tri", "arange", "linspace")


def placed(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the namespace whose result is made on the host and moved where it belongs."""

    @functools.wraps(function)
    def make(*arguments: Any, **keywords: Any) -> Any:
        device = keywords.get("device")
        if device is None:
            device = CHOSEN.get()[0]
        elif device != "cpu":
            del keywords["device"]
        made = function(*arguments, **keywords)
        return made if device == "cpu" else moved(made, device)

    return make


def moved(y: Any, device: str) -> Any:
    """Arrays of the host on a device; what is something else stays where its arguments were."""
    if type(y) is tuple:
        return tuple(moved(v, device) for v in y)
    return ops.to_device(y, device=device) if type(y) is np.ndarray else y
