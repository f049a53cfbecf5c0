"""What a function of the user's reaches by names: its own modules' functions and classes, and what needs a stand-in."""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..dispatch.errors import is_ours
from ..dispatch.plugins import meet_module
from ..transforms.looking import is_library, is_library_module
from ..transforms.prepared import LIFTING, UNLIFTED
from .asked import ASKED, OF_ARRAYS, pattern, type_asked
from .module_views import ModuleView, dotting
from .renaming import Attribute, Site, inside, reading
from .replaced import switch_of
from .stand_ins import CALLED_NUMPY, JOINING, LISTED_NUMPY, stand_in
from .suspicion import names_in
from .switches import unwrapping
from .vectorizing import Vectorized

MISSING = object()
#: Makers of arrays that only matter where something is written.
BLANK = frozenset(
    map(
        id,
        (
            np.zeros, np.empty, np.ones, np.eye, np.identity, np.linspace, np.arange, np.logspace, np.geomspace, np.tri,
            np.fromfunction, np.zeros_like, np.empty_like, np.ones_like, np.copy, *JOINING,
        ),
    )
)  # fmt: skip
#: Names by which code makes lists longer.
GROWING = frozenset({"append", "extend", "insert"})
#: Names by which code writes without an assignment.
WRITERS = frozenset({"fill", "put", "copyto", "at", "fill_diagonal", "putmask", "sort", "place"})


class Node:
    """One function: what it reaches by name. edges: (home, name) -> the value there; need: whether it needs a copy."""

    __slots__ = ("function", "edges", "cells", "need", "above")

    def __init__(self, function: types.FunctionType) -> None:
        self.function = function
        self.edges: dict[str, Any] = {}
        self.cells: dict[str, Any] = {}
        self.need = False
        self.above: list[Node] = []

    def codes(self) -> list[types.CodeType]:
        """The code that reads names; of what a transform has made of a function only cells are looked at."""
        code = self.function.__code__
        return [] if is_ours(code.co_filename) else [*inside(code)]


