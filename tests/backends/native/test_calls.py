"""Machine code for small arrays gives NumPy's results bit for bit, with NumPy's warnings and errors, whatever comes."""

import warnings

import numpy as np
import pytest

from dispatchml.backends.native import layout
from dispatchml.backends.native.machine import Machine

pytestmark = pytest.mark.skipif(bool(layout.reason_against()), reason=layout.reason_against() or "machine code runs")

UFUNCS = (
    np.add, np.subtract, np.multiply, np.true_divide, np.power, np.maximum, np.fmin, np.exp, np.log, np.sqrt, np.sin,
    np.tanh, np.negative, np.square, np.less, np.equal, np.logical_and, np.arctan2, np.hypot, np.floor_divide,
    np.remainder, np.copysign, np.absolute, np.reciprocal, np.sign, np.arccosh, np.expm1, np.log1p, np.conjugate,
)  # fmt: skip
SCALARS = (
    2, 0.5, -1, -2, 3.0, 1e300, 10**400, 2**63, True, np.float64(1.5), np.float32(2.5), 1j, np.int64(3), 0,
    float("nan"), float("inf"), 1e39, 16777217, 2.0, np.array([0.5]), np.array([2.0]), np.array(0.5), np.array(2.0),
)  # fmt: skip
SPECIAL = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, 5e-324)


class Counted:
    """A ufunc that counts how often it is asked."""

    def __init__(self, ufunc):
        self.ufunc, self.calls = ufunc, 0

    def __call__(self, *arguments):
        self.calls += 1
        return self.ufunc(*arguments)


@pytest.fixture(scope="module")
def machine():
    return Machine()


