"""A stand-in for CuPy without a card: its arrays are in this machine's memory, and everything else is as strict.

What it has is what CuPy has: a function or a keyword that is not in `cupy_interface.json` (written from CuPy itself)
raises here as it would there; ufuncs have the dtypes of CuPy's loops; arrays of the host are refused; a number is
never read without being asked for. It counts what makes the host wait (`waits`), what goes to the device and comes
back (`up`, `down`), and the bytes that live arrays hold (`pool.used`). It computes with NumPy and SciPy.
"""

import ctypes
import inspect
import json
import sys
import weakref
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import scipy.linalg
import scipy.special

HERE = globals().get("HERE", Path(__file__).parent)
INTERFACE = json.loads((HERE / "cupy_interface.json").read_text())["functions"]
NAME, EXTENSION, KIND, DEVICES = "pretend_cupy", "pretend_cupyx", "pretend", 2


class HiddenWaitError(RuntimeError):
    """The host would have waited for the device without being asked to."""


class Counts:
    """What happened."""

    def __init__(self):
        self.reset()

    def reset(self):
        self.waits = self.up = self.down = self.launches = 0


counts = Counts()
pool = SimpleNamespace(used=0, peak=0, total_bytes=lambda: pool.used, used_bytes=lambda: pool.used)


class Device:
    """A device; in a `with` block the current one."""

    current = [0]

    def __init__(self, number=None):
        self.id = Device.current[-1] if number is None else int(number)

    def __enter__(self):
        Device.current.append(self.id)
        return self

    def __exit__(self, *_):
        Device.current.pop()

    def use(self):
        Device.current[-1] = self.id

    def synchronize(self):
        counts.waits += 1

    def __eq__(self, other):
        return isinstance(other, Device) and self.id == other.id

    def __hash__(self):
        return hash(self.id)


class Memory:
    """The memory of an array and its views, counted while it lives."""

    def __init__(self, size):
        pool.used += size
        pool.peak = max(pool.peak, pool.used)
        weakref.finalize(self, freed, size)


def freed(size):
    pool.used -= size


