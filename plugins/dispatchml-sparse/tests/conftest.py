"""Nothing becomes dense in silence: a test that means it says so."""

import warnings

import pytest

from dispatchml.dispatch.errors import DensifyWarning


@pytest.fixture(autouse=True)
def strict():
    """What is computed on a dense array is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DensifyWarning)
        yield
