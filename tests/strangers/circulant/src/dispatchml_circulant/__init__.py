"""The plugin of circulant."""

from dispatchml import Plugin

__all__ = ["plugin"]

plugin = Plugin(name="circulant", triggers=("circulant",), register="dispatchml_circulant.register:register")