def any_array(rng):
    """An array of any dtype that matters, shape and memory layout."""
    shape = tuple(rng.integers(0, 7, size=rng.integers(0, 4)))
    if rng.random() < 0.1:
        shape = tuple(rng.integers(1, 90, size=2))
    x = rng.standard_normal(shape) * 2
    if rng.random() < 0.2 and x.size and x.ndim:
        x.flat[rng.integers(0, x.size)] = rng.choice(SPECIAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = np.asarray(x).astype(rng.choice(list("dddffDFi?eg")))
    how = rng.integers(0, 13)
    if how == 0:
        return x.T
    if how == 1 and x.ndim:
        return x[::-1]
    if how == 2 and x.ndim:
        return x[..., ::2]
    if how == 3:
        return np.asfortranarray(x)
    if how == 4:
        return x.astype(x.dtype.newbyteorder())
    if how == 5 and x.ndim:
        return np.broadcast_to(x[:1], x.shape)
    if how == 7 and x.ndim > 1:
        return [x[::-1, ::-1], x[::2, ::2], x[:, :1], x[:1], x[::-1, 1:]][rng.integers(0, 5)]
    if how == 6 and x.size:
        misaligned = np.frombuffer(bytearray(x.nbytes + 1), x.dtype, x.size, 1).reshape(x.shape)
        misaligned[...] = x
        return misaligned
    return x


def partner(rng, x):
    """A second operand: a number, an array like the first, or any array."""
    if rng.random() < 0.4 or not isinstance(x, np.ndarray):
        return SCALARS[rng.integers(0, len(SCALARS))]
    if rng.random() < 0.3 or not x.size or x.dtype.kind not in "fc":
        return any_array(rng)
    y = rng.standard_normal(x.shape).astype(x.dtype)
    if rng.random() < 0.3 and x.ndim:
        turned = y[::-1], y[..., ::-1], np.repeat(y, 2, -1)[..., ::2], np.repeat(y, 2, 0)[::2]
        return turned[rng.integers(0, 4)]
    return y[0] if rng.random() < 0.2 and x.ndim > 1 else y


def outcome(function, arguments):
    """The result, the error and the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            result, error = function(*arguments), None
        except Exception as raised:
            result, error = None, (type(raised), str(raised))
    return result, error, [str(w.message) for w in caught]


def same(a, b):
    """Whether two results are alike in type, dtype, shape, memory order and every bit."""
    if type(a) is not type(b) or a is None or b is None:
        return a is b
    a, b = np.asarray(a), np.asarray(b)
    if (a.dtype, a.shape, a.strides) != (b.dtype, b.shape, b.strides):
        return False
    return a.tobytes() == b.tobytes() or a.dtype.kind in "fc" and np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize("seed", range(4))
def test_results_warnings_and_errors_are_numpys(machine, seed):
    rng = np.random.default_rng(seed)
    counted = {u: Counted(u) for u in UFUNCS}
    fast = {u: machine.ufunc(u, c) for u, c in counted.items()}
    assert all(fast.values())
    rounds = 2500
    for _ in range(rounds):
        ufunc = UFUNCS[rng.integers(0, len(UFUNCS))]
        x = any_array(rng) if rng.random() < 0.85 else np.float64(rng.choice([*SPECIAL, 0.3, -1.5, 2.0]))
        given = (x,) if ufunc.nin == 1 else (x, partner(rng, x)) if rng.random() < 0.5 else (partner(rng, x), x)
        before = [np.array(a, copy=True) for a in given]
        with np.errstate(all=("warn", "ignore", "raise")[rng.integers(0, 3)]):
            found, wanted = outcome(fast[ufunc], given), outcome(ufunc, given)
        what = (ufunc.__name__, [(a.shape, a.dtype, a.strides) if isinstance(a, np.ndarray) else a for a in given])
        assert found[1:] == wanted[1:], what
        assert same(found[0], wanted[0]), what
        for a, b in zip(given, before, strict=True):
            assert np.array_equal(np.asarray(a), b, equal_nan=b.dtype.kind in "fc"), what
    assert sum(c.calls for c in counted.values()) < 0.95 * rounds  # machine code did take part


@pytest.mark.parametrize("dtype", "dfD")
@pytest.mark.parametrize("ufunc", [np.multiply, np.exp, np.less], ids=lambda u: u.__name__)
def test_plain_arrays_never_reach_numpy(machine, ufunc, dtype):
    counted = Counted(ufunc)
    fast = machine.ufunc(ufunc, counted)
    x = np.linspace(0.5, 1.5, 12).astype(dtype).reshape(3, 4)
    given = (
        [(x,)]
        if ufunc.nin == 1
        else [(x, x), (x, 2), (0.5, x), (x, x[0]), (x[0], x), (x[::-1], x), (x, np.array(2, dtype))]
    )
    for arguments in given:
        assert same(fast(*arguments), ufunc(*arguments))
    assert counted.calls == 0


def test_large_arrays_are_numpys(machine):
    counted = Counted(np.add)
    fast = machine.ufunc(np.add, counted)
    x = np.ones(4097)
    assert same(fast(x, x), x + x)
    assert counted.calls == 1


def test_numbers_are_pythons(machine):
    multiply = machine.ufunc(np.multiply, np.multiply, "PyNumber_Multiply")
    assert type(multiply(2.0, 3.0)) is float
    assert type(multiply(np.float64(2), 3.0)) is np.float64
    assert type(multiply(2, 3)) is int
    with pytest.raises(TypeError):
        multiply(None, 1.0)


def test_wrong_calls_raise(machine):
    fast = machine.ufunc(np.add, np.add)
    with pytest.raises(TypeError):
        fast()
    with pytest.raises(TypeError):
        fast(np.ones(3))
    with pytest.raises(ValueError, match="broadcast"):
        fast(np.ones(3), np.ones(4))


def test_what_has_no_loop_for_floats_is_left_alone(machine):
    for function in (np.bitwise_and, np.where, np.divmod, np.matmul, len):
        assert machine.ufunc(function, function) is None


@pytest.mark.parametrize("dtype", "df")
def test_where(machine, dtype):
    calls = []

    def unusual(*arguments):
        calls.append(1)
        return np.where(*arguments)

    where = machine.where(unusual)
    x, y = np.linspace(0, 1, 12).astype(dtype).reshape(3, 4), np.full((3, 4), np.nan, dtype)
    mask = x > 0.4
    for given in ((mask, x, y), (mask, x, 0.0), (mask, 0.5, y)):
        assert same(where(*given), np.where(*given))
    assert not calls
    unusual_ones = [
        (mask, 1.0, 2.0), (mask, x, 1), (mask[0], x, y), (mask, x[0], y), (mask.T, x.T, y.T), (x, x, y), (True, x, y),
        (mask, x, y.astype("g")), (mask, x, np.float64(2)), (mask[:0], x[:0], y[:0]), (mask, [1.0] * 4, y),
    ]  # fmt: skip
    for given in unusual_ones:
        assert same(where(*given), np.where(*given))
    assert len(calls) == len(unusual_ones)
    with np.errstate(over="raise"):
        assert outcome(where, (mask, x, 1e300))[1:] == outcome(np.where, (mask, x, 1e300))[1:]
