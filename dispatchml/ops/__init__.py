"""The operations, by family. Each is a generic function; `dispatchml.rules` has the derivatives, `dispatchml.backends` the kernels."""

from .arithmetic import *  # noqa: F403
