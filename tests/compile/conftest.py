"""A cache of its own for every test, so that none sees what another, or the user, has compiled; both drivers."""

import pytest

from dispatchml.compile import machine, probes

from .texts import scale


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """The folder of the cache; it does not exist yet."""
    path = tmp_path / "cache"
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", str(path))
    return path


@pytest.fixture(params=["native", "portable"])
def way(request, monkeypatch):
    """The driver in machine code, and what stands in for it where objects are laid out differently."""
    if request.param == "portable":
        monkeypatch.setattr(probes, "reason_against", lambda: "for a test")
    return request.param


@pytest.fixture
def library(way):
    """y = 2.5 x."""
    return machine.load(scale(2.5))
