"""What could lose a derivative in silence in code of others raises, and the text says what to do.

The package is made up (conftest.py).
"""

import struct

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import DispatchmlError, LeakedTracerError, LiftError

pytest.importorskip("scipy")
from scipy import optimize, special, stats

PACKAGE = """
import struct

import numpy as np
from scipy.signal._peak_finding_utils import _local_maxima_1d
from scipy.spatial import cKDTree

STORE = []
TABLE = [2.0, 3.0, 5.0]


def fine(x):
    made = np.zeros(2)
    made[0] = float(x[0]) ** 2
    made[1:] = np.asarray([x[1]]) * 3
    return made.sum()


def swallowed(x):
    try:
        value = struct.unpack("d", struct.pack("d", x[0]))[0]
    except Exception:
        value = 1.0
    return value * x[1]


def swallowed_whole(x):
    try:
        return struct.unpack("d", struct.pack("d", x[0]))[0]
    except Exception:
        return 1.0


def through_text(x):
    return float(f"{x[0]:.6f}") * x[1]


def through_percent(x):
    return float("%.6f" % x[0]) * x[1]


def through_str(x):
    return float(str(x[0])) * x[1]


def leaky(x):
    STORE.append(x)
    return (x * STORE[0]).sum()


def whole(x):
    return int(x[0] * 10) / 10 * x[1]


def rounded(x):
    return round(x[0], 3) * x[1]


def looked_up(x):
    return TABLE[int(x[0] * 3)]


def complex_into_real(x):
    made = np.zeros(2)
    made[:] = x * (1 + 1j)
    return made.sum()


def compiled(x):
    return x[_local_maxima_1d(x)[0][0]]


def compiled_class(x):
    return cKDTree(x.reshape(-1, 1)).query([0.3])[0] * x[0]


def position(x):
    return float(np.argmax(x))


def compared(x):
    return 1.0 if x[0] < x[1] else 2.0
"""


POINT = np.array([0.5, 1.5])


def forward(function):
    return dm.jvp(function, (POINT,), (np.ones(2),))[1]


def reverse(function):
    return dm.grad(function)(POINT)


both = pytest.mark.parametrize("mode", [forward, reverse], ids=["forward", "reverse"])


def test_what_is_fine_works(package):
    np.testing.assert_allclose(reverse(package.fine), [1.0, 3.0], rtol=1e-15)
    np.testing.assert_allclose(forward(package.fine), 4.0, rtol=1e-15)


@both
@pytest.mark.parametrize(
    "name",
    [
        "swallowed",
        "swallowed_whole",
        "through_text",
        "through_percent",
        "through_str",
        "whole",
        "rounded",
        "looked_up",
        "complex_into_real",
        "compiled_class",
    ],
)
def test_it_raises(package, name, mode):
    with pytest.raises(DispatchmlError) as caught:
        mode(getattr(package, name))
    assert "made_up" in str(caught.value) or "site-packages" in str(caught.value)


@both
def test_an_unknown_compiled_callee_is_named(package, mode):
    with pytest.raises(LiftError, match="_local_maxima_1d"):
        mode(package.compiled)


@both
def test_a_value_that_outlives_its_transform_is_refused(package, mode):
    package.STORE.clear()
    mode(package.leaky)
    with pytest.raises(LeakedTracerError, match="ended"):
        mode(package.leaky)


def test_plain_results_are_the_same(package):
    assert package.fine(POINT) == 0.25 + 4.5
    assert package.through_text(POINT) == 0.75
    assert package.looked_up(POINT) == 3.0


# ---- what design calls "never silent", in the user's own code and in SciPy's -----------------------------------------

KEPT = []


def own_swallowed(x):
    try:
        return struct.unpack("d", struct.pack("d", float(x)))[0]
    except Exception:
        return x * x


def own_format(x):
    return float(f"{x:.6f}") * x


def own_percent(x):
    return float("%.6f" % x) * x  # noqa: UP031


def own_text(x):
    return float(str(x)) * x


def own_leak(x):
    KEPT.append(x)
    return x * KEPT[0]


def own_whole(x):
    return int(10 * x) * x


def own_round(x):
    return round(x, 3) * x


def own_index(x):
    return [1.0, 2.0, 3.0][int(x)] * x


def own_complex(x):
    made = np.zeros(2)
    made[0] = x * 1j
    return made[0]


def own_whole_array(x):
    made = np.zeros_like([1, 2])
    made[0] = 3 * x
    return made[0] * 1.0


def own_others_array(x):
    SHARED[0] = x
    return SHARED[0] * x


SHARED = np.zeros(2)


def unconverged(x):
    return optimize.minimize(lambda y: (y[0] ** 4 - x) ** 2, [3.0], options={"maxiter": 1}).x[0]


def without_a_rule(x):
    return special.jv(x, 2.0)


def without_a_path(x):
    return stats.norm.cdf(float(repr(dm.primal(x))))


NEVER_SILENT = {
    "a swallowed error": own_swallowed,
    "an f-string": own_format,
    "%": own_percent,
    "str": own_text,
    "int": own_whole,
    "round": own_round,
    "an index": own_index,
    "complex into real": own_complex,
    "a float into whole numbers": own_whole_array,
    "into the array of others": own_others_array,
    "an unconverged solve": unconverged,
    "a rule outside its domain": without_a_rule,
    "a result without a path": without_a_path,
}


@pytest.fixture(scope="module")
def scipy_enabled():
    dm.lift.enable("scipy")
    yield
    dm.lift.disable("scipy")


@pytest.mark.parametrize("name", NEVER_SILENT)
@pytest.mark.parametrize("mode", [dm.grad, lambda f: lambda x: dm.jvp(f, (x,), (1.0,))], ids=["reverse", "forward"])
def test_the_list_of_design_raises(name, mode, scipy_enabled):
    with pytest.raises(DispatchmlError, match=r"test_silent\.py"):
        mode(NEVER_SILENT[name])(1.25)


@pytest.mark.parametrize("mode", [dm.grad, lambda f: lambda x: dm.jvp(f, (x,), (1.0,))], ids=["reverse", "forward"])
def test_a_value_of_the_users_that_outlives_its_transform_is_refused(mode):
    KEPT.clear()
    mode(own_leak)(1.25)
    with pytest.raises(LeakedTracerError, match=r"test_silent\.py"):
        mode(own_leak)(1.25)


def test_a_derivative_of_zero_can_be_meant(scipy_enabled):
    assert dm.grad(dm.lift(without_a_path, allow_zero=True))(1.25) == 0.0
