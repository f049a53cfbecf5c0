"""The plugin of ledger."""

from dispatchml import Plugin

__all__ = ["plugin"]

plugin = Plugin(name="ledger", triggers=("ledger",), register="dispatchml_ledger.register:register")
