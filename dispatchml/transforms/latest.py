"""What is known of signatures, as long as they are among the last that were used: programs take memory."""

from __future__ import annotations

from typing import Any

#: Of how many signatures a compiled function knows something.
SIGNATURES = 256


def keep(known: dict[Any, Any], key: Any, value: Any) -> None:
    """Note something of a signature as the last that was used; the one that was not used for longest is forgotten."""
    known.pop(key, None)
    known[key] = value
    if len(known) > SIGNATURES:
        known.pop(list(known)[0], None)  # a copy, as other threads may change it meanwhile
