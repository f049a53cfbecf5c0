"""NumPy's setting of floating-point flags: compiled code looks at none, and runs where nobody asks for errors."""

from __future__ import annotations

from typing import Any

import numpy as np


class Quiet:
    """The setting of floating-point flags at which compiled code was last allowed to run."""

    __slots__ = ("flags",)


class Unknown:
    """Stands for NumPy's variable for that setting, where it has another name: every call looks the setting up."""

    __slots__ = ()

    def get(self, default: Any) -> Any:
        """Something that is no setting at which code was allowed to run."""
        return object()


#: NumPy's variable for that setting.
FLAGS: Any = getattr(getattr(getattr(np, "_core", None), "umath", None), "_extobj_contextvar", None) or Unknown()
QUIET = Quiet()
QUIET.flags = object()


def raises_on_flags() -> bool:
    """Whether the caller wants errors from floating-point flags, which compiled code does not look at."""
    setting = FLAGS.get(None)
    if setting is QUIET.flags:
        return False
    answers = np.geterr().values()
    if "raise" in answers or "call" in answers:
        return True
    QUIET.flags = setting
    return False
