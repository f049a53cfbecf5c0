"""Tests of dispatchml.kernels.levels, counting, heads and depth: functions that are put into themselves."""

import itertools
import signal

import numpy as np
import pytest

pytest.importorskip("numba")

import dispatchml as dm
from dispatchml.kernels.counting import counted, parts, signature
from dispatchml.kernels.depth import COUNTED, INSIDE, ROUND
from dispatchml.kernels.levels import levels, with_levels

TEXT = """\
define internal i64 @count(ptr %.run, i64 %.depth, i64 %n) {
B0:
  %c = icmp slt i64 %n, 2
  br i1 %c, label %small, label %large

small:
  ret i64 1

large:
  %d = tail call i64 @deeper(ptr %.run, i64 %.depth, i32 5)
  %a = add i64 %n, -1
  %m = call i64 @count(ptr %.run, i64 %d, i64 %a)
  %k = call i64 @other(i64 %m)
  ret i64 %k
}
define internal i64 @other(i64 %n) {
  ret i64 %n
}
define i64 @first(ptr %.run, i64 %n) {
  %m = call i64 @count(ptr %.run, i64 1, i64 %n)
  ret i64 %m
}
"""


def test_copies_call_each_other_and_the_last_one_the_function():
    found = with_levels(TEXT)
    first, *copies, other, outside = [x for x in found.split("define ")[1:] if "@count.head(" not in x.split("\n")[0]]
    assert len(copies) == 6
    assert "@count.inside.1(" in first
    assert f"@{INSIDE}(" in first
    assert f"@{COUNTED}(" not in first
    assert all("alwaysinline" in copy.split("\n")[0] for copy in copies)
    assert "@count.head(" in copies[-1]
    assert f"@{COUNTED}(" in copies[-1]
    assert other.startswith("internal i64 @other(")
    assert "call { i64, i64 } @count(ptr %.run, i64 256, i64 %n)" in outside


def test_a_head_answers_without_the_function_and_calls_it_else():
    text = with_levels(TEXT)
    head = next(x for x in text.split("define ") if "@count.head(" in x.split("\n")[0])
    assert "small:" in head
    assert "ret { i64, i64 } %.answer.0" in head
    assert "@deeper" not in head
    assert "@other" not in head


def test_what_is_done_before_must_change_nothing():
    changes = TEXT.replace("  %c = icmp", "  store i64 1, ptr %.run\n  %c = icmp")
    assert "@count.head(" not in with_levels(changes)


def test_the_number_is_received_and_returned():
    text = counted(TEXT, "count", itertools.count())
    assert "define internal { i64, i64 } @count(ptr %.run, i64 %.depth, i64 %n) {" in text
    assert text.count("store i64 ") == 2
    assert text.count("load i64, ptr %.left\n") == 3


def test_a_call_that_became_a_round_does_not_look_at_the_stack():
    text = TEXT.replace("small:\n", "small:\n  %.depth.tr = phi i64 [ %d, %large ]\n").replace(
        "i64 %d, i64 %a", "i64 7, i64 %a"
    )
    assert f"@{ROUND}(" in counted(text, "count", itertools.count())
    merged = TEXT.replace("small:\n", "small:\n  %e = phi i64 [ %d, %large ]\n").replace(
        "i64 %d, i64 %a", "i64 %e, i64 %a"
    )
    assert f"@{ROUND}(" not in counted(merged, "count", itertools.count())


def test_what_does_not_call_itself_or_is_long_stays():
    plain = TEXT.replace("@deeper(", "@shallower(")
    assert with_levels(plain) == plain
    assert [levels(40, 1), levels(40, 2), levels(130, 1), levels(40, 0)] == [6, 3, 0, 0]


def test_parts_of_a_signature():
    assert parts("i64 %a, { i32, double } %b, i64 range(i64 0, 4) %c") == [
        "i64 %a",
        "{ i32, double } %b",
        "i64 range(i64 0, 4) %c",
    ]
    assert signature("define internal fastcc { i32, i64 } @f(ptr nonnull %a) {\n", "f") == (
        "{ i32, i64 }",
        ["ptr nonnull %a"],
    )


# ---- what is computed ------------------------------------------------------------------------------------------------


def hanoi(n, a, b, c):
    """Moves, weighted by where they go."""
    if n == 0:
        return 0.0
    if n < 0:
        raise ValueError("no tower")
    return hanoi(n - 1, a, c, b) + a - 0.5 * b + hanoi(n - 1, c, b, a)


def paths(k, n):
    """Ways on a grid, in long rounds of few levels."""
    return 1 if k == 0 or n == 0 else paths(k - 1, n) + paths(k, n - 1)


