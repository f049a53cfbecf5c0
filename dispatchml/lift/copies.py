"""Copies of the user's functions that read stand-ins, and switches in the user's classes."""

from __future__ import annotations

import functools
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from ..dispatch.errors import is_ours
from .asked import CASTING, asking
from .module_views import ModuleView
from .owning import KEEPING
from .reach import MISSING, Node, Reach, asks, functions_of, imported_name, is_users
from .renaming import Site, entered, inside, reading, renamed, sites
from .replaced import switch_of
from .stand_ins import active, stand_in

#: Code objects of copies, by identity, with what they were made of: functions that have them are lifted already.
LIFTED: dict[int, tuple[types.CodeType, types.CodeType]] = {}
#: The renamed code of a code object, by the names that it got; the code object is kept with it.
RENAMED: dict[tuple[int, bool, tuple[str | None, ...]], tuple[types.CodeType, types.CodeType]] = {}
#: Copies by the function that they were made of.
COPIES: weakref.WeakKeyDictionary[types.FunctionType, Copy] = weakref.WeakKeyDictionary()
#: Functions that were called with lists of traced values, for which their calls of NumPy's functions take lists.
LISTED: weakref.WeakSet[Any] = weakref.WeakSet()
#: Classes whose methods have been looked at, with the switches in them.
SWITCHED: weakref.WeakKeyDictionary[type, bool] = weakref.WeakKeyDictionary()


class Copy:
    """A lifted function, and what was read when it was made.

    checks: (globals, name, value) of all functions that it reaches; cells: (position, reference to the content) of its
    own cells. Nothing here keeps the function alive that it was made of.
    """

    __slots__ = ("function", "checks", "cells")

    def __init__(self, function: Any) -> None:
        self.function = function
        self.checks: list[tuple[dict[str, Any], str, Any]] = []
        self.cells: list[tuple[int, Callable[[], Any]]] = []

    def holds(self, function: types.FunctionType) -> bool:
        """Whether the names still mean what they meant."""
        for names, name, value in self.checks:
            if names.get(name, value) is not value:
                return False
        cells = function.__closure__ or ()
        return all(content(cells[k]) is refer() for k, refer in self.cells)


def content(cell: Any) -> Any:
    """What a cell holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def is_lifted(function: types.FunctionType) -> bool:
    """Whether a function is a copy, or was made by one."""
    return original_code(function.__code__) is not function.__code__


def original_code(code: types.CodeType) -> types.CodeType:
    """The code that some lifted code was made of; any other code is its own."""
    known = LIFTED.get(id(code))
    return known[1] if known is not None and known[0] is code else code


def lifted_function(function: types.FunctionType, own: Callable[[Any], bool] = is_users) -> Any:
    """A copy of a function that reads stand-ins, or the function itself where none is needed."""
    ours = is_ours(function.__code__.co_filename)
    if is_lifted(function) or ours and not function.__closure__ or not ours and not own(function):
        return function
    known = COPIES.get(function)
    if known is not None and known.holds(function):
        return known.function
    reach = Reach(own)
    reach.lists = function in LISTED
    reach.function(function)
    return copied(reach, function)


def copied(reach: Reach, function: types.FunctionType) -> Any:
    """The copy of one function of a reach that has been collected."""
    reach.settle()
    switch_classes(reach)
    node = reach.nodes.get(id(function))
    if node is None or not node.need:
        return function
    copies = {id(n.function): copy_of(n, reach) for n in reach.nodes.values() if n.need}
    for n in reach.nodes.values():
        if n.need:
            fill(n, copies, reach)
    checks = [
        (n.function.__globals__, name, value)
        for n in reach.nodes.values()
        for name, value in n.edges.items()
        if n.need or innermost(value) is not None
    ]
    for n in reach.nodes.values():
        if n.need:
            copy = copies[id(n.function)]
            copy.checks = checks
            remember_cells(n, copy)
    return copies[id(function)].function


def remember_cells(node: Node, copy: Copy) -> None:
    """Remember what cells held, where a copy has one of its own."""
    cells = zip(node.function.__closure__ or (), copy.function.__closure__ or (), strict=True)
    for k, (cell, mine) in enumerate(cells):
        if cell is not mine:
            copy.cells.append((k, reference(content(cell))))


def reference(x: Any) -> Callable[[], Any]:
    """What gives an object, without keeping it alive where that is possible."""
    try:
        return weakref.ref(x)
    except TypeError:
        return lambda: x


def copy_of(node: Node, reach: Reach) -> Copy:
    """A copy of a function with renamed code; its cells are filled when all copies are there."""
    function = node.function

    def decide(site: Site) -> str | None:
        if site.imports is not None:
            return imported_name(site, function)
        value = node.edges[site.name]
        found = reach.key(site, value)
        if found is not None:
            return entered(*found)
        inner = innermost(value)
        known = reach.nodes.get(id(inner)) if inner is not None else None
        if known is not None and known.need:
            return f"{site.name} of {id(function.__globals__)} lifted"
        return None

    ours = is_ours(function.__code__.co_filename)
    code = function.__code__ if ours else renamed_code(function.__code__, decide, reach.forgives)
    changed = own_cells(node, reach)
    cells = tuple(
        types.CellType() if name in changed else cell
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    )
    made = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, cells or None)
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__.update(function.__dict__)
    made.__qualname__, made.__module__, made.__doc__ = function.__qualname__, function.__module__, function.__doc__
    made.__annotations__ = function.__annotations__
    found = COPIES[function] = Copy(made)
    return found


def renamed_code(code: types.CodeType, decide: Callable[[Site], str | None], forgives: bool) -> types.CodeType:
    """The code of a copy, made once for each set of names. forgives: whether a missing attribute may go unseen."""
    key = id(code), forgives, tuple(decide(site) for site in sites(code))
    known = RENAMED.get(key)
    if known is None or known[0] is not code:
        made = renamed(code, decide, lambda a: asking(a.name) if asks(a, forgives) else None, KEEPING, CASTING)
        known = RENAMED[key] = code, made
        for c, original in zip(inside(made), inside(code), strict=True):
            LIFTED[id(c)] = c, original
    return known[1]


def own_cells(node: Node, reach: Reach) -> set[str]:
    """The variables of functions around it of which a copy has cells of its own."""
    found = set()
    ours = is_ours(node.function.__code__.co_filename)
    for name, value in node.cells.items():
        inner = innermost(value)
        known = reach.nodes.get(id(inner)) if inner is not None else None
        if known is not None and known.need or not ours and reach.held(value, node) is not None:
            found.add(name)
    written = {name for code in inside(node.function.__code__) for name in stores_of(code)}
    return found - written


def stores_of(code: types.CodeType) -> set[str]:
    """The variables of functions around some code that it assigns to."""
    return reading(code).cells & set(code.co_freevars)


def innermost(x: Any) -> types.FunctionType | None:
    """The user's function in something that a name means: a partial call, a bound method, a transform of a function."""
    while True:
        if type(x) is types.FunctionType:
            return x
        if type(x) is functools.partial:
            x = x.func
        elif type(x) is types.MethodType:
            x = x.__func__
        else:
            return None


