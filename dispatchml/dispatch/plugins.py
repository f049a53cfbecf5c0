"""Plugins: found by entry point, loaded the first time that one of their types meets an operation.

Nothing is imported that is not used, and no user imports a plugin by hand. A broken plugin is remembered with its error,
named in the errors that it causes, and hurts nobody else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import PluginError, class_name

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "dispatchml.plugins"
#: Modules whose classes no plugin has to bring.
KNOWN = frozenset({"builtins", "numpy", "dispatchml", "abc", "typing", "enum", "collections", "types", "attr", "attrs"})


class Plugin:
    """What an entry point of the group "dispatchml.plugins" names.

    name: shown by the tools. triggers: top-level module names whose types the plugin brings. requires: names of plugins that
    are loaded before it. register: a function, or "package.module:function", that makes the declarations.
    """

    __slots__ = ("name", "triggers", "requires", "register")

    def __init__(
        self, name: str, triggers: tuple[str, ...], register: str | Callable[[], None], requires: tuple[str, ...] = ()
    ) -> None:
        if isinstance(triggers, str):
            triggers = (triggers,)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "triggers", tuple(triggers))
        object.__setattr__(self, "requires", tuple(requires))
        object.__setattr__(self, "register", register)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Plugin is frozen: {name} cannot be set.")

    def __repr__(self) -> str:
        return f"Plugin(name={self.name!r}, triggers={self.triggers!r}, requires={self.requires!r})"


class Entry:
    """An installed plugin: its entry point, what became of it, and the error if it is broken."""

    __slots__ = ("point", "plugin", "state", "error")

    def __init__(self, point: EntryPoint) -> None:
        self.point = point
        self.plugin: Plugin | None = None
        self.state = "installed"
        self.error: BaseException | None = None


LOADING = threading.RLock()
SEEN: set[type] = set()
ENTRIES: dict[str, Entry] | None = None


def entries() -> dict[str, Entry]:
    """The installed plugins by name; the entry points are read once."""
    global ENTRIES
    with LOADING:
        if ENTRIES is None:
            from importlib.metadata import entry_points

            ENTRIES = {p.name: Entry(p) for p in entry_points(group=GROUP)}
        return ENTRIES


def meet(cls: type) -> None:
    """A class met an operation for the first time: load the plugins that bring it or one of its bases."""
    if cls in SEEN:
        return
    modules = {c.__module__.partition(".")[0] for c in cls.__mro__} - KNOWN
    if modules:
        with LOADING:
            for entry in entries().values():
                plugin = describe_plugin(entry)
                if plugin is not None and modules & set(plugin.triggers):
                    load(entry)
    SEEN.add(cls)


def describe_plugin(entry: Entry) -> Plugin | None:
    """The plugin object of an entry point, or None with the error kept."""
    if entry.plugin is None and entry.state == "installed":
        try:
            found = entry.point.load()
            if not isinstance(found, Plugin):
                raise PluginError(f"{entry.point.value} is {class_name(type(found))}, not a dispatchml.Plugin.")
            entry.plugin = found
        except Exception as error:
            entry.state, entry.error = "broken", error
    return entry.plugin


def load(entry: Entry) -> None:
    """Run a plugin's registrations, its requirements first; a failure is kept and raised as PluginError."""
    plugin = describe_plugin(entry)
    if entry.state == "loaded" or entry.state == "loading":
        return
    if entry.state == "broken" or plugin is None:
        raise broken(entry)
    entry.state = "loading"
    try:
        for name in plugin.requires:
            needed = entries().get(name)
            if needed is None:
                raise PluginError(f"it requires the plugin {name!r}, which is not installed (pip install dispatchml-{name}).")
            load(needed)
        register = plugin.register
        if isinstance(register, str):
            module, _, function = register.partition(":")
            register = getattr(import_module(module), function)
        register()
        entry.state = "loaded"
    except Exception as error:
        entry.state, entry.error = "broken", error
        raise broken(entry) from error


def broken(entry: Entry) -> PluginError:
    """The error that names a broken plugin."""
    distribution = getattr(entry.point, "dist", None)
    name = f" (from {distribution.name} {distribution.version})" if distribution is not None else ""
    return PluginError(
        f"The plugin {entry.point.name!r}{name} could not be loaded: {type(entry.error).__name__}: {entry.error}. "
        "Uninstall or repair it; other plugins are not affected."
    )
