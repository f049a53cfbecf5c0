"""Errors of this package, beside those of dispatchml."""

from __future__ import annotations

import numpy as np

from dispatchml.dispatch.errors import DispatchmlError


class ConvergenceError(DispatchmlError, RuntimeError):
    """A solver says that it did not converge: what it returned is no solution, and has no derivative."""


class SingularSolutionError(DispatchmlError, np.linalg.LinAlgError):
    """A solution that is no differentiable function of what it depends on: the linearised equations are singular."""
