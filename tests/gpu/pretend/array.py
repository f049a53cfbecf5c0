"""The array class of the stand-in: in this machine's memory, as strict as CuPy's."""

from types import SimpleNamespace

import numpy as np

from .state import Device, HiddenWaitError, Memory, counts

#: Path of a function, as `Library.find` calls it -> the function; entered by `functions`.
functions = {}


def inside(x):
    """NumPy's array behind one of the device."""
    if isinstance(x, ndarray):
        return x.host
    if isinstance(x, (list, tuple)):
        return type(x)(map(inside, x))
    return x


def refuse_host(x):
    """Raise for an array of the host, also inside lists."""
    if isinstance(x, np.ndarray):
        raise TypeError("Unsupported type <class 'numpy.ndarray'>")
    if isinstance(x, (list, tuple)):
        for v in x:
            refuse_host(v)


def made(y, device=None):
    """A result on the device: arrays, and numbers as arrays without axes."""
    if isinstance(y, (list, tuple)):
        return type(y)(made(v, device) for v in y) if type(y) in (list, tuple) else tuple(made(v, device) for v in y)
    if isinstance(y, (np.ndarray, np.generic)):
        y = np.asarray(y)
        if y.dtype.char not in "?bBhHiIlLqQefdFD":
            raise ValueError(f"Unsupported dtype {y.dtype}")
        return ndarray(None, host=y, device=device)
    return y


def check_devices(values):
    for x in values:
        if isinstance(x, ndarray) and x.device.id != Device.current[-1]:
            raise RuntimeError(f"an array of device {x.device.id} in a kernel on device {Device.current[-1]}")
        if isinstance(x, (list, tuple)):
            check_devices(x)


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

    __float__ = __int__ = __complex__ = __bool__ = hidden

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
        at = on_host(index, self.shape)
        found = self.host[at]
        if not isinstance(found, np.ndarray):
            found = np.asarray(found, self.dtype)
        return self.over(found) if np.shares_memory(found, self.host) else made(found, self.device)

    def __setitem__(self, index, value):
        refuse_host(value)
        self.host[on_host(index, self.shape)] = inside(value)

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


def on_host(index, shape):
    """An index with what is in it on the host; positions of the device beyond the end begin again."""
    given, found, axis = parts(index), [], 0
    named = sum(p is not None and p is not Ellipsis for p in given if not isinstance(p, ndarray))
    named += sum(p.ndim if p.dtype.kind == "b" else 1 for p in given if isinstance(p, ndarray))
    for p in given:
        if isinstance(p, ndarray):
            found.append(p.host if p.dtype.kind == "b" else p.host % shape[axis])
            axis += p.ndim if p.dtype.kind == "b" else 1
        else:
            found.append(p)
            axis += len(shape) - named if p is Ellipsis else p is not None
    return tuple(found) if isinstance(index, tuple) else found[0]


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
