"""Kernels at the edges of their blocks, chunks and tiles, and the text that they are made of."""

import re

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile import build, generator
from dispatchml.compile.emit.text import Text, constant
from dispatchml.compile.graph import evaluate
from dispatchml.compile.segments import Segment

from ..programs import assert_alike, traced


def check(f, *arguments, tolerance=1e-10):
    """Compiled and interpreted agree; the executable."""
    program = traced(f, *arguments)
    executable = build(program)
    with np.errstate(all="ignore"):
        for found, expected in zip(executable(*arguments), evaluate(program, arguments), strict=True):
            assert_alike(found, expected, tolerance)
    return executable


def everything(x):
    """Results of every kind, forward and back."""
    y = ops.softmax(ops.sin(x), axis=-1)
    z = ops.multiply(ops.subtract(x, ops.max(x, axis=-1, keepdims=True)), y)
    return z, ops.sum(z), ops.sum(z, axis=0), ops.max(y, axis=-1), ops.any(ops.isnan(z)), ops.min(ops.sum(z, axis=-1))


@pytest.mark.parametrize("rows", [1, 64, 257, 1000])
@pytest.mark.parametrize("columns", [1, 2, 3, 5, 8, 11, 16, 33, 100])
def test_rows_and_tiles(rows, columns):
    x = np.random.default_rng(rows).normal(size=(rows, columns))
    executable = check(everything, x)
    assert ("in tiles" in executable.report()) == (1 < columns <= 24 and rows >= 64)


@pytest.mark.parametrize("n", [1, 7, 2047, 2048, 2049, 4097, 100_000])
def test_chunks(n):
    x = np.random.default_rng(n).normal(size=n)
    check(lambda x: (ops.exp(x), ops.sum(x), ops.max(x), ops.sum(ops.multiply(x, x))), x)


@pytest.mark.parametrize("shape", [(4, 5000), (5000, 4, 3), (3, 40, 5), (2, 3, 4, 5), (20000, 1), (1, 20000)])
@pytest.mark.parametrize("axis", [0, 1, -1, None])
def test_reductions_over_each_axis(shape, axis):
    x = np.random.default_rng(1).normal(size=shape)
    check(lambda x: (ops.sum(ops.exp(x), axis=axis), ops.subtract(x, ops.min(x, axis=axis, keepdims=True))), x)


@pytest.mark.parametrize("dtype", ["f4", "c16", "c8", "i4", "u1", "?"])
def test_sums_of_other_dtypes(dtype):
    x = (np.random.default_rng(2).normal(size=(3000, 7)) * 3).astype(dtype)
    check(lambda x: (ops.sum(x), ops.sum(x, axis=0), ops.sum(x, axis=1)), x, tolerance=1e-4)


@pytest.mark.parametrize("name", ["max", "min", "prod", "any", "all"])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "u4", "?"])
def test_other_reductions(name, dtype):
    x = (1 + np.random.default_rng(3).random(size=(70, 40)) / 100).astype(dtype)
    reduction = getattr(ops, name)
    check(lambda x: tuple(reduction(x, axis=a) for a in (None, 0, 1)), x, tolerance=1e-5)


def test_extrema_keep_nan():
    x = np.random.default_rng(4).normal(size=(100, 50))
    x[3, 7] = np.nan
    check(lambda x: (ops.max(x), ops.min(x, axis=1), ops.max(x, axis=0)), x)


def test_sums_are_as_exact_as_pairwise_ones():
    import math

    x = np.random.default_rng(5).normal(size=3_000_000) ** 2 + 0.1
    found = build(traced(lambda x: ops.sum(x), x))(x)[0]
    assert abs(found - math.fsum(x)) <= 8 * np.finfo(float).eps * math.fsum(np.abs(x))


@pytest.mark.parametrize("shape", [(10,), (1, 10), (10, 1), (1, 1), (100, 7), (3000,)])
@pytest.mark.parametrize("axis", [0, -1, None])
@pytest.mark.parametrize("dtype", ["f8", "f4", "c16"])
def test_sums_of_negative_zeros_have_the_sign_of_numpy(shape, axis, dtype):
    x = -np.zeros(shape, dtype)
    (found,) = build(traced(lambda x: ops.sum(ops.multiply(x, 2.0), axis=axis), x))(x)
    assert np.array_equal(np.signbit(found.real), np.signbit(np.sum(x * 2.0, axis=axis).real))


