"""The table of settled calls, and the lock under which it is written."""

from __future__ import annotations

from _thread import RLock
from abc import get_cache_token
from typing import Any

#: Held while a method is registered and while a miss is settled.
LOCK = RLock()


class GuardedTable(dict[Any, Any]):
    """A table that forgets everything when a class joins an abstract base class; only operations that name one pay for
    it.
    """

    __slots__ = ("token",)

    def __init__(self) -> None:
        super().__init__()
        self.token: object = get_cache_token()

    def __getitem__(self, key: Any) -> Any:
        if self.token != get_cache_token():
            with LOCK:  # a miss that began before the change stores before we clear, or resolves after it
                self.token = get_cache_token()
                self.clear()
        return super().__getitem__(key)
