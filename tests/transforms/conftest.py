"""What tests of transforms share."""

import pytest

from .compiled import RUNS


@pytest.fixture
def no_runs():
    """Nothing has run yet."""
    while RUNS.qsize():
        RUNS.get()
