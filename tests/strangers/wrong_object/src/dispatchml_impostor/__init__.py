"""A plugin whose entry point names something else than a Plugin."""

plugin = {"name": "impostor", "triggers": ("ledger",)}
