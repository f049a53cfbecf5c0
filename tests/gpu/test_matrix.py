"""Rows of the composition matrix over CuPy's arrays: units, labels and structures stay round what is on a device.

On the card all cells, in tests marked gpu; on the stand-in every fourth cell of two rows in the ordinary tests, all in
those marked slow.
"""

import pytest

from .conftest import Place
from .matrix import FOLDER, WITHOUT, Rows


def names():
    """The rows, without a device."""
    return list(Rows(Nowhere).subjects)


class Nowhere:
    kind = "none"


ORDINARY = ("ndarray complex", "pint")


def test_some_cells_of_a_row(pretend):
    for name in ORDINARY:
        looked_at(name, Place("pretend", pretend, pretend.counts), 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", names())
def test_a_row_on_a_device(name, place):
    looked_at(name, place, 1)


def looked_at(name, place, every):
    """Run each of so many cells of a row."""
    rows = Rows(place)
    bad, fine = {}, 0
    for cell in [cell for cell in rows.cells() if cell[0] == name][::every]:
        found = rows.verdict(*cell)
        if found in ("ok", "refused", "meaningless"):
            fine += 1
        elif not (rows.has_gap(cell) and found.startswith(("raised", "ValueError: cannot reshape"))):  # no dense array
            bad[cell[1:]] = found
    print(f"{name}: {fine} cells as on the host, {len(bad)} not")
    assert not bad
    assert fine


def test_every_family_has_a_row_or_a_reason():
    assert {file.stem for file in (FOLDER / "types").glob("*.py")} >= set(WITHOUT)