class ndarray:
    """An array of the device."""

    __array_priority__ = 100
    __slots__ = ("host", "device", "memory", "base", "__weakref__")

    def __init__(self, shape, dtype=float, *, host=None, device=None, memory=None, base=None):
        self.base = base
        self.host = np.empty(shape, dtype) if host is None else host
        self.device = Device() if device is None else device
        self.memory = Memory(self.host.nbytes) if memory is None else memory

    shape = property(lambda self: self.host.shape)
    dtype = property(lambda self: self.host.dtype)
    ndim = property(lambda self: self.host.ndim)
    size = property(lambda self: self.host.size)
    nbytes = property(lambda self: self.host.nbytes)
    itemsize = property(lambda self: self.host.itemsize)
    strides = property(lambda self: self.host.strides)
    flags = property(lambda self: self.host.flags)
    data = property(lambda self: SimpleNamespace(ptr=self.host.ctypes.data))
    T = property(lambda self: self.over(self.host.T))

    def over(self, host):
        """A view."""
        base = self if self.base is None else self.base
        return ndarray(None, host=host, device=self.device, memory=self.memory, base=base)

    @property
    def real(self):
        return self.over(self.host.real) if self.dtype.kind == "c" else self

    @real.setter
    def real(self, value):
        self.host.real = inside(value)

    @property
    def imag(self):
        return self.over(self.host.imag) if self.dtype.kind == "c" else made(np.zeros_like(self.host))

    @imag.setter
    def imag(self, value):
        self.host.imag = inside(value)

    # ---- what makes the host wait ------------------------------------------------------------------------------------

    def get(self):
        counts.waits += 1
        counts.down += 1
        return self.host.copy()

    def item(self):
        counts.waits += 1
        counts.down += 1
        return self.host.item()

    def tolist(self):
        return self.get().tolist()

    def hidden(self, *_):
        raise HiddenWaitError("a number was read without being asked for")

    __float__ = __int__ = __complex__ = __bool__ = __index__ = hidden

    def __array__(self, *_, **__):
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`.")

    def __repr__(self):
        return f"pretend.array({self.host!r})"

    # ---- protocols ---------------------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        function = functions.get(ufunc.__name__) or functions.get(f"special.{ufunc.__name__}")
        if function is None or method != "__call__":
            return NotImplemented
        for x in inputs:
            if not isinstance(x, (ndarray, np.ndarray, np.generic, bool, int, float, complex)):
                return NotImplemented
        return function(*inputs, **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        home = func.__module__.partition("numpy")[2].lstrip(".")
        function = functions.get(f"{home}.{func.__name__}".lstrip("."))
        if function is None or not all(issubclass(t, (ndarray, np.ndarray)) for t in types):
            return NotImplemented
        return function(*args, **kwargs)

    def __dlpack__(self, **keywords):
        counts.waits += 1
        return self.host.__dlpack__()

    def __dlpack_device__(self):
        return (2, self.device.id)

    @property
    def __cuda_array_interface__(self):
        return self.host.__array_interface__ | {"version": 3}

    # ---- methods -----------------------------------------------------------------------------------------------------

    def __len__(self):
        return len(self.host)

    def __iter__(self):
        return (self[i] for i in range(len(self.host)))

    def __getitem__(self, index):
        if any(isinstance(p, ndarray) and p.dtype.kind == "b" for p in parts(index)):
            counts.waits += 1  # how many there are is counted on the device
        at = on_host(index)
        found = self.host[at]
        if not isinstance(found, np.ndarray):
            found = np.asarray(found, self.dtype)
        return self.over(found) if np.shares_memory(found, self.host) else made(found, self.device)

    def __setitem__(self, index, value):
        refuse_host(value)
        self.host[on_host(index)] = inside(value)

    def copy(self, order="C"):
        return made(self.host.copy(order))  # on the current device

    def astype(self, dtype, order="K", casting=None, subok=None, copy=True):
        if not copy and self.dtype == dtype:
            return self
        return made(self.host.astype(dtype), self.device)

    def view(self, dtype):
        return self.over(self.host.view(dtype))

    def reshape(self, *shape, order="C"):
        found = self.host.reshape(*shape, order=order)
        return self.over(found) if np.shares_memory(found, self.host) else made(found, self.device)

    def fill(self, value):
        self.host.fill(inside(value))

    def transpose(self, *axes):
        return self.over(self.host.transpose(*axes))

    def swapaxes(self, *axes):
        return self.over(self.host.swapaxes(*axes))


def parts(index):
    return index if isinstance(index, tuple) else (index,)


def on_host(index):
    """An index with what is in it on the host."""
    found = tuple(p.host if isinstance(p, ndarray) else p for p in parts(index))
    return found if isinstance(index, tuple) else found[0]


def method(name, reflected=False):
    """An operator: ours for our arrays and numbers; for others NumPy's, which asks both for `__array_ufunc__`."""
    ufunc = getattr(np, name)

    def operate(self, *others):
        both = (*others, self) if reflected else (self, *others)
        if all(isinstance(x, (ndarray, bool, int, float, complex, np.generic)) for x in both):
            return functions[name](*both)
        if getattr(others[0], "__array_ufunc__", ufunc) is None:
            return NotImplemented
        return ufunc(*both)

    return operate


for symbol, ufunc in {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "divide", "floordiv": "floor_divide",
    "mod": "remainder", "pow": "power", "matmul": "matmul", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor",
}.items():  # fmt: skip
    setattr(ndarray, f"__{symbol}__", method(ufunc))
    setattr(ndarray, f"__r{symbol}__", method(ufunc, reflected=True))
for symbol, ufunc in {
    "neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert", "lt": "less", "le": "less_equal",
    "gt": "greater", "ge": "greater_equal", "eq": "equal", "ne": "not_equal",
}.items():  # fmt: skip
    setattr(ndarray, f"__{symbol}__", method(ufunc))


def by_function(name):
    return lambda self, *arguments, **keywords: functions[name](self, *arguments, **keywords)


for name in (
    "sum prod max min mean any all conj squeeze ravel dot argmax argsort cumsum clip take diagonal trace std var"
).split():
    setattr(ndarray, name, by_function(name))


def in_place(name):
    def operate(self, other):
        refuse_host(other)
        self.host[...] = functions[name](self, other).host
        return self

    return operate


ndarray.__iadd__, ndarray.__imul__, ndarray.__isub__ = map(in_place, ("add", "multiply", "subtract"))
ndarray.__hash__ = None


# ---- functions ------------------------------------------------------------------------------------------------------


def inside(x):
    """NumPy's array behind one of the device."""
    if isinstance(x, ndarray):
        return x.host
    if isinstance(x, (list, tuple)):
        return type(x)(map(inside, x))
    return x


def refuse_host(x):
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")


def made(y, device=None):
    """A result on the device: arrays, and numbers as arrays without axes."""
    if isinstance(y, (list, tuple)):
        return type(y)(made(v, device) for v in y) if type(y) in (list, tuple) else tuple(made(v, device) for v in y)
    if isinstance(y, (np.ndarray, np.generic)):
        return ndarray(None, host=np.asarray(y), device=device)
    return y


def check_devices(values):
    for x in values:
        if isinstance(x, ndarray) and x.device.id != Device.current[-1]:
            raise RuntimeError(f"an array of device {x.device.id} in a kernel on device {Device.current[-1]}")
        if isinstance(x, (list, tuple)):
            check_devices(x)


#: Functions that give a view of their first argument where NumPy's does.
VIEWS = frozenset(
    "transpose moveaxis swapaxes squeeze expand_dims broadcast_to flip diagonal diag reshape rot90 split ravel".split()
)
#: Functions that take arrays of the host as settings, and those that bring them to the device.
SETTINGS = {"x.scatter_add", "full", "pad", "quantile", "repeat", "tile", "tensordot"}
BRINGING = {"asarray", "array"}
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
            for x in arguments:
                refuse_host(x)
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
    "linalg.inv": quiet(np.linalg.inv),
    "linalg.solve": quiet(np.linalg.solve),
    "linalg.cholesky": quiet(np.linalg.cholesky),
    "linalg.lstsq": lambda a, b, rcond=None: np.linalg.lstsq(a, b, rcond=rcond),
    "x.allow_synchronize": lambda allow: None,
}
functions = {}


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
    top.cuda = SimpleNamespace(Device=Device, runtime=runtime)
    top.get_default_memory_pool = lambda: pool


class HostCode:
    """Generated kernels run on the host: the function of one thread, called once for each thread of a small grid."""

    threads = 37

    def __init__(self, kernels):
        from dispatchml.compile import machine
        from dispatchml.compile.device import module

        self.library = machine.load(module.module_text(kernels, False))

    def __call__(self, kernel, arrays):
        counts.launches += 1
        check_devices(arrays)
        pointers = [ctypes.c_void_p(x.host.ctypes.data) for x in arrays]
        numbers = [ctypes.c_int64(n) for n in (*kernel.sizes, kernel.extent, kernel.grain)]
        address = self.library.address(f"{kernel.symbol}.thread")
        kinds = [ctypes.c_void_p] * len(pointers) + [ctypes.c_int64] * (len(numbers) + 2)
        function = ctypes.CFUNCTYPE(None, *kinds)(address)
        for thread in reversed(range(self.threads)):  # in no order that a result may depend on
            function(*pointers, *numbers, thread, self.threads)


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
