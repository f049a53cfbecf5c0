"""unyt arrays as a layer of dispatchml. Nothing is imported by a user: the plugin loads when the first one arrives."""

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["plugin"]

plugin = Plugin(name="unyt", triggers=("unyt",), register="dispatchml_unyt.register:register")
