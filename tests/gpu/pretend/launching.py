"""Generated kernels run on the host: the function of one thread, called once for each thread of a small grid."""

import ctypes

from .array import check_devices
from .state import counts


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
