"""Tests of dispatchml.kernels.unset."""

import pytest

import dispatchml as dm
from dispatchml.kernels.errors import KernelSourceError


@dm.kernel
def branch(x, n):
    if n > 0:
        y = x
    return y * 2


@dm.kernel
def loop(x, n):
    for i in range(n):
        y = x * i
    return y * y


@dm.kernel
def variable(x, n):
    for i in range(n):  # noqa: B007
        x = x * 1.5
    return x + i


@dm.kernel
def always(x, n):
    for i in range(3):
        y = x * i
        if n == i:
            break
    else:
        y = y + 1.0
    while True:
        z = y * y
        n -= 1
        if n < 0:
            break
    return z + sum([q * q for q in range(3)])


@pytest.mark.parametrize("take", [lambda f: f, dm.grad, dm.derivative], ids=["value", "grad", "derivative"])
@pytest.mark.parametrize("f", [branch, loop, variable], ids=lambda f: f.__name__)
def test_what_was_never_set_raises(f, take):
    with pytest.raises(UnboundLocalError, match=r"was read before it had a value \(at .*test_unset.py:\d+\)"):
        take(f)(1.5, 0)
    wanted = {"branch": (3.0, 2.0), "loop": (9.0, 12.0), "variable": (1.5**4 + 2, 1.5**3)}[f.__name__]
    assert take(f)(1.5, 3) in wanted


def test_what_is_always_set_needs_no_look():
    from dispatchml.kernels.source import read

    assert "is_set" not in read(always).text
    assert [always(1.5, n) for n in (0, 1, 5)] == [always.py_func(1.5, n) for n in (0, 1, 5)]


def chosen(x, n):
    if n > 0:
        y = x
    return y if n > 0 else x


def test_what_may_be_unset_within_an_expression_is_refused():
    with pytest.raises(KernelSourceError, match=r"y may have no value where it is read \(.*:\d+\). Assign it before"):
        dm.kernel(chosen)(1.0, 2)
