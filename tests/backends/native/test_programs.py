"""Several elementwise calls in one: the same numbers to the last bit, and everything unusual is left alone."""

import gc
import sys
import threading

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.backends.native import layout
from dispatchml.backends.native.machine import Machine
from dispatchml.backends.native.programs import BLOCK
from dispatchml.backends.native.steps import Steps
from dispatchml.dispatch.errors import LeakedTracerError
from dispatchml.engines.forward import Dual
from dispatchml.engines.levels import Level
from dispatchml.engines.reverse import Var, variable
from dispatchml.engines.tape import LineTape, Tape

pytestmark = pytest.mark.skipif(bool(layout.reason_against()), reason=layout.reason_against() or "machine code runs")
rng = np.random.default_rng(3)


@pytest.fixture(scope="module")
def machine():
    return Machine()


def product_and_tangent():
    steps = Steps(("a", "b", "p", "q"))
    y = steps.call(np.multiply, "a", "b")
    left, right = steps.call(np.multiply, "p", "b"), steps.call(np.multiply, "q", "a")
    return steps, (y, steps.call(np.add, left, right))


@pytest.mark.parametrize("dtype", "df")
@pytest.mark.parametrize("shape", [(1,), (10,), (3, 4), (2, 1, 5), (BLOCK,), (2 * BLOCK + 7,), (51, 400)])
def test_the_numbers_are_those_of_the_calls(machine, dtype, shape):
    program = machine.program(*product_and_tangent())
    a, b, p, q = (rng.standard_normal(shape).astype(dtype) for _ in range(4))
    y, t = program(a, b, p, q)
    assert y.dtype == t.dtype == dtype
    assert y.shape == t.shape == shape
    assert y.tobytes() == (a * b).tobytes()
    assert t.tobytes() == (p * b + q * a).tobytes()


@pytest.mark.parametrize("dtype", "df")
def test_constants_and_numbers(machine, dtype):
    steps = Steps(("a", "b"), 1)
    half = steps.call(np.multiply, steps.constant(0.1), "a")
    output = steps.call(np.subtract, half, steps.call(np.sin, "b"))
    program = machine.program(steps, (output,))
    b = rng.standard_normal(7).astype(dtype)
    for a in (0.3, 2, -1, -0.0, b[::-1].copy()):
        found, wanted = program(a, b), 0.1 * (np.asarray(a, dtype) if type(a) is not np.ndarray else a) - np.sin(b)
        assert found.tobytes() == np.multiply(np.asarray(0.1, dtype), np.asarray(a, dtype)).__sub__(np.sin(b)).tobytes()
        np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_what_is_not_plain_is_left_alone(machine):
    program = machine.program(*product_and_tangent())
    x = np.ones((2, 3))
    unaligned = np.frombuffer(b"\0" * 57, np.uint8)[1:49].view(float).reshape(2, 3)
    others = (
        x[0], x.T, x[::-1], np.asfortranarray(x), x.astype("f"), x.astype(complex), x > 0, x.astype(object),
        x.astype(">f8"), x.astype(int), np.array(1.0), np.ones((2, 0)), None, "a", True, 1j,
        np.ma.array(x), unaligned,
    )  # fmt: skip
    for other in others:
        assert program(other, other, other, other) is None or other.shape == (3,) or other.dtype == "f"
        for k in range(4):
            assert program(*(other if j == k else x for j in range(4))) is None
    assert program(x, x, x) is None
    assert program() is None
    single = x.astype("f")
    assert program(single, 1e300, single, single) is None  # NumPy warns
    assert program(single, np.float64(2), single, single) is None  # which makes it a float64
    assert program(x, 2**70, x, x) is None or program(x, 2**70, x, x)[0][0, 0] == 2.0**70


def test_where_numpy_would_warn_it_does(machine):
    program = machine.program(*product_and_tangent())
    x, large, infinite = np.ones(3), np.full(3, 1e200), np.full(3, np.inf)
    assert program(large, large, x, x) is None
    assert program(x, infinite, np.zeros(3), x) is None
    quiet = program(np.full(3, np.nan), x, x, x)
    assert np.isnan(quiet[0]).all()
    assert np.isnan(quiet[1]).all()


