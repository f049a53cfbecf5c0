"""The whole matrix: which subjects there are, which cells, and the verdict on each."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

from .cells import Cell, Verdict, run, run_probe
from .pairs import PAIR_PROGRAMS, pairs_of
from .programs import PROGRAMS
from .subjects import Subject
from .transforms import FIRST_ORDER, TRANSFORMS

#: row, program, transform -> the reason why there is nothing to compute, or None.
Reasons = Callable[[str, str, str], Enum | None]


@dataclass(frozen=True)
class Family:
    """The subjects of one file, or the reason why there are none."""

    name: str
    subjects: tuple[Subject, ...] = ()
    missing: str = ""


@dataclass
class Matrix:
    """The cells of all families and the verdicts on them."""

    families: list[Family]
    reasons: Reasons = lambda row, program, transform: None
    verdicts: dict[Cell, Verdict] = field(default_factory=dict)

    @property
    def subjects(self) -> list[Subject]:
        """All rows."""
        return [s for family in self.families for s in family.subjects]

    @property
    def pairs(self) -> list[Subject]:
        """All rows of two types."""
        return pairs_of(self.subjects)

    def cells(self) -> dict[Cell, Subject]:
        """The full product: each row with each program and transform, its probes, and each pair."""
        found: dict[Cell, Subject] = {}
        for s in self.subjects:
            found.update({Cell(s.name, p, t): s for p in PROGRAMS for t in TRANSFORMS})
            found.update({Cell(s.name, f"probe: {p.name}", t): s for p in s.probes for t in FIRST_ORDER})
        for s in self.pairs:
            found.update({Cell(s.name, p, t): s for p in PAIR_PROGRAMS for t in FIRST_ORDER})
        return found

    def run(self, chosen: Callable[[Cell], bool] = lambda cell: True) -> dict[Cell, Verdict]:
        """Run the chosen cells and keep the verdicts; all of them by default."""
        for cell, subject in self.cells().items():
            if chosen(cell):
                self.verdicts[cell] = judged(subject, cell, self.reasons(cell.row, cell.program, cell.transform))
        return self.verdicts

    def count(self, status: str) -> int:
        """How many cells came out so."""
        return sum(v.status == status for v in self.verdicts.values())

    def bad(self) -> dict[Cell, Verdict]:
        """The cells that are not as they should be."""
        return {c: v for c, v in self.verdicts.items() if not v.good}


def judged(subject: Subject, cell: Cell, reason: Enum | None) -> Verdict:
    """The verdict on a cell; one that is declared meaningless must raise."""
    probe = next((p for p in subject.probes if cell.program == f"probe: {p.name}"), None)
    found = run(subject, cell.program, cell.transform) if probe is None else run_probe(subject, probe, cell.transform)
    if reason is None:
        return found
    if found.status == "raised":
        return Verdict("meaningless", str(reason.value))
    return Verdict("wrong", f"declared meaningless ({reason.value}), and it does not raise: {found.status}")


def module_at(path: Path) -> ModuleType:
    """A Python file as a module under a name of its own, so that types/pint.py does not hide pint."""
    name = f"dispatchml_matrix_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def family_at(path: Path) -> Family:
    """The subjects of a file `types/NAME.py`: LIBRARIES names what it needs, subjects() returns the rows."""
    module = module_at(path)
    absent = [name for name in module.LIBRARIES if importlib.util.find_spec(name) is None]
    if absent:
        return Family(path.stem, missing=f"not installed: {', '.join(absent)}")
    return Family(path.stem, tuple(module.subjects()))


def matrix_at(folder: str | Path, names: Iterable[str] | None = None) -> Matrix:
    """The matrix of a folder that holds `types/*.py` and, if there are such cells, `meaningless.py`.

    names: the families to take; all by default.
    """
    folder = Path(folder)
    files = sorted((folder / "types").glob("*.py"))
    if not files:
        raise FileNotFoundError(
            f"{folder / 'types'} holds no families of types (NAME.py with LIBRARIES and subjects())"
        )
    chosen = None if names is None else set(names)
    families = [family_at(path) for path in files if chosen is None or path.stem in chosen]
    declared: Any = folder / "meaningless.py"
    if not declared.exists():
        return Matrix(families)
    return Matrix(families, module_at(declared).reason_for)
