"""Arguments with gaps and steps back: kernels read them as they lie."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.transforms.compiling import Compiled

BASE = np.random.default_rng(0).normal(size=(12, 10))
COMPLEX = BASE[:6] + 1j * BASE[6:]
ARRAYS = {
    "rows back": BASE[::-1],
    "columns back": BASE[:, ::-1],
    "both with gaps": BASE[::2, ::-3],
    "a part": BASE[3:9, 2:7],
    "turned with gaps": BASE.T[::2],
    "three axes": BASE.reshape(3, 4, 10)[::-1, ::2, ::3].transpose(2, 0, 1),
    "one axis": BASE[:, 3],
    "repeated": np.broadcast_to(BASE[0], (4, 10)),
    "repeated along rows": np.broadcast_to(BASE[:5, None, 0], (5, 7)),
    "real parts": COMPLEX.real,
    "complex": COMPLEX[::-1, ::2],
    "truth values": (BASE > 0)[:, ::-1],
    "bytes": (BASE * 10).astype("i1")[1::2, 1:],
    "single": BASE.astype("f4")[:, ::-2],
}
FUNCTIONS = {
    "itself": lambda x: x,
    "elementwise": lambda x: np.where(x == 1, 3, x) * 2,
    "sum of rows": lambda x: np.sum(x, -1),
    "transposed": lambda x: x.T * 2,
    "backwards": lambda x: x[::-1] * 2,
    "flat": lambda x: x.reshape(-1)[1:] * 2,
    "joined": lambda x: np.concatenate([x, x], -1),
    "picked": lambda x: np.take(x, np.array([0, -1, 1]), axis=0),
    "product": lambda x: np.dot(x.T, x) if x.ndim < 3 else x @ x[0].T,
    "sorted": lambda x: np.sort(x, -1),
}


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_with_gaps_and_steps_back(name, function):
    x, f = ARRAYS[name], FUNCTIONS[function]
    compiled, wanted = dm.jit(f, lift=False), f(x)
    for _ in range(2):  # recorded, and run again
        found = compiled(x)
        assert type(found) is type(wanted)
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-5 if "single" in name else 1e-13)
        assert not np.may_share_memory(found, x)


def test_they_are_not_copied_and_the_call_is_one_native_function():
    compiled = Compiled(lambda x: np.exp(x))
    x = np.linspace(0.0, 1.0, 4000)[::-2]
    found = compiled(x)
    np.testing.assert_allclose(found, np.exp(x), rtol=1e-14)
    ((program,),) = compiled.programs.values()
    assert program.native is not None
    np.testing.assert_array_equal(program.native(x), found)
    assert program.native(x.copy()) is NotImplemented
    assert "1 kernels and 0 calls" in compiled.report(x)


def test_other_strides_are_another_program():
    base = np.arange(40.0)
    compiled = dm.jit(lambda x: x + 1.0, lift=False)
    for x in (base[:10], base[::4], base[:10][::-1], base[30:][::-1], base[::-4]):
        np.testing.assert_array_equal(compiled(x), x + 1.0)


def test_gradients_and_stencils():
    def energy(u):
        return np.sum((u[1:] - u[:-1]) ** 2) + np.sum(np.tanh(u[:, 1:]))

    u = BASE[::-2, 1::2]
    np.testing.assert_allclose(dm.jit(dm.grad(energy))(u), dm.grad(energy)(u), rtol=1e-13)
