"""The stand-in for CuPy, loaded as if it were an installed package, whose code is not lifted."""

import importlib.util
import sys
import sysconfig
from importlib.machinery import SourceFileLoader
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm

HERE = Path(__file__).parent
STAND_IN = "pretend_cupy_core"


class Installed(SourceFileLoader):
    """Loads a file of tests/gpu/pretend as if it lay among the installed packages."""

    def source_to_code(self, data, path, *, _optimize=-1):
        shown = Path(sysconfig.get_path("purelib")) / "pretend" / Path(path).name
        return compile(data, str(shown), "exec", dont_inherit=True)

    def exec_module(self, module):
        module.__file__ = str(Path(sysconfig.get_path("purelib")) / "pretend" / Path(self.path).name)
        super().exec_module(module)

    def get_code(self, fullname):
        return self.source_to_code(self.get_data(self.path), self.path)


class Finder:
    """Finds the modules of the stand-in."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        home, _, rest = name.partition(".")
        if home != STAND_IN:
            return None
        file = HERE / "pretend" / f"{rest or '__init__'}.py"
        spec = importlib.util.spec_from_file_location(
            name,
            file,
            loader=Installed(name, str(file)),
            submodule_search_locations=None if rest else [str(file.parent)],
        )
        spec.has_location = False
        return spec


def stand_in():
    """The stand-in, once in a process."""
    if not any(finder is Finder for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder)
    return importlib.import_module(STAND_IN)


class Place:
    """Where the tests of storage run: the stand-in's devices, or the card's."""

    def __init__(self, kind, module, counts):
        self.kind, self.ndarray, self.counts = kind, module.ndarray, counts

    def array(self, x, number=0):
        """An array of the host, there."""
        return dm.ops.to_device(np.array(x), device=f"{self.kind}:{number}")

    @staticmethod
    def host(x):
        """The numbers of an array, without counting it as a wait."""
        return x.host if hasattr(x, "host") else dm.ops.to_device(x, device="cpu")


class NoCounts:
    """A card counts nothing."""

    waits = down = up = 0

    def reset(self):
        pass


@pytest.fixture
def pretend():
    """The stand-in with its counts at zero."""
    pytest.importorskip("scipy")
    module = stand_in()
    module.library()
    module.counts.reset()
    return module


@pytest.fixture(params=["stand-in", pytest.param("card", marks=pytest.mark.gpu)])
def place(request):
    """The stand-in, and the card in tests marked gpu."""
    if request.param == "stand-in":
        module = request.getfixturevalue("pretend")
        return Place("pretend", module, module.counts)
    from dispatchml.backends.cupy.setup import diagnosis

    missing = diagnosis()
    if missing:
        pytest.skip(missing)
    import cupy

    from dispatchml.backends.cupy import register

    register.load()
    return Place("gpu", cupy, NoCounts())


@pytest.fixture
def there(place):
    """A function that brings an array to the first device, or another one."""
    return place.array


@pytest.fixture
def two(place):
    """The place, if it has two devices."""
    from dispatchml.backends.cupy import register

    if register.LIBRARIES[place.kind].count < 2:
        pytest.skip("there is one device")
    return place


NO_FIBERS = "threads that meet are run on the host on Linux with glibc on x86-64 alone"


@pytest.fixture
def fibers(pretend):
    from pretend_cupy_core.launching import FIBERS

    if not FIBERS:
        pytest.skip(NO_FIBERS)
    return pretend


@pytest.fixture
def lanes(place):
    """The card, or the stand-in where threads can meet."""
    if place.kind == "pretend":
        from pretend_cupy_core.launching import FIBERS

        if not FIBERS:
            pytest.skip(NO_FIBERS)
    return place
