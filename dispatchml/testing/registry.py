"""check_registry: what a package has registered, and whether it may."""

from __future__ import annotations

import inspect
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from ..dispatch.errors import DispatchmlError, class_name, code_line
from ..dispatch.hints import members, resolve_name
from ..dispatch.layers import LAYERS
from ..dispatch.operation import OPERATIONS, Operation
from ..dispatch.plugins import Plugin, describe_plugin, entries, load
from ..rules.registry import BATCH_RULES, RULES
from .unreachable import missing_classes, unreachable_methods

#: What an import must leave alone, as a program that prints it as JSON.
WITNESS = """
import json, sys, threading, warnings
import numpy
import dispatchml
def state():
    return [len(warnings.filters), str(numpy.geterr()), str(numpy.get_printoptions()), threading.active_count()]
before, known = state(), set(sys.modules)
import {package}
after = state()
names = ["the filters of warnings", "numpy's error state", "numpy's print options", "running threads"]
changed = [n for n, a, b in zip(names, before, after) if a != b]
print("\\n" + json.dumps([changed, [m for m in {foreign!r} if m in sys.modules and m not in known]]))
"""


MISSING = object()


class RegistryError(DispatchmlError, AssertionError):
    """A package has registered something that it should not have, or left something undone."""


class Owner:
    """The package that is being checked: its name, its folder, its plugins and the top-level modules that it speaks
    for.
    """

    __slots__ = ("name", "folder", "plugins", "owned")

    def __init__(self, package: ModuleType) -> None:
        self.name = package.__name__
        file = package.__file__ or ""
        self.folder = os.path.dirname(os.path.abspath(file)) + os.sep if is_package(package) else os.path.abspath(file)
        self.plugins = [p for p in vars(package).values() if isinstance(p, Plugin)]
        self.owned = {top(self.name), *(t for p in self.plugins for t in p.triggers)}

    def wrote(self, function: Any) -> bool:
        """Whether a function was written in the package."""
        module = str(getattr(inspect.unwrap(function) if callable(function) else function, "__module__", ""))
        return module == self.name or module.startswith(self.name + ".")

    def declared(self, place: str) -> bool:
        """Whether a place file:line lies in the package."""
        return bool(place) and os.path.abspath(place.rpartition(":")[0]).startswith(self.folder)

    def owns_class(self, hint: Any) -> bool:
        """Whether a class (or its name, or one of a union) belongs to the package or to what its plugins serve."""
        named = (
            m.partition(":")[0] if isinstance(m, str) else str(getattr(m, "__module__", "")) for m in members(hint)
        )
        return any(top(n) in self.owned or any(f"{n}.".startswith(f"{o}.") for o in self.owned) for n in named)

    def owns_operation(self, op: Operation) -> bool:
        """Whether an operation is the package's own."""
        return top(op.module) == top(self.name)


def check_registry(package: str | ModuleType) -> None:
    """Check everything that a package registers with dispatchml; raise RegistryError with all that is wrong.

    package: an importable package or its name. Its plugins (objects of the class Plugin in the package) are loaded
    first.

    Checked are: ambiguous methods; methods and declared classes that no call can reach; piracy, which is a method, a
    rule, a layer or a derivative of which the package owns neither the operation nor a type (a plugin owns the types of
    the packages in its triggers); derivatives with a forward rule and no reverse rule, or the other way round; public
    names without a docstring (those of `__all__`, and the operations); what the import alone does besides: it prints,
    changes warnings or NumPy's settings, starts threads, or imports the packages that its plugins serve.

    >>> from dispatchml.testing import check_registry
    >>> check_registry("dispatchml_pint")  # doctest: +SKIP
    """
    module = import_module(package) if isinstance(package, str) else package
    owner = Owner(module)
    load_plugins(owner)
    checks: tuple[Callable[[Owner], Iterator[str]], ...] = (
        ambiguities,
        unreachable,
        pirated_methods,
        pirated_layers,
        pirated_derivatives,
        half_derivatives,
        lambda o: undocumented(o, module),
        import_effects,
    )
    found = [line for check in checks for line in check(owner)]
    if found:
        raise RegistryError(f"{owner.name}: " + "\n  ".join([f"{len(found)} finding{'s' * (len(found) > 1)}", *found]))


def top(name: str) -> str:
    """The top-level module of a dotted name."""
    return str(name).partition(":")[0].partition(".")[0]


def is_package(module: ModuleType) -> bool:
    """Whether a module is a folder of modules."""
    return hasattr(module, "__path__")


def load_plugins(owner: Owner) -> None:
    """Run the registrations of the package's plugins: through their entry points where they are installed."""
    for plugin in owner.plugins:
        for trigger in plugin.triggers:
            import_module(trigger)
        installed = next((e for e in entries().values() if describe_plugin(e) == plugin), None)
        if installed is not None:
            load(installed)
        elif isinstance(plugin.register, str):
            function = resolve_name(plugin.register) or getattr(
                import_module(plugin.register.partition(":")[0]), plugin.register.partition(":")[2]
            )
            function()
        else:
            plugin.register()


def operations() -> list[Operation]:
    """Every operation, in a fixed order."""
    return sorted(OPERATIONS, key=lambda op: (op.module, op.name))


# ---- the findings ----------------------------------------------------------------------------------------------------


