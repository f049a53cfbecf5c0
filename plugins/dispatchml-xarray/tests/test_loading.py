"""The plugin is loaded by the first labelled array, whichever package was imported first, and changes nothing else."""

import subprocess
import sys
import textwrap

import pytest


def run(code):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


@pytest.mark.parametrize("imports", ["import dispatchml as dm, xarray as xr", "import xarray as xr, dispatchml as dm"])
def test_both_orders_of_import(imports):
    assert run(
        f"""
        {imports}
        import numpy as np
        p = xr.DataArray([1.0, 2.0], dims="x", coords={{"x": [1, 2]}})
        found = dm.grad(lambda a: (p * a).sum())(np.ones(2))
        print(found.tolist(), dm.grad(lambda p: (p**2).sum("x"))(p).dims)
        """
    ) == ["[1.0, 2.0] ('x',)"]


def test_a_plain_program_imports_nothing_of_it():
    assert run(
        """
        import sys, numpy as np, dispatchml as dm
        dm.grad(lambda x: np.sum(x**2))(np.ones(2))
        print([m for m in sys.modules if m.partition(".")[0] in ("xarray", "dispatchml_xarray", "pandas")])
        """
    ) == ["[]"]


def test_plain_xarray_is_as_before():
    assert run(
        """
        import numpy as np, xarray as xr, dispatchml as dm
        p = xr.DataArray([1.0, 2.0], dims="x")
        before = [repr(v) for v in (p * 2, np.sin(p), p.mean(), p.dot(p), xr.concat([p, p], "x"))]
        filled = repr(xr.DataArray(np.ma.array([1.0, 2.0], mask=[True, False]), dims="x"))
        dm.grad(lambda p: p.sum())(p)
        assert before == [repr(v) for v in (p * 2, np.sin(p), p.mean(), p.dot(p), xr.concat([p, p], "x"))]
        assert filled == repr(xr.DataArray(np.ma.array([1.0, 2.0], mask=[True, False]), dims="x"))
        import pickle
        assert pickle.loads(pickle.dumps(p)).identical(p)
        print("as before")
        """
    ) == ["as before"]
