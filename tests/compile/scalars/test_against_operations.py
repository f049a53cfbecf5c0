"""Operations that are no ufuncs, or have keywords: equal to what they give uncompiled."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import scalars
from dispatchml.testing import scalar_loops

SPECIAL = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    0.25,
    0.75,
    2.5,
    -2.5,
    3.0,
    1e300,
    -1e300,
    1e-300,
    12.345,
    np.inf,
    -np.inf,
    np.nan,
]
#: name, keywords, largest relative error (0: equal)
CASES = [
    ("strong_multiply", {}, 0), ("divide_or_zero", {}, 0), ("where_or_zero", {}, 0), ("copysign", {}, 0),
    ("isclose", {}, 0), ("isclose", {"rtol": 0.5, "atol": 0.1, "equal_nan": True}, 0),
    ("nan_to_num", {}, 0), ("nan_to_num", {"nan": -0.0, "posinf": 3.0}, 0), ("round", {}, 0),
    ("round", {"decimals": 2}, 0), ("round", {"decimals": -1}, 0), ("positive", {}, 0), ("stop_gradient", {}, 0),
    ("real", {}, 0), ("imag", {}, 0), ("conj", {}, 0), ("angle", {}, 0), ("sinc", {}, 8), ("logit", {}, 8),
    ("xlogy", {}, 8), ("xlog1py", {}, 8), ("entr", {}, 8), ("rel_entr", {}, 8), ("kl_div", {}, 8),
    ("logaddexp", {}, 8), ("logaddexp2", {}, 8), ("softplus", {}, 8), ("sigmoid", {}, 8),
]  # fmt: skip
#: What is lost when terms cancel is in NumPy's own results.
CANCELLING = ("kl_div", "logit", "logaddexp", "logaddexp2")


def operands(count, dtype):
    """Each special number with each, and random ones."""
    with np.errstate(over="ignore"):
        special = np.array(SPECIAL, dtype)
    random = np.random.default_rng(9)
    if count == 1:
        return [np.concatenate([special, random.normal(size=500).astype(dtype)])]
    a, b = np.repeat(special, len(special)), np.tile(special, len(special))
    return [np.concatenate([x, random.normal(size=500).astype(dtype) * 3]) for x in (a, b)]


@pytest.mark.parametrize("character", "efd")
@pytest.mark.parametrize(("name", "keywords", "places"), CASES)
def test_equal_to_the_operation(name, keywords, places, character):
    if character == "e" and places:
        pytest.skip("uncompiled, each step is rounded to half precision; compiled, the result")
    operation = getattr(ops, name)
    arrays = operands(operation.info.arity, character)
    loop, result = scalars.resolve(name, [a.dtype for a in arrays], keywords)
    scalar = scalars.find(name, loop, keywords)
    got = scalar_loops.run(scalar, *arrays)
    with np.errstate(all="ignore"):
        want = operation(*arrays, **keywords)
        assert got.dtype == want.dtype == np.dtype(result)
        scale = np.abs(want) + (sum(map(np.abs, arrays)) if name in CANCELLING else 0)
        close = np.abs(got - want) <= places * np.finfo(character).eps * scale if places else got == want
    right = close | (got == want) | ((got != got) & (want != want))
    assert right.all(), ([a[~right][:5] for a in arrays], got[~right][:5], want[~right][:5])
    if not places and got.dtype.kind == "f" and name != "strong_multiply":
        assert np.array_equal(np.signbit(got[got == got]), np.signbit(want[want == want]))


def test_zeros_of_strong_products_have_signs_as_in_an_array_of_finite_numbers():
    a, b = np.array([0.0, -0.0, 2.0, -2.0, 0.0]), np.array([-1.0, -1.0, -0.0, -0.0, 0.0])
    got = scalar_loops.run(scalars.find("strong_multiply", "dd"), a, b)
    assert np.array_equal(np.signbit(got), np.signbit(ops.strong_multiply(a, b)))


def test_where_of_every_kind():
    random = np.random.default_rng(1)
    for character in "?bBhHiIlLefdFD":
        a, b = (random.integers(0, 2, 100).astype(character) for _ in range(2))
        for condition in "?ld":
            choice = random.integers(0, 2, 100).astype(condition)
            scalar = scalars.find("where", (condition, character, character))
            assert np.array_equal(scalar_loops.run(scalar, choice, a, b), np.where(choice, a, b))


def test_keywords_that_compare_equal_are_told_apart():
    one = scalars.find("nan_to_num", "d", {"nan": 0.0})
    other = scalars.find("nan_to_num", "d", {"nan": -0.0})
    x = np.array([np.nan])
    assert not np.signbit(scalar_loops.run(one, x))[0]
    assert np.signbit(scalar_loops.run(other, x))[0]


def test_what_cannot_be_done_is_none():
    assert scalars.find("add", "dg") is None
    assert scalars.find("power", "ll") is None  # negative exponents raise
    assert scalars.find("no_such_operation", "d") is None
    assert scalars.find("round", "l", {"decimals": -1}) is None
