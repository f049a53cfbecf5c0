"""Every case of `check_rule` on CuPy's arrays beside the host's: value, both modes, second order, batches, precision.

On the card all of them, in tests marked gpu; on the stand-in some in the ordinary tests, all in those marked slow.
"""

import re

import numpy as np
import pytest

from dispatchml.backends.cupy.tables import GAPS
from dispatchml.dispatch.errors import NoMethodError

from .comparing import Compared, rows

ROWS = rows()

PARTS = ("value", "first", "second", "batch", "single", "layouts")


def chosen(number):
    """Which rows the stand-in takes in the ordinary tests."""
    return ROWS[number].name not in {row.name for row in ROWS[:number]} and number % 8 == 0


#: Operations whose derivatives, or second ones, need a function that CuPy lacks: the error says which.
NEED_GAPS = {"i0", "i1", "i0e", "i1e", "j0", "j1", "k0", "k1", "y0", "y1", "frechet", "dawsn"}
#: What moves on purpose.
MOVES = {"to_device"}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(k, id=f"{k}-{row.name}", marks=() if chosen(k) else pytest.mark.slow)
        for k, row in enumerate(ROWS)
        if row.name not in MOVES
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_a_rule_is_that_of_the_host(number, place):
    row = ROWS[number]
    compared = Compared(row, place)
    with np.errstate(all="ignore"):
        for part in PARTS:
            if row.name in NEED_GAPS | set(GAPS):
                try:
                    getattr(compared, part)()
                except NoMethodError as error:
                    if not re.search(rf"has no method for arrays on {place.kind} .*to_device", str(error)):
                        raise
                    return
            else:
                getattr(compared, part)()
    assert row.name not in GAPS or row.name == "frechet"
