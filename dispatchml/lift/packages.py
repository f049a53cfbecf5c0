"""Packages whose Python code runs on traced values: `enable` and `disable`.

The code of the package's functions gets names of its own for what needs a stand-in, once. While no transform runs
anywhere these names mean the originals, so that nobody pays who does not differentiate; while one runs they mean the
stand-ins, which do what the originals do in contexts where none runs.
"""

from __future__ import annotations

import builtins
import gc
import importlib
import importlib.machinery
import sys
import threading
import types
import weakref
from typing import Any

import numpy as np

from ..dispatch.errors import ArgumentError, LiftError, at_user_line, code_line
from ..dispatch.plugins import meet_module
from ..engines.seen import OF_MEMORY
from ..transforms.containers import flatten
from ..transforms.prepared import LIFTING, READY, REFERENCES
from .array_namespaces import prepare_namespaces
from .asked import ASKED, CASTING, asking
from .buffers import TRACED
from .copies import COPIES
from .doors import MOVED
from .module_views import ModuleView, dotting
from .reach import IMPORTED, followed, imported_name, lookup, takes_lists
from .renaming import Site, inside, reading, renamed
from .replaced import switch_of
from .stand_ins import CALLED_NUMPY, LISTED_NUMPY, STAND_INS, stand_in
from .strides import contiguous_strides
from .switches import Guard

LOCK = threading.RLock()
#: Parts of packages that say how NumPy and the interpreter are used, and never see an array of the user's.
LEFT_OUT = (
    "scipy._lib.array_api_compat", "scipy._lib._ccallback", "scipy._lib._docscrape", "scipy._lib.doccer",
    "scipy._lib._uarray", "scipy._lib.cobyqa", "scipy.special._testutils", "scipy._lib._testutils", "scipy.constants",
    "scipy._lib._array_api_override",
    # sparse arrays have layers of their own; their code hands memory to compiled functions at every step
    "scipy.sparse._bsr", "scipy.sparse._compressed", "scipy.sparse._construct",
    "scipy.sparse._coo", "scipy.sparse._csc", "scipy.sparse._csr", "scipy.sparse._data", "scipy.sparse._dia",
    "scipy.sparse._lil", "scipy.sparse._matrix", "scipy.sparse._sputils",
)  # fmt: skip
#: Classes of compiled functions.
COMPILED = frozenset(
    """builtin_function_or_method cython_function_or_method fused_cython_function fortran pybind11_function
    nb_func""".split()
)


class State:
    """What is enabled. prefixes: names of modules; count: running transforms; modules: how many had been imported."""

    __slots__ = ("prefixes", "count", "modules", "exact_steps")


STATE = State()
STATE.prefixes, STATE.count, STATE.modules, STATE.exact_steps = set(), 0, 0, False
#: The functions whose code was replaced, with the code that they had.
CHANGED: dict[int, tuple[types.FunctionType, types.CodeType]] = {}
#: The renamed code of a code object; both are kept.
RENAMED: dict[tuple[int, int], tuple[types.CodeType, types.CodeType]] = {}
#: Names in the code of packages: what they mean while no transform runs, and while one does.
INERT: dict[str, Any] = {}
ACTIVE: dict[str, Any] = {}