def fill(node: Node, copies: dict[int, Copy], reach: Reach) -> None:
    """Give a copy its cells and defaults, and other copies the name under which they find what it reads."""
    function, copy = node.function, copies[id(node.function)]

    def instead(value: Any) -> Any:
        found = reach.held(value, node)
        return found[1] if found is not None else with_copy(value, copies)

    for name, value in node.edges.items():
        inner = innermost(value)
        if inner is not None and id(inner) in copies and reach.nodes[id(inner)].need:
            key, made = f"{name} of {id(function.__globals__)} lifted", with_copy(value, copies)
            if is_of_module(function):
                entered(key, made)
            else:  # globals that may go, as those of a function that is recorded
                function.__globals__[key] = made
    for name, cell, mine in zip(
        function.__code__.co_freevars, function.__closure__ or (), copy.function.__closure__ or (), strict=True
    ):
        if cell is mine:
            continue
        mine.cell_contents = instead(node.cells[name])
    if is_ours(function.__code__.co_filename):
        return
    if function.__defaults__:
        copy.function.__defaults__ = tuple(map(instead, function.__defaults__))
    if function.__kwdefaults__:
        copy.function.__kwdefaults__ = {name: instead(value) for name, value in function.__kwdefaults__.items()}


def is_of_module(function: types.FunctionType) -> bool:
    """Whether a function's globals are those of a module that is imported."""
    names = function.__globals__
    return getattr(sys.modules.get(str(names.get("__name__"))), "__dict__", None) is names


def with_copy(x: Any, copies: dict[int, Copy]) -> Any:
    """Something that a name means, with the copy in the place of the function."""
    if type(x) is functools.partial:
        return functools.partial(with_copy(x.func, copies), *x.args, **x.keywords)
    if type(x) is types.MethodType:
        return types.MethodType(with_copy(x.__func__, copies), x.__self__)
    known = copies.get(id(x))
    return x if known is None else known.function


# ---- classes and modules ---------------------------------------------------------------------------------------------


def switch_classes(reach: Reach) -> None:
    """Put switches into classes in the places of the methods that need a copy."""
    for cls, nodes in reach.classes.items():
        if SWITCHED.get(cls) or not any(node.need for node in nodes):
            continue
        for name, member in list(vars(cls).items()):
            if any((node := reach.nodes.get(id(f))) is not None and node.need for f in functions_of(member)):
                try:
                    setattr(cls, name, switched(member, reach.own))
                except (AttributeError, TypeError):
                    continue
        SWITCHED[cls] = True


def switched(member: Any, own: Callable[[Any], bool]) -> Any:
    """A member of a class that runs lifted inside a transform."""
    if isinstance(member, staticmethod):
        return staticmethod(switched(member.__func__, own))
    if isinstance(member, classmethod):
        return classmethod(switched(member.__func__, own))
    if isinstance(member, property):
        made = property(*(None if f is None else switched(f, own) for f in (member.fget, member.fset, member.fdel)))
        made.__doc__ = member.__doc__
        return made
    if isinstance(member, functools.cached_property):
        made = functools.cached_property(switched(member.func, own))
        made.attrname = member.attrname
        return made
    if not isinstance(member, types.FunctionType) or is_ours(member.__code__.co_filename):
        return member

    @functools.wraps(member)
    def switch(*arguments: Any, **keywords: Any) -> Any:
        if active() is None:
            return member(*arguments, **keywords)
        return lifted_function(member, own)(*arguments, **keywords)

    return switch


VIEWS: dict[tuple[int, Any, bool], tuple[types.ModuleType, ModuleView]] = {}


def module_view(module: types.ModuleType, own: Callable[[Any], bool], called: bool = False) -> ModuleView:
    """A module as lifted code sees it. called: what is taken from it is called, also where that is a class."""
    key = id(module), own, called
    known = VIEWS.get(key)
    if known is None or known[0] is not module:

        def change(value: Any) -> Any:
            if type(value) is types.FunctionType and own(value):
                return lifted_function(value, own)
            if isinstance(value, types.ModuleType):
                return stand_in(value) or module_view(value, own, called)
            if isinstance(value, type) and not called:
                return None
            return switch_of(value) if callable(value) else None

        known = VIEWS[key] = module, ModuleView(module, change)
    return known[1]
