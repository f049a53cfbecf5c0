"""The stand-in for CuPy, loaded as if it were an installed package, whose code is not lifted."""

import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import dispatchml as dm


def stand_in():
    """The module `pretend`, once in a process."""
    name, source = "pretend_cupy_core", Path(__file__).with_name("pretend.py")
    if name not in sys.modules:
        module = sys.modules[name] = ModuleType(name)
        module.__file__ = str(Path(sysconfig.get_path("purelib")) / "pretend_cupy" / "core.py")
        module.HERE = source.parent
        exec(compile(source.read_text(), module.__file__, "exec"), vars(module))
    return sys.modules[name]


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
