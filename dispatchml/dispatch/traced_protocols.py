"""Protocols of other libraries on traced values: what such a library asks of a value that it does not know."""

from __future__ import annotations

from typing import Any

from .errors import RegistrationError
from .layers import LAYERS
from .operation import LOCK


def traced_protocol(name: str, answer: Any) -> None:
    """Give traced values a protocol method, such as "__torch_function__": a function, or a classmethod of one.

    It is for double-underscore names that a library's functions look up on the class of their arguments. Raises
    RegistrationError for another name, and for one that traced values have already.

    >>> from dispatchml.dispatch import traced_protocol
    >>> traced_protocol("__some_function__", classmethod(lambda cls, function, *arguments: NotImplemented))
    """
    if not (name.startswith("__") and name.endswith("__")):
        raise RegistrationError(f"traced_protocol: {name!r} is no protocol; attributes are declared by register_type.")
    with LOCK:
        for cls, info in list(LAYERS.items()):
            if not info.sealed:
                continue
            if name in vars(cls) or hasattr(cls, name):
                raise RegistrationError(f"traced_protocol: traced values answer {name} already.")
            setattr(cls, name, answer)
