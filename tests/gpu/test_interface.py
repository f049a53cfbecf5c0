"""What is used of CuPy is there in the installed CuPy, by name and by keyword; no card is needed for this."""

import importlib.util
import inspect
import json
import re
from functools import reduce
from pathlib import Path

import pytest

HERE = Path(__file__).parent
#: What is used of CuPy beside functions of arrays: path -> the keywords that are passed.
USED = {
    "RawModule": ("path",),
    "RawModule.get_function": ("name",),
    "cuda.Device": (),
    "cuda.Device.synchronize": (),
    "cuda.Stream": ("non_blocking",),
    "cuda.runtime.getDeviceCount": (),
    "cuda.runtime.getDeviceProperties": ("device",),
    "cuda.runtime.driverGetVersion": (),
    "cuda.runtime.runtimeGetVersion": (),
    "cuda.runtime.memGetInfo": (),
    "cuda.nvrtc.getVersion": (),
    "cuda.MemoryPool.used_bytes": (),
    "cuda.MemoryPool.total_bytes": (),
    "get_default_memory_pool": (),
    "asnumpy": ("a",),
    "from_dlpack": ("array",),
    "random.default_rng": ("seed",),
    "random.Generator.standard_normal": ("size", "dtype"),
    "random.Generator.random": ("size", "dtype"),
    "random.Generator.integers": ("low", "high", "size", "dtype"),
    "ndarray.__dlpack__": (),
    "ndarray.__cuda_array_interface__": (),
}


@pytest.fixture(scope="module")
def cupy():
    return pytest.importorskip("cupy", reason="CuPy is not installed (no card is needed for this)")


@pytest.fixture(scope="module")
def kept():
    return json.loads((HERE / "cupy_interface.json").read_text())


def parameters_of(thing):
    """The names of parameters: of the signature, or of the first line of the text that Cython leaves; None: unknown."""
    try:
        return set(inspect.signature(thing).parameters) - {"self"}
    except (TypeError, ValueError):
        pass
    shown = re.match(r"[\w.]+\((.*?)\)(?: ->|$)", " ".join((thing.__doc__ or "").split("\n\n")[0].split()))
    if shown is None:
        return None
    given = re.sub(r"\[.*?\]", "", shown[1]).split(",")
    return {p.partition("=")[0].split()[-1].lstrip("*") for p in given if p.strip(" */")} - {"self"}


def test_the_interface_is_cupys(cupy, kept):
    """Of the version that the file is of, all of it; of others, what operations call under its own name."""
    spec = importlib.util.spec_from_file_location("interface", HERE / "interface.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    now = module.interface()
    if cupy.__version__ == kept["version"]:
        assert now == kept["functions"]
        return
    from dispatchml.backends.cupy.tables import SAME

    different = {p: (now.get(p), kept["functions"][p]) for p in SAME.values() if now.get(p) != kept["functions"][p]}
    assert not different, f"CuPy {cupy.__version__} beside {kept['version']}"


@pytest.mark.parametrize("path", USED)
def test_what_is_used_beside_functions_is_there(path, cupy):
    found = reduce(getattr, path.split("."), cupy)
    parameters = parameters_of(found) if USED[path] else None
    if parameters is not None:
        assert set(USED[path]) <= parameters, (path, parameters)


def test_the_arrays_of_the_stand_in_have_only_what_cupys_have(cupy, pretend):
    own = {"host", "memory", "over", "hidden", "__weakref__"}
    assert {n for n in vars(pretend.ndarray) if not hasattr(cupy.ndarray, n)} <= own
    wrong = {}
    for name, method in vars(pretend.ndarray).items():
        if name.startswith("__") or name in own or not inspect.isfunction(method):
            continue
        known = parameters_of(getattr(cupy.ndarray, name))
        ours = {p.name for p in inspect.signature(method).parameters.values() if p.kind is not p.VAR_KEYWORD} - {"self"}
        if known is not None and name in ("astype", "reshape", "copy", "view", "fill", "get") and not ours <= known:
            wrong[name] = (ours, known)
    assert not wrong


def test_ndarrays_take_part_in_numpys_protocols(cupy):
    """Traced values call NumPy's functions; CuPy's arrays must hear of them, and must not turn into NumPy's."""
    for name in ("__array_ufunc__", "__array_function__", "__dlpack__", "__dlpack_device__"):
        assert callable(getattr(cupy.ndarray, name)), name
    assert cupy.ndarray.__array_priority__ > 0


def test_every_function_that_methods_find_exists(cupy):
    """Paths in the backend's source: `lib.find("...")`, `lib.xp.NAME`, `xp.NAME`, `xp.linalg.NAME`."""
    from dispatchml.backends import cupy as backend

    missing, seen = [], 0
    for file in Path(backend.__file__).parent.glob("*.py"):
        text = file.read_text()
        names = set(re.findall(r"(?:lib\.|library\.)?xp\.((?:linalg\.|fft\.|cuda\.)?[a-zA-Z_]\w*)", text))
        for name in names - {"cuda"}:
            seen += 1
            try:
                reduce(getattr, name.split("."), cupy)
            except AttributeError:
                missing.append(f"{file.name}: {name}")
    assert seen > 60
    assert not missing
