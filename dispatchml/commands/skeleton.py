"""`dispatchml new-plugin NAME`: a plugin that passes its own tests at once, to be changed from there."""

from __future__ import annotations

import keyword
import re
import sys
from pathlib import Path

from ..dispatch.errors import DispatchmlError
from ..dispatch.plugins import entries

TEMPLATES = Path(__file__).parent / "templates"


class NewPluginError(DispatchmlError, ValueError):
    """A plugin cannot be written under this name or in this place."""


def write(name: str, cls: str = "Array", folder: str | Path = ".") -> list[Path]:
    """Write the package `dispatchml-NAME` into a folder: a plugin for the class NAME.CLS of the library NAME.

    Returns the files that were written. Raises NewPluginError for a name that is no module name, and where the folder
    is there already.
    """
    module = name.removeprefix("dispatchml-").replace("-", "_")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", module) or keyword.iskeyword(module):
        raise NewPluginError(
            f"{name!r} cannot be the name of a plugin: take that of the library it serves, in lower case, such as "
            "'survey'."
        )
    if module in sys.stdlib_module_names or module in sys.modules or module == "pytest":
        raise NewPluginError(
            f"{name!r} is a module of Python or one that dispatchml and its tests run with, and the stand-in that "
            "comes with a new plugin would take its place."
        )
    if module in {entry.point.name for entry in entries().values()}:
        raise NewPluginError(f"A plugin called {module!r} is installed already: `dispatchml plugins` lists it.")
    if not cls.isidentifier() or keyword.iskeyword(cls):
        raise NewPluginError(f"{cls!r} cannot be the name of a class.")
    root = Path(folder) / f"dispatchml-{module.replace('_', '-')}"
    if root.exists():
        raise NewPluginError(f"{root} is there already; nothing was written.")
    written = []
    for template in sorted(TEMPLATES.rglob("*.txt")):
        target = root / filled(str(template.relative_to(TEMPLATES))[: -len(".txt")], module, cls)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled(template.read_text(encoding="utf-8"), module, cls), encoding="utf-8")
        written.append(target)
    return written


def filled(text: str, module: str, cls: str) -> str:
    """A template with its names: LIBRARY, CLASS, DISTRIBUTION."""
    distribution = f"dispatchml-{module.replace('_', '-')}"
    return text.replace("@LIBRARY@", module).replace("@CLASS@", cls).replace("@DISTRIBUTION@", distribution)
