"""What the kernels need of CuPy: its modules, imported when a function of them is first called, and its devices."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ...dispatch.errors import DeviceError, JoinError, at_user_line


class Library:
    """An array library with CuPy's interface.

    name: what its package is called; parts(path): the object at a dotted path below it. kind: how its devices are
    called, "gpu" for CuPy's.
    """

    def __init__(self, name: str = "cupy", extension: str = "cupyx", kind: str = "gpu") -> None:
        self.name, self.extension, self.kind = name, extension, kind
        self.xp = import_module(name)
        self.ndarray: type = self.xp.ndarray
        self.count: int = self.xp.cuda.runtime.getDeviceCount()

    def find(self, path: str) -> Any:
        """A function by its path: "linalg.inv" of the package itself, "special.erf" and "scipy.linalg.lu" beside it."""
        home, _, name = path.rpartition(".")
        if home == "special":
            home, package = ".scipy.special", self.extension
        elif home.startswith("scipy") or home == "x":
            home, package = "" if home == "x" else "." + home, self.extension
        else:
            home, package = "." + home if home else "", self.name
        return getattr(import_module(package + home), name)

    # ---- devices -----------------------------------------------------------------------------------------------------

    def home(self, x: Any) -> str:
        """The device of an array, as a text."""
        return f"{self.kind}:{x.device.id}"

    def on(self, number: int | None) -> Any:
        """A context in which a device is the current one; None for the current one itself."""
        if number is not None and number >= self.count:
            there = f"there are {self.count}" if self.count > 1 else "there is one" if self.count else "there is none"
            raise DeviceError(f"There is no device {self.kind}:{number}{at_user_line()}: {there}.")
        return self.xp.cuda.Device(number)

    def bring(self, x: Any, number: int | None) -> Any:
        """An array of the host, on a device; numbers as they are, where the device is there."""
        if type(x) is not np.ndarray:
            self.on(number)
            return x
        if x.dtype.kind not in "?biufc" or x.dtype.char in "gG":
            raise DeviceError(
                f"An array of {x.dtype} cannot be on {self.kind}{at_user_line()}: devices hold truth values, whole, "
                "floating-point and complex numbers of up to 64 bits (each part)."
            )
        with self.on(number):
            return self.xp.asarray(x)

    def fetch(self, x: Any) -> np.ndarray[Any, Any]:
        """An array of a device, on the host. It waits until the numbers are there: only `to_device` does this."""
        return self.xp.asnumpy(x)

    def send(self, x: Any, number: int | None) -> Any:
        """An array of a device, on another one (or itself)."""
        with self.on(number) as device:
            if x.device.id == (device.id if number is None else number):
                return x
            return x.copy()  # CuPy's copy is on the current device

    def code(self, kernels: list[Any]) -> Callable[..., None]:
        """What launches generated kernels: a function of a kernel and its arrays."""
        from .launching import Code

        return Code(self, kernels)

    def memory(self) -> dict[str, dict[str, int]]:
        """What the memory of each device holds, in bytes."""
        found = {}
        pool, runtime = self.xp.get_default_memory_pool(), self.xp.cuda.runtime
        for number in range(self.count):
            with self.xp.cuda.Device(number):
                held = {"used": pool.used_bytes(), "held": pool.total_bytes()}
                if hasattr(runtime, "memGetInfo"):
                    held["free"], held["total"] = runtime.memGetInfo()
                found[f"{self.kind}:{number}"] = held
        return found

    def check(self, name: str, arrays: Any) -> Any:
        """The device of all arrays among the arguments; an error that names the transfer where they are on two."""
        found = None
        for x in arrays:
            if type(x) is self.ndarray or isinstance(x, self.ndarray):
                if found is None:
                    found = x.device
                elif x.device.id != found.id:
                    raise JoinError(
                        f"{name}: one array is on {self.kind}:{found.id}, the other on "
                        f"{self.kind}:{x.device.id}{at_user_line()}; nothing is moved behind your back. Write "
                        f'dispatchml.to_device(x, "{self.kind}:{found.id}") on one of them.'
                    )
        return found

    def guarded(self, name: str, kernel: Callable[..., Any], variadic: bool) -> Callable[..., Any]:
        """A kernel that runs on the device of its arguments; where there is one device there is nothing to look at."""
        if self.count < 2:
            return kernel
        check = self.check

        def on_its_device(*arguments: Any, **keywords: Any) -> Any:
            device = check(name, arguments[0] if variadic else arguments)
            if device is None:
                return kernel(*arguments, **keywords)
            with device:
                return kernel(*arguments, **keywords)

        on_its_device.__name__ = on_its_device.__qualname__ = name
        return on_its_device


class Namespace:
    """Stands for the module `numpy` in the kernels of the NumPy backend that run over another library's arrays."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.linalg = library.xp.linalg
        self.errstate = Quiet  # a device raises no floating-point flags
        self.ndarray, self.generic = library.ndarray, np.generic

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.library.xp, name)
        setattr(self, name, found)
        return found


class Quiet:
    """`numpy.errstate` where there are no flags."""

    def __init__(self, **_: Any) -> None: ...

    def __enter__(self) -> None: ...

    def __exit__(self, *_: Any) -> None: ...
