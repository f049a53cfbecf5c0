"""Transforms over CuPy's arrays: where results live, what is refused, and that nothing is hidden.

On the stand-in and, in tests marked gpu, on the card.
"""

import math
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import (
    DeviceError,
    DispatchmlError,
    JoinError,
    TracerConversionError,
)
from dispatchml.testing import check_device

X = np.array([0.5, 1.25, 2.0])
A = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 2.0, 5.0]])


def programs(matrix):
    return {
        "polynomial": lambda x: np.sum(3 * x**3 - 2 * x * x),
        "ufuncs": lambda x: np.sum(np.sin(x) * np.exp(-x) + np.log1p(x) + np.tanh(x)),
        "reductions": lambda x: np.sum(x * x) + np.mean(x) * x.sum() - np.sum(np.cumsum(x) * x),
        "indexing": lambda x: x[0] * x[1] + np.sum(x[::-1] * x) + x[np.array([0, 0, 2])].sum(),
        "matmul": lambda x: x @ (matrix @ x),
        "solve": lambda x: np.sum(np.linalg.solve(matrix, x * x)),
        "choices": lambda x: np.sum(np.where(x > 1, x * x, x)) + np.max(x) * np.min(x),
        "softmax": lambda x: np.sum(ops.softmax(ops.matmul(matrix, x), axis=-1) * x),
    }


@pytest.fixture
def same(place):
    def check(found, expected, number=0, tolerance=1e-12):
        assert isinstance(found, place.ndarray), type(found)
        assert dm.device_of(found) == f"{place.kind}:{number}"
        np.testing.assert_allclose(place.host(found), expected, rtol=tolerance, atol=tolerance)

    return check


@pytest.mark.parametrize("name", programs(A))
def test_every_transform_is_that_of_arrays(name, there, same, place):
    plain, ours = programs(A)[name], programs(there(A))[name]
    x, direction = there(X), np.array([1.0, -0.5, 0.25])
    v, both = there(direction), there(np.stack([X, 2 * X]))
    place.counts.reset()
    same(dm.grad(ours)(x), dm.grad(plain)(X))
    same(dm.value_and_grad(ours)(x)[0], plain(X))
    same(dm.jvp(ours, (x,), (v,))[1], dm.jvp(plain, (X,), (direction,))[1])
    same(dm.hvp(ours, (x,), (v,)), dm.hvp(plain, (X,), (direction,)), tolerance=1e-10)
    same(dm.vmap(ours)(both), np.stack([plain(X), plain(2 * X)]))
    same(dm.vmap(dm.grad(ours))(both), np.stack([dm.grad(plain)(X), dm.grad(plain)(2 * X)]))
    same(dm.grad(dm.checkpoint(ours))(x), dm.grad(plain)(X))
    same(dm.linearize(ours, x)[1](v), dm.jvp(plain, (X,), (direction,))[1])
    assert (place.counts.waits, place.counts.down, place.counts.up) == (0, 0, 0)
    same(dm.hessian(ours)(x), dm.hessian(plain)(X), tolerance=1e-10)
    for transform in (dm.jacobian, dm.jacfwd, dm.jacrev):
        same(transform(ours)(x), dm.grad(plain)(X))
    assert (place.counts.waits, place.counts.down) == (0, 0)


def test_the_promises_of_a_device(there, place):
    check_device(there, lambda x: place.host(x).copy(), device_of=dm.device_of)


def test_the_promises_of_the_second_device(there, two):
    check_device(lambda x: there(x, 1), lambda x: two.host(x).copy(), device_of=dm.device_of)


def test_arrays_of_the_host_are_refused(there):
    for call in (lambda: ops.add(there(X), X), lambda: dm.grad(lambda x: np.sum(x * X))(there(X))):
        with pytest.raises(JoinError, match=r"no common storage .*Write dispatchml.to_device\(x, device\)"):
            call()


def test_two_devices_are_not_mixed(there, same, two):
    first, second = f"{two.kind}:0", f"{two.kind}:1"
    a, b = there(X), there(X, 1)
    with pytest.raises(JoinError, match=rf'one array is on {first}, .* on {second} .*to_device\(x, "{first}"\)'):
        ops.multiply(a, b)
    with pytest.raises(JoinError, match=f"concatenate: one array is on {first}"):
        ops.concatenate((a, b))
    same(dm.grad(lambda x: np.sum(x * dm.to_device(a, second)))(b), X, 1)
    same(dm.grad(lambda x: np.sum(np.sin(x)))(b), np.cos(X), 1)


