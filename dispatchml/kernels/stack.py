"""How deep kernels may call themselves: down to an address of the stack, which belongs to the thread.

Recursive functions compare their frame's address with it, and raise RecursionError. It is found once in a thread and
kept where code in C can read it, under a key of CPython's for thread-specific storage.
"""

from __future__ import annotations

import ctypes
from functools import cache

#: What is left for the functions that a recursive one calls, and for Python's handlers of signals.
RESERVE = 256 * 1024


@cache
def key() -> int:
    """The address of the key."""
    python = ctypes.pythonapi
    python.PyThread_tss_alloc.restype = ctypes.c_void_p
    python.PyThread_tss_create.argtypes = (ctypes.c_void_p,)
    python.PyThread_tss_get.argtypes, python.PyThread_tss_get.restype = (ctypes.c_void_p,), ctypes.c_void_p
    python.PyThread_tss_set.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
    made = python.PyThread_tss_alloc()
    if not made or python.PyThread_tss_create(made):
        raise MemoryError("no room for a key of thread-specific storage")
    return made


def limit() -> int:
    """The lowest address that a recursive function's frame may have in this thread."""
    found = ctypes.pythonapi.PyThread_tss_get(key())
    if not found:
        found = lowest()
        ctypes.pythonapi.PyThread_tss_set(key(), found)
    return found


def lowest() -> int:
    """The end of this thread's stack and a reserve, as the system says; 1 where it says nothing."""
    system = ctypes.CDLL(None)
    if hasattr(system, "pthread_getattr_np"):
        attributes, start, size = (ctypes.c_char * 256)(), ctypes.c_size_t(), ctypes.c_size_t()
        system.pthread_self.restype = ctypes.c_size_t
        if not system.pthread_getattr_np(ctypes.c_size_t(system.pthread_self()), attributes):
            failed = system.pthread_attr_getstack(attributes, ctypes.byref(start), ctypes.byref(size))
            system.pthread_attr_destroy(attributes)
            if not failed:
                return start.value + min(RESERVE, size.value // 2)
    elif hasattr(system, "pthread_get_stackaddr_np"):
        for name in ("pthread_self", "pthread_get_stackaddr_np", "pthread_get_stacksize_np"):
            getattr(system, name).restype = ctypes.c_size_t
        thread = ctypes.c_size_t(system.pthread_self())
        top, room = system.pthread_get_stackaddr_np(thread), system.pthread_get_stacksize_np(thread)
        return top - room + min(RESERVE, room // 2)
    return 1