def enable(*packages: str, exact_steps: bool | None = None) -> None:
    """Let the Python code of packages run on traced values, from now on and in this process.

    packages: names of packages or modules ("scipy", "scipy.integrate"). Their functions do as before on plain values,
    to the last bit, and cost nothing more while no transform runs. Compiled functions that they call need a rule
    (`dispatchml.lift.replaces`); others raise LiftError where they would be given traced values. exact_steps: whether
    the step sizes that solvers choose are differentiated, too; by default they are constants.

    Raises ImportError for a package that is not installed, ArgumentError for what is no name.

    >>> import dispatchml as dm
    >>> dm.lift.enable("scipy.integrate")
    """
    for name in packages:
        if not isinstance(name, str) or not all(part.isidentifier() for part in name.split(".")):
            raise ArgumentError(f"enable: {name!r} is not the name of a package{at_user_line()}, such as 'scipy'.")
    with LOCK:
        for name in packages:
            importlib.import_module(name)
            meet_module(name)
            STATE.prefixes.add(name)
        if exact_steps is not None:
            STATE.exact_steps = exact_steps
        STATE.modules = 0
        look_again()
        LIFTING.enter, LIFTING.leave = enter, leave
        from .automatic import released

        LIFTING.release, LIFTING.check, LIFTING.is_of_package = released, check_path, is_of_package
        OF_MEMORY.update(flags=lambda x: np.empty(x.shape, x.dtype).flags, base=lambda x: None)
        OF_MEMORY.update(strides=contiguous_strides, setflags=lambda x: lambda *flags, **named: None)
        refresh()


def look_again() -> None:
    """What functions need is looked at anew."""
    READY.clear()
    REFERENCES.clear()
    COPIES.clear()


def disable(*packages: str) -> None:
    """Give the functions of packages their own code back; without a name those of all packages."""
    with LOCK:
        look_again()
        gone = set(packages) or set(STATE.prefixes)
        STATE.prefixes -= gone
        for key, (function, code) in list(CHANGED.items()):
            if not is_enabled(function.__globals__.get("__name__", "")):
                function.__code__ = code
                del CHANGED[key]
        if not STATE.prefixes:
            LIFTING.enter = LIFTING.leave = LIFTING.release = LIFTING.check = LIFTING.is_of_package = None
            OF_MEMORY.clear()
            import_as(True)  # for the user's own functions, which run lifted in transforms only


def is_enabled(module: str) -> bool:
    """Whether a module belongs to what is enabled."""
    if any(module == part or module.startswith(part + ".") for part in LEFT_OUT):
        return False
    return any(module == prefix or module.startswith(prefix + ".") for prefix in STATE.prefixes)


def is_of_package(error: BaseException) -> bool:
    """Whether an error comes out of the code of a package that is enabled."""
    entry = error.__traceback__
    while entry is not None:
        if is_enabled(str(entry.tb_frame.f_globals.get("__name__", ""))):
            return True
        entry = entry.tb_next
    return False


def enter() -> bool:
    """The outermost transform of a context begins: the names mean the stand-ins."""
    with LOCK:
        if STATE.modules != len(sys.modules):
            refresh()
        STATE.count += 1
        if STATE.count == 1:
            vars(builtins).update(ACTIVE)  # pyright: ignore[reportAttributeAccessIssue]
            import_as(True)
    return True


def leave() -> None:
    """The outermost transform of a context ends."""
    with LOCK:
        STATE.count -= 1
        if not STATE.count:
            vars(builtins).update(INERT)  # pyright: ignore[reportAttributeAccessIssue]
            import_as(False)


def import_as(lifted: bool) -> None:
    """What imports within lifted functions give: modules as lifted code sees them, or themselves."""
    sys.modules.update({name: found[lifted] for name, found in IMPORTED.items()})


def refresh() -> None:
    """Rename in the functions of modules that have been imported since."""
    prepare_namespaces()
    STATE.modules = len(sys.modules)
    names = {id(vars(m)): n for n, m in list(sys.modules.items()) if isinstance(m, types.ModuleType) and is_enabled(n)}
    for x in all_objects():
        if type(x) is types.FunctionType and id(x.__globals__) in names and id(x) not in CHANGED:
            code = code_for(x)
            CHANGED[id(x)] = x, x.__code__
            if code is not x.__code__:
                x.__code__ = code
        elif type(x) is np.vectorize and is_enabled(str(getattr(x.pyfunc, "__module__", ""))):
            x.__class__ = STAND_INS[id(np.vectorize)][1]  # made before; on plain values it is what it was
        elif issubclass(type(x), type) and is_enabled(str(x.__module__)):  # a dead proxy has no class to be asked for
            guard_members(x)  # pyright: ignore[reportArgumentType]
    vars(builtins).update(ACTIVE if STATE.count else INERT)  # pyright: ignore[reportAttributeAccessIssue]
    import_as(STATE.count > 0)


