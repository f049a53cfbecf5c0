"""The stand-in as packages that are imported by their names, and as a library of dispatchml's."""

import sys
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace

import numpy as np

from .array import functions, made, ndarray
from .functions import INTERFACE, asarray, asnumpy, wrapped
from .launching import HostCode
from .state import Device, counts, pool

NAME, EXTENSION, KIND, DEVICES = "pretend_cupy", "pretend_cupyx", "pretend", 2


class Stream:
    """A queue of work; here it is done at once."""

    def __init__(self, non_blocking=False): ...

    def __enter__(self):
        return self

    def __exit__(self, *_): ...

    def synchronize(self):
        counts.waits += 1


class Generator:
    """Random numbers on the device."""

    def __init__(self, seed):
        self.numbers = np.random.default_rng(seed)

    def standard_normal(self, shape):
        return made(self.numbers.standard_normal(shape))


def install():
    """Put the stand-in where it can be imported by its name."""
    if NAME in sys.modules:
        return
    modules = {}
    for home, package in {
        "": NAME, "linalg": f"{NAME}.linalg", "fft": f"{NAME}.fft", "x": EXTENSION, "scipy": f"{EXTENSION}.scipy",
        "special": f"{EXTENSION}.scipy.special", "scipy.linalg": f"{EXTENSION}.scipy.linalg",
    }.items():  # fmt: skip
        modules[home] = sys.modules[package] = ModuleType(package)
    for path, known in INTERFACE.items():
        function = wrapped(path, known)
        if function is not None:
            functions[path] = function
            home, _, name = path.rpartition(".")
            setattr(modules[home], name, function)
    functions["invert"] = functions["bitwise_invert"]
    top = modules[""]
    functions["asarray"] = top.asarray = asarray
    functions["array"] = top.array = asarray
    top.asnumpy, top.ndarray = asnumpy, ndarray
    for (
        name
    ) in "float32 float64 complex64 complex128 int32 int64 bool_ pi inf nan newaxis dtype finfo result_type".split():
        setattr(top, name, getattr(np, name))
    top.linalg, top.fft = modules["linalg"], modules["fft"]
    runtime = SimpleNamespace(getDeviceCount=lambda: DEVICES)
    top.cuda = SimpleNamespace(Device=Device, runtime=runtime, Stream=Stream)
    top.from_dlpack = lambda x: x
    top.random = SimpleNamespace(default_rng=Generator)
    modules["x"].allow_synchronize = lambda allowed: nullcontext()
    top.get_default_memory_pool = lambda: pool


def library():
    """The library of kernels over the stand-in, declared once in this process."""
    install()
    from dispatchml.backends.cupy import register
    from dispatchml.backends.cupy.library import Library

    if KIND not in register.LIBRARIES:
        made = Library(NAME, EXTENSION, KIND)
        made.code = HostCode
        register.declare(made)
    return register.LIBRARIES[KIND]