def test_loops_that_clear_what_others_have_raised(machine):
    steps = Steps(("a", "b"))  # numpy.negative leaves no flags, not even those that it found
    program = machine.program(steps, (steps.call(np.negative, steps.call(np.divide, "a", "b")),))
    for size in (3, 3 * BLOCK):
        zero = np.ones(size)
        zero[1] = 0
        assert program(np.ones(size), zero) is None
        assert program(zero, np.ones(size)).tolist() == (-zero).tolist()


def test_threads_run_while_large_arrays_are_computed(machine):
    program = machine.program(*product_and_tangent())
    arrays = [rng.standard_normal(300_000) for _ in range(4)]
    a, b, p, q = arrays
    found = []
    threads = [threading.Thread(target=lambda: found.extend(program(*arrays) for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = (a * b).tobytes(), (p * b + q * a).tobytes()
    assert len(found) == 20
    assert all((y.tobytes(), t.tobytes()) == wanted for y, t in found)


def test_no_program_without_a_loop(machine):
    for ufunc, operands in ((np.heaviside, "ab"), (np.isnan, "a"), (np.less, "ab"), (np.bitwise_and, "ab")):
        steps = Steps(("a", "b"))
        made = machine.program(steps, (steps.call(ufunc, *operands),))
        assert (made is None) == (ufunc is not np.heaviside)
    steps = Steps(("a",))
    text = "a"
    for _ in range(12):  # more rows than there are
        text = steps.call(np.sin, text)
    assert machine.program(steps, (text,)) is None


def test_dual_numbers(machine):
    steps, outputs = product_and_tangent()
    program = machine.program(steps, outputs, Dual, ("_value", "_partials", "_level", "_base"))
    level, x = Level("jvp"), np.arange(3.0)
    made = program(level, x, x, x, x)
    assert type(made) is Dual
    assert made._level is level
    assert made._base is None
    assert made._value.tolist() == [0, 1, 4]
    assert made._partials.tolist() == [0, 2, 8]
    assert gc.is_tracked(made)
    holders = [sys.getrefcount(made), sys.getrefcount(made._value), sys.getrefcount(made._partials)]
    assert holders == [2, 2, 2]


def test_recordings(machine):
    steps = Steps(("a", "b"))
    y = steps.call(np.multiply, "a", "b")
    slots = "_value", "_tape", "_index", "_base"
    recording = machine.recording(steps, y, 2, (1, 0, 2), Var, slots, Tape)
    tape, a, b = Tape(), np.arange(3.0), np.ones(3)
    tape.append(None)
    made = recording(tape, print, 0, 7, a, b)
    assert type(made) is Var
    assert (made._tape, made._index, made._base) == (tape, 1, None)
    assert made._value.tolist() == [0, 1, 2]
    function, i, j, *kept = tape[1]
    assert (function, i, j) == (print, 0, 7)
    assert kept[0] is b
    assert kept[1] is a
    assert kept[2] is made._value
    before = len(tape)
    lines = LineTape()
    assert recording(lines, print, 0, 7, a, b) is None
    assert recording(tape, print, 0, 7, a, b[:2]) is None
    assert recording(tape, print, 0, a, b) is None
    assert len(tape) == before
    tape.close()
    assert recording(tape, print, 0, 7, a, b) is None


def test_nothing_is_left_behind(machine):
    steps = Steps(("a", "b"))
    recording = machine.recording(
        steps, steps.call(np.multiply, "a", "b"), 2, (0, 1, 2), Var, ("_value", "_tape", "_index", "_base"), Tape
    )
    program = machine.program(*product_and_tangent(), Dual, ("_value", "_partials", "_level", "_base"))
    x, big, level = np.ones(50), np.full(50, 1e200), Level("jvp")

    def work(count):
        for _ in range(count):
            tape = Tape()
            for k in range(20):
                recording(tape, print, k + 1000, k + 2000, x, x)
                recording(tape, print, k, k, x, big[::2])
            for other in (x, big, big[::2]):
                program(level, x, other, big, x)

    work(20)
    gc.collect()
    holders = [sys.getrefcount(o) for o in (x, big, level, None, Var, Dual, Tape)]
    blocks = sys.getallocatedblocks()
    work(200)
    gc.collect()
    assert abs(sys.getallocatedblocks() - blocks) < 50
    now = [sys.getrefcount(o) for o in (x, big, level, None, Var, Dual, Tape)]
    assert all(abs(a - b) < 50 for a, b in zip(holders, now, strict=True))


# ---- in the engines: with machine code and without it ----------------------------------------------------------------


PROGRAMS = {
    "products": lambda x: ops.sum(x * x * ops.sin(x) - x),
    "quotients": lambda x: ops.sum(x / (1 + x * x) + 1 / x - 2.5 / x),
    "numbers": lambda x: ops.sum(2 * x + 1.5 - x * 0.25 + (3 - x)),
    "exponentials": lambda x: ops.sum(ops.exp(x) * ops.tanh(x) + ops.exp2(x) + ops.expm1(x)),
    "trigonometry": lambda x: ops.sum(ops.cos(x) * ops.tan(x) + ops.arctan(x) + ops.sinh(x) * ops.cosh(x)),
    "roots": lambda x: ops.sum(ops.sqrt(x) + ops.log(x) + ops.log1p(x) + x**3 + x**-0.5),
    "slices": lambda x: ops.sum(x[::-1] * x + x[1] * x + (x * x)[0]),
}


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("dtype", "df")
def test_derivatives_are_those_without_machine_code(name, dtype, monkeypatch):
    from dispatchml.backends.native import activation
    from dispatchml.engines import provider

    activation.activate()
    if activation.why_not():
        pytest.skip(activation.why_not())
    f = PROGRAMS[name]
    x, v = rng.uniform(0.3, 0.9, 6).astype(dtype), rng.standard_normal(6).astype(dtype)

    def results():
        return [
            dm.grad(f)(x), dm.jvp(f, (x,), (v,))[1], dm.hvp(f, (x,), (v,)),
            dm.grad(lambda x: ops.sum(dm.grad(f)(x) * v))(x), dm.vmap(dm.grad(f))(np.stack([x, v * v + 0.1])),
            dm.jvp(lambda x: dm.jvp(f, (x,), (v,))[1], (x,), (v,))[1],
        ]  # fmt: skip

    from dispatchml.backends.numpy import kernels

    fast = results()
    for word in ("program", "recording"):
        monkeypatch.delitem(kernels.FAST, word)
    provider_forget(provider)
    try:
        slow = results()
    finally:
        monkeypatch.undo()
        provider_forget(provider)
    for a, b in zip(fast, slow, strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()


def provider_forget(provider):
    from dispatchml.dispatch.operation import forget_everything

    for op in list(provider.WATCHED):
        provider.forget_made(op)
    forget_everything()


def test_inputs_and_cotangents_are_never_written():
    from dispatchml.backends.native import activation

    activation.activate()
    x = rng.uniform(0.3, 0.9, 6)
    x.flags.writeable = False
    ct = np.ones(6)
    ct.flags.writeable = False
    f = lambda x: ops.sin(x) * ops.exp(x) / (1 + x * x)  # noqa: E731
    _, pullback = dm.vjp(f, x)
    assert pullback(ct)[0].tobytes() == pullback(ct)[0].tobytes()
    assert ct.tolist() == [1.0] * 6


def test_zero_times_infinity_is_zero_as_ever():
    from dispatchml.backends.native import activation

    activation.activate()
    x = np.array([0.0, 0.5, 2.0])
    found = dm.grad(lambda x: ops.sum(ops.where(x > 0, ops.sqrt(x), 0.0)))(x)
    assert found[0] == 0
    with np.errstate(all="ignore"):
        found = dm.jvp(lambda x: ops.where(x > 0, ops.log(x), 0.0), (x,), (np.ones(3),))[1]
        assert found[0] == 0
        assert np.isinf(dm.grad(lambda x: ops.sum(ops.sqrt(x)))(x)[0])


def test_a_value_that_outlived_its_transform_says_so():
    from dispatchml.backends.native import activation

    activation.activate()
    kept = []
    dm.grad(lambda x: kept.append(x) or ops.sum(x * x))(np.ones(3))
    dm.jvp(lambda x: kept.append(x) or ops.sum(x * x), (np.ones(3),), (np.ones(3),))
    for x in kept:
        for use in (lambda x: x * x, lambda x: x * 2.0, lambda x: ops.sin(x), lambda x: 1 - x):
            with pytest.raises(LeakedTracerError):
                use(x)


def test_levels_that_meet():
    from dispatchml.backends.native import activation

    activation.activate()
    x = np.array([1.0, 2.0])
    found = dm.grad(lambda x: ops.sum(x * dm.grad(lambda y: ops.sum(x * y * y))(x)))(x)
    assert found.tolist() == [6.0, 24.0]  # of 2 x**3
    assert variable(x, Tape(), 0)._level_number
