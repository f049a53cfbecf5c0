"""The interface of CuPy that the stand-in is strict by is that of the installed CuPy, where there is one."""

import importlib.util
import json
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def test_the_interface_is_cupys():
    cupy = pytest.importorskip("cupy", reason="CuPy is not installed (no card is needed for this)")
    spec = importlib.util.spec_from_file_location("interface", HERE / "interface.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kept = json.loads((HERE / "cupy_interface.json").read_text())
    if cupy.__version__.split(".")[0] != kept["version"].split(".")[0]:
        pytest.skip(f"CuPy {cupy.__version__} is not of the version that the file is of, {kept['version']}")
    now = module.interface()
    from dispatchml.backends.cupy.tables import SAME

    for path in SAME.values():
        assert now[path] == kept["functions"][path]
