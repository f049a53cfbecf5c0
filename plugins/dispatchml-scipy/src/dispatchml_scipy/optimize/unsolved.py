"""Results of solvers that did not converge: what they say may be read, their numbers have no derivatives."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import scipy.optimize

import dispatchml as dm

from ..calls import Call
from ..errors import ConvergenceError
from ..implicit import hidden_batch, not_converged

#: What a program reads to find out how a solver ended.
SAID = frozenset(
    "success status message nit nfev njev nhev converged flag iterations function_calls method nlfev nljev nlhev "
    "crossover_nit lowest_optimization_result cg_niter cg_stop_cond execution_time".split()
)


class Unsolved(scipy.optimize.OptimizeResult):
    """A result whose `success`, `message` and counts may be read; its numbers raise ConvergenceError."""

    def __init__(self, result: Any, name: str, said: Any) -> None:
        super().__init__(result)
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_said", said)

    def refuse(self) -> NoReturn:
        raise not_converged(self._name, self._said)

    def __getitem__(self, key: str) -> Any:
        if key in self and key not in SAID:
            self.refuse()
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(name)
        return self[name]

    def get(self, key: str, default: Any = None) -> Any:
        """The entry, if it says how the solver ended."""
        return self[key] if key in self else default

    def items(self) -> NoReturn:
        """The numbers are among them."""
        self.refuse()

    values = pop = popitem = copy = items  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "\n".join(f"{k}: {self[k]}" for k in self if k in SAID)


def unsolved(call: Call, result: Any, success: Any, error: ConvergenceError) -> Unsolved:
    """The result of a solver that says itself that it did not converge; else the error is raised."""
    if hidden_batch(success) or np.all(dm.primal(success)):
        raise error
    return Unsolved(result, call.name, result.get("message", result.get("flag", "")))
