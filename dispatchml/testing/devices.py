"""check_device: values, derivatives and zeros stay where their inputs were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import ops
from ..dispatch.errors import DispatchmlError, class_name
from ..transforms import grad, hvp, jvp, value_and_grad, vmap
from .reports import written
from .samples import OTHER, VECTOR

DIRECTION = np.array([1.0, -0.5, 0.25])


def regular(x: Any) -> Any:
    """A regular matrix made of a vector, without arrays of the host."""
    return ops.add(ops.outer(x, x), ops.diag(ops.ones_like(x)))


#: What is compared with NumPy on the host; no constants but numbers, since arrays of the host must be refused.
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "sum of squares": lambda x: ops.sum(ops.multiply(x, x)),
    "powers and roots": lambda x: ops.mean(ops.add(ops.sqrt(x), ops.power(x, 3))),
    "functions": lambda x: ops.sum(ops.multiply(ops.sin(x), ops.exp(ops.negative(x)))),
    "elements": lambda x: ops.add(
        ops.multiply(ops.getitem(x, index=0), ops.getitem(x, index=1)), ops.square(ops.getitem(x, index=2))
    ),
    "choice": lambda x: ops.sum(ops.where(ops.greater(x, 0.3), ops.multiply(x, x), ops.maximum(x, 0.5))),
    "shapes": lambda x: ops.sum(ops.square(ops.concatenate((ops.reshape(x, shape=(1, 3)), ops.stack((x, x), axis=0))))),
    "products": lambda x: ops.matmul(x, ops.matmul(regular(x), x)),
    "solve": lambda x: ops.sum(ops.solve(regular(x), x)),
}


class DeviceCheckError(DispatchmlError, AssertionError):
    """Something does not stay on its device, or is moved there in silence."""


class Device:
    """A device that is being checked."""

    __slots__ = ("to_device", "to_host", "device_of", "tolerance")

    def __init__(
        self,
        to_device: Callable[[Any], Any],
        to_host: Callable[[Any], Any],
        device_of: Callable[[Any], Any] | None,
        tolerance: float,
    ) -> None:
        self.to_device, self.to_host, self.tolerance = to_device, to_host, tolerance
        self.device_of = type if device_of is None else device_of

    def fail(self, what: str, place: str, value: Any) -> None:
        """Raise, with the lines that repeat it."""
        raise DeviceCheckError(f"{what}.\nReproduce: x = to_device({written(value)}); {place}")

    def compare(self, what: str, place: str, x: Any, got: Any, expected: Any) -> None:
        """A result is on the device of x, with these numbers."""
        there, here = self.device_of(self.to_device(x)), self.device_of(got)
        if here != there:
            self.fail(f"{what} is on {describe(here)}, its input on {describe(there)}", place, x)
        numbers = np.asarray(self.to_host(got))
        if numbers.dtype != np.asarray(expected).dtype:
            self.fail(f"{what} is {numbers.dtype}, on the host {np.asarray(expected).dtype}", place, x)
        if numbers.shape != np.shape(expected):
            self.fail(f"{what} has the shape {numbers.shape}, on the host {np.shape(expected)}", place, x)
        off = ~np.isclose(numbers, expected, rtol=self.tolerance, atol=self.tolerance)
        if off.any():
            index = tuple(map(int, np.argwhere(off)[0]))
            self.fail(
                f"{what} at index {index}: {numbers[index]!r}, on the host {np.asarray(expected)[index]!r} "
                f"({int(off.sum())} of {off.size} are off)",
                place,
                x,
            )


def describe(device: Any) -> str:
    """A device in a message."""
    return class_name(device) if isinstance(device, type) else repr(device)


def check_device(
    to_device: Callable[[Any], Any],
    to_host: Callable[[Any], Any],
    *,
    device_of: Callable[[Any], Any] | None = None,
    programs: dict[str, Callable[[Any], Any]] | None = None,
    tolerance: float = 1e-9,
) -> None:
    """Check a device, or any storage that arrays are moved to; raise DeviceCheckError where a promise is broken.

    to_device(array): the array there. to_host(x): a NumPy array or number of what is there. device_of(x): what must
    stay the same, the class of x by default; with several devices of one class, return the device. programs: name ->
    function of one array that returns a number, in place of the ones given here. tolerance: relative, of numbers
    against the host's (in single precision the checks of numbers use 1e-5).

    Checked are: the round trip and the precision; values, gradients, directional derivatives, Hessian products and
    batches of programs live where their input lives and have the host's numbers; the gradient of an argument that is
    not used is a zero there; an array of the host that meets one of the device is refused, not moved in silence, while
    plain numbers are welcome.

    >>> from dispatchml.testing import check_device
    >>> check_device(cupy.asarray, cupy.asnumpy)  # doctest: +SKIP
    """
    device = Device(to_device, to_host, device_of, tolerance)
    chosen = PROGRAMS if programs is None else programs
    check_transfers(device)
    for kind in (np.float64, np.float32):
        x = VECTOR.astype(kind)
        device.tolerance = tolerance if kind is np.float64 else max(tolerance, 1e-5)
        for name, program in chosen.items():
            check_program(device, name, program, x)
        check_unused(device, x)
    check_meetings(device)


def check_transfers(device: Device) -> None:
    """There and back again."""
    for x in (VECTOR, VECTOR.astype(np.float32), np.ones((2, 0)), np.arange(6.0).reshape(2, 3)):
        back = np.asarray(device.to_host(device.to_device(x)))
        if back.dtype != x.dtype or back.shape != x.shape or not np.array_equal(back, x):
            device.fail(f"the round trip of {x.dtype}, shape {x.shape}, gives {back!r}", "to_host(x)", x)
        if isinstance(device.to_device(x), np.ndarray):
            device.fail("to_device gives an array of the host", "type(x)", x)


def check_program(device: Device, name: str, program: Callable[[Any], Any], x: Any) -> None:
    """Everything that is computed of a program is there, with the host's numbers."""
    there, dx = device.to_device(x), DIRECTION.astype(x.dtype)
    for what, call in CALLS.items():
        expected, place = call(program, x, dx), f"{what} of PROGRAMS[{name!r}]"
        try:
            got = call(program, there, device.to_device(dx))
        except Exception as error:
            raise DeviceCheckError(
                f"{what} of the program {name!r} raised {type(error).__name__}: {error}\n"
                f"Reproduce: x = to_device({written(x)}); {place}"
            ) from error
        for k, (one, other) in enumerate(zip(got, expected, strict=True)):
            device.compare(f"{what} of the program {name!r}, output {k},", place, x, one, other)


