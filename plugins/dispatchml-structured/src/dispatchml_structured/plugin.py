"""The entry point. The types are the plugin's own, so that their rules are there as soon as a type is."""

from dispatchml import Plugin

__all__ = ["plugin"]

plugin = Plugin(
    name="structured", triggers=("dispatchml_structured",), register="dispatchml_structured.register:register"
)
