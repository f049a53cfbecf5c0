"""Entry points at work: scratch memory, NumPy's loops, misses, and that they leave nothing behind on any way out."""

import gc
import sys

import numpy as np
import pytest

from dispatchml.compile import entry, machine, table
from dispatchml.compile.entry import InputSpec, LoopStep, OutputSpec, Plan, Step, build

from .entries import DOUBLE, scaling
from .texts import scale, status

pytestmark = pytest.mark.usefixtures("way")


@pytest.mark.parametrize("size", [8, 4096, 4097, 10**6, 5 * 2**20])
def test_constants_and_scratch(library, size):
    n = size // 8
    plan = Plan(
        [],
        [OutputSpec("array", DOUBLE, (n,))],
        [np.arange(float(n))],
        [24, size, 40],
        [Step(library, "scale", [0, 3], extent=n), Step(library, "scale", [3, 1], extent=n)],
        "single",
    )
    f = build(plan)
    for _ in range(3):
        np.testing.assert_array_equal(f(), 6.25 * np.arange(float(n)))


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_scratch_is_kept_only_so_far(library):
    before = table.word("kept")
    plan = Plan([], [], [np.ones(1000)], [8000], [Step(library, "scale", [0, 1], extent=1000)], "none")
    f = build(plan)
    f()
    f()
    assert table.word("kept") == before + 8000
    g = build(plan)
    table.set_word("most_kept", before + 8000)
    g()
    assert table.word("kept") == before + 8000
    table.set_word("most_kept", table.MOST_KEPT)
    entry.give_back(f)
    assert table.word("kept") == before
    f()
    del f, g
    gc.collect()
    assert table.word("kept") == before


def test_a_status_makes_a_miss(library):
    plan = Plan([InputSpec("array", DOUBLE, (3,))], [OutputSpec("array", DOUBLE, (3,))], [], [], [], "single")
    step = Step(machine.load(status()), "status", [0, plan.status_slot], extent=3)
    f = build(plan._replace(steps=[step, Step(library, "scale", [0, 1], extent=3)]))
    np.testing.assert_array_equal(f(np.ones(3)), 2.5)
    assert f(np.array([1.0, -1.0, 1.0])) is NotImplemented
    np.testing.assert_array_equal(f(np.ones(3)), 2.5)


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_numpys_own_loops():
    m, n, p = 3, 4, 5
    a, b = np.random.default_rng(1).normal(size=(m, n)), np.random.default_rng(2).normal(size=(n, p))
    step = LoopStep(np.matmul, "ddd", [0, 1, 2], (1, m, n, p), (0, 0, 0, 8 * n, 8, 8 * p, 8, 8 * p, 8))
    inputs = [InputSpec("array", DOUBLE, x.shape) for x in (a, b)]
    f = build(Plan(inputs, [OutputSpec("array", DOUBLE, (m, p))], steps=[step], result="single"))
    np.testing.assert_array_equal(f(a, b), a @ b)


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_loops_that_fail_are_misses():
    inverse = np.linalg._umath_linalg.inv
    step = LoopStep(inverse, "dd", [0, 1], (1, 2), (0, 0, 16, 8, 16, 8), checked=True)
    spec = InputSpec("array", DOUBLE, (2, 2))
    f = build(Plan([spec], [OutputSpec("array", DOUBLE, (2, 2))], steps=[step], result="single"))
    x = np.array([[2.0, 1.0], [0.0, 4.0]])
    np.testing.assert_array_equal(f(x), np.linalg.inv(x))
    with np.errstate(all="ignore"):
        assert f(np.ones((2, 2))) is NotImplemented
    np.testing.assert_array_equal(f(x), np.linalg.inv(x))


def test_a_loop_that_ufuncs_lack():
    with pytest.raises(LookupError, match="matmul has no loop for 'MMM'"):
        entry.loop_of(np.matmul, "MMM")


@pytest.mark.parametrize("way", ["portable"], indirect=True)
def test_loops_cannot_be_found_without_knowing_the_layout():
    with pytest.raises(LookupError, match="matmul has no loop"):
        entry.loop_of(np.matmul, "ddd")


def test_calls_are_counted(library):
    f = scaling(library, (2,))
    for x in (np.ones(2), np.ones(3), np.ones(2)):
        f(x)
    assert entry.fitted_calls(f) == 2


def test_plans_that_cannot_be(library):
    with pytest.raises(ValueError, match="single result of 0 outputs"):
        build(Plan([], result="single"))
    with pytest.raises(ValueError, match=r"slots \[7\] of which there are only 1"):
        build(Plan([], steps=[Step(library, "scale", [7])]))


def test_kernel_function(library):
    f = entry.kernel_function(library, "scale", 2, extent=4)
    x, y = np.arange(4.0), np.zeros(4)
    assert f(x, y) is None
    np.testing.assert_array_equal(y, 2.5 * x)
    assert f(x) is NotImplemented
    assert f(x, 3) is NotImplemented


def test_many_calls_leave_no_references(library):
    token, x = object(), np.ones((3, 4))
    plan = Plan(
        [InputSpec("array", DOUBLE, (3, 4)), InputSpec("object", value=token)],
        [
            OutputSpec("array", DOUBLE, (3, 4)),
            OutputSpec("object", value=token),
            OutputSpec("argument", value=0),
            OutputSpec("scalar", DOUBLE),
            OutputSpec("bool"),
        ],
        [x],
        [8000],
        [Step(library, "scale", [0, 3], extent=12)],
    )
    f = build(plan)
    things = (token, x, DOUBLE, None, True, False, np.ndarray, NotImplemented, plan)
    wrong = ((x,), (x, x), (token, x), (np.ones(3), token))

    def rounds(number):
        for _ in range(number):
            f(x, token)
            for arguments in wrong:
                f(*arguments)

    rounds(10)
    before = [sys.getrefcount(t) for t in things]
    rounds(1000)
    after = [sys.getrefcount(t) for t in things]
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 50


def test_what_a_function_needs_lives_as_long_and_no_longer():
    made = machine.load(scale(4.25))
    constant = np.arange(3.0)
    plan = Plan([], [OutputSpec("array", DOUBLE, (3,))], [constant], [], [Step(made, "scale", [0, 1], extent=3)])
    f = build(plan)
    del plan, constant
    gc.collect()
    key = made.key
    del made
    gc.collect()
    np.testing.assert_array_equal(f()[0], 4.25 * np.arange(3.0))
    assert key in machine.LIBRARIES
    del f
    gc.collect()
    assert key not in machine.LIBRARIES


def test_no_memory(library):
    huge = (2**40, 2**10)
    f = build(Plan([], [OutputSpec("array", DOUBLE, (2,)), OutputSpec("array", DOUBLE, huge)]))
    g = build(Plan([], [OutputSpec("array", DOUBLE, (2,))], scratch=[2**50]))
    before = sys.getrefcount(DOUBLE)
    for _ in range(100):
        with pytest.raises(MemoryError):
            f()
        with pytest.raises(MemoryError):
            g()
    assert sys.getrefcount(DOUBLE) < before + 20
