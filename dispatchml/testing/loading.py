"""check_loading: a plugin is loaded by the first value of its library, by nothing else, in every order of imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from ..dispatch.errors import DispatchmlError

PLAIN = """
import sys, numpy as np, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
print(*[m for m in sys.modules if {root!r} in m.partition('.')[0]])
"""


class LoadingError(DispatchmlError, AssertionError):
    """A plugin is loaded too early, too late, or only in one order of imports."""


def check_loading(library: str, first: Mapping[str, str], prints: str) -> int:
    """Run programs in fresh processes; raise LoadingError for what differs. Returns the number of processes.

    library: how the library is imported, "astropy.units as u". first: expressions in which a value of the library is
    the first one to meet dispatchml, by name; they may use np, dm and the library. prints: how their results begin.
    A program without a value of the library must not import it, nor the plugin.
    """
    loaded = run(PLAIN.format(root=library.partition(" ")[0].partition(".")[0]))
    if loaded:
        raise LoadingError(f"A program of plain arrays imports {loaded}.")
    for name, expression in first.items():
        for imports in (f"dispatchml as dm, {library}", f"{library}, dispatchml as dm"):
            printed = run(f"import numpy as np\nimport {imports}\nprint({expression})")
            if not printed.startswith(prints):
                raise LoadingError(f"{name}, after `import {imports}`, prints {printed!r} and not {prints!r}.")
    return 1 + 2 * len(first)


def run(program: str) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise LoadingError(f"A program fails:\n{program}\n{done.stderr}")
    return done.stdout.strip()
