"""What a machine lacks for computing on its card: one sentence that says what to do."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any

from ...dispatch.errors import DeviceError, at_user_line

#: The newest version of CUDA that a driver runs, in thousands -> the extra whose CuPy was built for it.
EXTRAS = ((13000, "cuda13"), (12000, "cuda12"))


def driver_version() -> int | None:
    """The newest version of CUDA that the installed driver runs, such as 12080 for 12.8; None without a driver."""
    import ctypes

    for name in ("libcuda.so.1", "nvcuda.dll"):
        try:
            driver = ctypes.CDLL(name)
        except OSError:
            continue
        found = ctypes.c_int(0)
        if driver.cuDriverGetVersion(ctypes.byref(found)) == 0:
            return found.value
    return None


def extra_for(version: int | None) -> str:
    """The extra to install for a driver."""
    return next((extra for least, extra in EXTRAS if version is not None and version >= least), "cuda12")


def diagnosis() -> str:
    """What is missing, with the command that brings it; "" where a card can be used."""
    version = driver_version()
    extra = extra_for(version)
    if importlib.util.find_spec("cupy") is None:
        brings = f"pip install 'dispatchml[{extra}]'"
        if version is None:
            return (
                "CuPy is not installed, and there is no NVIDIA driver (libcuda.so.1). Install the driver of your card, "
                "then pip install 'dispatchml[cuda13]', or 'dispatchml[cuda12]' for a driver older than CUDA 13"
            )
        return f"CuPy is not installed; the driver runs CUDA {shown(version)}. Write {brings}"
    wheels = installed_wheels()
    if len(wheels) > 1:
        return (
            f"several CuPys are installed over each other ({', '.join(wheels)}). Write pip uninstall -y "
            f"{' '.join(wheels)}, then pip install 'dispatchml[{extra}]'"
        )
    try:
        from cupy.cuda import runtime  # type: ignore[import-not-found]
    except Exception as error:
        return (
            f"CuPy is installed but cannot be imported ({type(error).__name__}: {error}). Write pip install "
            f"--force-reinstall 'dispatchml[{extra}]'"
        )
    if version is None:
        return "there is no NVIDIA driver (libcuda.so.1), so that CuPy finds no card. Install the driver of your card"
    try:
        count = runtime.getDeviceCount()
        built = runtime.runtimeGetVersion()
    except Exception as error:
        return (
            f"CuPy finds no card ({type(error).__name__}: {error}); the driver runs CUDA {shown(version)}. "
            f"{advice(version)}"
        )
    if not count:
        return "there is a driver but no card that CUDA can use (is CUDA_VISIBLE_DEVICES empty?)"
    if built // 1000 > version // 1000:
        return f"CuPy was built for CUDA {shown(built)}, the driver runs CUDA {shown(version)}. {advice(version)}"
    return compiler_diagnosis()


def installed_wheels() -> list[str]:
    """The packages that brought CuPy: one for each version of CUDA, and one that is built from its source."""
    found = []
    for name in ("cupy", "cupy-cuda11x", "cupy-cuda12x", "cupy-cuda13x"):
        try:
            importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        found.append(name)
    return found


def cards() -> dict[str, str]:
    """The cards of this machine by device."""
    from cupy.cuda import runtime  # type: ignore[import-not-found]

    found = {}
    for number in range(runtime.getDeviceCount()):
        card = runtime.getDeviceProperties(number)
        memory = f"{card['totalGlobalMem'] / 2**30:.0f} GiB"
        found[f"gpu:{number}"] = f"{card['name'].decode()}, {memory}, sm_{card['major']}{card['minor']}"
    return found


def advice(version: int) -> str:
    """Which CuPy fits a driver."""
    return f"Write pip uninstall cupy-cuda12x cupy-cuda13x, then pip install 'dispatchml[{extra_for(version)}]'"


def compiler_diagnosis() -> str:
    """What CuPy lacks to compile kernels of its own; "" where it can."""
    try:
        from cupy.cuda import nvrtc  # type: ignore[import-not-found]

        nvrtc.getVersion()
    except Exception as error:
        return (
            f"CuPy finds no compiler for its kernels, NVRTC ({type(error).__name__}: {error}). Write pip install "
            f"nvidia-cuda-nvrtc and nvidia-cuda-runtime for the CUDA version of your CuPy, or install the CUDA toolkit"
        )
    return ""


def shown(version: int) -> str:
    """12080 as 12.8."""
    return f"{version // 1000}.{version % 1000 // 10}"


def explained(make: Callable[[], Any]) -> Any:
    """What a function makes of the library; what goes wrong as one error that says what is missing."""
    found: Any = ""
    try:
        found = diagnosis()
        if not found:
            return make()
    except DeviceError:
        raise
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
    raise DeviceError(
        f'The device "gpu" cannot be used{at_user_line()}: {found}. `dispatchml doctor` shows what is there.'
    )
