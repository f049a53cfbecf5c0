"""What the plugin declares: the order among its types, and their rules. Importing the package has done it already."""

from __future__ import annotations


def register() -> None:
    """Declare everything, once."""
    import dispatchml_structured  # noqa: F401
