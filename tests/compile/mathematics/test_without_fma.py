"""Text for processors that do not multiply and add in one step: as exact, and without calls of a library's fma."""

import numpy as np
import pytest

from dispatchml.compile import scalars
from dispatchml.compile.scalars import registry, target
from dispatchml.testing import scalar_loops
from dispatchml.testing.accuracy import arguments, units_in_the_last_place

NAMES = """
exp expm1 log log1p log2 log10 exp2 sinh cosh tanh arcsinh arccosh arctanh sin cos tan arcsin arccos arctan cbrt
"""


@pytest.fixture(autouse=True)
def plain_processor(monkeypatch):
    monkeypatch.setattr(target, "host", lambda: target.Target(has_fma=False, has_half=True, width=128))
    monkeypatch.setattr(registry, "KNOWN", {})
    monkeypatch.setattr(registry, "FOUND", {})


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="no wider floats to compare with")
@pytest.mark.parametrize("character", "fd")
@pytest.mark.parametrize("name", NAMES.split())
def test_within_three_units(name, character):
    x = arguments(character, 3000)
    with np.errstate(all="ignore"):
        exact = getattr(np, name)(x.astype(np.longdouble))
    scalar = scalars.find(name, character)
    assert "llvm.fma" not in scalars.definitions([scalar.symbol])
    error = units_in_the_last_place(scalar_loops.run(scalar, x), exact)
    worst = np.argmax(error)
    assert error[worst] <= 3, (x[worst], error[worst])


def test_powers():
    random = np.random.default_rng(0)
    a = np.exp(random.uniform(-300, 300, 5000))
    b = random.uniform(-740, 709, 5000) / np.log(a)
    exact = np.power(a.astype(np.longdouble), b.astype(np.longdouble))
    error = units_in_the_last_place(scalar_loops.run(scalars.find("power", "dd"), a, b), exact)
    assert error.max() <= 3


def test_exact_remainders_need_it():
    assert scalars.find("fmod", "dd") is None
