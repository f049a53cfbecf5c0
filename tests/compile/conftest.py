"""A cache of its own for every test, so that none sees what another, or the user, has compiled."""

import pytest


@pytest.fixture(autouse=True)
def cache_folder(tmp_path, monkeypatch):
    """The folder of the cache; it does not exist yet."""
    path = tmp_path / "cache"
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", str(path))
    return path
