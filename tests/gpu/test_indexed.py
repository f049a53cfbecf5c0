"""Generated kernels that read positions from memory, add up at them, sum along rows, and have vectors of elements."""

import re

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.compile.device import module
from dispatchml.compile.device.executable import device_build

from .test_compiled import assembled, program_of

RNG = np.random.default_rng(0)
V, X = RNG.standard_normal(301), RNG.standard_normal((20, 8))
J, PLACES, R = RNG.integers(-301, 301, 200), RNG.integers(-20, 20, 12), RNG.integers(0, 8, 20)


def chosen_class(x, r):
    return -np.sum(ops.log_softmax(x, axis=-1)[np.arange(20), r])


#: Function, arguments.
PICKED = {
    "elements": (lambda v, j: np.sin(v[j]), (V, J)),
    "rows": (lambda x, i: x[i] * 2, (X, PLACES)),
    "gradient of elements": (dm.grad(lambda v, j: np.sum(v[j] ** 2 * np.sin(v[j]))), (V, J)),
    "gradient of rows": (dm.grad(lambda x, i: np.sum(np.sin(x[i]) ** 2)), (X, PLACES)),
    "of columns": (dm.grad(lambda x, r: np.sum(x[:, r] ** 2)), (X, R)),
    "of an axis": (dm.grad(lambda x, r: np.sum(np.take_along_axis(x, r[:, None], 1) ** 2)), (X, R)),
    "of a class": (dm.grad(chosen_class), (X, R)),
    "all at one place": (dm.grad(lambda v, j: np.sum(v[j] ** 3)), (V, 0 * J)),
    "clipped": (dm.grad(lambda v, j: np.sum(np.take(v, j, mode="clip") ** 2)), (V, 3 * J)),
    "wrapped": (dm.grad(lambda v, j: np.sum(np.take(v, j, mode="wrap") ** 2)), (V, 3 * J)),
    "added to others": (dm.grad(lambda x, i: np.sum(x[i] ** 2) + np.sum(np.sin(x))), (X, PLACES)),
    "single, short positions": (dm.grad(lambda v, j: np.sum(v[j] ** 2)), (V.astype("f"), J.astype("i"))),
}


@pytest.mark.parametrize("deterministic", [False, True])
@pytest.mark.parametrize("name", PICKED)
def test_picking_and_adding_up_are_numpy(name, deterministic, lanes):
    f, arguments = PICKED[name]
    there, compiled = [lanes.array(x) for x in arguments], dm.jit(f)
    with dm.default_device(deterministic=deterministic):
        compiled(*there)  # brings the program's constants
        lanes.counts.reset()
        found = compiled(*there)
        assert (lanes.counts.waits, lanes.counts.down, lanes.counts.up) == (0, 0, 0)
    single = arguments[0].dtype == np.float32
    np.testing.assert_allclose(lanes.host(found), f(*arguments), rtol=1e-5 if single else 1e-12, atol=1e-13)
    assert not re.search("call of|by their operations", compiled.report(*there))


def test_in_order_is_one_after_the_other(lanes):
    """Bit for bit what NumPy's np.add.at gives, whose order is that of the index."""
    j = RNG.integers(0, 5, 3000)
    weights = RNG.standard_normal(3000)
    expected = np.zeros(301)
    np.add.at(expected, j, weights)
    with dm.default_device(deterministic=True):
        found = dm.jit(dm.grad(lambda v, j, w: np.sum(v[j] * w)))(*map(lanes.array, (V, j, weights)))
    assert np.array_equal(lanes.host(found), expected)


def test_positions_outside(lanes):
    """Of the host they are looked at; of a device they begin again, as in CuPy and as uncompiled."""
    f, far = (lambda v, j: v[j] * 1.0), np.array([0, 301, -302, 1000])
    there = lanes.array(V)
    for g in (f, dm.jit(f)):
        np.testing.assert_allclose(lanes.host(g(there, lanes.array(far))), V[far % 301])
    slope = dm.jit(dm.grad(lambda v, j: np.sum(np.take(v, j) ** 2)))
    np.testing.assert_allclose(lanes.host(slope(there, J)), dm.grad(lambda v: np.sum(v[J] ** 2))(V), rtol=1e-12)
    with pytest.raises(IndexError, match="out of bounds"):
        slope(there, far)


