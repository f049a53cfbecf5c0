"""The names: complete against the Array API standard, cheap to import, and made on first use."""

import subprocess
import sys

import numpy as np
import pytest

import dispatchml.numpy as dnp

strict = pytest.importorskip("array_api_strict")
NOT_OF_THE_STANDARD = {"Device", "__version__"}


def names_of(module):
    """What the reference implementation of the standard exports."""
    return [
        n
        for n in module.__all__
        if "strict_flags" not in n.lower() and "StrictFlags" not in n and n not in NOT_OF_THE_STANDARD
    ]


def test_every_name_of_the_standard_is_there():
    assert [n for n in names_of(strict) if not hasattr(dnp, n)] == []
    assert [n for n in names_of(strict.linalg) if not hasattr(dnp.linalg, n)] == []
    assert [n for n in names_of(strict.fft) if not hasattr(dnp.fft, n)] == []


def test_all_is_true_and_long():
    assert len(dnp.__all__) > 400
    assert all(hasattr(dnp, n) for n in dnp.__all__)
    assert set(dnp.__all__) <= set(dir(dnp)) | set(vars(dnp))
    namespace = {}
    exec("from dispatchml.numpy import *", namespace)
    assert namespace["concat"] is dnp.concat


def test_info_and_limits():
    info = dnp.__array_namespace_info__()
    assert info.default_dtypes()["real floating"] == np.float64
    assert dnp.__array_api_version__ == "2024.12"
    assert type(dnp.finfo(np.float32).eps) is float
    assert dnp.finfo(np.complex64).bits == 32
    assert dnp.iinfo(np.array([1], np.int8)).max == 127
    assert dnp.isdtype(np.float32, "real floating")
    assert dnp.astype([1, 2], np.float32).dtype == np.float32


def test_descending_order_keeps_ties_in_place():
    x = np.array([1.0, 3.0, 1.0, 3.0])
    assert dnp.argsort(x, descending=True).tolist() == [1, 3, 0, 2]
    assert dnp.sort(x, descending=True).tolist() == [3, 3, 1, 1]


def test_importing_the_operators_loads_no_topic():
    code = (
        "import sys, dispatchml, dispatchml.numpy.operators\n"
        "loaded = [m for m in sys.modules if m.startswith('dispatchml.numpy.')]\n"
        "print(sorted(m.rpartition('.')[2] for m in loaded))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "['methods', 'operators', 'protocols']"
