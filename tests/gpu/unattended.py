"""`make test-gpu` and `make bench-gpu`: everything that needs a card, printed and kept under benchmarks/results.

    python tests/gpu/unattended.py test     the tests marked gpu
    python tests/gpu/unattended.py bench    benchmarks/gpu.py

No make is needed: it runs with any Python that has CuPy, pytest, SciPy and what dispatchml depends on.

Each part has a limit of time of its own; one that fails or takes too long does not keep the others from running, and
is in the exit status. Both stay under nine minutes.
"""

from __future__ import annotations

import datetime
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: CuPy compiles its own kernels when they are first used: several processes share that work.
TOGETHER = ("-n", "8") if importlib.util.find_spec("xdist") is not None else ()
PYTEST = (sys.executable, "-m", "pytest", "-q", "--benchmark-disable", "-p", "no:cacheprovider", "-rs")
#: What is printed first.
VERSIONS = """
import sys, numpy, dispatchml
from dispatchml.backends.cupy.setup import cards, diagnosis, driver_version
print("Python", sys.version.split()[0], "NumPy", numpy.__version__, "dispatchml", dispatchml.__version__)
print("driver", driver_version(), "missing:", diagnosis() or "nothing")
sys.exit(bool(diagnosis())) if diagnosis() else print(cards())
"""
#: What runs: name, seconds, command.
PARTS = {
    "test": (
        ("versions", 20, (sys.executable, "-c", VERSIONS)),
        ("storage and transfers", 60, (*PYTEST, "-m", "gpu", "tests/gpu/test_storage.py")),
        (
            "compiled programs, positions, vectorize, kernel, streams, memory",
            100,
            (
                *PYTEST,
                "-m",
                "gpu",
                *(f"tests/gpu/test_{name}.py" for name in ("card", "groups", "indexed", "vectorize", "kernel")),
            ),
        ),
        ("cases of check_rule", 160, (*PYTEST, *TOGETHER, "-m", "gpu", "tests/gpu/test_rules.py")),
        ("rows of the composition matrix", 90, (*PYTEST, *TOGETHER, "-m", "gpu", "tests/gpu/test_matrix.py")),
        ("every operation", 110, (*PYTEST, *TOGETHER, "-m", "gpu", "tests/gpu/test_operations.py")),
    ),
    "bench": (
        ("versions", 20, (sys.executable, "-c", VERSIONS)),
        ("benchmarks", 500, (sys.executable, "benchmarks/gpu.py")),
    ),
}


def run(what: str, parts=None, folder: Path | None = None, say=print) -> int:
    """Run the parts one after the other; returns how many failed. folder: where the text is kept."""
    folder = ROOT / "benchmarks" / "results" if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.date.today().isoformat()}-gpu-{what}.txt"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    failed, table = 0, []
    with path.open("w") as kept:

        def tell(line: str) -> None:
            say(line)
            kept.write(line + "\n")
            kept.flush()

        for name, limit, command in PARTS[what] if parts is None else parts:
            start = time.monotonic()
            tell(f"== {name} (at most {limit} s)")
            try:
                done = subprocess.run(
                    command, cwd=ROOT, env=environment, text=True, timeout=limit,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                )  # fmt: skip
                text, status = done.stdout, done.returncode
            except subprocess.TimeoutExpired as late:
                out = late.stdout or ""
                text, status = out if isinstance(out, str) else out.decode(errors="replace"), "time is up"
            for line in text.splitlines():
                tell(line)
            failed += status != 0
            took, last = time.monotonic() - start, next((v for v in reversed(text.splitlines()) if v.strip()), "")
            table.append(f"{name:60s} {'passed' if status == 0 else f'FAILED ({status})':18s} {took:5.0f} s  {last}")
            tell(
                f"== {name}: {'passed' if status == 0 else f'FAILED ({status})'} after {time.monotonic() - start:.0f} s"
            )
        tell("== summary")
        for line in table:
            tell(line)
    say(f"kept as {path}")
    return failed


if __name__ == "__main__":
    sys.exit(min(run(sys.argv[1]), 1))
