"""check_device passes a device that keeps its promises and names what is wrong with each bad one."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch import register_type
from dispatchml.dispatch.errors import DeviceError, class_name
from dispatchml.testing import DeviceCheckError, check_device
from dispatchml.testing.samples import public_operations


def device(*, meetings=True, wrong=None, strayed=()):
    """A fresh storage type that stands for the memory of a device. `wrong` replaces the rule of one operation, results
    of `strayed` land on the host.
    """

    class Remote:
        def __init__(self, hidden):
            self.hidden = hidden

        shape = property(lambda self: np.shape(self.hidden))
        dtype = property(lambda self: ops.dtype(self.hidden))

        def __array__(self, *arguments, **keywords):
            raise TypeError("move it to the host first")

    register_type(Remote, slot="storage", payload=lambda x: x.hidden, rebuild=lambda x, hidden: Remote(hidden))

    def inside(x):
        if isinstance(x, tuple):
            return tuple(map(inside, x))
        if meetings and isinstance(x, np.ndarray) and x.ndim:
            raise DeviceError("an array of the host met one of the device: use to_device")
        return x.hidden if isinstance(x, Remote) else x

    def there(y):
        return tuple(map(there, y)) if isinstance(y, (tuple, list)) else Remote(y)

    def rule_of(op):
        def rule(*arguments, **keywords):
            made = op(*map(inside, arguments), **keywords)
            return made if op.info.name in strayed else there(made)

        return rule

    for name in public_operations():
        op = getattr(ops, name)
        op.layer(Remote, (wrong or {}).get(name, rule_of(op)))
    return Remote


def host(x):
    return x.hidden


def test_a_device_that_keeps_its_promises_passes():
    check_device(device(), host)


def refused(match, to_host=host, **what):
    Remote = device(**what)
    with pytest.raises(DeviceCheckError, match=match) as caught:
        check_device(Remote, to_host)
    assert "Reproduce: x = to_device(np.array(" in str(caught.value)


def test_a_result_that_strays_to_the_host():
    refused(r"value of the program 'sum of squares', output 0, is on numpy\.float64", strayed=("sum",))


def test_zeros_on_the_host():
    refused(r"on numpy\.ndarray, its input on|array of the host met", strayed=("zeros_like", "zeros_of"))


def test_a_meeting_that_moves_in_silence():
    refused("was moved in silence", meetings=False)


def test_a_round_trip_that_loses_precision():
    refused("round trip of float64", to_host=lambda x: np.asarray(x.hidden, np.float32))


def test_a_kernel_that_is_wrong_is_named_with_the_index():
    def sine(x):
        made = np.sin(x.hidden)
        if np.ndim(made):
            made = made + [0.0, 1.0, 0.0]
        return type(x)(made)

    Remote = device(wrong={"sin": sine})
    with pytest.raises(DeviceCheckError, match=r"index \(1,\).*on the host.*1 of 3 are off"):
        check_device(Remote, host, programs={"sine": lambda x: ops.sin(x)})


def test_precision_that_is_lost():
    refused("is float64, on the host float32", wrong={"multiply": lambda a, b: widened(a, b)})


def widened(a, b):
    remote = a if hasattr(a, "hidden") else b
    x, y = (np.asarray(getattr(v, "hidden", v), float) for v in (a, b))
    return type(remote)(x * y)


def test_an_operation_that_raises():
    def broken(x):
        raise OSError("the cable is out")

    refused("raised OSError: the cable is out", wrong={"exp": broken})


def test_to_device_that_stays_here():
    with pytest.raises(DeviceCheckError, match="gives an array of the host"):
        check_device(np.array, np.asarray)


def test_devices_of_one_class_are_told_apart():
    Remote = device()
    numbers = iter(range(10**6))
    with pytest.raises(DeviceCheckError, match="is on"):
        check_device(Remote, host, device_of=lambda x: (class_name(type(x)), next(numbers)))
