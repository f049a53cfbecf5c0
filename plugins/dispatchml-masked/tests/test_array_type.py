"""numpy.ma.MaskedArray keeps the promises of every array type."""

from importlib.util import find_spec

import numpy as np
import pytest

from dispatchml.testing import check_array_type, check_registry

from dispatchml_masked.parts import MaskError  # isort: skip  (dispatchml first)

WHOLE = {
    "bitwise_and", "bitwise_count", "bitwise_invert", "bitwise_left_shift", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "gcd", "lcm",
}  # fmt: skip


def one_masked(a):
    mask = np.zeros(np.shape(a), bool)
    if mask.ndim and mask.shape[-1] > 1:
        mask[..., 1] = True
    return np.ma.array(a, mask=mask)


MAKERS = {"nothing masked": np.ma.array, "a mask of False": lambda a: np.ma.array(a, mask=np.zeros(np.shape(a), bool))}


@pytest.mark.parametrize("name", MAKERS)
def test_arrays_in_which_nothing_is_masked_are_an_array_type(name):
    outcome = check_array_type(np.ma.MaskedArray, MAKERS[name], refuses=(MaskError,))
    assert {op for op, what in outcome.items() if what == "refused"} - WHOLE <= {
        "roots",
        "turn_equal",
        "even_out",
        "singular_sum",
        "spectral_sum",
    }
    assert "untried" not in outcome.values() or find_spec("scipy") is None


def test_arrays_in_which_something_is_masked_are_an_array_type():
    outcome = check_array_type(np.ma.MaskedArray, one_masked, refuses=(MaskError,))
    assert "untried" not in outcome.values() or find_spec("scipy") is None
    assert outcome["matmul"] == outcome["median"] == outcome["einsum"] == outcome["std"] == "works"
    assert outcome["solve"] == outcome["det"] == outcome["fft"] == outcome["quantile"] == "refused"


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_masked")
