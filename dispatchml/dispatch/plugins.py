"""Plugins: found by entry point, loaded the first time that one of their types meets an operation.

Nothing is imported that is not used, and no user imports a plugin by hand. A broken plugin is remembered with its
error, named in the errors that it causes, and hurts nobody else.
"""

from __future__ import annotations

import weakref
from _thread import RLock
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .errors import (
    PluginError,
    PluginWarning,
    RegistrationError,
    class_name,
    code_line,
    hide_package,
    warn_at_user_line,
)
from .hints import is_name

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "dispatchml.plugins"
#: The plugins that are part of this package.
OWN = {"cupy": "dispatchml.backends.cupy:plugin"}
#: Modules whose classes no plugin has to bring.
KNOWN = frozenset({"builtins", "numpy", "dispatchml", "abc", "typing", "enum", "collections", "types", "attr", "attrs"})


class Plugin:
    """What an entry point of the group "dispatchml.plugins" names. Frozen; equal by its contents.

    name: shown by the tools. triggers: modules whose types the plugin brings: top-level names, or a part of a package
    such as "numpy.ma". requires: names of plugins that are loaded before it. register: a function, or
    "package.module:function", that makes the declarations.

    Raises RegistrationError for arguments of another kind.

    >>> from dispatchml.dispatch import Plugin
    >>> Plugin(name="pint", triggers=("pint",), register="dispatchml_pint.rules:register")
    Plugin(name='pint', triggers=('pint',), requires=(), register='dispatchml_pint.rules:register')
    """

    __slots__ = ("name", "triggers", "requires", "register")
    __match_args__ = ("name", "triggers", "register", "requires")

    name: str
    triggers: tuple[str, ...]
    requires: tuple[str, ...]
    register: str | Callable[[], None]

    def __init__(
        self, name: str, triggers: Iterable[str], register: str | Callable[[], None], requires: Iterable[str] = ()
    ) -> None:
        if not isinstance(name, str) or not name:
            raise RegistrationError(f"Plugin: the name must be a text, not {name!r}.")
        triggers = names("triggers", triggers, name)
        if not triggers:
            raise RegistrationError(
                f"Plugin {name!r} has no triggers, so it would never be loaded: name the modules it serves."
            )
        for trigger in triggers:
            if not all(part.isidentifier() for part in trigger.split(".")):
                raise RegistrationError(f"Plugin {name!r}: the trigger {trigger!r} is not the name of a module.")
        if isinstance(register, str):
            if not is_name(register):
                raise RegistrationError(
                    f"Plugin {name!r}: register={register!r} must have the form 'package.module:function'."
                )
        elif not callable(register):
            raise RegistrationError(
                f"Plugin {name!r}: register must be a function or 'package.module:function', not {register!r}."
            )
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "triggers", triggers)
        object.__setattr__(self, "requires", names("requires", requires, name))
        object.__setattr__(self, "register", register)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"Plugin is frozen: {name} cannot be set.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"Plugin is frozen: {name} cannot be deleted.")

    def __reduce__(self) -> Any:
        return Plugin, (self.name, self.triggers, self.register, self.requires)

    def __eq__(self, other: object) -> bool:
        return self.__reduce__() == other.__reduce__() if type(other) is Plugin else NotImplemented

    def __hash__(self) -> int:
        return hash(self.__reduce__())

    def __repr__(self) -> str:
        register = self.register if isinstance(self.register, str) else code_line(self.register)
        return (
            f"Plugin(name={self.name!r}, triggers={self.triggers!r}, requires={self.requires!r}, register={register!r})"
        )


def names(field: str, given: Iterable[str], plugin: str) -> tuple[str, ...]:
    """A tuple of texts; one text stands for itself."""
    if isinstance(given, str):
        return (given,)
    found = tuple(given)
    for item in found:
        if not isinstance(item, str) or not item:
            raise RegistrationError(f"Plugin {plugin!r}: {field} must be texts, not {item!r}.")
    return found


class Entry:
    """An installed plugin: its entry point, what became of it, and the error if it is broken."""

    __slots__ = ("point", "plugin", "state", "error")

    def __init__(self, point: EntryPoint) -> None:
        self.point = point
        self.plugin: Plugin | None = None
        self.state = "installed"
        self.error: BaseException | None = None


#: Held while a plugin is loaded. Loading takes the operations' lock inside it, so nothing that holds that one may load
#: plugins.
LOADING = RLock()
SEEN: weakref.WeakSet[type] = weakref.WeakSet()
#: Modules of which the plugins are loaded.
MET: set[str] = set()
ENTRIES: dict[str, Entry] | None = None


def entries() -> dict[str, Entry]:
    """The installed plugins by name; the entry points are read once."""
    global ENTRIES
    with LOADING:
        if ENTRIES is None:
            from importlib.metadata import EntryPoint, entry_points

            own = [EntryPoint(name, value, GROUP) for name, value in OWN.items()]
            ENTRIES = {p.name: Entry(p) for p in (*own, *entry_points(group=GROUP))}
        return ENTRIES


