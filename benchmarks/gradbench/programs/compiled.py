"""The C++ tape as a peer: `tape.cpp` is compiled at first use, with g++ -O3 -march=native; ctypes calls it."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent.parent
OPTIONS = ("-std=c++17", "-O3", "-march=native", "-shared", "-fPIC")


@functools.cache
def library() -> ctypes.CDLL | None:
    """The compiled programs; None, with a line that says so, where there is no g++."""
    if shutil.which("g++") is None:
        print("(g++ is not installed: the C++ tape is missing)")
        return None
    text = b"".join((HERE / name).read_bytes() for name in ("tape.hpp", "tape.cpp"))
    built = Path(tempfile.gettempdir()) / f"dispatchml-gradbench-{hashlib.sha256(text).hexdigest()[:16]}.so"
    if not built.exists():
        with tempfile.TemporaryDirectory(dir=built.parent) as folder:
            part = Path(folder) / "tape.so"
            subprocess.run(["g++", *OPTIONS, str(HERE / "tape.cpp"), "-o", str(part)], check=True)
            part.replace(built)
    return ctypes.CDLL(str(built))


def call(name: str, *arguments: Any) -> Any:
    """Call a function of the library with arrays (of float64 or int64) and whole numbers."""
    given = [ctypes.c_void_p(a.ctypes.data) if isinstance(a, np.ndarray) else ctypes.c_int64(a) for a in arguments]
    function = getattr(library(), name)
    function.restype = ctypes.c_double
    return function(*given)


def filled(name: str, size: int, *arguments: Any) -> Any:
    """The array that a function fills as its last argument."""
    into = np.zeros(size)
    call(name, *arguments, into)
    return into


def lse() -> dict[str, Callable[..., Any]]:
    return {
        "primal": lambda x: call("lse_value", x, len(x)),
        "gradient": lambda x: filled("lse_gradient", len(x), x, len(x)),
    }


def llsq() -> dict[str, Callable[..., Any]]:
    return {
        "primal": lambda x, n: call("llsq_value", x, len(x), n),
        "gradient": lambda x, n: filled("llsq_gradient", len(x), x, len(x), n),
    }


def ode() -> dict[str, Callable[..., Any]]:
    return {
        "primal": lambda x, s: filled("ode_value", len(x), x, len(x), s),
        "gradient": lambda x, s: filled("ode_gradient", len(x), x, len(x), s),
    }


def lstm() -> dict[str, Callable[..., Any]]:
    def sizes(state: Any, sequence: Any) -> tuple[int, int, int]:
        return len(state) // 2, state.shape[1], len(sequence)

    def gradient(main: Any, extra: Any, state: Any, sequence: Any) -> list[Any]:
        given = main, extra, state, sequence, *sizes(state, sequence)
        return [filled("lstm_gradient", main.size + extra.size, *given)]

    return {
        "objective": lambda main, extra, state, sequence: call(
            "lstm_value", main, extra, state, sequence, *sizes(state, sequence)
        ),
        "jacobian": gradient,
    }


def ba() -> dict[str, Callable[..., Any]]:
    from .ba import structure

    def objective(*arguments: Any) -> tuple[Any, Any]:
        p = len(arguments[2])
        errors, weights = np.empty((p, 2)), np.empty(p)
        call("ba_value", *arguments, p, errors, weights)
        return errors, weights

    def jacobian(*arguments: Any) -> tuple[Any, Any, Any]:
        cameras, points, weights, _, camera, point = arguments
        p = len(weights)
        values = np.empty(31 * p)
        call("ba_jacobian", *arguments, p, values)
        return *structure(len(cameras), len(points), camera, point), values

    return {"objective": objective, "jacobian": jacobian}


def det() -> dict[str, Callable[..., Any]]:
    return {
        "primal": lambda a, n: call("det_value", a, n),
        "gradient": lambda a, n: filled("det_gradient", len(a), a, n),
    }


def tape_function(name: str) -> dict[str, Callable[..., Any]]:
    """The functions of one eval, or none without a compiler."""
    return globals()[name]() if library() else {}
