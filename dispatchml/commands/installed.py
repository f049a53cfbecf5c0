"""What is installed: plugins with their state, libraries, versions, devices."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from ..dispatch import plugins
from ..dispatch.operation import OPERATIONS

#: Packages that dispatchml itself needs, or can use, whose versions matter in a report.
PACKAGES = ("numpy", "plum-dispatch", "attrs", "optree", "numba", "scipy", "typer", "rich", "pytest", "matplotlib")


@dataclass(frozen=True)
class Status:
    """One installed plugin.

    state: "loaded", "ready" (waits for the first of its types), "no library" (what it serves is not installed), or
    "broken"; reason: why it is broken. libraries: version of what it serves by module, None where it is not installed.
    """

    name: str
    package: str
    entry: str
    libraries: dict[str, str | None]
    state: str
    reason: str = ""


def statuses(load: bool = False) -> list[Status]:
    """The installed plugins by name; with load=True those whose library is there are loaded first."""
    return [status(entry, load) for _, entry in sorted(plugins.entries().items())]


def status(entry: plugins.Entry, load: bool) -> Status:
    """What became of one plugin."""
    plugin = plugins.describe_plugin(entry)
    libraries = {name: version_of_module(name) for name in plugin.triggers} if plugin is not None else {}
    there = any(v is not None for v in libraries.values())
    if load and plugin is not None and there:
        try:
            plugins.load(entry)
        except plugins.PluginError:
            pass  # kept in the entry, and reported with the others
    distribution = entry.point.dist
    own = f"dispatchml {version('dispatchml')}" if entry.point.name in plugins.OWN else "?"
    package = f"{distribution.name} {distribution.version}" if distribution is not None else own
    state, reason = entry.state, ""
    if state == "broken":
        reason = f"{type(entry.error).__name__}: {entry.error}"
    elif state != "loaded":
        state = "ready" if there else "no library"
    return Status(entry.point.name, package, entry.point.value, libraries, state, reason)


def version_of_module(name: str) -> str | None:
    """The version of the distribution that a top-level module comes from; "?" where it has none, None without it."""
    try:
        if importlib.util.find_spec(name) is None:
            return None
    except (ImportError, ValueError):
        return None
    if name.partition(".")[0] in sys.stdlib_module_names:
        return "of Python"
    packages = metadata.packages_distributions().get(name.partition(".")[0], [])
    return metadata.version(packages[0]) if packages else "?"


def versions() -> dict[str, str]:
    """Python's, dispatchml's, and those of the packages that it can use."""
    found = {"Python": platform.python_version(), "dispatchml": version("dispatchml")}
    return found | {name: version(name) for name in PACKAGES}


def version(name: str) -> str:
    """The version of a distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def devices() -> dict[str, str]:
    """Where values can live on this machine."""
    found = {"cpu": f"{os.cpu_count()} cores, {platform.machine()}"}
    from ..backends.cupy.setup import cards, diagnosis

    try:
        missing = diagnosis()
        return found | (cards() if not missing else {"gpu": f"none: {missing}"})
    except Exception as error:  # a report must not fail
        return found | {"gpu": f"none: {type(error).__name__}: {error}"}


def owner(function: Any) -> str:
    """` (plugin 'name')` for what a plugin's package has written, else nothing."""
    return plugins.origin(function)


def findings() -> Iterator[str]:
    """What is wrong with the plugins that are installed, beside being broken: one sentence each."""
    names = Counter(point.name for point in metadata.entry_points(group=plugins.GROUP))
    for name, number in sorted(names.items()):
        if number > 1:
            yield f"{number} packages have an entry point {name!r} in the group {plugins.GROUP}; only one is used."
    for op in sorted(OPERATIONS, key=lambda op: (op.module, op.name)):
        if any(owner(m.function) for m in op.methods):
            yield from ambiguous(op)


def ambiguous(op: Any) -> Iterator[str]:
    """The ambiguous calls of an operation: one for each two packages, the others counted."""
    found: dict[str, list[Any]] = {}
    for ambiguity in op.function.ambiguities():
        _, _, one, other = ambiguity
        who = "".join(dict.fromkeys(filter(None, (owner(one.function), owner(other.function)))))
        found.setdefault(who, []).append(ambiguity)
    for who, calls in found.items():
        more = f", and {len(calls) - 1} more calls of {op.name}" if len(calls) > 1 else ""
        yield f"{calls[0]!r}{who}{more}."
