"""Every class keeps the promises of an array type; the plugin registers what it may and costs nothing unused."""

import subprocess
import sys
import warnings
from importlib.util import find_spec

import numpy as np
import pytest
from dispatchml_structured import (
    Block,
    BlockDiagonal,
    Circulant,
    Diagonal,
    DiagonalPlusLowRank,
    Hermitian,
    Kronecker,
    LowRank,
    ScaledIdentity,
    Symmetric,
    Toeplitz,
    Triangular,
)

from dispatchml.dispatch.errors import DensifyWarning
from dispatchml.testing import check_array_type, check_registry
from dispatchml.testing.array_types import PROGRAMS


def vector(a):
    return np.ravel(a)[:3]


def square(a):
    """A matrix for a vector; matrices and stacks as they are."""
    if a.ndim == 1:
        a = np.diag(a[:3]) + 0.1 * np.ones((3, 3), a.dtype)
    if a.ndim < 2 or a.shape[-1] != a.shape[-2]:
        raise ValueError("no square matrix")
    return a


MAKERS = {
    ScaledIdentity: lambda a: ScaledIdentity(np.ravel(a)[0], 3),
    Diagonal: lambda a: Diagonal(vector(a)),
    Triangular: lambda a: Triangular(square(a)),
    Symmetric: lambda a: Symmetric(square(a)),
    Hermitian: lambda a: Hermitian(square(a)),
    LowRank: lambda a: LowRank(square(a)[..., :2], square(a)[..., 1:]),
    DiagonalPlusLowRank: lambda a: DiagonalPlusLowRank(vector(a), vector(a)[:, None], 2 * vector(a)[::-1, None]),
    Kronecker: lambda a: Kronecker(square(a), np.ones((1, 1), a.dtype)),
    Circulant: lambda a: Circulant(vector(a)),
    Toeplitz: lambda a: Toeplitz(vector(a), 2 * vector(a)),
    BlockDiagonal: lambda a: BlockDiagonal(vector(a)[:, None, None]),
    Block: lambda a: Block(
        vector(a)[:1, None], vector(a)[None, 1:], vector(a)[1:, None], np.ones((2, 2), a.dtype) + np.diag(vector(a)[1:])
    ),
}
#: Entries that are zero by structure have no quotient and no square root with a derivative.
WITH_ZEROS = {name: p for name, p in PROGRAMS.items() if name not in ("ratio", "choice", "mean of square roots")}


@pytest.mark.parametrize("cls", MAKERS, ids=lambda c: c.__name__)
def test_promises(cls):
    zeros = cls in (ScaledIdentity, Diagonal, Triangular, BlockDiagonal, DiagonalPlusLowRank)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DensifyWarning)
        outcome = check_array_type(
            cls, MAKERS[cls], refuses=(np.linalg.LinAlgError,), programs=WITH_ZEROS if zeros else PROGRAMS
        )
    assert "untried" not in outcome.values() or find_spec("scipy") is None
    assert sum(what == "works" for what in outcome.values()) > 250


def test_the_plugin_registers_what_it_may():
    check_registry("dispatchml_structured")


def test_the_entry_point_imports_no_types():
    code = (
        "import sys, importlib.metadata as m\n"
        "import dispatchml_structured_plugin as p\n"
        "assert 'dispatchml_structured' not in sys.modules\n"
        "assert p.plugin.name == 'structured'\n"
        "import dispatchml as dm, numpy as np\n"
        "dm.grad(np.sin)(1.0)\n"
        "assert 'dispatchml_structured' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
