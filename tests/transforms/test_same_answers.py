"""jit: answers that are easily not quite those of the uncompiled function."""

import gc
import weakref

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


def test_what_reports_need_is_not_kept(monkeypatch):
    from dispatchml.compile.lower.regions import Region

    made = weakref.WeakSet()
    begin = Region.__init__
    monkeypatch.setattr(Region, "__init__", lambda region, *given: (made.add(region), begin(region, *given))[1])
    compiled = dm.jit(lambda x: np.sum(np.sin(x) * 3.0))
    compiled(np.ones(7))
    gc.collect()
    assert not made
    assert "kernel 0" in compiled.report(np.ones(7))
    assert made


def first_of_divmod(x):
    return np.divmod(x, 3.0)[0]


ANSWERS = {
    "two results of a ufunc": (first_of_divmod, 7.5),
    "a power of a truth value": (lambda x: np.all(x) ** 2, np.ones(3)),
    "a power of an array of them": (lambda x: (x > 0) ** 2, np.ones(3)),
    "lists in a function": (lambda x: np.select([x > 0], [x], x + 1), np.float64(2.0)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_classes(name):
    function, x = ANSWERS[name]
    found, wanted = dm.jit(function)(x), function(x)
    assert (type(found), np.result_type(found)) == (type(wanted), np.result_type(wanted))
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
def test_a_mean_of_nothing():
    def function(x):
        return np.average(x, axis=0)

    compiled = dm.jit(function)
    assert compiled(np.ones((2, 3))).shape == (3,)
    with pytest.raises(ZeroDivisionError):
        function(np.ones((0, 0)))
    for derived in (compiled, dm.jit(dm.grad(lambda x: np.sum(function(x))))):
        with pytest.raises(ZeroDivisionError):
            derived(np.ones((0, 0)))


def test_directions_that_are_made_on_the_way():
    def directional(x, y):
        return dm.jvp(lambda x: (x + 1, np.sin(x)), (x,), (np.ones(np.shape(y)),))[1]

    for x in (np.float64(1.5), np.array(1.5), 1.5):
        found, wanted = dm.jit(directional)(x, x), directional(x, x)
        assert list(map(type, found)) == list(map(type, wanted))


def test_an_error_under_a_transform_is_that_of_the_function():
    def misfits(x, y):
        y = y.copy()
        y[y > 0] = x
        return np.sum(y)

    x, y = np.ones(4), np.array([1.0, -1.0, 2.0, 3.0])
    with pytest.raises(ValueError) as wanted:  # noqa: PT011  the class is looked at
        dm.grad(misfits)(x, y)
    with pytest.raises(type(wanted.value)):
        dm.grad(dm.jit(misfits))(x, y)


def test_lifted_code_within():
    @dm.jit
    def filled(x):
        y = np.zeros(2)
        y[0] = np.sin(x[0])
        return y

    x = np.ones(3)
    assert dm.jit(lambda x: np.sum(filled(x)))(x) == np.sin(1.0)
    found = dm.jit(dm.vmap(lambda x: np.array(x)))(np.ones((2, 3)))
    assert type(found) is np.ndarray
    assert found.shape == (2, 3)
    for x in (np.ones((2, 3)), np.ones((2, 3), bool)):
        assert type(dm.vmap(dm.jit(lambda x: np.array(x)))(x)) is np.ndarray


def test_a_default_that_is_traced():
    def chosen(x):
        return np.sum(np.select([np.array([True, False])], [np.ones(2)], x))

    np.testing.assert_array_equal(dm.grad(chosen)(np.array([3.0, 4.0])), [0.0, 1.0])
