"""Every elementwise operation has machine code for each of its loops, or a reason why not."""

import importlib
import pkgutil
import subprocess
import sys

import numpy as np
import pytest

import dispatchml.ops
from dispatchml import ops
from dispatchml.compile import mathematics, scalars
from dispatchml.compile.scalars import homes, registry
from dispatchml.compile.scalars.missing import COMPLEX_REASONS, OTHER_REASONS, REASONS, reason
from dispatchml.compile.scalars.resolution import UFUNCS

for module in pkgutil.iter_modules(dispatchml.ops.__path__):
    importlib.import_module(f"dispatchml.ops.{module.name}")


def elementwise():
    """The operations of the family, by name."""
    infos = {getattr(getattr(ops, name), "info", None) for name in dir(ops)} - {None}
    return {info.name: info for info in infos if info.family == "elementwise"}


def loops(info):
    """The dtype characters of an operation's loops that could have machine code."""
    if info.name == "astype":
        return [a + b for a in "?bBhHiIlLefdFD" for b in "?bBhHiIlLefdFD"]
    ufunc = getattr(np, UFUNCS.get(info.name, info.name), None)
    if isinstance(ufunc, np.ufunc):
        found = dict.fromkeys(t.split("->")[0] for t in ufunc.types)
        return [inputs for inputs in found if set(inputs) <= set("?bBhHiIlLqQefdFD")]
    return [c * info.arity for c in "efdFD"]


@pytest.mark.parametrize("name", sorted(elementwise()))
def test_has_code_or_a_reason(name):
    for inputs in loops(elementwise()[name]):
        if scalars.find(name, inputs) is None:
            assert reason(name, inputs), (name, inputs)
        else:
            assert name not in REASONS


def test_no_reason_for_what_is_there():
    known = elementwise()
    for name in [*REASONS, *COMPLEX_REASONS, *(n for n, _ in OTHER_REASONS)]:
        assert name in known
    for name in COMPLEX_REASONS:
        assert any(scalars.find(name, c * known[name].arity) is None for c in "FD"), name


def test_other_kinds_have_a_reason():
    assert scalars.find("add", "gg") is None
    assert "half to double" in reason("add", "gg")


def test_names_resolve():
    """What is no ufunc resolves for every operation that has code."""
    for name, info in elementwise().items():
        if name != "astype" and scalars.find(name, "d" * info.arity) is not None:
            operands = [np.dtype(np.float32)] * info.arity
            assert scalars.resolve(name, operands, {}) is not None, name


def test_modules_are_imported_when_they_are_needed():
    code = """
import sys
from dispatchml.compile import mathematics, scalars
from dispatchml.compile.scalars import homes, registry
scalars.find("exp", "d")
modules = sorted(m.rpartition(".")[2] for m in sys.modules if m.startswith("dispatchml.compile.mathematics."))
assert modules == ["doubles", "exponentials", "polynomial"], modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_emitter_has_its_home():
    for path in (scalars.__path__, mathematics.__path__):
        for module in pkgutil.iter_modules(path):
            importlib.import_module(
                f"dispatchml.compile.{'scalars' if path is scalars.__path__ else 'mathematics'}.{module.name}"
            )
    for name, emitters in registry.EMITTERS.items():
        for _, write in emitters:
            home = write.__module__.removeprefix("dispatchml.compile.")
            assert home in homes.COMPLEX_HOMES or name in homes.HOMES[home].split(), (name, home)
