"""Declarations of what stands for a library's function."""

import sys
import types

import pytest

from dispatchml.dispatch.errors import LiftError, RegistrationError
from dispatchml.lift import replaces
from dispatchml.lift.replacing import REPLACEMENTS, check_version


@pytest.fixture(autouse=True)
def own_table(monkeypatch):
    before = dict(REPLACEMENTS)
    yield
    REPLACEMENTS.clear()
    REPLACEMENTS.update(before)


def test_a_declaration_imports_nothing_and_keeps_the_function():
    def double(x):
        return 2 * x

    assert replaces("package_that_is_not_there.part.double")(double) is double
    assert REPLACEMENTS["package_that_is_not_there.part.double"].function is double
    assert "package_that_is_not_there" not in sys.modules


@pytest.mark.parametrize("name", ["det", "scipy..det", "", 3, "a.b c"])
def test_names_are_dotted(name):
    with pytest.raises(RegistrationError, match="dotted name"):
        replaces(name)


def test_a_second_declaration_is_refused():
    replaces("package.f")(len)
    with pytest.raises(RegistrationError, match="replaced already"):
        replaces("package.f")(abs)
    replaces("package.f", replace=True)(abs)
    assert REPLACEMENTS["package.f"].function is abs


def test_versions(monkeypatch):
    package = types.ModuleType("package")
    package.__version__ = "1.17.1"
    monkeypatch.setitem(sys.modules, "package", package)
    with pytest.raises(RegistrationError, match="versions"):
        replaces("package.f", versions="new")
    for text in ("", ">=1.11", ">=1.11,<1.18", "==1.17.1", "!=1.17"):
        replaces("package.f", versions=text, replace=True)(len)
        check_version(REPLACEMENTS["package.f"])
    for text in ("<1.17", ">=1.18", "==1.17"):
        replaces("package.f", versions=text, replace=True)(len)
        with pytest.raises(LiftError, match=r"package\.f: .* 1\.17\.1 is installed"):
            check_version(REPLACEMENTS["package.f"])
