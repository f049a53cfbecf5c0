"""A fresh lattice for every test of dispatch: what a test declares is forgotten when it ends."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

import dispatchml  # noqa: F401  (the operations that installed plugins register for)
from dispatchml.dispatch import construct, join, latecomers, lattice, layers, plugins
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


@pytest.fixture(autouse=True, scope="session")
def plugins_of_what_the_tests_use():
    """Installed plugins of classes that tests here use are loaded before anything is put back, and those of packages
    that other tests have imported, which a refusal would load.
    """
    for cls in (Fraction, Decimal, np.ma.MaskedArray):
        plugins.meet(cls)
    latecomers.load_latecomers()


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
