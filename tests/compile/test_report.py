"""What a report says of a program."""

import numpy as np

from dispatchml import ops
from dispatchml.compile import build

from .programs import traced

X = np.ones((400, 50))


def f(x):
    y = ops.matmul(ops.transpose(x), ops.exp(x))
    return ops.sum(ops.sort(y, axis=0))


def test_kernels_calls_and_lines():
    report = build(traced(f, X)).report()
    assert report.startswith("5 operations in 2 kernels and 1 calls from Python")
    assert "kernel 0: 20000, row by row" in report
    assert "reads 156.2 KiB, writes 156.2 KiB, 2e+04 operations on numbers" in report
    assert "loop of NumPy's matmul" in report
    assert "call of sort" in report
    assert "(no loop is known for it)" in report
    assert "by sum over all rows" in report
    assert report.count("test_report.py") >= 4


def test_lower_shows_the_program_and_its_code():
    text = build(traced(f, X)).lower()
    assert "matmul(" in text
    assert "(ptr %table, ptr %sizes, i64 %low, i64 %high)" in text
