"""Plugins of packages that have been imported, though none of their values has met an operation yet.

A library written in C may ask a traced value for a float before it hands the call over: its plugin, which would tell it
to step back, has had no reason to be loaded. It is loaded by the refusal, and the function is run again.
"""

from __future__ import annotations

import sys

from .errors import PluginError
from .plugins import describe_plugin, entries, load


def load_latecomers() -> bool:
    """Load the plugins of imported packages; whether there was one to load. Broken ones are left to the call that
    needs them.
    """
    found = False
    for entry in list(entries().values()):
        plugin = describe_plugin(entry)
        if plugin is None or entry.state != "installed" or not any(t in sys.modules for t in plugin.triggers):
            continue
        try:
            load(entry)
        except PluginError:
            continue
        found = True
    return found