class Reach:
    """All that a function reaches. own: says whether a function or class belongs to the code that is lifted."""

    __slots__ = ("nodes", "classes", "writes", "lists", "arrays", "forgives", "own")

    def __init__(self, own: Callable[[Any], bool]) -> None:
        self.nodes: dict[int, Node] = {}
        self.classes: dict[type, list[Node]] = {}
        self.writes = self.lists = self.arrays = self.forgives = False
        self.own = own

    def function(self, function: types.FunctionType, above: Node | None = None) -> Node:
        """A function and what it reaches."""
        node = self.nodes.get(id(function))
        if node is None:
            node = self.nodes[id(function)] = Node(function)
            for code in node.codes():
                found = reading(code)
                self.writes = self.writes or found.writes or writes_by_name(code)
                self.lists = self.lists or found.lists or not GROWING.isdisjoint(code.co_names)
                self.forgives = self.forgives or found.forgives
                for site in found.sites:
                    if site.imports is not None:
                        continue
                    if site.name not in node.edges:
                        node.edges[site.name] = lookup(function, site.name)
                        self.value(node.edges[site.name], node)
                    if site.chain and type(node.edges[site.name]) is types.ModuleType:
                        self.value(follow(node.edges[site.name], site.chain), node)
            for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
                try:
                    node.cells[name] = cell.cell_contents
                except ValueError:
                    continue
                self.value(cell.cell_contents, node)
            for value in defaults_of(function):
                self.value(value, node)
        if above is not None:
            node.above.append(above)
        return node

    def value(self, x: Any, above: Node | None) -> None:
        """Something that a function reads."""
        cls = type(x)
        meet_pythons_own(x)
        if cls is types.FunctionType:
            if self.own(x) or is_ours(x.__code__.co_filename) and x.__closure__ and x not in UNLIFTED:
                self.function(x, above)
            else:
                meet_module(x.__module__ or "builtins")
        elif cls is functools.partial:
            self.value(x.func, above)
        elif cls is types.MethodType:
            self.value(x.__func__, above)
            self.value(type(x.__self__), above)
        elif cls is types.ModuleType:
            if is_library_module(x):
                meet_module(x.__name__)
        elif cls is np.vectorize:
            if self.own(x.pyfunc):
                self.value(x.pyfunc, None)
                x.__class__ = Vectorized  # made before; on plain values it is what it was
        elif isinstance(x, type):
            self.a_class(x)
        elif isinstance(getattr(cls, "__module__", None), str) and cls.__module__ not in ("builtins", "numpy"):
            self.a_class(cls)

    def a_class(self, cls: type) -> None:
        """A class, and the functions in it."""
        if cls in self.classes or not self.own(cls):
            return
        self.classes[cls] = []
        for base in cls.__mro__[1:]:
            self.a_class(base)
        for member in list(vars(cls).values()):
            for function in functions_of(member):
                if self.own(function):
                    self.classes[cls].append(self.function(function))

    def settle(self) -> None:
        """Find out which functions need a copy: by themselves, or because they call one that does."""
        waiting = []
        for node in self.nodes.values():
            if self.needs(node):
                node.need = True
                waiting.append(node)
        self.arrays = any(makes_arrays(node) for node in waiting)
        if self.arrays:  # which functions of other packages must not see
            for node in self.nodes.values():
                if not node.need and self.needs(node):
                    node.need = True
                    waiting.append(node)
        for node in waiting:  # it grows on the way
            for above in node.above:
                if not above.need:
                    above.need = True
                    waiting.append(above)

    def needs(self, node: Node) -> bool:
        """Whether a function itself reads something that needs a stand-in."""
        for code in node.codes():
            found = reading(code)
            if found.stores or found.casts or any(asks(a, self.forgives) for a in found.attributes):
                return True
            for site in reading(code).sites:
                if site.imports is not None:
                    if imported_name(site, node.function) is not None:
                        return True
                elif self.key(site, node.edges[site.name]) is not None:
                    return True
        if is_ours(node.function.__code__.co_filename):
            return False
        held = (*node.cells.values(), *defaults_of(node.function))
        return any(self.held(value, node) is not None for value in held)

    def key(self, site: Site, value: Any) -> tuple[str, Any] | None:
        """The name and the value that a site reads instead, for what is no function of the user's."""
        if site.matched:
            return matched(site, value)
        if type(value) is np.ndarray:
            plain = site.chain != ("dot",) or value.dtype.kind not in "fc"
            return None if plain else (f"{site.name} dotting {id(value)}", dotting(value))
        if value is np and site.chain:
            original = getattr(np, site.chain[0], None)
            if isinstance(original, type) and original is not np.vectorize:
                return ("numpy called", CALLED_NUMPY) if len(site.chain) == 1 and self.called(site, original) else None
            if self.lists and takes_lists(original, site):
                return "numpy lists", LISTED_NUMPY
            if stand_in(original) is None or id(original) in BLANK and not self.writes:
                return None
        elif isinstance(value, type) and value is not np.vectorize:
            found = (stand_in(value) or switch_of(value)) if site.called and not site.chain else None
            if found is None:
                return self.foreign(site, value) if self.arrays and site.called and not site.chain else None
            return f"{value.__name__} called {id(value)}", found
        elif id(value) in BLANK and not self.writes:
            return None
        found = self.cell(value, site.chain, site.called)
        if found is None and site.called and (self.arrays or LIFTING.enter is not None):
            return self.foreign(site, value)
        return found

    def foreign(self, site: Site, value: Any) -> tuple[str, Any] | None:
        """The same for a call of another package, which gets what arrays of lifted code hold."""
        if isinstance(value, types.ModuleType):
            target, rest = followed(value, site.chain)
        else:
            target, rest = value, site.chain
        if rest or not is_foreign(target) or not self.arrays and not isinstance(target, types.FunctionType):
            return None
        if target is value:
            return f"{site.name} unwrapped {id(value)}", unwrapping(value)
        return f"{value.__name__} unwrapped", ModuleView(value, unwrapped)

    def called(self, site: Site, value: Any) -> bool:
        """Whether a class of numbers is called."""
        return site.called and stand_in(value) is not None

    def cell(self, value: Any, chain: tuple[str, ...] = (), called: bool = False) -> tuple[str, Any] | None:
        """The same for what a cell holds, or a name whatever becomes of it."""
        if isinstance(value, type) and value is not np.vectorize:
            return None
        found = stand_in(value)
        if found is not None:
            return f"{value.__name__} lifted", found
        if isinstance(value, types.ModuleType):
            return self.module(value, chain, called)
        if callable(value) and not isinstance(value, type):
            found = switch_of(value)
            if found is not None:
                return f"{getattr(value, '__name__', 'function')} replaced {id(value)}", found
            if isinstance(value, types.FunctionType) and isinstance(vars(value).get("registry"), Mapping):
                return f"{value.__name__} dispatched {id(value)}", dispatching(value, self.own)
        return None

    def held(self, value: Any, node: Node) -> tuple[str, Any] | None:
        """The same for what a cell of a function holds."""
        from .copies import module_view

        if type(value) is types.ModuleType and stand_in(value) is None and is_library_module(value):
            if not mentions_replaced(value, names_in(node.function.__code__)):
                return None
            return f"{value.__name__} viewed", module_view(value, self.own)
        found = self.cell(value)
        if found is None and self.arrays and not isinstance(value, type) and is_foreign(value):
            return "unwrapped", unwrapping(value)
        return found

    def module(self, module: types.ModuleType, chain: tuple[str, ...], called: bool) -> tuple[str, Any] | None:
        """What stands for a module: of the user's, or of a library one of whose functions is replaced."""
        from .copies import module_view

        value, rest = followed(module, chain)
        called = called and not rest  # else something of a class or an object is taken
        known = self.nodes.get(id(value))
        if isinstance(value, type):
            wanted = called and switch_of(value) is not None
            return (f"{module.__name__} called", module_view(module, self.own, True)) if wanted else None
        if known is not None and known.need or callable(value) and switch_of(value) is not None:
            return f"{module.__name__} viewed", module_view(module, self.own)
        return None


