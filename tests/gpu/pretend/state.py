"""What the stand-in knows of itself: counts of what happened, the current device, the bytes that live arrays hold."""

import weakref
from types import SimpleNamespace


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
