"""Where new arrays are made, and whether sums on devices must come out the same each time: for a block of code."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any

#: (device, whether sums of what shares a place are done in a fixed order).
CHOSEN: ContextVar[tuple[str, bool]] = ContextVar("dispatchml device", default=("cpu", False))


def is_deterministic() -> bool:
    """Whether elements that share a place are added up in an order that is always the same."""
    return CHOSEN.get()[1]


class default_device:
    """In a `with` block: where `dispatchml.numpy` makes arrays of nothing (zeros, arange, eye, ...), "cpu" otherwise.

    deterministic: on a device, elements that share a place (`x[[0, 0]] += v`, the derivative of `x[[0, 0]]`) are added
    up in an order that the index alone decides, so that a second run gives the same bits; it costs a sort.

    >>> import dispatchml as dm
    >>> with dm.default_device("cpu"):
    ...     dm.numpy.zeros(2)
    array([0., 0.])
    """

    def __init__(self, device: str = "", *, deterministic: bool | None = None) -> None:
        self.device, self.deterministic = device, deterministic
        self.tokens: list[Token[Any]] = []

    def __enter__(self) -> str:
        device, deterministic = CHOSEN.get()
        chosen = self.device or device
        if self.device:
            from ..ops import to_device

            to_device(0.0, device=chosen)  # an unknown device raises here
        self.tokens.append(
            CHOSEN.set((chosen, deterministic if self.deterministic is None else bool(self.deterministic)))
        )
        return chosen

    def __exit__(self, *_: Any) -> None:
        CHOSEN.reset(self.tokens.pop())
