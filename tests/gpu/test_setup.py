"""What a machine without a usable card says: one error with what is missing and the extra to install."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.backends.cupy import setup
from dispatchml.commands import installed
from dispatchml.dispatch.errors import DeviceError


@pytest.fixture
def machine(monkeypatch):
    """A machine: the driver's CUDA version, and what CuPy says (None: not installed)."""

    def describe(driver, cupy=None, *, count=1, built=13000, compiler=True, importable=True, wheels=("cupy-cuda13x",)):
        monkeypatch.setattr(setup, "installed_wheels", lambda: list(wheels))
        monkeypatch.setattr(setup, "driver_version", lambda: driver)
        monkeypatch.setattr(setup.importlib.util, "find_spec", lambda name: cupy)
        for name in ("cupy", "cupy.cuda"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        if not importable:
            monkeypatch.setitem(sys.modules, "cupy.cuda", None)
            return

        def counted():
            if isinstance(count, Exception):
                raise count
            return count

        sys.modules["cupy.cuda"].runtime = SimpleNamespace(getDeviceCount=counted, runtimeGetVersion=lambda: built)
        if compiler:
            sys.modules["cupy.cuda"].nvrtc = SimpleNamespace(getVersion=lambda: (13, 0))

    return describe


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ((None,), r"CuPy is not installed, and there is no NVIDIA driver .*dispatchml\[cuda13\].*dispatchml\[cuda12\]"),
        ((12080,), r"CuPy is not installed; the driver runs CUDA 12.8. Write pip install 'dispatchml\[cuda12\]'"),
        ((13010,), r"the driver runs CUDA 13.1. Write pip install 'dispatchml\[cuda13\]'"),
        ((None, "there"), r"no NVIDIA driver \(libcuda.so.1\), so that CuPy finds no card"),
        ((12080, "there"), r"built for CUDA 13.0, the driver runs CUDA 12.8.*'dispatchml\[cuda12\]'"),
    ],
)
def test_each_lack_is_named(what, words, machine):
    machine(*what)
    with pytest.raises(DeviceError, match=rf'The device "gpu" cannot be used.*{words}.*dispatchml doctor'):
        setup.explained(lambda: pytest.fail("nothing is missing"))
    assert setup.diagnosis() in installed.devices()["gpu"]


def test_a_card_that_cannot_be_used(machine):
    machine(13000, "there", count=0)
    assert "no card that CUDA can use" in setup.diagnosis()
    machine(13000, "there", count=RuntimeError("cudaErrorNoDevice"))
    assert "CuPy finds no card (RuntimeError: cudaErrorNoDevice)" in setup.diagnosis()
    machine(13000, "there", importable=False)
    assert "cannot be imported" in setup.diagnosis()
    machine(13000, "there", wheels=("cupy-cuda12x", "cupy-cuda13x"))
    assert "several CuPys are installed over each other (cupy-cuda12x, cupy-cuda13x)" in setup.diagnosis()
    assert "pip uninstall -y cupy-cuda12x cupy-cuda13x, then pip install 'dispatchml[cuda13]'" in setup.diagnosis()
    assert setup.diagnosis() in installed.devices()["gpu"]
    machine(13000, "there", compiler=False)
    assert "no compiler for its kernels, NVRTC" in setup.diagnosis()
    machine(13000, "there")
    assert setup.diagnosis() == ""


def test_naming_the_gpu_without_one_raises():
    if not setup.diagnosis():
        pytest.skip("there is a card")
    with pytest.raises(DeviceError, match=r'The device "gpu" cannot be used \(at .*test_setup\.py:\d+\)'):
        dm.to_device(np.ones(2), "gpu:0")
    with pytest.raises(DeviceError, match='The device "gpu" cannot be used'):
        dm.default_device("gpu").__enter__()
