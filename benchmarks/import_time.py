"""Start-up: `import dispatchml` and a first eager gradient in fresh processes, against `import numpy` alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

import _race

#: Compiled modules are kept in one folder for all candidates, as after any first start, whatever the environment says.
CACHE = tempfile.TemporaryDirectory()
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {
    "PYTHONPYCACHEPREFIX": CACHE.name
}

PROGRAMS = {
    "import numpy": "import numpy",
    "import dispatchml": "import dispatchml",
    "import dispatchml and a first gradient": (
        "import numpy as np, dispatchml as dm\ndm.grad(lambda x: np.sum(np.sin(x) * x))(np.linspace(0.0, 1.0, 10))"
    ),
    "import autograd and a first gradient": (
        "import autograd.numpy as np, autograd\n"
        "autograd.grad(lambda x: np.sum(np.sin(x) * x))(np.linspace(0.0, 1.0, 10))"
    ),
    "import torch and a first gradient": (
        "import torch\nx = torch.linspace(0.0, 1.0, 10, requires_grad=True)\n(torch.sin(x) * x).sum().backward()"
    ),
}
HEAVY = ("plum", "optree", "numba", "cupy", "scipy", "rich", "beartype", "attr", "hypothesis")


def seconds(program: str) -> float | None:
    """Seconds from the start of the program to its end, interpreter start-up excluded."""
    source = f"import time; start = time.perf_counter()\n{program}\nprint(time.perf_counter() - start)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    return float(done.stdout) if done.returncode == 0 else None


def main() -> bool:
    names = [name for name, program in PROGRAMS.items() if seconds(program) is not None]
    times = {name: [seconds(PROGRAMS[name]) or 0.0 for _ in range(1)] for name in names}
    for _ in range(14):
        for name in names:
            times[name].append(seconds(PROGRAMS[name]) or 0.0)
    print("\nfresh processes, s")
    for name in names:
        print(f"  {name:44s} {statistics.median(times[name]):.3f}")
    ratio = statistics.median(
        n / d for n, d in zip(times["import numpy"], times["import dispatchml and a first gradient"], strict=True)
    )
    ok = _race.verdict("import numpy / (import dispatchml and a first gradient)", ratio, 0.5)
    probe = (
        PROGRAMS["import dispatchml and a first gradient"]
        + f"\nimport sys\nprint([m for m in {HEAVY!r} if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, env=ENVIRONMENT
    ).stdout.strip()
    print(f"  heavy modules loaded by it: {loaded}")
    return ok


if __name__ == "__main__":
    _race.versions("dispatchml", "numpy", "autograd", "torch")
    print("all reached" if main() else "NOT reached")