def test_moving_is_an_operation_whose_cotangent_goes_back(there, same, two):
    first, second = f"{two.kind}:0", f"{two.kind}:1"
    w = there(A, 1)
    g = dm.grad(lambda x: np.sum(w @ dm.to_device(x, second)) * 1.0)(there(X))
    same(g, A.sum(axis=0))
    host = dm.grad(lambda x: ops.sum(ops.square(dm.to_device(x, two.kind))))(X)
    assert type(host) is np.ndarray
    np.testing.assert_allclose(host, 2 * X)
    back = dm.grad(lambda x: np.sum(dm.to_device(x, "cpu") ** 2))
    same(back(there(X)), 2 * X)
    y, dy = dm.jvp(lambda x: dm.to_device(x, "cpu") * 3.0, (there(X),), (there(X),))
    assert type(y) is type(dy) is np.ndarray
    same(dm.vmap(lambda x: dm.to_device(x, second))(there(A)), A, 1)
    same(dm.hessian(lambda x: np.sum(dm.to_device(dm.to_device(x, "cpu") ** 3, first)))(there(X)), np.diag(6 * X))


def test_containers_numbers_and_names_of_devices(pretend):
    tree = dm.to_device({"w": X, "n": 3, "s": "text", "l": [1.5, np.float64(2.0)]}, "pretend:1")
    assert dm.device_of(tree["w"]) == "pretend:1"
    assert (tree["n"], tree["s"], tree["l"]) == (3, "text", [1.5, 2.0])
    assert dm.device_of(1.0) == dm.device_of(X) == dm.device_of("x") == "cpu"
    assert dm.to_device(tree["w"], "pretend:1") is tree["w"]
    assert dm.to_device(X, "cpu") is X
    for name, words in (
        ("tpu", "There is no device 'tpu'.*known are 'cpu', 'gpu'"),
        ("pretend:7", "There is no device pretend:7.*there are 2"),
        ("pretend:x", "has no number behind the colon"),
        ("cpu:1", "the host is one device"),
        (3, "named by a text"),
    ):
        with pytest.raises(DeviceError, match=words):
            dm.to_device(X, name)
    with pytest.raises(DeviceError, match="An array of object cannot be on pretend"):
        dm.to_device(np.array([Fraction(1, 2)], object), "pretend")


def test_units_stay_round_what_moves(pretend):
    pint = pytest.importorskip("pint")
    u = pint.UnitRegistry()
    q = dm.to_device(X * u.m, "pretend:1")
    assert dm.device_of(q) == "pretend:1"
    assert q.units == u.m
    g = dm.grad(lambda q: ops.sum(ops.multiply(q, q)))(q)
    assert dm.device_of(g) == "pretend:1"
    assert g.units == u.m
    np.testing.assert_allclose(g.magnitude.host, 2 * X)


def test_numbers_are_not_read_in_silence(pretend):
    there = lambda x: dm.to_device(np.array(x), "pretend")  # noqa: E731
    for read in (float, bool, np.asarray):
        with pytest.raises((TracerConversionError, pretend.HiddenWaitError)):
            dm.grad(lambda x, read=read: (read(x.sum()), x.sum())[1])(there(X))
    assert there([2.5]).item() == 2.5
    assert pretend.counts.waits == 1


def test_a_number_of_the_host_and_a_device(there, same):
    """The derivative by a number of Python's that met a device is an array without axes there: nobody waited for it."""
    same(dm.grad(lambda a: np.sum(a * there(X)))(2.0), X.sum())
    same(ops.multiply(there(X), np.float64(2.0)), 2 * X)
    assert ops.multiply(there(X.astype(np.float32)), 2.0).dtype == np.float32


def test_zeros_win_over_infinite_derivatives_without_looking(there, same, place):
    x = there([0.0, 4.0])
    place.counts.reset()
    same(dm.grad(lambda x: np.sum(np.where(x > 1, np.sqrt(x), 0.0)))(x), [0, 0.25])
    same(dm.jvp(lambda x: np.where(x > 1, np.log(x), 0.0), (x,), (there([1.0, 1.0]),))[1], [0, 0.25])
    overflow = lambda x: np.sum(np.where(x > 700, 1.0, np.exp(x) * x))  # noqa: E731
    same(dm.grad(overflow)(there([800.0, 0.0])), [0, 1])
    same(dm.grad(lambda x: np.sum(0 * np.sqrt(x)))(x), [0, 0])
    assert place.counts.waits == 0