def test_one_text_serves_all_sizes():
    def text(shape):
        executable = build(traced(lambda x: ops.softmax(ops.exp(x), axis=1), np.ones(shape)))
        return [s.text for s in executable.steps if isinstance(s, Segment)]

    assert text((300, 50)) == text((1000, 70)) != []


def test_long_loops_become_vectors():
    def f(x):
        y = ops.exp(ops.negative(x))
        return ops.divide(y, ops.add(y, 1.0)), ops.sum(ops.log1p(y)), ops.any(ops.isnan(y))

    (segment,) = build(traced(f, np.ones(100_000))).steps
    code = generator.target_machine().emit_assembly(compiled_module(segment.text))
    assert re.search(r"\bv?divpd|fdiv\s+v\d+\.2d", code)


def compiled_module(text):
    """The module after LLVM's passes."""
    import llvmlite.binding as llvm

    machine = generator.target_machine()
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


@pytest.mark.parametrize(
    ("value", "character", "written"),
    [
        (1.0, "d", "0x3FF0000000000000"), (-0.0, "d", "0x8000000000000000"), (np.nan, "d", "0x7FF8000000000000"),
        (0.1, "f", "0x3FB99999A0000000"), (1.0, "e", "0xH3C00"), (True, "?", "true"), (-3, "q", "-3"),
        (1 - 2j, "D", "{ double 0x3FF0000000000000, double 0xC000000000000000 }"),
    ],
)  # fmt: skip
def test_constants_are_exact(value, character, written):
    assert constant(value, character) == written


def test_large_numbers_are_arguments():
    text = Text()
    assert [text.size(n) for n in (3, 1000, -2, 1000, 50)] == ["3", "%s0", "-2", "%s0", "%s1"]
    assert list(text.sizes) == [1000, 50]


def layers(x, count=20):
    """Many passes over the rows, one after the other."""
    for _ in range(count):
        y = ops.exp(ops.multiply(x, 0.1))
        x = ops.add(ops.tanh(y), ops.divide(y, ops.sum(y, axis=1, keepdims=True)))
    return x


@pytest.mark.parametrize("shape", [(100, 16), (20, 300), (9, 8000)])
def test_many_passes_are_several_kernels(shape):
    executable = check(layers, np.random.default_rng(6).normal(size=shape))
    assert "in 3 kernels and 0 calls" in executable.report()


def test_equal_kernels_are_compiled_once():
    def f(x):
        for _ in range(4):
            x = ops.tanh(ops.matmul(ops.exp(x), x))
        return x

    (segment,) = check(f, np.random.default_rng(7).normal(size=(20, 20)) / 10).steps
    assert len(segment.kernels) == 5
    assert segment.text.count("define void") == 3


def test_what_is_the_same_for_all_rows_is_not_kept_between_passes():
    def f(x):
        column = ops.divide(ops.sum(ops.tanh(x), axis=0), 300.0)
        total = ops.sum(column, axis=0, keepdims=True)
        return ops.add(ops.where(ops.less(column, 0.5), total, column), x)

    check(f, np.random.default_rng(8).normal(size=(300, 12)))


@pytest.mark.parametrize("shape", [(64, 64), (100, 70), (129, 33), (31, 200), (5, 40, 50)])
def test_arrays_across_the_loops(shape):
    def f(x):
        y = ops.transpose(x)
        axes = tuple(range(len(shape)))[::-1]
        return ops.exp(y), ops.sum(y, axis=0), ops.add(ops.transpose(ops.tanh(y), axes=axes), x), ops.max(y)

    check(f, np.random.default_rng(9).normal(size=shape))


def test_only_neighbours_in_memory_are_read_under_a_condition():
    def f(x):
        ahead = ops.pad_constant(ops.getitem(x, index=(slice(1, None),)), pad_width=((0, 1), (0, 0)))
        return ops.where(ops.less(x, ahead), x, ops.exp(ahead))

    rng = np.random.default_rng(10)
    (short,) = check(f, rng.normal(size=(100, 3))).steps
    assert short.kernels[0].scheme == "tiles"
    assert "inside" not in short.text
    (long,) = check(f, rng.normal(size=(100, 300))).steps
    assert "inside" in long.text
