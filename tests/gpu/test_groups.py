"""Kernels whose rows, or sums, are shared by a warp or a block: on the host in fibers that meet at barriers; as PTX."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.compile.device import module
from dispatchml.compile.device.executable import device_build
from dispatchml.compile.device.joins import BLOCK, WARP

from .test_compiled import assembled, program_of

RNG = np.random.default_rng(0)
PROGRAMS = {
    "softmax": (lambda x: ops.softmax(x, axis=-1), (5, 64)),
    "layer norm": (
        lambda x: (x - np.mean(x, -1, keepdims=True)) / np.sqrt(np.var(x, -1, keepdims=True) + 1e-5),
        (4, 33),
    ),
    "short rows": (lambda x: (ops.softmax(x, axis=-1), np.sum(ops.logsumexp(x, axis=-1))), (7, 19)),
    "shorter rows": (lambda x: np.sum(x * x, axis=-1), (5, 8)),
    "rows of a block": (lambda x: x - ops.logsumexp(x, axis=-1, keepdims=True), (2, 5000)),
    "sums along rows": (lambda x: (np.sum(np.exp(x), axis=-1), np.max(x, axis=-1)), (3, 40)),
    "a sum in parts": (lambda x: np.sum(np.sin(x)), (8 * BLOCK * 3 + 5,)),
    "sums of rows and of all": (lambda x: np.sum(ops.log_softmax(x, axis=-1) ** 2), (6, 32)),
    "few long rows": (lambda x: (np.sum(np.cos(x), axis=-1), np.max(x, axis=-1), np.sum(x)), (3, 5000)),
    "several ways": (lambda x: (np.sum(x), np.min(x), np.prod(x / 3), np.any(x > 2), np.all(x < 9)), (7, 50)),
    "columns": (lambda x: (np.sum(x * x, axis=0), np.max(x, axis=0), np.sin(x)), (70, 5)),
    "columns of a stack": (lambda x: np.sum(np.exp(x), axis=(0, 1)), (3, 40, 6)),
}


def leaves(y):
    return y if isinstance(y, tuple) else (y,)


def shared(f, x, pretend):
    """The kernels of a program that groups of lanes share."""
    made = device_build(program_of(f, [x]), pretend.library())
    kernels = [launch.kernel for step in made.steps for launch in step.launches]
    return kernels, [k for k in kernels if k.group > 1]


@pytest.mark.parametrize("name", PROGRAMS)
def test_lanes_together_are_numpy(name, lanes):
    f, shape = PROGRAMS[name]
    x = RNG.standard_normal(shape)
    found = dm.jit(f)(lanes.array(x))
    for a, b in zip(leaves(found), leaves(f(x)), strict=True):
        np.testing.assert_allclose(lanes.host(a), b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", PROGRAMS)
def test_which_programs_are_shared(name, pretend):
    f, shape = PROGRAMS[name]
    assert bool(shared(f, np.zeros(shape), pretend)[1]) == (not name.startswith("columns"))


def test_a_long_sum_is_the_work_of_many_blocks(pretend):
    slope = dm.value_and_grad(lambda x: np.sum(x * x))
    (kernel, *_), shared_ones = shared(lambda x: slope(x), np.zeros(1 << 20), pretend)
    assert kernel in shared_ones
    assert kernel.blocks >= 500


@pytest.mark.parametrize("dtype", "fdFDqi?")
@pytest.mark.filterwarnings("error")
def test_every_dtype_is_joined(dtype, lanes):
    x = (RNG.standard_normal((3, WARP + 3)) * 3).astype(dtype)
    wide = (RNG.standard_normal((2, BLOCK + 1)) * 3).astype(dtype)
    f = (lambda x: np.any(x, axis=-1)) if dtype == "?" else (lambda x: (np.sum(x * x, axis=-1), np.sum(x)))
    for given in (x, wide):
        for a, b in zip(leaves(dm.jit(f)(lanes.array(given))), leaves(f(given)), strict=True):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(
                lanes.host(a), b, rtol=3e-5 if dtype in "fF" else 1e-12, atol=1e-5 if dtype in "fF" else 0
            )


def test_the_same_bits_with_any_number_of_groups(fibers):
    from pretend_cupy_core.launching import Fibers

    x = dm.to_device(RNG.standard_normal((9, 100)), "pretend")
    total, seen = dm.jit(lambda x: (np.sum(np.sin(x)), np.sum(ops.softmax(x, axis=-1) ** 2))), set()
    try:
        for groups in (1, 2, 5):
            Fibers.groups = groups
            seen.add(tuple(float(y.host) for y in total(x)))
    finally:
        Fibers.groups = 3
    assert len(seen) == 1


def test_gradients_through_rows(lanes):
    x, w = RNG.standard_normal((4, 48)), RNG.standard_normal(48)

    def loss(x, w):
        y = (x - np.mean(x, -1, keepdims=True)) / np.sqrt(np.var(x, -1, keepdims=True) + 1e-5)
        return -np.sum(ops.log_softmax(y * w, axis=-1)[:, 3])

    found = dm.jit(dm.value_and_grad(loss, argnums=(0, 1)))(*map(lanes.array, (x, w)))
    value, slopes = dm.value_and_grad(loss, argnums=(0, 1))(x, w)
    np.testing.assert_allclose(lanes.host(found[0]), value, rtol=1e-13)
    for a, b in zip(found[1], slopes, strict=True):
        np.testing.assert_allclose(lanes.host(a), b, rtol=1e-10, atol=1e-12)


def test_a_card_joins_by_shuffles_and_shared_memory(pretend, tmp_path):
    made = {}
    for name in ("softmax", "short rows", "rows of a block", "a sum in parts"):
        f, shape = PROGRAMS[name]
        kernels, groups = shared(f, np.zeros(shape), pretend)
        assembled(module.module_text(kernels, True), tmp_path)
        made[name] = module.ptx(module.module_text(kernels, True), 90), groups
    warp, block = made["softmax"], made["rows of a block"]
    assert {k.group for k in made["short rows"][1]} == {16}
    assert "shfl.sync.bfly" in made["short rows"][0]
    assert {k.group for k in warp[1]} == {WARP}
    assert "shfl.sync.bfly" in warp[0]
    assert "bar.sync" not in warp[0]
    assert {k.group for k in block[1]} == {BLOCK}
    assert "bar.sync" in block[0]
    assert ".shared" in block[0]


def test_lanes_that_do_not_meet_are_found(fibers):
    """The emulation tells a barrier that some lanes never come to, which would hang a card."""
    from pretend_cupy_core.launching import HostCode

    kernels, (first, *_) = shared(PROGRAMS["softmax"][0], np.zeros((1, 64)), fibers)
    first.text = first.text.replace("call double @group.maximum.d.32", "call double @half")
    half = """define internal double @half(double %x, i64 %lane) {
  %low = icmp slt i64 %lane, 16
  br i1 %low, label %wait, label %go
wait:
  call void @group.meet()
  br label %go
go:
  ret double %x
}
"""
    first.joins = dict(first.joins) | {"half": half}
    arrays = [dm.to_device(np.zeros((1, 64)), "pretend") for _ in first.pointers]
    with pytest.raises(AssertionError, match="lanes have ended while others wait|lanes are"):
        HostCode(kernels)(first, arrays)


def test_rows_stay_shared_where_columns_are_added_up(lanes, pretend):
    """As in a norm's derivatives by its parameters: each lane adds its own columns up, row by row."""
    x, w = RNG.standard_normal((9, 300)), RNG.standard_normal(300)
    slope = dm.grad(lambda x, w: np.sum(np.sin(x / np.sqrt(np.mean(x * x, -1, keepdims=True)) * w)), argnums=(0, 1))
    for a, b in zip(dm.jit(slope)(*map(lanes.array, (x, w))), slope(x, w), strict=True):
        np.testing.assert_allclose(lanes.host(a), b, rtol=1e-9, atol=1e-12)
    made = device_build(program_of(slope, [x, w]), pretend.library())
    kernels = [launch.kernel for step in made.steps for launch in step.launches]
    assert [k.group for k in kernels if k.scheme != "merge"] == [BLOCK]
