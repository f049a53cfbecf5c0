"""One level of a recursion put into the one above."""

import pytest

pytest.importorskip("numba")

import dispatchml as dm
from dispatchml.kernels.levels import with_levels

TEXT = """\
define internal i64 @count(i64 %n) {
  %m = call i64 @count(i64 %n)
  %k = call i64 @other(i64 %m)
  ret i64 %k
}
define internal i64 @other(i64 %n) {
  ret i64 %n
}
"""


def test_a_copy_is_called_and_calls_the_function():
    found = with_levels(TEXT)
    assert found.count("define") == 3
    first, copy, other = found.split("define ")[1:]
    assert "call i64 @count.inside(" in first
    assert copy.startswith("internal i64 @count.inside(i64 %n) alwaysinline {")
    assert "call i64 @count(" in copy
    assert other.startswith("internal i64 @other(")


def test_what_does_not_call_itself_or_is_long_stays():
    longer = TEXT.replace("  ret i64 %k\n", "  %k2 = add i64 %k, 1\n" * 200 + "  ret i64 %k\n")
    assert with_levels(longer) == longer
    plain = TEXT.replace("call i64 @count(", "call i64 @other(")
    assert with_levels(plain) == plain


def hanoi(n, a, b, c):
    """Moves, weighted by where they go."""
    if n == 0:
        return 0.0
    if n < 0:
        raise ValueError("no tower")
    return hanoi(n - 1, a, c, b) + a - 0.5 * b + hanoi(n - 1, c, b, a)


def test_results_and_errors():
    kernel = dm.kernel(hanoi)
    for n in range(6):
        assert kernel(n, 1.0, 2.0, 4.0) == pytest.approx(hanoi(n, 1.0, 2.0, 4.0), rel=1e-14)
    assert dm.grad(kernel, argnums=1)(5, 1.0, 2.0, 4.0) == pytest.approx(
        hanoi(5, 2.0, 2.0, 4.0) - hanoi(5, 1.0, 2.0, 4.0)  # it is linear
    )
    with pytest.raises(ValueError, match="no tower"):
        kernel(-1, 1.0, 2.0, 4.0)
