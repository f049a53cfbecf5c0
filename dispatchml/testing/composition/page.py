"""The matrix as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from html import escape

from .cells import Cell
from .matrix import Matrix
from .pairs import PAIR_PROGRAMS
from .programs import PROGRAMS
from .table import summary
from .transforms import FIRST_ORDER, TRANSFORMS

#: Told apart by lightness and by letter, not by colour alone.
COLOURS = {
    "ok": "#2a9d6f",
    "refused": "#9ad1bd",
    "meaningless": "#d9dce1",
    "lossy": "#f2a541",
    "wrong": "#c8413b",
    "raised": "#7d1f2b",
    "not run": "#ffffff",
}
LETTERS = {"ok": "", "refused": "o", "meaningless": "–", "lossy": "L", "wrong": "W", "raised": "R", "not run": "?"}

STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #1d232b; }
table { border-collapse: collapse; margin: 1em 0 2em; }
th { font-weight: 500; text-align: left; padding: 2px 8px; white-space: nowrap; vertical-align: bottom; }
td { border: 1px solid #fff; width: 15px; min-width: 15px; height: 17px; padding: 0; text-align: center;
  font-size: 11px; color: #fff; }
td.gap { width: 8px; min-width: 8px; border: 0; }
td.meaningless, td.refused { color: #1d232b; }
th.program { writing-mode: vertical-rl; transform: rotate(180deg); font-size: 11px; font-weight: 400; padding: 4px 0; }
ul.legend { list-style: none; padding: 0; display: flex; gap: 1.5em; flex-wrap: wrap; }
ul.legend span { display: inline-block; width: 15px; height: 15px; margin-right: 6px; vertical-align: -2px; }
"""


def box(matrix: Matrix, cell: Cell) -> str:
    """One cell; pointing at it says what it is."""
    verdict = matrix.verdicts.get(cell)
    status = "not run" if verdict is None else verdict.status
    said = f"{cell.row}, {cell.program}, {cell.transform}: {status}" + (
        f" ({verdict.detail})" if verdict is not None and verdict.detail else ""
    )
    return f'<td class="{status}" style="background:{COLOURS[status]}" title="{escape(said)}">{LETTERS[status]}</td>'


def boxes(matrix: Matrix, groups: Iterable[list[Cell]]) -> str:
    """Groups of cells with gaps between them."""
    return '<td class="gap"></td>'.join("".join(box(matrix, c) for c in group) for group in groups)


def types(matrix: Matrix) -> str:
    """The table of types."""
    gap = '<td class="gap"></td>'
    wide = gap.join(f'<th colspan="{len(PROGRAMS)}">{t}</th>' for t in TRANSFORMS)
    narrow = gap.join("".join(f'<th class="program">{p}</th>' for p in PROGRAMS) for _ in TRANSFORMS)
    rows = [f"<tr><th></th>{wide}{gap}<th>its own interface</th></tr>", f"<tr><th>type</th>{narrow}</tr>"]
    for family in matrix.families:
        if family.missing:
            rows.append(f"<tr><th>{escape(family.name)}</th><th colspan=40>{escape(family.missing)}</th></tr>")
        for s in family.subjects:
            groups = [[Cell(s.name, p, t) for p in PROGRAMS] for t in TRANSFORMS]
            own = [Cell(s.name, f"probe: {p.name}", t) for p in s.probes for t in FIRST_ORDER]
            rows.append(f"<tr><th>{escape(s.name)}</th>{boxes(matrix, [*groups, own])}</tr>")
    return f"<table>{''.join(rows)}</table>"


def pairs(matrix: Matrix) -> str:
    """The table of pairs: a row a pair."""
    gap = '<td class="gap"></td>'
    wide = gap.join(f'<th colspan="{len(PAIR_PROGRAMS)}">{t}</th>' for t in FIRST_ORDER)
    narrow = gap.join("".join(f'<th class="program">{p}</th>' for p in PAIR_PROGRAMS) for _ in FIRST_ORDER)
    rows = [f"<tr><th></th>{wide}</tr>", f"<tr><th>outer(inner)</th>{narrow}</tr>"]
    for s in matrix.pairs:
        groups = [[Cell(s.name, p, t) for p in PAIR_PROGRAMS] for t in FIRST_ORDER]
        rows.append(f"<tr><th>{escape(s.name)}</th>{boxes(matrix, groups)}</tr>")
    return f"<table>{''.join(rows)}</table>"


def reasons(matrix: Matrix) -> str:
    """What has been declared without meaning, by reason."""
    found: dict[str, list[Cell]] = {}
    for cell, verdict in matrix.verdicts.items():
        if verdict.status == "meaningless":
            found.setdefault(verdict.detail, []).append(cell)
    lines = [
        f"<li>{len(cells)}: {escape(reason)} ({escape(', '.join(dict.fromkeys(c.row for c in cells)))})</li>"
        for reason, cells in found.items()
    ]
    return f"<ul>{''.join(lines)}</ul>"


def page(matrix: Matrix) -> str:
    """The whole page."""
    legend = "".join(f'<li><span style="background:{c}"></span>{escape(s)}</li>' for s, c in COLOURS.items())
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>dispatchml: composition</title>'
        f"<style>{STYLE}</style><h1>Every type with every transform</h1>"
        f"<p>{date.today()}: {escape(summary(matrix))}.</p>"
        f'<ul class="legend">{legend}</ul>{types(matrix)}<h2>Pairs of types</h2>{pairs(matrix)}'
        f"<h2>Without meaning, and why</h2>{reasons(matrix)}</html>\n"
    )
