"""The matrix as a picture (matplotlib)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from .cells import Cell
from .matrix import Matrix
from .page import COLOURS
from .pairs import PAIR_PROGRAMS
from .programs import PROGRAMS
from .table import summary
from .transforms import FIRST_ORDER, TRANSFORMS

#: Inches a box, and between groups of boxes, in boxes.
BOX, GAP = 0.13, 0.9


def draw(matrix: Matrix, path: str | Path) -> None:
    """Write a PNG of both tables: types x transforms, and pairs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    subjects, pairs = matrix.subjects, matrix.pairs
    columns = len(TRANSFORMS) * (len(PROGRAMS) + GAP) + max((2 * len(s.probes) for s in subjects), default=0)
    blocks = pair_blocks(matrix)
    width = BOX * max(columns, blocks[1] * (len(PAIR_PROGRAMS) + GAP)) + 3.0
    upper, lower = BOX * 1.25 * (len(subjects) + 5), BOX * 1.25 * (blocks[0] * 3 + 9) if pairs else 0.0
    figure = Figure(figsize=(width, upper + lower + 0.9), dpi=140, facecolor="white")
    FigureCanvasAgg(figure)
    height = upper + lower + 0.9
    left = 2.2 / width
    axes = figure.add_axes((left, (lower + 0.5) / height, 1 - left - 0.02, (upper - 0.35) / height))
    draw_types(axes, matrix)
    if pairs:
        axes = figure.add_axes((left, 0.45 / height, 1 - left - 0.02, (lower - 1.1) / height))
        draw_pairs(axes, matrix)
    handles = [
        Patch(facecolor=c, edgecolor="#999", label=s, linewidth=0.3) for s, c in COLOURS.items() if s != "not run"
    ]
    figure.legend(handles=handles, loc="lower left", ncols=6, fontsize=7, frameon=False)
    figure.suptitle(f"{date.today()}: {summary(matrix)}", fontsize=8, x=0.01, ha="left")
    figure.savefig(path)


def pair_blocks(matrix: Matrix) -> tuple[int, int]:
    """How many types are outside and inside in pairs."""
    pairs = [s for s in matrix.pairs if s.inner is not None]
    inner = {s.inner.name for s in pairs if s.inner}
    return len(inner), len({s.name.removesuffix(f"({s.inner.name})") for s in pairs if s.inner})


def place(axes: Any, matrix: Matrix, cell: Cell, x: float, y: float) -> None:
    """One box."""
    verdict = matrix.verdicts.get(cell)
    status = "not run" if verdict is None else verdict.status
    axes.add_patch(rectangle(x, y, COLOURS[status]))


def rectangle(x: float, y: float, colour: str) -> Any:
    """A box with a thin white edge."""
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6)


def bare(axes: Any, width: float, height: float) -> None:
    """Axes without ticks and frame, the first row on top."""
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_frame_on(False)


def draw_types(axes: Any, matrix: Matrix) -> None:
    """A row a type, a group of boxes a transform, a box a program."""
    step = len(PROGRAMS) + GAP
    for row, s in enumerate(matrix.subjects):
        axes.text(-0.6, row + 0.5, s.name, ha="right", va="center", fontsize=7)
        for k, t in enumerate(TRANSFORMS):
            for j, p in enumerate(PROGRAMS):
                place(axes, matrix, Cell(s.name, p, t), k * step + j, row)
        own = [Cell(s.name, f"probe: {p.name}", t) for p in s.probes for t in FIRST_ORDER]
        for j, cell in enumerate(own):
            place(axes, matrix, cell, len(TRANSFORMS) * step + j, row)
    for k, name in enumerate((*TRANSFORMS, "its own interface")):
        axes.text(k * step, -0.4, name, ha="left", va="bottom", fontsize=7.5)
    widest = max((2 * len(s.probes) for s in matrix.subjects), default=0)
    bare(axes, len(TRANSFORMS) * step + max(widest, 12), len(matrix.subjects))


def draw_pairs(axes: Any, matrix: Matrix) -> None:
    """A row an inner type, a column an outer one, in each place two rows (grad, jvp) of boxes, one a program."""
    pairs = [s for s in matrix.pairs if s.inner is not None]
    inner = list(dict.fromkeys(s.inner.name for s in pairs if s.inner))
    outer = list(dict.fromkeys(s.name.removesuffix(f"({s.inner.name})") for s in pairs if s.inner))
    step = len(PAIR_PROGRAMS) + GAP
    for s in pairs:
        name = s.inner.name if s.inner else ""
        k, row = outer.index(s.name.removesuffix(f"({name})")), 3 * inner.index(name)
        for i, t in enumerate(FIRST_ORDER):
            for j, p in enumerate(PAIR_PROGRAMS):
                place(axes, matrix, Cell(s.name, p, t), k * step + j, row + i)
    for row, name in enumerate(inner):
        axes.text(-0.6, 3 * row + 1, name, ha="right", va="center", fontsize=7)
    for k, name in enumerate(outer):
        axes.text(k * step, -0.6, name, ha="left", va="bottom", fontsize=7.5, rotation=25)
    bare(axes, max(len(outer) * step, 40), 3 * len(inner))
