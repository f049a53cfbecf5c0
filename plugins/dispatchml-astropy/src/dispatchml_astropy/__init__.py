"""astropy quantities as a layer of dispatchml. Nothing is imported by a user: the plugin loads when the first quantity
arrives.
"""

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["plugin"]

plugin = Plugin(name="astropy", triggers=("astropy",), register="dispatchml_astropy.register:register")
