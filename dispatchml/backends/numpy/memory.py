"""Memory of large arrays that is kept by the process: fresh pages cost more than most of what is computed in them.

glibc gives the memory of arrays above 128 KiB back to the system as soon as they are freed, and takes fresh, zeroed
pages for the next ones: of a training step on arrays of 1 MiB that was a sixth of the time. It stops doing so up to the
size of the largest such array that was ever freed, and keeps twice as much: see mallopt(3), `M_MMAP_THRESHOLD`.
"""

from __future__ import annotations

import numpy as np

#: Bytes of the largest blocks that glibc keeps, whatever was freed; of larger ones every one is given back.
LARGEST = 32 * 1024 * 1024


def keep_blocks() -> None:
    """Have the process keep up to 64 MiB of freed memory for the next arrays, as after freeing one array of 32 MiB.

    Nothing is written into the block, so it takes no memory. Where malloc is not glibc's, or MALLOC_* variables say
    what it should do, this changes nothing.
    """
    np.empty(LARGEST - 64 * 1024, np.uint8)
