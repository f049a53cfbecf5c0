"""Derivatives and batch rules of Fourier transforms: every keyword in both modes."""

import numpy as np
import pytest

from dispatchml import ops

RNG = np.random.default_rng(3)
REAL_INPUT = ("rfft", "ihfft", "rfft2", "rfftn")
NORMS = (None, "backward", "ortho", "forward")


def numbers(shape, name):
    x = RNG.standard_normal(shape)
    return x if name in REAL_INPUT else x + 1j * RNG.standard_normal(shape)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("name", ["fft", "ifft", "rfft", "irfft", "hfft", "ihfft"])
def test_one_axis(name, norm, check_derivative, check_batch):
    op = getattr(ops, name)
    for n in (None, 3, 4, 5, 8, 9, 1):
        for axis in (-1, 0):
            x = numbers((5, 4), name)
            check_derivative(lambda x, n=n, axis=axis: op(x, n=n, axis=axis, norm=norm), x, second=n == 3)
    check_batch(op, np.real(numbers((5, 4), name)), n=6, axis=0, norm=norm)
    check_batch(op, np.real(numbers((5, 4), name)), axis=-1, norm=norm)


@pytest.mark.parametrize("name", ["fft", "ifft", "irfft", "hfft"])
def test_one_axis_of_real_input(name, check_derivative):
    op = getattr(ops, name)
    for n in (None, 3, 8):
        check_derivative(lambda x, n=n: op(x, n=n), RNG.standard_normal((2, 5)))


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(
    "keywords",
    [
        {},
        {"axes": (0, 1)},
        {"axes": (2, 0)},
        {"s": (4, 3)},
        {"s": (3, 5), "axes": (0, 2)},
        {"s": (2, 6), "axes": (-1, 0)},
        {"axes": (1,)},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["fft2", "ifft2", "rfft2", "irfft2", "fftn", "ifftn", "rfftn", "irfftn"])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_several_axes(name, keywords, norm, check_derivative, check_batch):
    op = getattr(ops, name)
    if "s" in keywords and "axes" not in keywords and name.endswith("n"):
        keywords = {**keywords, "axes": (-2, -1)}
    check_derivative(lambda x: op(x, norm=norm, **keywords), numbers((3, 4, 5), name), second=False)
    check_batch(op, np.real(numbers((3, 4, 5), name)), norm=norm, **keywords)


@pytest.mark.parametrize("name", ["fftn", "rfftn", "irfftn"])
def test_one_axis_twice(name, check_derivative):
    op = getattr(ops, name)
    check_derivative(lambda x: op(x, axes=(0, 1, 0)) if name == "fftn" else op(x, axes=(1, 0)), numbers((3, 4), name))


@pytest.mark.parametrize("op", [ops.fftshift, ops.ifftshift], ids=lambda op: op.__name__)
@pytest.mark.parametrize("axes", [None, 0, -1, (0, 1), (1,)])
def test_shifts(op, axes, check_derivative, check_batch):
    check_derivative(lambda x: op(x, axes=axes), RNG.standard_normal((5, 4)))
    check_derivative(lambda x: op(x, axes=axes), numbers((5, 3), "fft"))
    check_batch(op, RNG.standard_normal((5, 4)), axes=axes)
