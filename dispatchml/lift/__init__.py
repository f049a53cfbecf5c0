"""Code that knows nothing of traced values: the user's own functions and other people's packages.

`lift(f)` makes a function of any origin take them, `lift.enable("scipy")` the Python code of a package; `replaces` says
what stands for a function of a library when one of its arguments is traced. The module itself can be called.
"""

import sys
import types
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .replacing import plainly, replaces

if TYPE_CHECKING:
    from .explicit import lift
    from .packages import disable, enable

HOMES = {"enable": "packages", "disable": "packages", "lift": "explicit"}


def __getattr__(name: str) -> Any:
    """Import a name that is not needed for a first gradient."""
    if name not in HOMES:
        raise AttributeError(f"module 'dispatchml.lift' has no attribute {name!r}")
    made = globals()[name] = getattr(import_module(f".{HOMES[name]}", __name__), name)
    return made


class CallableModule(types.ModuleType):
    """A module that is a function, too."""

    def __call__(self, function: Callable[..., Any], *, allow_zero: bool = False) -> Callable[..., Any]:
        """As `dispatchml.lift.lift`."""
        return self.lift(function, allow_zero=allow_zero)


sys.modules[__name__].__class__ = CallableModule

__all__ = ["disable", "enable", "lift", "plainly", "replaces"]
