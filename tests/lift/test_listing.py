"""`numpy.r_` and `numpy.c_` on traced values."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError
from dispatchml.lift.reach import BLANK
from dispatchml.lift.stand_ins import STAND_INS
from dispatchml.lift.suspicion import SUSPECTS

JOINED = {
    "columns": lambda x: np.c_[x, x],
    "columns of others": lambda x: np.c_[np.ones((2, 2)), x],
    "a column": lambda x: np.c_[x],
    "with a list and a slice": lambda x: np.c_[x, [1.0, 2.0], 0:2],
    "numbers": lambda x: np.r_[x[0], x[1]],
    "a number": lambda x: np.r_[x[0]],
    "a list": lambda x: np.r_[[x[0], x[1]], 3],
    "an imaginary step": lambda x: np.r_[0.0:1.0:3j, x, 5.0],
    "a weak number": lambda x: np.r_[x, 0.5],
    "rows": lambda x: np.r_["0,2", x, x],
    "columns by words": lambda x: np.r_["1,2,0", x, x],
    "the last axis": lambda x: np.r_["-1", x[None], x[None]],
    "words of c_": lambda x: np.c_["-1,2", x, x],
}


@pytest.mark.parametrize("dtype", [float, np.float32])
@pytest.mark.parametrize("name", JOINED)
def test_joined(name, dtype):
    f, x = JOINED[name], np.array([0.7, 1.3], dtype)
    wanted = f(x)
    y, tangent = dm.jvp(f, (x,), (np.ones(2, dtype),))
    assert type(y) is type(wanted)
    assert y.dtype == wanted.dtype
    np.testing.assert_array_equal(y, wanted)
    np.testing.assert_allclose(tangent, f(x + 1) - wanted, rtol=1e-6)  # linear, with ones as steps
    np.testing.assert_array_equal(dm.vmap(f)(np.stack([x, x + 1])), [f(x), f(x + 1)])
    weights = np.arange(1.0, wanted.size + 1).reshape(wanted.shape)
    slopes = [np.sum(weights * (f(x + e) - wanted)) for e in np.eye(2, dtype=dtype)]
    np.testing.assert_allclose(dm.grad(lambda x: np.sum(weights * f(x)))(x), slopes, rtol=1e-5)


def test_a_matrix_is_refused():
    with pytest.raises(LiftError, match=r"numpy.r_\['r', ...\].*numpy.stack"):
        dm.grad(lambda x: np.sum(np.r_["r", x, x]))(np.ones(2))


def test_every_stand_in_is_suspected():
    """What is not looked for in a function's names never stands in; makers of arrays matter to writers only."""
    for module in (np, np.linalg, np.fft, np.lib.stride_tricks):
        for name, value in vars(module).items():
            if id(value) in STAND_INS and id(value) not in BLANK and not isinstance(value, type(np)):
                assert name in SUSPECTS
