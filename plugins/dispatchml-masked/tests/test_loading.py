"""The plugin is loaded by the first masked array, and plain numpy.ma is as before."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import dispatchml as dm


def run(code):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_a_plain_program_imports_nothing_of_it():
    assert run(
        """
        import sys, numpy as np, dispatchml as dm
        dm.grad(lambda x: np.sum(x**2))(np.ones(2))
        print([m for m in sys.modules if m.partition(".")[0] == "dispatchml_masked"])
        """
    ) == ["[]"]


def test_the_first_masked_array_loads_it():
    assert run(
        """
        import numpy as np, dispatchml as dm
        x = np.ma.array([1.0, 2.0], mask=[False, True])
        print(dm.grad(lambda p: np.sum(p * x))(np.ones(2)).tolist(), dm.grad(lambda x: x.mean())(x).tolist())
        """
    ) == ["[1.0, 0.0] [1.0, None]"]


def test_plain_numpy_ma_is_as_before():
    assert run(
        """
        import pickle, numpy as np, dispatchml as dm
        x = np.ma.array([1.0, 2.0, 0.0], mask=[False, True, False])
        results = lambda: [repr(v) for v in (
            x * 2, 2 / x, np.ma.log(x), np.ma.median(x), x.mean(), np.ma.dot(x, x), np.ma.concatenate([x, x]), x == x,
            np.ma.masked_where(x > 0, x), np.ma.maximum(x, 1.0), np.add.reduce(x), np.ma.cov(x), x ** 2, x[1],
        )]
        before = results()
        dm.grad(lambda x: x.sum())(x)
        assert before == results()
        assert repr(pickle.loads(pickle.dumps(x))) == repr(x)
        assert pickle.loads(pickle.dumps(np.ma.sum)) is np.ma.sum
        print("as before")
        """
    ) == ["as before"]


@pytest.mark.parametrize("outer", ["pint", "astropy"])
def test_units_are_outside_of_masks(outer):
    library = pytest.importorskip("pint" if outer == "pint" else "astropy.units")
    x = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])
    if outer == "pint":
        u = library.UnitRegistry()
        q = u.Quantity(x, "m")
        found = dm.grad(lambda q: np.sum(q**2) + 2 * q.mean() * (1 * u.m))(q)
        assert str(found.units) == "meter"
        assert found.magnitude.tolist() == [3.0, None, 7.0]
        block = dm.jacobian(lambda q: q**2)(q)
        assert block.magnitude.tolist() == [[2.0, None, 0.0], [None, None, None], [0.0, None, 6.0]]
    found = dm.grad(lambda m: np.sum(m * (2.0 * (u.m if outer == "pint" else library.m))))(x)
    numbers = found.magnitude if outer == "pint" else found._payload
    assert numbers.tolist() == [2.0, None, 2.0]