def ambiguities(owner: Owner) -> Iterator[str]:
    """Operations with pairs of methods, one of them the package's, of which neither is more specific."""
    for op in operations():
        if any(owner.wrote(m.function) for m in op.methods):
            found = op.function.ambiguities()
            if found:
                more = f" So are {len(found) - 1} more calls." if len(found) > 1 else ""
                yield f"ambiguous: {op.name}: {found[0]}. Register a method for both.{more}"


def unreachable(owner: Owner) -> Iterator[str]:
    """Methods that others take every call from, and classes that are declared by a name that nothing has."""
    for op in operations():
        yield from unreachable_methods(op, owner.wrote)
    yield from missing_classes(owner.declared)


def pirated_methods(owner: Owner) -> Iterator[str]:
    """Methods and layer rules on operations and types that are both somebody else's."""
    for op in operations():
        if owner.owns_operation(op) or op.family == "layers":
            continue  # "layers": made by dispatchml for a class of whoever declared it
        for method in op.methods:
            if owner.wrote(method.function) and not any(map(owner.owns_class, method.hints)):
                yield f"piracy: {op.name}{method!r} is neither your operation nor one of your types."
        for cls, function in op.layers.items():
            if owner.wrote(function) and not owner.owns_class(cls):
                yield (
                    f"piracy: {op.name}.layer({class_name(cls)}) at {code_line(function)} is neither your operation "
                    "nor your type."
                )


def pirated_layers(owner: Owner) -> Iterator[str]:
    """Types of other packages that the package has made layers."""
    for cls, info in list(LAYERS.items()):
        if owner.declared(info.place) and not owner.owns_class(cls):
            yield (
                f"piracy: {class_name(cls)} was made a layer at {info.place}; name its package in the triggers of "
                "your plugin, or leave it to the package's own plugin."
            )


def functions_of(rule: Any) -> list[Any]:
    """The functions of a derivative rule."""
    return [f for f in (rule.jvp, rule.vjp, rule.transpose) if f is not None]


def is_rule_of(owner: Owner, rule: Any) -> bool:
    """Whether the package has declared a derivative rule: the line counts, since a function may be made by a helper."""
    return owner.declared(rule.place)


def pirated_derivatives(owner: Owner) -> Iterator[str]:
    """Derivatives and batch rules of other packages' operations."""
    for op, rule in list(RULES.items()):
        if not owner.owns_operation(op) and is_rule_of(owner, rule):
            name = f"{op.module}.{op.name}"
            yield f"piracy: the derivative of {name}, declared at {place_of(rule)}, is of somebody else's operation."
    for op, function in list(BATCH_RULES.items()):
        if not owner.owns_operation(op) and owner.wrote(function):
            name = f"{op.module}.{op.name}"
            yield f"piracy: the batch rule of {name} at {code_line(function)} is of somebody else's operation."


def place_of(rule: Any) -> str:
    """Where a derivative was declared."""
    functions = functions_of(rule)
    return code_line(functions[0]) if functions else rule.place


def half_derivatives(owner: Owner) -> Iterator[str]:
    """Function rules with one mode only."""
    for op, rule in list(RULES.items()):
        if rule.kind == "function" and (owner.owns_operation(op) or is_rule_of(owner, rule)):
            if rule.jvp is None:
                yield f"half a derivative: {op.name} has a vjp ({place_of(rule)}) and no jvp."
            if rule.vjp is None:
                yield f"half a derivative: {op.name} has a jvp ({place_of(rule)}) and no vjp."


def undocumented(owner: Owner, module: ModuleType) -> Iterator[str]:
    """Public names without a docstring."""
    for each in public_modules(module):
        for name in getattr(each, "__all__", ()):
            value = getattr(each, name, MISSING)
            if value is MISSING:
                yield f"undocumented: {each.__name__}.__all__ names {name!r}, which is not there."
            elif (inspect.isfunction(value) or inspect.isclass(value)) and owner.wrote(value) and not value.__doc__:
                yield f"undocumented: {each.__name__}.{name} has no docstring."
    for op in operations():
        if owner.name == op.module or op.module.startswith(owner.name + "."):
            if not op.name.startswith("_") and not op.function.__doc__:
                yield f"undocumented: the operation {op.module}.{op.name} has no docstring."


def public_modules(module: ModuleType) -> Iterator[ModuleType]:
    """The package and those of its public modules that have been imported."""
    yield module
    if is_package(module):
        for info in pkgutil.walk_packages(module.__path__, module.__name__ + "."):
            if "._" not in info.name and info.name in sys.modules:
                yield sys.modules[info.name]


def import_effects(owner: Owner) -> Iterator[str]:
    """What a fresh process sees of the import besides its names."""
    foreign = sorted(t for p in owner.plugins for t in p.triggers)
    program = WITNESS.format(package=owner.name, foreign=foreign)
    path = os.pathsep.join([*filter(None, sys.path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
    )
    if done.returncode:
        yield f"import: a fresh process cannot import it: {done.stderr.strip().splitlines()[-1]}"
        return
    *printed, last = done.stdout.rstrip("\n").split("\n")
    changed, imported = json.loads(last)
    if "".join(printed).strip() or done.stderr.strip():
        yield f"import: it prints {(''.join(printed) + done.stderr).strip()[:80]!r}."
    for what in changed:
        yield f"import: it changes {what}."
    for name in imported:
        yield f"import: it imports {name}, which its plugin serves. Put that into the module of `register`."