ROWS = [(1, 2), (3, 31), (2, 33), (2, 300), (1, 4099)]


@pytest.mark.parametrize("shape", ROWS, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_sums_along_rows_are_numpy(shape, lanes):
    x = RNG.uniform(0.5, 1.5, shape) if shape[1] < 4000 else RNG.uniform(-1, 1, shape)
    compiled = dm.jit(lambda x: (np.cumsum(x * 2, axis=-1), np.cumprod(x, axis=-1), x + 1))
    for a, b in zip(compiled(lanes.array(x)), (np.cumsum(x * 2, axis=-1), np.cumprod(x, axis=-1), x + 1), strict=True):
        np.testing.assert_allclose(lanes.host(a), b, rtol=1e-11, atol=1e-12)
    assert "call of cum" not in compiled.report(lanes.array(x))
    slope = dm.grad(lambda x: np.sum(np.cumsum(np.sin(x), axis=-1) ** 2))
    np.testing.assert_allclose(lanes.host(dm.jit(slope)(lanes.array(x))), slope(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dtype", "fq")
def test_sums_along_rows_of_other_dtypes(dtype, lanes):
    x = (RNG.standard_normal((3, 300)) * 5).astype(dtype)
    found = dm.jit(lambda x: np.cumsum(x, axis=-1))(lanes.array(x))
    assert found.dtype == x.dtype
    np.testing.assert_allclose(lanes.host(found), np.cumsum(x, axis=-1), rtol=1e-4, atol=1e-4)
    zero = np.full((2, 40), -0.0)
    assert np.signbit(lanes.host(dm.jit(lambda x: np.cumsum(x, axis=-1))(lanes.array(zero)))).all()


def test_a_sum_along_rows_beside_one_of_rows(lanes):
    x = RNG.standard_normal((6, 70))
    slope = dm.grad(lambda x: np.sum(np.cumsum(ops.softmax(x, axis=-1), axis=-1) ** 2))
    np.testing.assert_allclose(lanes.host(dm.jit(slope)(lanes.array(x))), slope(x), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", ["d", "f"])
@pytest.mark.parametrize("size", [1, 3, 7, 64, 1031])
def test_vectors_and_what_is_left_over(size, dtype, lanes):
    x = RNG.standard_normal(size + 1).astype(dtype)
    f = lambda x, y: (np.sum(x * y), x * 2 + y[::-1], x > 0)  # noqa: E731
    for start in (0, 1):  # the second one begins where no vector does
        given = x[start : start + size]
        found = dm.jit(f)(lanes.array(x)[start : start + size], lanes.array(given))
        for a, b in zip(found, f(given, given), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(lanes.host(a), b, rtol=1e-5 if dtype == "f" else 1e-12, atol=1e-6)


#: Function, arguments, and instructions of NVIDIA's in its text.
INSTRUCTIONS = {
    "double": (dm.value_and_grad(lambda x: np.sum(x * x)), (np.zeros(4096),), "ld.global.nc.v2.b64 st.global.v2.b64"),
    "single": (lambda x: x * x, (np.zeros(4097, "f"),), "ld.global.nc.v4.b32 st.global.v4.b32 st.global.b32"),
    "places": (PICKED["gradient of elements"][0], (V, J), "atom.global.add.f64"),
    "rows": (lambda x: np.cumsum(x, axis=-1), (np.zeros((2, 4099)),), "shfl.sync.bfly bar.sync"),
}


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_a_card_has_instructions_for_it(name, pretend, tmp_path):
    f, arguments, wanted = INSTRUCTIONS[name]
    made = device_build(program_of(f, arguments), pretend.library())
    text = module.module_text([launch.kernel for step in made.steps for launch in step.launches], True)
    assembled(text, tmp_path)
    written = module.ptx(text, 90)
    for instruction in wanted.split():
        assert instruction in written
    assert "_f64_8" not in written  # vectors of the host's are none of a card's


def test_more_groups_give_the_same_bits(fibers):
    from pretend_cupy_core.launching import Fibers

    x = dm.to_device(RNG.standard_normal((1, 4099)), "pretend")
    sums, seen = dm.jit(lambda x: np.cumsum(np.sin(x), axis=-1)), set()
    try:
        for groups in (1, 5):
            Fibers.groups = groups
            seen.add(sums(x).host.tobytes())
    finally:
        Fibers.groups = 3
    assert len(seen) == 1
