"""Every cell of the matrix is as it should be, and none is absent.

What a cell is, is said in dispatchml/testing/composition; the rows are in types/*.py, what has no meaning in
meaningless.py. `make matrix` prints the table.
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import DispatchmlError
from dispatchml.dispatch.layers import LAYERS
from dispatchml.dispatch.plugins import describe_plugin, entries, load
from dispatchml.testing.composition import matrix_at
from dispatchml.testing.composition.matrix import module_at
from dispatchml.testing.composition.pairs import PAIR_PROGRAMS
from dispatchml.testing.composition.programs import PROGRAMS
from dispatchml.testing.composition.table import complaints, summary
from dispatchml.testing.composition.transforms import FIRST_ORDER, TRANSFORMS

FOLDER = Path(__file__).parent
FILES = sorted(path.stem for path in (FOLDER / "types").glob("*.py"))
ROOT = FOLDER.parent.parent


@cache
def whole():
    """The matrix, made once in each process."""
    return matrix_at(FOLDER)


def family(name):
    found = next(f for f in whole().families if f.name == name)
    if found.missing:
        pytest.skip(f"{name}: {found.missing}")
    return found


def judge(rows):
    matrix = whole()
    verdicts = matrix.run(lambda cell: cell.row in rows)
    chosen = {cell: v for cell, v in verdicts.items() if cell.row in rows}
    bad = [line for line, cell in zip(complaints(matrix), matrix.bad(), strict=True) if cell.row in rows]
    assert not bad, "\n".join([f"{len(bad)} of {len(chosen)} cells:", *bad])
    return chosen


@pytest.mark.parametrize("name", FILES)
def test_types(name):
    subjects = family(name).subjects
    chosen = judge({s.name for s in subjects})
    probes = sum(len(s.probes) for s in subjects)
    assert len(chosen) == len(subjects) * len(PROGRAMS) * len(TRANSFORMS) + probes * len(FIRST_ORDER)


@pytest.mark.parametrize("name", FILES)
def test_pairs(name):
    """The pairs of which the outer type is in the file."""
    own = {s.name for s in family(name).subjects}
    rows = {s.name for s in whole().pairs if s.name.removesuffix(f"({s.inner.name})") in own}
    assert len(judge(rows)) == len(rows) * len(PAIR_PROGRAMS) * len(FIRST_ORDER)


def test_few_cells_have_no_meaning(record_property):
    matrix, declared = whole(), module_at(FOLDER / "meaningless.py")
    cells = matrix.cells()
    reasons = [declared.reason_for(c.row, c.program, c.transform) for c in cells]
    meaningless = [r for r in reasons if r is not None]
    assert all(isinstance(r, declared.Reason) for r in meaningless)
    record_property("summary", f"composition: {len(cells)} cells, {len(meaningless)} of them without meaning")
    assert len(meaningless) <= declared.LARGEST_SHARE * len(cells), summary(matrix)


def test_every_declaration_is_of_a_cell():
    declared = module_at(FOLDER / "meaningless.py")
    if any(f.missing for f in whole().families):
        pytest.skip("not all libraries are installed, so not all cells are there")
    declared_for = [declared.declaration_for(c.row, c.program, c.transform) for c in whole().cells()]
    assert set(declared.MEANINGLESS) == {d for d in declared_for if d is not None}


def test_names_are_unique():
    names = [s.name for s in (*whole().subjects, *whole().pairs)]
    assert len(names) == len(set(names))


def test_every_type_that_a_plugin_registers_has_a_row():
    """There is no other way to be absent: a plugin's class that no row is made of fails here."""
    for entry in entries().values():
        if describe_plugin(entry) is not None:
            try:
                load(entry)
            except Exception as error:
                pytest.skip(f"{entry.point.name} cannot be loaded: {error}")
    rows = tuple(c for s in whole().subjects for c in (s.cls if isinstance(s.cls, tuple) else (s.cls,)))
    places = {cls: Path(info.place.rpartition(":")[0]) for cls, info in LAYERS.items()}
    ours = [c for c, p in places.items() if p.is_relative_to(ROOT / "plugins") and "tests" not in p.parts]
    named = module_at(FOLDER / "meaningless.py").NO_ARGUMENTS
    absent = [
        c
        for c in ours
        if not c.__module__.startswith("dispatchml.")
        and f"{c.__module__}.{c.__qualname__}" not in named
        and not any(issubclass(c, r) or issubclass(r, c) for r in rows)
    ]
    assert not absent


def test_what_is_refused_says_what_to_write():
    sparse = pytest.importorskip("scipy.sparse")
    pytest.importorskip("dispatchml_sparse")
    for x, says in ((sparse.csr_matrix(np.eye(2)), r"scipy\.sparse\.csr_array\(x\)"),):
        for call in (lambda x: dm.grad(lambda v: np.sum(v))(x), lambda x: dm.jvp(lambda v: v * 2.0, (x,), (x,))):
            with pytest.raises(DispatchmlError, match=says):
                call(x)