INDICES = [
    0, -1, slice(None, None, -1), slice(1, None), (0, slice(None)), (slice(None), None, 1), np.array([2, 0]), ...,
    (np.array([0, 1]), np.array([1, 2])), (slice(None), [0, 2]), np.array([0, 0, 1]), ([0, 0], [1, 1]),
]  # fmt: skip


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("number", range(len(INDICES)))
def test_indexing_and_writing(number, deterministic, there, same):
    index, x = INDICES[number], np.arange(12.0).reshape(3, 4)

    def program(x):
        y = x * 1
        y[index] = y[index] * 2
        return (y * y).sum() + (x[index] ** 3).sum()

    with dm.default_device(deterministic=deterministic):
        same(ops.getitem(there(x), index=index), x[index])
        same(dm.grad(program)(there(x)), dm.grad(program)(x))
        same(dm.vmap(dm.grad(program))(there(np.stack([x, 2 * x]))), dm.vmap(dm.grad(program))(np.stack([x, 2 * x])))


def test_indices_that_are_on_the_device(there, same):
    x, index = np.arange(12.0).reshape(3, 4), np.array([2, 0, 0])

    def program(x, index):
        y = x * 1
        y[index[:2]] = y[index[:2]] * 2
        return (y * y).sum() + (x[index] ** 3).sum() + (x[:, index] ** 3).sum() + x[0, np.argmax(x[0])]

    on = there(index)
    same(dm.grad(program)(there(x), on), dm.grad(program)(x, index))
    both = np.stack([x, 2 * x])
    found = dm.vmap(dm.grad(program), in_axes=(0, None))(there(both), on)
    same(found, dm.vmap(dm.grad(program), in_axes=(0, None))(both, index))
    mask = there(x) > 3
    same(dm.grad(lambda x: (x[mask] ** 2).sum())(there(x)), 2 * x * (x > 3))


def test_repeated_indices_add_up_in_any_dtype_and_reproducibly(there, place):
    rng = np.random.default_rng(0)
    places, values = rng.integers(0, 50, 2000), rng.standard_normal(2000)
    exact = np.zeros(50)
    np.add.at(exact, places, values)
    seen = set()
    for _ in range(2):
        with dm.default_device(deterministic=True):
            y = ops.scatter(there(values), index=there(places), shape=(50,))
        np.testing.assert_allclose(place.host(y), exact, rtol=1e-12, atol=1e-12)
        seen.add(place.host(y).tobytes())
    assert len(seen) == 1
    for kind in (np.int64, np.int32, np.uint64, np.float32, np.complex64, np.complex128):
        ones = there(np.ones(3, kind))
        assert ops.scatter(ones, index=there([0, 0, 1]), shape=(2,)).tolist() == [2, 1]
    with pytest.raises(TracerConversionError, match="int8 cannot be added up on a device"):
        ops.scatter(there(np.ones(3, np.int8)), index=there([0, 0, 1]), shape=(2,))


def test_an_index_of_the_host_that_names_nothing_raises(there):
    """CuPy itself would begin again at the first element."""
    with pytest.raises(IndexError, match="out of bounds"):
        ops.getitem(there(X), index=np.array([0, 3]))


def test_nothing_is_written_into_inputs(there, place):
    x = there(np.arange(3.0))
    y = ops.setitem(x, 5.0, index=0)
    assert place.host(x)[0] == 0
    assert place.host(y)[0] == 5
    with pytest.raises(TracerConversionError, match="cannot be stored in an array of int64 without loss"):
        ops.setitem(there(np.arange(3)), 0.5, index=0)


def test_zeros_spaces_and_ravel_are_of_the_device(there, same):
    x = there(X)
    same(dm.grad(lambda x, y: (y * y).sum())(x, x), 0 * X)
    same(dm.zero_tangent(x), 0 * X)
    assert dm.device_of(dm.random_tangent(x, np.random.default_rng(0))) == dm.device_of(x)
    flat, unravel = dm.ravel({"a": x, "b": there(A)})
    same(flat, np.concatenate([X, A.ravel()]))
    same(unravel(flat)["b"], A)


