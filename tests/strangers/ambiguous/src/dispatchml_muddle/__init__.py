"""A plugin that registers methods of which neither is more specific."""

from dispatchml import Plugin

plugin = Plugin(name="muddle", triggers=("fractions",), register="dispatchml_muddle.register:register")
