"""xarray's DataArray and Variable as layers of dispatchml. Nothing is imported by a user: the plugin loads when the
first labelled array arrives.
"""

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["plugin"]

plugin = Plugin(name="xarray", triggers=("xarray",), register="dispatchml_xarray.register:register")