def meet(cls: type) -> None:
    """A class met an operation for the first time: load the plugins that bring it or one of its bases."""
    if cls in SEEN:
        return
    load_for(modules_of(cls))
    SEEN.add(cls)


def meet_module(name: str) -> None:
    """Code of a module met a traced value: load the plugins that serve it or a package that it is in."""
    if name in MET:
        return
    parts = name.split(".")
    found = {".".join(parts[:k]) for k in range(1, len(parts) + 1)} - KNOWN
    load_for(found)
    MET.add(name)


def load_for(modules: set[str]) -> None:
    """Load the plugins that serve any of the modules. A broken one is an error where no other one serves them, and
    else a warning.
    """
    if not modules:
        return
    failed: list[PluginError] = []
    served = False
    with LOADING:
        for entry in entries().values():
            plugin = describe_plugin(entry)
            if plugin is None or not modules & set(plugin.triggers):
                continue
            try:
                load(entry)
            except PluginError as error:
                failed.append(error)
            else:
                served = True
    if failed and not served:
        raise failed[0]
    for error in failed:
        warn_at_user_line(str(error), PluginWarning)


def modules_of(cls: type) -> set[str]:
    """The modules of a class and its bases, and the packages that they are in, which a plugin might serve."""
    found: set[str] = set()
    for c in cls.__mro__:
        parts = str(c.__module__).split(".")
        if parts[0] in KNOWN and parts[0] != "numpy":
            continue
        found.update(".".join(parts[:k]) for k in range(1, len(parts) + 1))
    return found - KNOWN


def describe_plugin(entry: Entry) -> Plugin | None:
    """The plugin object of an entry point, or None with the error kept."""
    if entry.plugin is None and entry.state == "installed":
        try:
            found = entry.point.load()
            if not isinstance(found, Plugin):
                raise PluginError(f"{entry.point.value} is {class_name(type(found))}, not a dispatchml.Plugin.")
            entry.plugin = found
        except (Exception, SystemExit) as error:
            entry.state, entry.error = "broken", error
    return entry.plugin


def load(entry: Entry) -> None:
    """Run a plugin's registrations, its requirements first; a failure is kept and raised as PluginError."""
    plugin = describe_plugin(entry)
    if entry.state == "loaded" or entry.state == "loading":
        return
    if entry.state == "broken" or plugin is None:
        raise broken(entry) from entry.error
    entry.state = "loading"
    try:
        for name in plugin.requires:
            needed = entries().get(name)
            if needed is None:
                raise PluginError(
                    f"it requires the plugin {name!r}, which is not installed (pip install dispatchml-{name})."
                )
            load(needed)
        register = plugin.register
        if isinstance(register, str):
            module, _, function = register.partition(":")
            register = getattr(import_module(module), function)
        register()
        own = register.__module__.partition(".")[0]
        hide_package(own, is_plugin=own not in plugin.triggers)
        for package in plugin.triggers:
            hide_package(package)
        entry.state = "loaded"
    except (Exception, SystemExit) as error:
        entry.state, entry.error = "broken", error
        raise broken(entry) from error
    finally:
        if entry.state == "loading":  # interrupted: the next meeting tries again
            entry.state = "installed"


def broken(entry: Entry) -> PluginError:
    """The error that names a broken plugin."""
    return PluginError(f"{what_broke(entry)} Uninstall or repair it; other plugins are not affected.")


def what_broke(entry: Entry) -> str:
    """A sentence that names a broken plugin and its error."""
    distribution = getattr(entry.point, "dist", None)
    name = f" (from {distribution.name} {distribution.version})" if distribution is not None else ""
    reason = f"{type(entry.error).__name__}: {str(entry.error).rstrip('.')}"
    return f"The plugin {entry.point.name!r}{name} could not be loaded: {reason}."


def origin(function: object) -> str:
    """` (of dispatchml-pint)` for a function that the package of an installed plugin has written, else no text."""
    package = str(getattr(function, "__module__", None) or "").partition(".")[0]
    for entry in entries().values() if package not in KNOWN else ():
        if entry.point.value.partition(":")[0].partition(".")[0].strip() == package:
            return f" (of {entry.point.dist.name if entry.point.dist is not None else package})"
    return ""


def broken_plugins(classes: tuple[type, ...]) -> str:
    """A note for the error of a call with foreign classes: broken plugins that serve their modules, or of which not
    even the triggers are known.
    """
    modules = set().union(*(modules_of(c) for c in classes))
    if ENTRIES is None or not modules:
        return ""
    lost = [e for e in ENTRIES.values() if e.state == "broken"]
    return "".join(f" {what_broke(e)}" for e in lost if e.plugin is None or modules & set(e.plugin.triggers))
