"""The entry point, apart from the package: finding out which plugins there are must not import the types."""

from dispatchml import Plugin

__all__ = ["plugin"]

plugin = Plugin(
    name="structured", triggers=("dispatchml_structured",), register="dispatchml_structured.register:register"
)
