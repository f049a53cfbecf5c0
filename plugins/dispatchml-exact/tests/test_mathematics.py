"""mpmath's own functions on traced numbers: in the precision of the context, with derivatives of the same."""

import mpmath
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import TracerConversionError

FUNCTIONS = (
    "acos acosh asin asinh atan atanh cbrt cos cosh erf erfc exp expm1 fabs gamma ln log log10 log1p sin sinh sqrt tan "
    "tanh"
)


@pytest.mark.parametrize("name", FUNCTIONS.split())
def test_with_thirty_digits(name):
    function = getattr(mpmath, name)
    with mpmath.workdps(30):
        x = mpmath.mpf(3) / (2 if name == "acosh" else 7)
        value, g = dm.value_and_grad(eval(f"lambda x: mpmath.{name}(x)"))(x)
        assert type(g) is mpmath.mpf
        assert value == function(x)
        assert abs(g - mpmath.diff(function, x)) < mpmath.mpf(10) ** -14


def test_of_several():
    x, y = mpmath.mpf(2), mpmath.mpf(3)
    assert dm.grad(lambda x: mpmath.power(x, 3))(x) == 12
    assert dm.grad(lambda x: mpmath.fmul(mpmath.fsub(x, 1), y))(x) == 3
    assert dm.grad(lambda x: mpmath.fsum([x, x * x, 1]))(x) == 5
    assert dm.grad(lambda x: mpmath.fdot([x, y], [y, x]))(x) == 6
    assert abs(dm.grad(lambda x: mpmath.log(x, 2))(x) - 1 / (2 * mpmath.log(2))) < 1e-15


def test_of_floats_it_says_what_to_write():
    with pytest.raises(TracerConversionError, match="numpy.sin"):
        dm.grad(lambda x: mpmath.sin(x))(0.5)