def meet_pythons_own(x: Any) -> None:
    """Get ready for code that names `statistics`, or NumPy's polynomials, which are Python code as packages are."""
    home = x.__name__ if type(x) is types.ModuleType else getattr(x, "__module__", None)
    if home == "statistics":
        from . import averages  # noqa: F401  it enters what stands for its functions
    elif isinstance(home, str) and home.startswith(POLYNOMIALS):
        from .packages import STATE, enable

        if POLYNOMIALS not in STATE.prefixes:
            enable(POLYNOMIALS)


#: The part of NumPy that is Python code over arrays of its own, and does not ask for other ones.
POLYNOMIALS = "numpy.polynomial"


def defaults_of(function: types.FunctionType) -> list[Any]:
    """What the parameters of a function are where they are not given."""
    return [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]


def asks(attribute: Attribute, forgives: bool) -> bool:
    """Whether code asks by an attribute what a value is, or for a plain number.

    forgives: whether a missing attribute may go unseen.
    """
    if attribute.name == "__class__" or attribute.name in ASKED:
        return True
    return forgives and attribute.name in OF_ARRAYS


def matched(site: Site, value: Any) -> tuple[str, Any] | None:
    """The name and the value that a `case` reads in the place of a class, or of the module that has it."""
    target, rest = followed(value, site.chain) if isinstance(value, types.ModuleType) else (value, site.chain)
    if rest or not isinstance(target, type) or pattern(target) is None:
        return None
    if target is value:
        return f"{value.__name__} matched {id(value)}", pattern(value)
    return f"{value.__name__} matched", ModuleView(value, as_pattern)


def as_pattern(x: Any) -> Any:
    """What a thing of a module is in a `case`."""
    return ModuleView(x, as_pattern) if isinstance(x, types.ModuleType) else pattern(x) if isinstance(x, type) else None


def dispatching(original: Any, own: Callable[[Any], bool]) -> Callable[..., Any]:
    """A function of `functools.singledispatch`, which asks for the class of its first argument."""

    def dispatched(first: Any, *arguments: Any, **keywords: Any) -> Any:
        from .automatic import lifted

        return lifted(original.dispatch(type_asked(first)), own)(first, *arguments, **keywords)

    return dispatched


def writes_by_name(code: types.CodeType) -> bool:
    """Whether some code writes without an assignment: by a function, or with out=."""
    keywords = [c for c in code.co_consts if type(c) is tuple and "out" in c]
    return bool(keywords) or not WRITERS.isdisjoint(code.co_names)


def makes_arrays(node: Node) -> bool:
    """Whether a function names something by which lifted code makes arrays."""
    if any(reading(code).stores for code in node.codes()):
        return True
    return any(value is np or id(value) in BLANK for value in node.edges.values())


