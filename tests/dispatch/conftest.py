"""A fresh lattice for every test of dispatch: what a test declares is forgotten when it ends."""

import pytest

from dispatchml.dispatch import construct, join, lattice, layers, plugins
from dispatchml.dispatch.operation import LOCK, forget_everything

TABLES = (
    layers.LAYERS,
    layers.WAITING,
    layers.EXPECTED,
    lattice.DECLARED,
    join.EDGES,
    join.CONVERTERS,
    join.UPPERS,
    construct.FORMS,
)


@pytest.fixture(autouse=True)
def fresh_lattice():
    """Put back layers, orders, edges and plugins as they were."""
    kept = [table.copy() for table in TABLES]
    entries = plugins.ENTRIES
    yield
    with LOCK:
        for table, before in zip(TABLES, kept, strict=True):
            table.clear()
            table.update(before)
        layers.ANSWERS.clear()
        plugins.SEEN.clear()
        plugins.ENTRIES = entries
        forget_everything()
