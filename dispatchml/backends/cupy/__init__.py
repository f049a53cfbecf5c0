"""CuPy's arrays, which live on NVIDIA's cards, as a storage type: loaded when the first one meets an operation."""

from ...dispatch.plugins import Plugin

__all__ = ["plugin"]

plugin = Plugin(name="cupy", triggers=("cupy",), register="dispatchml.backends.cupy.register:register")