def test_memory_is_given_back_as_the_sweep_passes(pretend):
    import gc

    there = lambda x: dm.to_device(np.array(x), "pretend")  # noqa: E731

    n, depth = 4096, 20
    w = [there(np.full(n, 0.5)) for _ in range(depth)]

    def loss(x):
        for v in w:
            x = np.tanh(x * v)
        return np.sum(x)

    x, step = there(np.ones(n)), dm.grad(loss)
    step(x)
    gc.collect()
    before = pretend.pool.used
    gc.disable()
    try:
        for _ in range(50):
            step(x)
            assert pretend.pool.used == before
        pretend.pool.peak = before
        step(x)
        needed = (depth + 2) * n * 8  # of each layer tanh's value; a cotangent, and what becomes of it
        assert pretend.pool.peak - before <= 1.05 * needed
    finally:
        gc.enable()
    assert dm.memory_report()["pretend:0"]["used"] == before


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "compiled"])
def test_a_training_step_needs_what_must_live(compiled, pretend):
    width, rows, depth = 16, 512, 20
    weights = [dm.to_device(np.full((width, width), 0.1), "pretend") for _ in range(depth)]
    given = dm.to_device(np.ones((rows, width)), "pretend")

    def loss(weights, x):
        for w in weights:
            x = np.tanh(x @ w)
        return np.mean(x * x)

    step = dm.jit(dm.grad(loss)) if compiled else dm.grad(loss)
    step(weights, given), step(weights, given)
    before = pretend.pool.peak = pretend.pool.used
    slopes = step(weights, given)
    needed = 8 * ((depth + 2) * rows * width + depth * width * width)  # layers, two cotangents, gradients
    assert pretend.pool.peak - before <= 1.05 * needed
    assert len(slopes) == depth
    assert "MiB used by arrays" in str(dm.memory_report())


def test_what_is_compiled_for_the_host_says_so(there, same):
    @dm.kernel
    def total(x):
        s = 0.0
        for i in range(len(x)):
            s += x[i] ** 2
        return s

    long = there(np.ones(2000))
    for call in (lambda: total(long), lambda: dm.grad(total)(long)):
        with pytest.raises(DispatchmlError, match=r"one thread of the device would go .* alone .*vmap.*to_device"):
            call()
    formula = dm.vectorize(lambda a: a * math.sin(a))
    same(dm.grad(lambda x: np.sum(formula(x)))(there(X)), np.sin(X) + X * np.cos(X))


def test_loops_and_branches_as_functions(there, same):
    scanned = lambda x: dm.scan(lambda c, a: (c + a * a, c), 0.0, x)[0]  # noqa: E731
    same(dm.grad(scanned)(there(X)), 2 * X)
    same(dm.fori_loop(0, 3, lambda i, c: c * 2.0, there(X)), 8 * X)


def test_arrays_of_nothing_are_made_on_the_default_device(same, two):
    import dispatchml.numpy as dnp

    assert type(dnp.zeros(2)) is np.ndarray
    with dm.default_device(f"{two.kind}:1") as device:
        assert device == f"{two.kind}:1"
        same(dnp.zeros(2), [0, 0], 1)
        same(dnp.arange(3), [0, 1, 2], 1)
        same(dnp.linspace(0.0, 1.0, 3), [0, 0.5, 1], 1)
        with dm.default_device("cpu"):
            assert type(dnp.eye(2)) is np.ndarray
        assert type(dnp.eye(2, device="cpu")) is np.ndarray
    same(dnp.full((2,), 3.0, device=two.kind), [3, 3])
    with pytest.raises(DeviceError, match="no device 'tpu'"):
        dm.default_device("tpu").__enter__()


def test_nothing_is_imported_before_an_array_arrives():
    program = (
        "import sys, dispatchml as dm, numpy as np\n"
        "dm.grad(lambda x: np.sum(x * x))(np.ones(3))\n"
        "print(sorted(m for m in sys.modules if 'cupy' in m))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_memory_is_handed_out_of_plain_arrays_alone(there):
    """`torch.from_dlpack(x)` and `__cuda_array_interface__`: of results, not of traced values."""
    gradient = dm.grad(lambda x: np.sum(x * x))(there(X))
    assert gradient.__cuda_array_interface__["shape"] == (3,)
    assert gradient.__dlpack_device__()[0] == 2  # CUDA's
    with pytest.raises(TracerConversionError, match="__dlpack__ of dispatchml.Var.* would hand out plain memory"):
        dm.grad(lambda x: (x.__dlpack__(), np.sum(x))[1])(there(X))


@pytest.mark.filterwarnings("ignore::dispatchml.dispatch.errors.FallbackWarning")
def test_draws_on_a_device_are_new_ones_at_each_compiled_call(there, place):
    """Arrays that come from nowhere are no constants of a program: the function runs uncompiled, and says so."""
    rng = np.random.default_rng(0)
    noisy = dm.jit(lambda x: x + there(rng.standard_normal(3)))
    assert len({place.host(noisy(there(X))).tobytes() for _ in range(3)}) == 3
