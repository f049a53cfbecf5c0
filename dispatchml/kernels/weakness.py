"""Where the numbers come from that were taken as float32, as `promotion` does with Python's: NumPy's are refused.

Numbers of arrays and results of NumPy's functions have a size of their own, and NumPy computes in float64 where such a
float64 meets a float32. Literals, results of `math`, counters and sizes have none; nor have numbers that are arguments,
unless they are handed over as np.float64.
"""

from __future__ import annotations

import builtins
import functools
from collections.abc import Callable
from typing import Any

from numba.core import ir, types
from numba.core.compiler_machinery import AnalysisPass, register_pass

from .promotion import is_narrow, is_weak

#: Functions of Python's whose result is a Python number whatever they get.
CONVERSIONS = frozenset((builtins.float, builtins.int, builtins.len, builtins.range))
SIZES = frozenset(("shape", "size", "ndim", "strides", "itemsize", "nbytes"))
#: What was refused while a function was compiled: file, line, what is there.
REFUSED: list[tuple[str, int, str]] = []
NUMPYS = "a number of an array of 64 bits, or of a function of NumPy's, meets a float32"
LISTS = "a list holds both Python's numbers and float32"
#: Of a function for some types: whether its result is a number of NumPy's, and which arguments are taken as Python's.
KNOWN: dict[Any, Callable[[], tuple[bool, frozenset[int]]]] = {}


class Origins:
    """Follows the variables of one function back to where they come from."""

    def __init__(self, state: Any) -> None:
        self.typemap, self.calltypes = state.typemap, state.calltypes
        self.given: dict[str, list[Any]] = {}
        self.statements = [s for block in state.func_ir.blocks.values() for s in block.body]
        for s in self.statements:
            if isinstance(s, ir.Assign):
                self.given.setdefault(s.target.name, []).append(s.value)

    def of(self, name: str) -> tuple[bool, frozenset[int]]:
        """Whether a variable may hold a number of NumPy's, and the arguments that it may come from."""
        seen: set[str] = set()
        waiting, arguments = [name], set()
        while waiting:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            if isinstance(self.typemap.get(here), types.Array):
                return True, frozenset()
            for value in self.given.get(here, ()):
                if isinstance(value, ir.Arg):
                    arguments.add(value.index)
                elif isinstance(value, ir.Var):
                    waiting.append(value.name)
                elif isinstance(value, ir.Expr):
                    further = self.behind(value)
                    if further is None:
                        return True, frozenset()
                    waiting += further
        return False, frozenset(arguments)

    def behind(self, value: ir.Expr) -> list[str] | None:
        """The variables that a number is made of; None where it is a number of NumPy's."""
        if value.op == "getattr" and value.attr in SIZES:
            return []
        if value.op == "phi":
            return [v.name for v in value.incoming_values if isinstance(v, ir.Var)]
        if value.op in ("getitem", "static_getitem"):
            return [value.value.name]
        if value.op != "call":
            return [v.name for v in value.list_vars()]
        function = self.typemap[value.func.name]
        given = [v.name for v in value.args]
        if isinstance(function, types.Dispatcher):
            return None if known(function, self.calltypes[value])[0] else given
        key = getattr(function, "typing_key", None)
        module = getattr(key, "__module__", None)
        if key in CONVERSIONS or module == "math":
            return []
        return given if module == "builtins" else None

    def narrowing(self) -> Any:
        """The variables that are taken as float32, each with the statement."""
        for s in self.statements:
            if isinstance(s, ir.Assign) and isinstance(s.value, ir.Expr) and s.value.op != "phi":
                yield from ((name, s) for name in self.taken(s.value))
            elif isinstance(s, ir.Assign) and is_narrow(self.typemap.get(s.target.name)):
                sources = s.value.incoming_values if isinstance(s.value, ir.Expr) else [s.value]
                yield from ((v.name, s) for v in sources if isinstance(v, ir.Var) and is_weak(self.typemap[v.name]))

    def taken(self, value: ir.Expr) -> list[str]:
        """The arguments of a call that are taken as float32."""
        sig = self.calltypes.get(value)
        if sig is None:
            return []
        given = value.args if value.op == "call" else value.list_vars()
        if value.op == "call" and isinstance(self.typemap[value.func.name], types.Dispatcher):
            return [given[k].name for k in known(self.typemap[value.func.name], sig)[1] if k < len(given)]
        return [v.name for v, t in zip(given, sig.args, strict=False) if is_narrow(t) and is_weak(self.typemap[v.name])]


def known(function: Any, sig: Any) -> tuple[bool, frozenset[int]]:
    """What is known of a function that is called; of one that calls itself, nothing yet."""
    found = KNOWN.get((function.dispatcher.py_func, tuple(sig.args)))
    return (False, frozenset()) if found is None else found()


def forget() -> None:
    """Begin with another kernel."""
    REFUSED.clear()
    KNOWN.clear()


@register_pass(mutates_CFG=False, analysis_only=True)
class Weakness(AnalysisPass):
    """Refuses numbers of NumPy's that were taken as float32."""

    _name = "dispatchml_weakness"

    def __init__(self) -> None:
        AnalysisPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Look at one function: at once where there are numbers of float32, else when somebody asks."""
        origins = Origins(state)
        look = functools.cache(lambda: self.look(state.return_type, state.func_ir.loc, origins))
        KNOWN[state.func_id.func, tuple(state.args)] = look
        if any(map(is_narrow, state.typemap.values())):
            look()
        return False

    def look(self, result: Any, place: Any, origins: Origins) -> tuple[bool, frozenset[int]]:
        """Refuse what must be; whether the result is a number of NumPy's, and the arguments taken as Python's."""
        arguments: frozenset[int] = frozenset()
        for name, statement in origins.narrowing():
            strong, found = origins.of(name)
            arguments |= found
            if strong:
                REFUSED.append((statement.loc.filename, statement.loc.line, NUMPYS))
        for s in origins.statements:
            if isinstance(s, ir.Assign) and isinstance(s.value, ir.Expr) and s.value.op == "build_list":
                inside = [origins.typemap[v.name] for v in s.value.list_vars()]
                if any(map(is_narrow, inside)) and any(map(is_weak, inside)):
                    REFUSED.append((s.loc.filename, s.loc.line, LISTS))
        returned = [s.value.name for s in origins.statements if isinstance(s, ir.Return)]
        strong = any(is_weak(origins.typemap[name]) and origins.of(name)[0] for name in returned)
        if strong and is_narrow(result):
            REFUSED.append((place.filename, place.line, NUMPYS))
        return strong, arguments
