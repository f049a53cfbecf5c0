"""One registry for the tests: quantities of two registries do not mix."""

import pint
import pytest


@pytest.fixture(scope="session")
def u():
    return pint.UnitRegistry()
