"""What is kept of freed memory, seen by the pages that a process has to fetch."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import numpy as np
from dispatchml.backends.numpy.memory import keep_blocks

def pages():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        several = [np.ones(200_000) for _ in range(4)]  # 1.6 MB each
        del several
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10

pages()
without = pages()
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
keep_blocks()
pages()
print(without > 1000, pages() < 20, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 8192)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the memory is not managed by glibc's malloc")
def test_large_arrays_find_the_memory_of_those_before_them():
    import os

    variables = {k: v for k, v in os.environ.items() if not k.startswith(("MALLOC_", "GLIBC_TUNABLES"))}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=variables)
    assert done.stdout.split() == ["True", "True", "True"], done.stderr
