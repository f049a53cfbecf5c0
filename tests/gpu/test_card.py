"""Rules against differences, no waiting by CuPy's own check, memory of the pool, streams and draws: on a card.

On the stand-in, which has neither streams nor checks of its own, the same lines run so that nothing in them waits for
the first card to be found wrong.
"""

import importlib
import importlib.util
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.testing import check_device


@pytest.fixture(params=["stand-in", pytest.param("card", marks=pytest.mark.gpu)])
def card(request):
    """CuPy, where there is a card, or the stand-in's module of its name."""
    if request.param == "stand-in":
        request.getfixturevalue("pretend")
        return importlib.import_module("pretend_cupy")
    from dispatchml.backends.cupy import register
    from dispatchml.backends.cupy.setup import cards, diagnosis

    missing = diagnosis()
    if missing:
        pytest.skip(missing)
    import cupy

    register.load()
    print(cupy.__version__, cupy.cuda.runtime.driverGetVersion(), cards())
    return cupy


def test_the_promises_of_a_device(card):
    check_device(card.asarray, card.asnumpy, device_of=dm.device_of)


def test_cupy_itself_sees_no_waiting(card):
    """`cupyx.allow_synchronize(False)` makes CuPy raise where the host would wait."""
    extension = importlib.import_module(f"{card.__name__}x")
    x, w = card.linspace(0.1, 1.0, 64), card.ones((64, 64))
    functions = (
        lambda x: np.sum(np.sin(x) * x),
        lambda x: np.sum(np.tanh(w @ x)),
        lambda x: np.sum(np.where(x > 0.5, np.log(x), 0.0)),
        lambda x: np.max(x) + ops.logsumexp(x) + np.sum(x[::2] * x[1::2]),
    )
    for f in functions:
        dm.grad(f)(x), dm.hvp(f, (x,), (x,))  # compiles CuPy's kernels
        with extension.allow_synchronize(False):
            dm.grad(f)(x)
            dm.hvp(f, (x,), (x,))


def test_the_pool_is_flat_over_a_thousand_steps(card):
    import gc

    x, w = card.ones((256, 64)), card.full((64, 64), 0.01)
    step = dm.grad(lambda w: np.sum(np.tanh(x @ np.tanh(x @ w).T) ** 2))
    pool = card.get_default_memory_pool()
    rounds = 1000 if card.__name__ == "cupy" else 20
    for _ in range(3):
        step(w)
    gc.disable()
    try:
        used, held = pool.used_bytes(), pool.total_bytes()
        for _ in range(rounds):
            step(w)
        assert (pool.used_bytes(), pool.total_bytes()) == (used, held)
    finally:
        gc.enable()
    print(dm.memory_report())


def test_streams(card):
    x, stream = card.linspace(0.1, 1.0, 1000), card.cuda.Stream(non_blocking=True)
    with stream:
        y = dm.grad(lambda x: np.sum(np.exp(x)))(x)
    stream.synchronize()
    np.testing.assert_allclose(card.asnumpy(y), np.exp(card.asnumpy(x)))


def test_random_draws_of_cupy(card):
    def loss(x, seed):
        return np.sum(x * card.random.default_rng(seed).standard_normal(x.shape))

    x = card.ones(100)
    assert float(loss(x, 3).item()) == float(dm.value_and_grad(loss)(x, 3)[0].item())


def test_memory_is_shared_by_dlpack(card):
    x = card.ones(3)
    y = card.from_dlpack(dm.grad(lambda x: np.sum(x**2))(x))
    assert y.tolist() == [2.0, 2.0, 2.0]


def compiled_cases():
    """The cases of the stand-in's test of compiled programs."""
    spec = importlib.util.spec_from_file_location("test_compiled", Path(__file__).with_name("test_compiled.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_compiled_programs(card):
    """The table of benchmarks/jit.py, compiled for the card; every case is run before the first failure is raised."""
    table, failed = compiled_cases(), []
    for name, case in table.CASES.items():
        if name.startswith("Gaussian") or card.__name__ != "cupy" and not name.startswith("Black"):
            continue
        arguments = table.smaller(name, case.arguments)
        function = case.function(np, table.SP)
        exact = dm.value_and_grad(function, argnums=case.argnums)(*arguments)
        try:
            value, slopes = dm.jit(dm.value_and_grad(function, argnums=case.argnums))(*map(card.asarray, arguments))
            np.testing.assert_allclose(card.asnumpy(value), exact[0], rtol=1e-12)
            for found, expected in zip(slopes, exact[1], strict=True):
                np.testing.assert_allclose(card.asnumpy(found), expected, rtol=1e-9, atol=1e-12)
        except Exception as error:
            failed.append(f"{name}: {type(error).__name__}: {error}")
    assert not failed, "\n".join(failed)


def test_a_compiled_sum_is_the_same_twice(card):
    total = dm.jit(lambda x: np.sum(np.sin(x)))
    x = card.linspace(0.0, 1.0, 1_000_001 if card.__name__ == "cupy" else 3001)
    first = card.asnumpy(total(x))
    assert first == card.asnumpy(total(x))
    np.testing.assert_allclose(first, np.sum(np.sin(card.asnumpy(x))), rtol=1e-12)


def test_rules_by_differences(card):
    from dispatchml.testing.samples import VECTOR

    for name in "sin exp tanh sqrt log erf gammaln softmax cumsum sort".split():
        f, g = getattr(ops, name), np.linspace(1.0, 2.0, 3)
        found = card.asnumpy(dm.vjp(f, card.asarray(VECTOR))[1](card.asarray(g))[0])
        h = 1e-6
        steps = [np.vdot(g, (f(VECTOR + h * e) - f(VECTOR - h * e)) / (2 * h)) for e in np.eye(3)]
        np.testing.assert_allclose(found, steps, rtol=1e-6, atol=1e-8, err_msg=name)