CALLS: dict[str, Callable[[Any, Any, Any], tuple[Any, ...]]] = {
    "the value": lambda f, x, dx: (f(x),),
    "value_and_grad": lambda f, x, dx: value_and_grad(f)(x),
    "jvp": lambda f, x, dx: jvp(f, (x,), (dx,)),
    "hvp": lambda f, x, dx: (hvp(f, (x,), (dx,)),),
    "vmap": lambda f, x, dx: (vmap(f)(ops.stack((x, ops.multiply(x, 2)), axis=0)),),
}


def check_unused(device: Device, x: Any) -> None:
    """The gradient of an unused argument is a zero of its device."""
    there = device.to_device(x)
    gradient = grad(lambda used, unused: ops.sum(ops.multiply(used, used)), argnums=1)(there, there)
    device.compare("the gradient of an argument that is not used", "grad(f, argnums=1)(x, x)", x, gradient, 0 * x)


def check_meetings(device: Device) -> None:
    """Nothing is moved in silence; numbers are no arrays."""
    there = device.to_device(VECTOR)
    for left, right in ((there, OTHER), (OTHER, there)):
        try:
            made = ops.multiply(left, right)
        except DispatchmlError:
            continue
        device.fail(
            f"x times an array of the host is {class_name(type(made))}: it was moved in silence", "x * a", VECTOR
        )
    for number in (2, 2.0, np.float64(2.0)):
        device.compare(f"x times {number!r}", f"x * {number!r}", VECTOR, ops.multiply(there, number), VECTOR * 2)