def all_objects() -> list[Any]:
    """What the collector knows, with what it was told not to look at (`gc.freeze`)."""
    frozen = gc.get_freeze_count()
    if frozen:
        gc.unfreeze()
    found = gc.get_objects()
    if frozen:
        gc.freeze()
    return found


def guard_members(cls: type) -> None:
    """Guard the compiled functions that a class holds as attributes, which its methods call."""
    for name, member in list(vars(cls).items()):
        inner = member.__func__ if isinstance(member, staticmethod) else member
        is_method = inner is member and hasattr(type(inner), "__get__")
        if type(inner).__name__ in COMPILED and not name.startswith("__") and not is_method:
            found = replaced(inner)
            if found is not None:
                try:
                    setattr(cls, name, staticmethod(found))
                except (AttributeError, TypeError):
                    continue


def moved(function: types.FunctionType, own: types.FunctionType) -> None:
    """The code of a function goes on in another one, which is behind its door."""
    known = CHANGED.pop(id(function), None)
    if known is not None:
        CHANGED[id(own)] = own, known[1]


MOVED.append(moved)


def code_for(function: types.FunctionType) -> types.CodeType:
    """The renamed code of a package's function, shared by the functions that have it."""
    key = id(function.__code__), id(function.__globals__)
    known = RENAMED.get(key)
    if known is None or known[0] is not function.__code__:
        made = renamed(
            function.__code__,
            lambda site: name_for(site, function),
            lambda attribute: asking(attribute.name) if attribute.name in ASKED else None,
            cast=CASTING,
        )
        known = RENAMED[key] = function.__code__, made
        for code in inside(made):  # functions that the new code makes later
            RENAMED[id(code), id(function.__globals__)] = code, code
    return known[1]


def name_for(site: Site, function: types.FunctionType) -> str | None:
    """The name that a site reads instead; None where it stays."""
    if site.imports is not None:
        keeps = any(reading(code).rebinds for code in inside(function.__code__))  # in a global name, for ever
        return None if keeps else imported_name(site, function)
    value = lookup(function, site.name)
    if value is np and site.chain:
        original = getattr(np, site.chain[0], None)
        if isinstance(original, type) and original is not np.vectorize:
            if site.called and len(site.chain) == 1 and stand_in(original) is not None:
                return named("numpy", "called", np, CALLED_NUMPY)
            return None
        if takes_lists(original, site) and not isinstance(original, np.ufunc):
            return named("numpy", "lists", np, LISTED_NUMPY)
        return None if stand_in(original) is None else named("numpy", "", np, stand_in(np))
    if isinstance(value, type) and value is not np.vectorize:
        found = (stand_in(value) or switch_of(value)) if site.called and not site.chain else None
        return None if found is None else named(value.__name__, "called", value, found)
    found = stand_in(value)
    if found is not None:
        return named(getattr(value, "__name__", site.name), "", value, found)
    if type(value) is types.ModuleType:
        return name_of_module(site, value)  # pyright: ignore[reportArgumentType]
    if type(value) is np.ndarray:
        if site.chain[:1] == ("dot",) and value.dtype.kind in "fc":  # pyright: ignore[reportAttributeAccessIssue]
            return named(site.name, str(id(value)), value, dotting(value))
        return None
    if callable(value):
        found = replaced(value)
        if found is not None:
            return named(getattr(value, "__name__", site.name), str(id(value)), value, found)
    return None


def name_of_module(site: Site, module: types.ModuleType) -> str | None:
    """The same for a module from which something is taken that is replaced, or compiled."""
    value, rest = followed(module, site.chain)
    called = site.called and not rest  # else something of a class or an object is taken
    if value is module or isinstance(value, type) and not called:
        return None
    if replaced(value) is None:
        return None
    kind = "called" if called else ""
    view = ModuleView(module, viewed_called if called else viewed)
    return named(module.__name__, f"viewed {kind}", module, view)


