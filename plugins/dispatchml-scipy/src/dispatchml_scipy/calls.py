"""Calls of SciPy's functions, seen by the names of their parameters."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from dispatchml.dispatch.errors import RecordingError, at_user_line
from dispatchml.engines.record import Rec
from dispatchml.engines.traced import innermost
from dispatchml.lift import replaces
from dispatchml.lift.doors import behind

from .implicit import plainly, run_plain, traced_in
from .user_functions import plain_numbers


class Call:
    """One call of a function of SciPy: `call.values` has all arguments by name, defaults included."""

    __slots__ = ("solver", "name", "values", "loose", "given", "named")

    def __init__(
        self, solver: Callable[..., Any], arguments: Any, keywords: Any, parameters: inspect.Signature
    ) -> None:
        #: The names of what the user gave.
        self.named: frozenset[str]
        self.solver, self.name, self.given = behind(solver), solver.__name__, (arguments, keywords)
        found = parameters.bind(*arguments, **keywords)
        self.named = frozenset(found.arguments)
        found.apply_defaults()
        self.values = dict(found.arguments)
        #: The name of the parameter that takes all other keywords.
        self.loose = next((p.name for p in parameters.parameters.values() if p.kind is p.VAR_KEYWORD), None)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def as_given(self) -> Any:
        """What SciPy makes of the call itself."""
        arguments, keywords = self.given
        return self.solver(*arguments, **keywords)

    def run(self, values: Any, **others: Any) -> Any:
        """Call SciPy's function with plain values of what was given; what its callbacks return is made plain."""
        full = {**{k: v for k, v in values.items() if k in self.named}, **others}
        loose = full.pop(self.loose, {}) if self.loose else {}
        with plain_numbers():
            return self.solver(**{k: plainly(v) for k, v in full.items()}, **loose)


#: Functions whose results hold more than what a recorded program computes: numbers of the solver's own, objects, texts.
TELLING = frozenset(
    """lsqr lsmr solve_bvp solve_ivp fmin_l_bfgs_b fmin_tnc quad_vec nquad dblquad tplquad tanhsinh""".split()
)
#: Arguments that ask for such.
ASKING = ("full_output", "retall", "return_all")


def refuse_to_record(call: Call) -> None:
    """Refuse to record a call of which a program would give what was said when it was recorded."""
    asked = next((k for k in ASKING if call.values.get(k) is True or call.values.get(k) == 1), None)
    if asked is None and call.name not in TELLING or not any(map(is_recorded, traced_in(call.values))):
        return
    what = f"{call.name}(..., {asked}=True)" if asked else call.name
    raise RecordingError(
        f"{what}{at_user_line()} gives more than numbers that are computed again in each run, of which a program would "
        "keep the first ones."
    )


def is_recorded(x: Any) -> bool:
    """Whether a traced value is recorded for `jit`."""
    return isinstance(innermost(x), Rec)


def replacing(module: Any, name: str) -> Callable[[Any], Any]:
    """Register a function of a `Call` in the place of a function of SciPy."""
    solver = getattr(module, name)
    parameters = inspect.signature(solver)

    def add(function: Callable[[Call], Any]) -> Callable[..., Any]:
        @functools.wraps(solver, updated=())
        def replaced(*arguments: Any, **keywords: Any) -> Any:
            call = Call(solver, arguments, keywords, parameters)
            refuse_to_record(call)
            return function(call)

        return replaces(f"{module.__name__}.{name}")(replaced)

    return add


def as_tuple(args: Any) -> tuple[Any, ...]:
    """Arguments of a function, of which SciPy takes a single one without a tuple."""
    return args if isinstance(args, tuple) else (args,)


def first(y: Any) -> Any:
    """The value of a function that may return derivatives beside it."""
    return y[0] if isinstance(y, (tuple, list)) else y


def numbers_in(result: Any) -> dict[str, Any]:
    """What is a number or an array of numbers in a result, by name."""
    return {
        k: v
        for k, v in result.items()
        if isinstance(v, (bool, int, float, complex, np.generic))
        or isinstance(v, np.ndarray)
        and v.dtype.kind in "biufc"
    }


def run_result(call: Call, run: Callable[[Any], Any], tree: Any = None) -> Any:
    """The OptimizeResult of run(values) for plain values; its numbers are batches inside vmap."""
    said: list[Any] = []

    def solve(values: Any) -> tuple[Any, ...]:
        r = run(values)
        r["success"] = bool(r["success"])
        found = numbers_in(r)
        said[:] = [r, list(found)]
        return tuple(found.values())

    numbers = run_plain(solve, call.values if tree is None else tree)
    made = said[0]
    if any(map(is_recorded, numbers)):
        kept = {k: v for k, v in made.items() if isinstance(v, str) or k in said[1]}
        made.clear()
        made.update(kept)
        if "status" in kept:  # what is said in words belongs to it
            bool(numbers[said[1].index("status")] == kept["status"])
    made.update(zip(said[1], numbers, strict=True))
    return made
