"""check_loading: a plugin is loaded by the first value of its library, by nothing else, in every order of imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping

from ..dispatch.errors import DispatchmlError

PLAIN = """
import sys, numpy as np, dispatchml as dm
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
print(*[m for m in sys.modules if {root!r} in m.partition('.')[0]])
"""
END = "-- end of an answer --"
EACH_IN_A_COPY = f"""
import os, sys, traceback
for expression in expressions:
    child = os.fork()
    if not child:
        try:
            print(eval(expression), {END!r}, sep="\\n", flush=True)
        except BaseException:
            traceback.print_exc()
            print(expression, file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        sys.exit(1)
"""


class LoadingError(DispatchmlError, AssertionError):
    """A plugin is loaded too early, too late, or only in one order of imports."""


def check_loading(library: str, first: Mapping[str, str], prints: str, *, setup: str = "") -> int:
    """Run programs in fresh processes; raise LoadingError for what differs. Returns the number of programs.

    library: how the library is imported, "astropy.units as u". first: expressions in which a value of the library is
    the first one to meet dispatchml, by name; they may use np, dm and the library. prints: how their results begin.
    setup: statements before each expression, which must not show dispatchml a value. A program without a value of the
    library must not import it, nor the plugin.
    """
    loaded = run(PLAIN.format(root=library.partition(" ")[0].partition(".")[0]))
    if loaded:
        raise LoadingError(f"A program of plain arrays imports {loaded}.")
    for imports in (f"dispatchml as dm, {library}", f"{library}, dispatchml as dm"):
        beginning = f"import numpy as np\nimport {imports}\n{setup}\n"
        for (name, _), printed in zip(first.items(), answers(beginning, list(first.values())), strict=True):
            if not printed.startswith(prints):
                raise LoadingError(f"{name}, after `import {imports}`, prints {printed!r} and not {prints!r}.")
    return 1 + 2 * len(first)


def answers(beginning: str, expressions: list[str]) -> list[str]:
    """What each expression prints as the first one after a beginning.

    Where processes can be forked, the beginning is run once and each expression in a copy of that process: a library
    that takes a second to import is imported once.
    """
    if not hasattr(os, "fork"):
        return [run(f"{beginning}print({expression})") for expression in expressions]
    printed = run(f"{beginning}expressions = {expressions!r}\n{EACH_IN_A_COPY}")
    return [part.strip() for part in printed.split(END)[:-1]]


def run(program: str) -> str:
    """What a program prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise LoadingError(f"A program fails:\n{program}\n{done.stderr}")
    return done.stdout.strip()
