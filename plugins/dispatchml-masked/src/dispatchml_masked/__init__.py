"""numpy.ma.MaskedArray as a layer of dispatchml. Nothing is imported by a user: the plugin loads when the first masked
array arrives.
"""

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["plugin"]

plugin = Plugin(name="masked", triggers=("numpy.ma",), register="dispatchml_masked.register:register")