def is_foreign(x: Any) -> bool:
    """Whether something is a function or class of an installed package other than NumPy."""
    if not callable(x) or isinstance(x, (types.MethodType, np.ufunc)) or switch_of(x) is not None:
        return False
    if not isinstance(x, (type, types.FunctionType, types.BuiltinFunctionType)):
        x = type(x)  # such as what numba makes of a function of the user's
        if x.__module__.partition(".")[0] in ("functools", "cython"):
            return False
    if isinstance(x, types.FunctionType) and is_ours(x.__code__.co_filename):
        return False  # what a transform has made of a function, under the name of that
    module = str(getattr(x, "__module__", None) or "").partition(".")[0]
    if module in sys.stdlib_module_names or module in ("", "numpy", "builtins") or module.startswith("dispatchml"):
        return False
    return isinstance(x, (type, types.FunctionType, types.BuiltinFunctionType)) and is_library(x)


def unwrapped(x: Any) -> Any:
    """What a thing of another package's module is in lifted code."""
    if isinstance(x, types.ModuleType):
        return stand_in(x) or ModuleView(x, unwrapped)
    return switch_of(x) or (unwrapping(x) if is_foreign(x) else None) if callable(x) else None


def lookup(function: types.FunctionType, name: str) -> Any:
    """What a function finds under a global name now."""
    names = function.__globals__
    return names[name] if name in names else getattr(builtins, name, MISSING)


def takes_lists(original: Any, site: Site) -> bool:
    """Whether something of NumPy's is called with arrays, for which a list may be given."""
    if isinstance(original, np.ufunc):
        return len(site.chain) == 1 and site.called and original.nin < 3
    return original in (np.linalg, np.fft) or type(original).__name__ == "_ArrayFunctionDispatcher"


def follow(module: types.ModuleType, chain: tuple[str, ...]) -> Any:
    """What a chain of attributes leads to: modules, and the first thing that is none."""
    return followed(module, chain)[0]


def followed(module: types.ModuleType, chain: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
    """The same with what is left of the chain."""
    value: Any = module
    for k, name in enumerate(chain):
        if not isinstance(value, types.ModuleType):
            return value, chain[k:]
        value = getattr(value, name, None)
    return value, ()


#: Modules under the names by which lifted code imports them: what each is while no transform runs, and while one does.
IMPORTED: dict[str, tuple[types.ModuleType, Any]] = {}


def imported_name(site: Site, function: types.FunctionType) -> str | None:
    """The name under which lifted code imports a module; None where it is the module's own."""
    from .copies import module_view

    name = site.name
    if site.imports:
        package = str(function.__globals__.get("__package__") or "").split(".")
        name = ".".join([*package[: len(package) - site.imports + 1], *filter(None, [name])])
    module = sys.modules.get(name)
    if module is None or name.partition(".")[0] == "dispatchml":
        return None
    found: Any = stand_in(module)
    if found is None:
        if is_library_module(module):
            meet_module(name)
        if not mentions_replaced(module, frozenset(site.chain) or names_in(function.__code__)):
            return None
        found = module_view(module, is_users)
    if site.chain or "." not in name:
        sys.modules[f"{name} lifted"] = found
        IMPORTED[f"{name} lifted"] = module, found
        return f"{site.name} lifted"
    parts = name.split(".")  # "import a.b" gives a, and "import a.b as c" its attribute b
    for k in range(1, len(parts) + 1):
        part = sys.modules[".".join(parts[:k])]
        sys.modules[".".join([f"{parts[0]} lifted", *parts[1:k]])] = module_view(part, is_users)
    return ".".join([f"{parts[0]} lifted", *parts[1:]])


def mentions_replaced(module: types.ModuleType, names: frozenset[str]) -> bool:
    """Whether one of some names is a function of a module, or of a module in it, that is replaced."""
    for name in names:
        value = vars(module).get(name)
        if isinstance(value, types.ModuleType) and value.__name__ == f"{module.__name__}.{name}":
            if mentions_replaced(value, names):
                return True
        elif callable(value) and not isinstance(value, type) and switch_of(value) is not None:
            return True
    return False


def functions_of(member: Any) -> list[types.FunctionType]:
    """The functions in a member of a class."""
    if isinstance(member, (staticmethod, classmethod)):
        member = member.__func__
    if isinstance(member, property):
        return [f for f in (member.fget, member.fset) if isinstance(f, types.FunctionType)]
    if isinstance(member, functools.cached_property):
        member = member.func
    if isinstance(member, types.FunctionType) and is_ours(member.__code__.co_filename):
        member = getattr(member, "__wrapped__", member)
    return [member] if isinstance(member, types.FunctionType) else []


def is_users(x: Any) -> bool:
    """Whether a function or class is the user's own: not of an installed package, the standard library or ours."""
    return not is_library(x)
