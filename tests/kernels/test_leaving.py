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
def endless(x):
    y = np.zeros(100)
    while x > 0:
        x = math.sin(x) + 1
        y[0] += x
    return x + y[1]


@dm.kernel
def long(x, n):
    for _ in range(n):
        x = math.sin(x) + 1
    return x


@pytest.mark.parametrize(
    ("f", "short", "endless"),
    [
        (endless, (-1.0,), (1.0,)),
        (dm.grad(endless), (-1.0,), (1.0,)),
        (long, (1.0, 3), (1.0, 10**11)),
        (dm.derivative(long), (1.0, 3), (1.0, 10**11)),
    ],
    ids=["while", "grad of while", "for", "derivative of for"],
)
def test_the_user_can_stop_a_kernel(f, short, endless):
    class Stop(BaseException):
        pass

    def stop(number, frame):
        raise Stop

    f(*short)  # compiles it
    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(Stop):
            f(*endless)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    f(*short)
