"""Derivatives of SciPy's functions. Nothing is imported by a user: the plugin loads when the first traced value meets a
function of SciPy.
"""

from dispatchml import Plugin

__version__ = "0.1.0"

plugin = Plugin(name="scipy", triggers=("scipy",), register="dispatchml_scipy.register:register")
