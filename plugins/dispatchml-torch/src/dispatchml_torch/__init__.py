"""torch tensors as a storage type of dispatchml. Users import nothing: the plugin loads with the first tensor."""

from dispatchml import Plugin

__version__ = "0.1.0"
__all__ = ["plugin"]

plugin = Plugin(name="torch", triggers=("torch",), register="dispatchml_torch.register:register")
