"""The matrix as a table in the terminal (rich)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .cells import Cell, Verdict
from .matrix import Matrix
from .pairs import PAIR_PROGRAMS
from .programs import PROGRAMS
from .transforms import FIRST_ORDER, TRANSFORMS

#: status -> the letter that stands for a cell, and its colour.
SIGNS = {
    "ok": ("●", "green"),
    "refused": ("○", "green"),
    "meaningless": ("–", "bright_black"),
    "lossy": ("L", "bold white on red"),
    "wrong": ("W", "bold white on red"),
    "raised": ("R", "bold white on red"),
}
LEGEND = "● ok   ○ refused, as the type declares   – no meaning, with a declared reason   L lossy   W wrong   R raises"


def signs(cells: Iterable[Cell], verdicts: dict[Cell, Verdict]) -> Any:
    """The signs of some cells in a row; a cell that was not run is a question mark."""
    from rich.text import Text

    made = Text()
    for cell in cells:
        sign, style = SIGNS[verdicts[cell].status] if cell in verdicts else ("?", "yellow")
        made.append(sign, style=style)
    return made


def table_of_types(matrix: Matrix) -> Any:
    """One row a type, one column a transform, one sign a program."""
    from rich.box import SIMPLE
    from rich.table import Table

    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("type", no_wrap=True)
    for name in TRANSFORMS:
        table.add_column(name.replace("_", "_\n"), min_width=len(PROGRAMS), no_wrap=True)
    table.add_column("its own interface", overflow="fold")
    for family in matrix.families:
        if family.missing:
            table.add_row(family.name, family.missing, style="yellow")
        for subject in family.subjects:
            own = [Cell(subject.name, f"probe: {p.name}", t) for p in subject.probes for t in FIRST_ORDER]
            columns = [signs([Cell(subject.name, p, t) for p in PROGRAMS], matrix.verdicts) for t in TRANSFORMS]
            table.add_row(subject.name, *columns, signs(own, matrix.verdicts))
    return table


def table_of_pairs(matrix: Matrix) -> Any:
    """One row a type outside, one column a type inside, one sign a program and transform."""
    from rich.box import SIMPLE
    from rich.table import Table
    from rich.text import Text

    pairs = matrix.pairs
    outer = list(dict.fromkeys(s.name.removesuffix(f"({s.inner.name})") for s in pairs if s.inner))
    inner = list(dict.fromkeys(s.inner.name for s in pairs if s.inner))
    table = Table(box=SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("inside \\ outside", no_wrap=True)
    for name in outer:
        table.add_column(name, min_width=len(PAIR_PROGRAMS), overflow="fold")
    known = {s.name for s in pairs}
    for inside in inner:
        row = []
        for outside in outer:
            name = f"{outside}({inside})"
            lines = [signs([Cell(name, p, t) for p in PAIR_PROGRAMS], matrix.verdicts) for t in FIRST_ORDER]
            row.append(Text("\n").join(lines) if name in known else "")
        table.add_row(inside, *row)
    return table


def summary(matrix: Matrix) -> str:
    """The counts in a line."""
    total = len(matrix.cells())
    meaningless = matrix.count("meaningless")
    counts = ", ".join(f"{matrix.count(s)} {s}" for s in SIGNS if s != "meaningless" and matrix.count(s))
    share = 100 * meaningless / max(total, 1)
    absent = [f.name for f in matrix.families if f.missing]
    text = f"{total} cells: {counts}; {meaningless} without meaning ({share:.1f} %)"
    return text + (f"; not installed: {', '.join(absent)}" if absent else "")


def complaints(matrix: Matrix) -> list[str]:
    """A line for each cell that is not as it should be, and one that repeats it."""
    return [
        f"{v.status}: {c.row}, {c.program}, {c.transform}: {v.detail}\n"
        f'    dispatchml matrix --row "{c.row}" --program "{c.program}" --transform {c.transform}'
        for c, v in matrix.bad().items()
    ]


def show(matrix: Matrix, console: Any) -> None:
    """Print everything."""
    console.print(f"Types x transforms, one sign a program: {', '.join(PROGRAMS)}", highlight=False)
    console.print(table_of_types(matrix))
    if matrix.pairs:
        console.print(
            f"Pairs outer(inner), a line for grad and one for jvp: {', '.join(PAIR_PROGRAMS)}", highlight=False
        )
        console.print(table_of_pairs(matrix))
    console.print(LEGEND)
    for line in complaints(matrix):
        console.print(line, markup=False, highlight=False)
    console.print(summary(matrix))
