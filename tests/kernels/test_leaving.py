"""Tests of dispatchml.kernels.lowering, calling and stack: how kernels end that do not return."""

import math
import signal
import threading

import numpy as np
import pytest

import dispatchml as dm


@dm.kernel
def deep(x, n):
    return x if n == 0 else deep(x, n - 1) * 1.01


@dm.kernel
def even(x, n):
    return x if n == 0 else odd(x * 0.5, n - 1) + 1.0


def odd(x, n):
    return x if n == 0 else even(x * 0.25, n - 1) + 2.0


@pytest.mark.parametrize(
    "f", [deep, even, dm.grad(deep), dm.derivative(deep)], ids=["self", "two", "grad", "derivative"]
)
def test_recursion_without_end_raises(f):
    with pytest.raises(RecursionError, match=r"calls itself too deep \(at .*test_leaving.py:\d+\)"):
        f(2.0, 10**7)
    assert math.isfinite(f(2.0, 500))


def test_a_thread_has_a_stack_of_its_own():
    before, found = threading.stack_size(512 * 1024), []

    def run():
        try:
            deep(2.0, 10**7)
        except RecursionError:
            found.append(deep(2.0, 100))

    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(before)
    assert found == [deep(2.0, 100)]


@dm.kernel
def failing(x, n):
    y = x.copy()
    z = y * 2
    kept = [y]
    kept.append(z)
    return y[n] + kept[1][0]


def memory():
    """Megabytes of this process."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 / 1e6


@pytest.mark.parametrize("f", [failing, dm.grad(failing)], ids=["value", "grad"])
def test_local_arrays_are_given_back_on_error(f):
    x = np.arange(1000.0)

    def fail(count):
        for _ in range(count):
            with pytest.raises(IndexError):
                f(x, 5000)

    fail(200)
    before = memory()
    fail(1500)
    assert memory() - before < 20  # 1500 times two or three arrays of 8 kB would be more


@dm.kernel
def endless(x, end):
    y = np.zeros(100)
    while y[0] < end:
        x = math.sin(x) + 1
        y[0] += x
    return x + y[1]


@dm.kernel
def long(x, n):
    for _ in range(n):
        x = math.sin(x) + 1
    return x


@dm.kernel
def branching(x, n):
    return x if n < 2 else branching(x, n - 1) + 0.5 * branching(x, n - 2)


@pytest.mark.parametrize(
    ("f", "short", "endless"),
    [
        (endless, (1.0, 10.0), (1.0, 5e9)),
        (dm.grad(endless), (1.0, 2e7), (1.0, 1e9)),  # the short one is too long for one segment
        (long, (1.0, 3), (1.0, 3 * 10**9)),
        (dm.derivative(long), (1.0, 3), (1.0, 3 * 10**9)),
        (branching, (1.0, 5), (1.0, 49)),
    ],
    ids=["while", "grad of while", "for", "derivative of for", "recursion"],
)
def test_the_user_can_stop_a_kernel(f, short, endless):
    """Half a minute or so is endless, so that a kernel that cannot be stopped fails here and does not hang."""

    class Stop(BaseException):
        pass

    def stop(number, frame):
        raise Stop

    f(*short)  # compiles it
    before = signal.signal(signal.SIGALRM, stop)
    stopped = False
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3, 5.0)  # again: Python drops what is raised in a finaliser
        f(*endless)
    except Stop:
        stopped = True
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    assert stopped
    f(*short)
