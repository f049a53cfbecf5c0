"""Warnings of densifying are errors, unless a test asks for them."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from dispatchml.dispatch.errors import DensifyWarning

sys.path.insert(0, str(Path(__file__).parent))  # structured_cases is shared by the tests


@pytest.fixture(autouse=True)
def never_dense():
    with warnings.catch_warnings():
        warnings.simplefilter("error", DensifyWarning)
        yield


@pytest.fixture
def rng():
    return np.random.default_rng(0)
