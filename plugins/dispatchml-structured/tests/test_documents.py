"""The examples of the README and of the docstrings say what comes out."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import dispatchml_structured
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
MODULES = [m.name for m in pkgutil.iter_modules(dispatchml_structured.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = importlib.import_module(f"dispatchml_structured.{name}")
    assert doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed == 0


def test_readme():
    code = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL).group(1)
    scope = {}
    exec(code, scope)
    d, m, dm = scope["d"], scope["m"], scope["dm"]
    assert repr(d @ d + 3 * d) == "Diagonal(diag=array([ 4., 10., 28.]))"
    gradient = dm.grad(lambda d: np.linalg.slogdet(d)[1])(d)
    assert repr(gradient) == "Diagonal(diag=array([1.  , 0.5 , 0.25]))"
    np.testing.assert_allclose(m.materialise() @ np.linalg.solve(m, np.ones(3)), 1)
