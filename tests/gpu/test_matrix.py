"""Rows of the composition matrix over CuPy's arrays: units, labels and structures stay round what is on a device.

On the card all cells, in tests marked gpu; on the stand-in two rows in the ordinary tests, all in those marked slow.
"""

import pytest

from .matrix import FOLDER, WITHOUT, Rows


def names():
    """The rows, without a device."""
    return list(Rows(Nowhere).subjects)


class Nowhere:
    kind = "none"


ORDINARY = ("ndarray complex", "pint")


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n in ORDINARY else pytest.mark.slow) for n in names()])
def test_a_row_on_a_device(name, place):
    rows = Rows(place)
    bad, fine = {}, 0
    for cell in rows.cells():
        if cell[0] != name:
            continue
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
