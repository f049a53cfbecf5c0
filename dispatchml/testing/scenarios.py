"""scenarios: programs and transforms with reference results, to be run one by one by a test of one's own."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..dispatch.errors import DispatchmlError
from .composition.cells import Cell, Verdict
from .composition.matrix import Family, Matrix
from .composition.subjects import Subject

PLAIN_ARRAYS = Subject(
    name="ndarray",
    slot="value",
    family="plain",
    cls=(np.ndarray, np.generic, float),
    make=lambda numbers: np.array(numbers, np.float64),
)


class ScenarioError(DispatchmlError, AssertionError):
    """A program under a transform raises, or gives something else than it must."""


class Scenario:
    """One program of one type under one transform; `check()` runs it."""

    __slots__ = ("matrix", "cell")

    def __init__(self, matrix: Matrix, cell: Cell) -> None:
        self.matrix, self.cell = matrix, cell

    def __repr__(self) -> str:
        return f"{self.cell.row}-{self.cell.program}-{self.cell.transform}".replace(" ", "_")

    def run(self) -> Verdict:
        """What comes out: ok, refused, lossy, wrong or raised, and the reason."""
        return self.matrix.run(lambda cell: cell == self.cell)[self.cell]

    def check(self) -> None:
        """Raise ScenarioError where the result is lossy or wrong, or there is none."""
        verdict = self.run()
        if not verdict.good:
            cell = self.cell
            raise ScenarioError(
                f"{cell.transform} of the program {cell.program!r} for {cell.row}: {verdict.status}: {verdict.detail}\n"
                f"Reproduce: next(s for s in scenarios(subject) if repr(s) == {repr(self)!r}).check()"
            )


def scenarios(*subjects: Subject, only: Iterable[str] = ()) -> list[Scenario]:
    """Programs under every transform for the given types, and for each ordered pair of them; by default of arrays.

    The programs are a polynomial, functions, reductions, indexing, products of matrices, linear systems and choices.
    What must come out is computed by finite differences of plain functions, and what a type carries besides is what
    its Subject says. only: names of transforms or programs to take.

    >>> from dispatchml.testing import scenarios
    >>> [repr(s) for s in scenarios(only=["solve"])][:2]
    ['ndarray-solve-grad', 'ndarray-solve-jvp']
    >>> scenarios(only=["solve"])[0].check()

    In a test: `@pytest.mark.parametrize("scenario", scenarios(my_subject), ids=repr)`.
    """
    chosen = set(only)
    matrix = Matrix([Family("given", subjects or (PLAIN_ARRAYS,))])
    return [Scenario(matrix, cell) for cell in matrix.cells() if wanted(cell, chosen)]


def wanted(cell: Cell, chosen: set[str]) -> bool:
    """Whether a cell is of the chosen transforms and programs."""
    return not chosen or bool(chosen & {cell.transform, cell.program})