def ackermann(m, n):
    """A call of itself as an argument of another."""
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def even(n):
    """By turns with another function."""
    return 1 if n == 0 else odd(n - 1) + odd(n - 2)


def odd(n):
    return 2 if n < 1 else even(n - 1) - even(max(n - 3, 0))


def either(x, n):
    """Calls at the ends of both branches, which LLVM may make one."""
    if n < 0:
        return x
    if n % 3 == 1:
        return either(x * 0.5 + 1.0, n - 2)
    return either(x + n, n - 1)


def walk(tree, values, node):
    """Over a tree in arrays."""
    if node < 0:
        return 0.0
    return values[node] + 0.5 * walk(tree, values, tree[node, 0]) + 0.25 * walk(tree, values, tree[node, 1])


def sift(x, low, high):
    """Sorts a part of an array of the caller's."""
    if low >= high:
        return
    pivot, i = x[high], low
    for j in range(low, high):
        if x[j] < pivot:
            x[i], x[j] = x[j], x[i]
            i += 1
    x[i], x[high] = x[high], x[i]
    sift(x, low, i - 1)
    sift(x, i + 1, high)


def quick(x):
    y = x.copy()
    sift(y, 0, len(y) - 1)
    return y


def halves(x):
    """Makes arrays at each level."""
    if len(x) < 2:
        return x[0]
    middle = len(x) // 2
    left, right = x[:middle].copy(), x[middle:] * 2.0
    return halves(left) - halves(right)


RANDOM = np.random.default_rng(4)
TREE = np.array([[1, 2], [3, -1], [4, 5], [-1, -1], [-1, 6], [-1, -1], [-1, -1]])
CASES = {
    "hanoi": (hanoi, [(n, 1.0, 2.0, 4.0) for n in range(6)]),
    "paths": (paths, [(k, n) for k in range(5) for n in range(7)]),
    "ackermann": (ackermann, [(2, 3), (1, 9), (3, 2), (0, 5)]),
    "even": (even, [(n,) for n in range(12)]),
    "either": (either, [(1.5, n) for n in range(20)]),
    "walk": (walk, [(TREE, np.arange(7.0) + 1.0, 0), (TREE, np.arange(7.0), -1)]),
    "quick": (quick, [(RANDOM.normal(size=n),) for n in (1, 2, 50)]),
    "halves": (halves, [(RANDOM.normal(size=n),) for n in (1, 2, 3, 13)]),
}


@pytest.mark.parametrize("name", CASES)
def test_results(name):
    function, cases = CASES[name]
    kernel = dm.kernel(function)
    for given in cases:
        np.testing.assert_allclose(kernel(*given), function(*given), rtol=1e-13)


def test_derivatives_and_errors():
    kernel = dm.kernel(hanoi)
    assert dm.grad(kernel, argnums=1)(5, 1.0, 2.0, 4.0) == pytest.approx(
        hanoi(5, 2.0, 2.0, 4.0) - hanoi(5, 1.0, 2.0, 4.0)  # it is linear
    )
    for n in (-1, -2):
        with pytest.raises(ValueError, match=r"no tower \(at .*test_levels.py:\d+\)"):
            kernel(n, 1.0, 2.0, 4.0)
    assert kernel(3, 1.0, 2.0, 4.0) == hanoi(3, 1.0, 2.0, 4.0)  # after a jump


def test_a_failure_deep_inside_leaves_all_levels():
    def search(n, bad):
        if n == bad:
            raise KeyError("found")
        return 1 if n < 2 else search(n - 1, bad) + search(n - 2, bad)

    kernel = dm.kernel(search)
    for bad in (0, 1, 2, 7, 13):
        with pytest.raises(KeyError, match="found"):
            kernel(15, bad)
    assert kernel(15, 99) == 987


def forever(n):
    """A call at the end is a round of a loop, however often."""
    return forever(n + 1) if n >= 0 else 0


@pytest.mark.parametrize(
    ("function", "short", "long"),
    [(paths, (2, 2), (4, 10**6)), (forever, (-1,), (0,)), (even, (3,), (200,)), (ackermann, (1, 1), (4, 3))],
    ids=["rounds", "forever", "turns", "nested"],
)
def test_the_user_can_stop_it(function, short, long):
    class Stop(BaseException):
        pass

    def stop(number, frame):
        raise Stop

    kernel = dm.kernel(function)
    kernel(*short)
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises((Stop, RecursionError)):
            kernel(*long)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert kernel(*short) == function(*short)
