"""The functions of the stand-in: with CuPy's parameters and the loops of its ufuncs, computed by NumPy and SciPy."""

import inspect
import json
import sys
from pathlib import Path

import numpy as np
import scipy.linalg
import scipy.special

from .array import check_devices, inside, made, ndarray, refuse_host
from .state import counts

INTERFACE = json.loads((Path(sys.modules[__package__].__path__[0]).parent / "cupy_interface.json").read_text())[
    "functions"
]
#: Functions that give a view of their first argument where NumPy's does.
VIEWS = frozenset(
    "transpose moveaxis swapaxes squeeze expand_dims broadcast_to flip diagonal diag reshape rot90 split ravel".split()
)
#: Functions that take arrays of the host as settings, and those that bring them to the device.
SETTINGS = {"x.scatter_add", "full", "pad", "quantile", "repeat", "tile", "tensordot"}
BRINGING = {"asarray", "array"}
#: Functions whose first argument may be a number, a shape or a text; the others read attributes of an array.
OF_NOTHING = {
    *"arange array asarray einsum empty eye full identity linspace logspace ones tri zeros where".split(),
    *"fft.fftfreq fft.rfftfreq x.allow_synchronize result_type finfo".split(),
}
#: Functions whose result's shape depends on numbers, so that the device is waited for.
COUNTING = {"nonzero", "flatnonzero", "argwhere", "unique", "linalg.lstsq"}


def numpys(path):
    """The function of NumPy or SciPy behind a name."""
    if path in OWN:
        return OWN[path]
    home, _, name = path.rpartition(".")
    if home == "special":
        return getattr(scipy.special, name, None)
    if home == "scipy.linalg":
        return getattr(scipy.linalg, name, None)
    module = {"": np, "linalg": np.linalg, "fft": np.fft}.get(home)
    return getattr(module, name, None)


def loop_for(loops, arguments):
    """The dtypes of the loop that CuPy would take: the first one to which all arguments go without loss."""
    arrays = [np.result_type(x) for x in arguments if not isinstance(x, (bool, int, float, complex))]
    kinds = []
    for x in arguments:
        weak = isinstance(x, (bool, int, float, complex)) and type(x) in (bool, int, float, complex) and arrays
        kinds.append(np.result_type(*arrays, x) if weak else np.result_type(x))
    for loop in loops.split():
        taken, given = loop.split("->")
        if "E" in loop:  # NumPy has no short float of Google's
            continue
        if len(taken) == len(kinds) and all(np.can_cast(k, t) for k, t in zip(kinds, taken, strict=True)):
            return taken, given
    raise TypeError(f"no loop for {kinds}")


def wrapped(path, known):
    """A function of the device."""
    function = numpys(path)
    if function is None:
        return None
    if known.startswith("("):
        signature = inspect.signature(eval(f"lambda {plain_defaults(known)[1:-1]}: None"))
    else:
        signature = None
    name = path.rpartition(".")[2]

    def on_device(*arguments, **keywords):
        counts.launches += 1
        if path not in SETTINGS | BRINGING:
            refuse_host((*arguments, *keywords.values()))
        if signature is not None and path not in OF_NOTHING and not of_device(arguments[:1]):
            raise TypeError(f"{path} takes an array of the device first, not {type(arguments[0])}")
        check_devices(arguments)
        check_devices(keywords.values())
        given = tuple(map(inside, arguments))
        if path in COUNTING:
            counts.waits += 1
        if signature is not None:
            signature.bind(*arguments, **keywords)
            with np.errstate(all="ignore"):
                y = function(*given, **{k: inside(v) for k, v in keywords.items()})
            if name in VIEWS and isinstance(y, np.ndarray) and isinstance(arguments[0], ndarray):
                return arguments[0].over(y) if np.shares_memory(y, given[0]) else made(y.copy())
            return made(y)
        if set(keywords) - {"out", "dtype", "casting"}:
            raise TypeError(f"Wrong arguments {keywords}")
        taken, results = loop_for(known, given)
        with np.errstate(all="ignore"):
            y = function(*(np.asarray(x, t) for x, t in zip(given, taken, strict=True)))
        return made(np.asarray(y, results)) if len(results) == 1 else made(tuple(map(np.asarray, y, results)))

    on_device.__name__ = name
    return on_device


def of_device(values):
    """Whether there is an array of the device, also inside lists."""
    return any(isinstance(x, ndarray) or isinstance(x, (list, tuple)) and of_device(x) for x in values)


def plain_defaults(text):
    """Parameters with defaults that can be evaluated here."""
    for shown in ("<class 'float'>", "<class 'int'>", "<class 'numpy.float64'>", "<no value>"):
        text = text.replace(shown, "None")
    return text


def where(condition, x=None, y=None):
    if not isinstance(condition, np.ndarray):
        raise AttributeError("'bool' object has no attribute 'astype'")
    return np.where(condition, x, y)


def scatter_add(a, slices, value):
    if a.dtype.char not in "iefdFDIQL":
        raise TypeError(f"scatter_add of {a.dtype}")
    np.add.at(a, slices, value)


def brought(x, dtype=None, *_, **__):
    if isinstance(x, np.ndarray) and not getattr(brought, "own", False):
        counts.up += 1
    return np.array(x, dtype)


def asarray(a, dtype=None, order=None, *, blocking=False):
    if isinstance(a, ndarray):
        return a if dtype is None or a.dtype == dtype else a.astype(dtype)
    if isinstance(a, np.ndarray):
        counts.up += 1
    return made(np.array(a, dtype))


def asnumpy(a, stream=None, order="C", out=None, *, blocking=True):
    return a.get() if isinstance(a, ndarray) else np.asarray(a)


def quiet(function):
    """A function of linear algebra that gives nan where NumPy's raises: CuPy looks at no status."""

    def on_host(a, *rest, **keywords):
        try:
            return function(a, *rest, **keywords)
        except np.linalg.LinAlgError:
            return np.full(np.shape(rest[0] if rest else a), np.nan, np.result_type(a, *rest))

    return on_host


#: What is not simply NumPy's function of the name.
OWN = {
    "where": where,
    "x.scatter_add": scatter_add,
    "take": lambda a, indices, axis=None, out=None: np.take(a, indices, axis=axis, mode="wrap"),
    "linalg.inv": quiet(np.linalg.inv),
    "linalg.solve": quiet(np.linalg.solve),
    "linalg.cholesky": quiet(np.linalg.cholesky),
    "linalg.lstsq": lambda a, b, rcond=None: np.linalg.lstsq(a, b, rcond=rcond),
    "x.allow_synchronize": lambda allow: None,
}
