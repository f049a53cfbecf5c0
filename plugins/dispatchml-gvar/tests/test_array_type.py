"""GVars keep the promises of every array type, and those of uncertain numbers."""

from importlib.util import find_spec

import gvar
import numpy as np

import dispatchml as dm
import dispatchml.propagation  # its own declarations are not the plugin's
from dispatchml import ops
from dispatchml.testing import check_array_type, check_registry, check_uncertain_numbers

WHOLE = "bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor gcd lcm"
COMPLEX = "eig eigvals fft fft2 fftn ifft ifft2 ifftn ihfft make_complex rfft rfft2 rfftn"
PROGRAMS = {
    "cube": lambda x: ops.power(x, 3),
    "functions": lambda x: ops.multiply(ops.exp(ops.sin(x)), ops.sqrt(x)),
    "ratio": lambda x: ops.divide(ops.add(x, 1.0), x),
    "choice": lambda x: ops.maximum(x, ops.multiply(x, 2.0)),
}


def names(*families):
    found = {name: getattr(getattr(ops, name), "info", None) for name in dir(ops)}
    # a condition is no part of the result
    return sorted({op.name for op in found.values() if getattr(op, "family", "") in families} - {"where_or_zero"})


def test_gvars_are_an_array_type():
    outcome = check_array_type(
        gvar.GVar,
        lambda a: gvar.gvar(float(np.ravel(a)[0]), 0.1),
        refuses=(ValueError, IndexError, TypeError),
        operations=names("elementwise", "reductions", "creation"),
        programs=PROGRAMS,
    )
    refused = {name for name, what in outcome.items() if what == "refused"}
    assert refused == {*WHOLE.split(), "make_complex"}
    assert "untried" not in outcome.values() or find_spec("scipy") is None


def test_all_operations_and_transforms_of_arrays_of_gvars():
    dm.ops.sin(gvar.gvar(1.0, 0.1))
    outcome = check_uncertain_numbers(gvar.GVar, lambda means, covariance: list(gvar.gvar(means, covariance)))
    untried = {name for name, what in outcome.items() if what == "untried"}
    assert untried == {"empty_like", "turn_equal"} or find_spec("scipy") is None
    assert {name for name, what in outcome.items() if what == "refused"} == {
        "astype",
        "roots",
        *WHOLE.split(),
        *COMPLEX.split(),
    }


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_gvar")
