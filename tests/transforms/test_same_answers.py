"""jit: answers that are easily not quite those of the uncompiled function."""

import gc

import numpy as np
import pytest

import dispatchml as dm

pytestmark = pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")


@pytest.mark.parametrize("shape", [(2, 4), (300, 40), (40, 300)])
@pytest.mark.parametrize("axis", [0, 1, None])
def test_sums_of_negative_zeros(shape, axis):
    def function(x):
        return np.sum(x, axis=axis) * 1.0

    x = np.full(shape, -0.0)
    np.testing.assert_array_equal(np.signbit(dm.jit(function)(x)), np.signbit(function(x)))


@pytest.mark.parametrize("function", [np.linalg.inv, np.linalg.cholesky, lambda x: np.linalg.solve(x, x[0])])
def test_errors_of_what_nobody_reads(function):
    def unread(x):
        function(x)
        return x + 1

    compiled = dm.jit(unread)
    np.testing.assert_array_equal(compiled(np.eye(2)), np.eye(2) + 1)
    with pytest.raises(np.linalg.LinAlgError):
        compiled(-np.zeros((2, 2)))


MOVES = {
    "T": lambda x: x.T,
    "copy": lambda x: x.copy(),
    "reshape": lambda x: x.reshape(()),
    "transpose": lambda x: x.transpose(),
    "squeeze": lambda x: x.squeeze(),
    "ravel": lambda x: x.ravel(),
    "to one axis": lambda x: x.reshape(1),
    "transposed by the function": np.transpose,
    "of a sum": lambda x: np.sum(x).T + np.sum(x).copy(),
}


@pytest.mark.parametrize("x", [np.float64(1.5), np.array(1.5)], ids=["scalar", "array"])
@pytest.mark.parametrize("name", MOVES)
def test_numbers_that_are_moved(name, x):
    found, wanted = dm.jit(MOVES[name])(x), MOVES[name](x)
    assert type(found) is type(wanted)
    np.testing.assert_array_equal(found, wanted)


def test_half_precision_is_rounded_step_by_step():
    x = np.array([0, 1, 2, 0.3, -7], np.float16)
    np.testing.assert_array_equal(dm.jit(np.sinc)(x), np.sinc(x))


def test_reports_show_guards():
    compiled = dm.jit(lambda x: x + 1 if x[0] > 0 else x)
    assert f"guard: a number was True at {__file__}" in compiled.report(np.ones(3))


def test_what_reports_need_is_not_kept():
    from dispatchml.compile.lower.regions import Region

    def regions():
        gc.collect()
        return sum(type(x) is Region for x in gc.get_objects())

    before = regions()
    compiled = dm.jit(lambda x: np.sum(np.sin(x) * 3.0))
    compiled(np.ones(7))
    assert regions() == before
    assert "kernel 0" in compiled.report(np.ones(7))