def viewed(value: Any) -> Any:
    """What a module's content is in the code of packages."""
    if isinstance(value, types.ModuleType):
        return stand_in(value) or ModuleView(value, viewed)
    return None if isinstance(value, type) else stand_in(value) or replaced(value)


def viewed_called(value: Any) -> Any:
    """The same for what is called at once."""
    if isinstance(value, types.ModuleType):
        return stand_in(value) or ModuleView(value, viewed_called)
    return stand_in(value) or replaced(value)


#: Guards of compiled functions by identity.
GUARDS: dict[int, tuple[Any, Any]] = {}


def replaced(value: Any) -> Any:
    """The switch of a function that is replaced, or the guard of a compiled one."""
    if not callable(value):
        return None
    found = switch_of(value)
    if found is not None or isinstance(value, (type, np.ufunc)):
        return found
    module = str(getattr(value, "__module__", None) or ("Fortran" if type(value).__name__ == "fortran" else ""))
    if type(value).__name__ not in COMPILED or module.partition(".")[0] in (*sys.stdlib_module_names, "numpy", ""):
        return None
    known = GUARDS.get(id(value))
    if known is None or known[0] is not value:
        name = f"{module}.{getattr(value, '__name__', value)}"
        known = GUARDS[id(value)] = value, Guard(value, name)
    return known[1]


def named(name: str, kind: str, original: Any, instead: Any) -> str:
    """A name in the code of packages."""
    key = f"{name} {kind} switched"
    if key not in ACTIVE:
        INERT[key], ACTIVE[key] = original, instead
        vars(builtins)[key] = instead if STATE.count else original  # pyright: ignore[reportIndexIssue]
    return key


# ---- results without a path ------------------------------------------------------------------------------------------

#: Functions whose derivatives may be zero everywhere, as `lift(f, allow_zero=True)` says.
ZERO_ALLOWED: weakref.WeakSet[Any] = weakref.WeakSet()
#: Transforms that ask for no derivative.
OTHERS = frozenset({"jit", "vmap", "checkpoint"})


def check_path(function: Any, result: Any, name: str) -> None:
    """Refuse a result that depends on nothing where a package's code has run: a derivative may have got lost in it."""
    if name in OTHERS or isinstance(function, types.FunctionType) and function in ZERO_ALLOWED:
        return
    leaves = flatten(result)[0]
    if any(isinstance(x, TRACED) for x in leaves) or not any(is_float(x) for x in leaves):
        return
    package = package_in(function)
    if package:
        raise LiftError(
            f"{name}: the result of {getattr(function, '__qualname__', function)} ({code_line(function)}) does not "
            f"depend on what is differentiated, though it uses {package}, whose code runs lifted: a derivative may "
            "have been lost on the way, in text, in a file or in a branch. Write dispatchml.lift(f, allow_zero=True) "
            "where a derivative of zero is meant."
        )


def is_float(x: Any) -> bool:
    """Whether a leaf is a number or array that could have had a derivative."""
    return isinstance(x, (float, complex)) or isinstance(x, (np.ndarray, np.generic)) and x.dtype.kind in "fc"


def package_in(function: Any) -> str:
    """An enabled package that a function reaches by a name; empty where there is none."""
    from .copies import innermost
    from .reach import Reach, is_users

    inner = innermost(function)
    if inner is None:
        return ""
    reach = Reach(is_users)
    reach.function(inner)
    for node in list(reach.nodes.values()):
        for value in (*node.edges.values(), *node.cells.values()):
            module = value.__name__ if isinstance(value, types.ModuleType) else getattr(value, "__module__", None)
            if isinstance(module, str) and (is_enabled(module) or is_above(module)) and not module.startswith("numpy"):
                return module
    return ""


def is_above(module: str) -> bool:
    """Whether a module is a package with an enabled part."""
    return any(prefix.startswith(module + ".") for prefix in STATE.prefixes)
