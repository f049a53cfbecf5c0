"""A package that is made up for the tests of one module: it lies in a folder called site-packages."""

import importlib
import sys

import pytest

import dispatchml as dm


@pytest.fixture(scope="module")
def package(request, tmp_path_factory):
    """The package whose text is `PACKAGE` of the module, enabled."""
    name = f"made_up_for_{request.module.__name__.rpartition('.')[2]}"
    folder = tmp_path_factory.mktemp("made") / "site-packages"
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text(request.module.PACKAGE)
    sys.path.insert(0, str(folder))
    made = importlib.import_module(name)
    dm.lift.enable(name)
    yield made
    dm.lift.disable(name)
    sys.path.remove(str(folder))
    del sys.modules[name]
