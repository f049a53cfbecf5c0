"""What is known of values without computing."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch import register_type


class Named:
    """A meaning without attributes of an array."""

    def __init__(self, values):
        self.values = values


register_type(Named, slot="meaning", payload=lambda x: x.values, rebuild=lambda x, values: Named(values))


@pytest.mark.parametrize("values", [2.0, np.float32(2.0), np.ones(3), np.ones((2, 0)), Named(np.ones((2, 3)))])
def test_a_meaning_without_a_shape_has_that_of_its_payload(values):
    assert ops.shape(Named(values)) == ops.shape(values)
    assert ops.ndim(Named(values)) == ops.ndim(values)
    assert ops.size(Named(values)) == ops.size(values)
    assert ops.dtype(Named(values)) == ops.dtype(values)
