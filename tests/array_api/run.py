"""Run data-apis/array-api-tests on dispatchml.numpy, plain and traced, beside array-api-strict.

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests
    git -C array-api-tests checkout --recurse-submodules COMMIT     # COMMIT as below
    make array-api ARRAY_API_TESTS=array-api-tests

What array-api-strict fails is NumPy's or the suite's own; any failure beyond that is ours, and the exit status is 1.
The suite draws random examples: a failure that array-api-strict shows as well when it draws others is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

#: The commit of the suite that these results are for; it brings the standard's text as a submodule.
COMMIT = "55fcc60179efa2680ddd6cd926ddf17b83530e2b"
VERSION = "2024.12"
REFERENCE = "array_api_strict"
#: What array-api-strict draws with where something of ours has failed.
SEEDS = range(10)
MODULES = ("dispatchml.numpy", "dispatchml.testing.traced_namespace")


def main() -> int:
    """Run all three and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "checkout", nargs="?", default=os.environ.get("ARRAY_API_TESTS"), help="a checkout of the suite"
    )
    parser.add_argument("--examples", type=int, default=100, help="random examples for each test")
    options = parser.parse_args()
    if not options.checkout or not (Path(options.checkout) / "array_api_tests").is_dir():
        print(__doc__, file=sys.stderr)
        print(f"No checkout of the suite at {options.checkout!r}; the pinned commit is {COMMIT}.", file=sys.stderr)
        return 2
    checkout = Path(options.checkout).resolve()
    check_commit(checkout)
    known = report(REFERENCE, run(checkout, REFERENCE, options.examples))
    beyond = 0
    for module in MODULES:
        new = sorted(report(module, run(checkout, module, options.examples)) - known)
        for seed in SEEDS:
            if new:
                new = sorted(set(new) - failures(run(checkout, REFERENCE, options.examples, new, seed)))
        for test in new:
            print(f"  beyond {REFERENCE}: {test}")
        beyond += len(new)
    print(f"{beyond} failures beyond those of {REFERENCE}")
    return int(beyond > 0)


def check_commit(checkout: Path) -> None:
    """Say so where the checkout is another commit than the pinned one."""
    head = subprocess.run(["git", "-C", str(checkout), "rev-parse", "HEAD"], capture_output=True, text=True)
    found = head.stdout.strip()
    if head.returncode == 0 and (checkout / ".git").exists() and found != COMMIT:
        print(f"The checkout is at {found}; the pinned commit is {COMMIT}.", file=sys.stderr)


def run(
    checkout: Path, module: str, examples: int, tests: list[str] | None = None, seed: int | None = None
) -> dict[str, str]:
    """The outcome of each test of the suite for a module; without a seed the same examples are drawn every time."""
    root = Path(__file__).resolve().parents[2]
    environment = os.environ | {"ARRAY_API_TESTS_MODULE": module, "ARRAY_API_TESTS_VERSION": VERSION}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "report.json"
        command = [
            sys.executable, "-m", "pytest", *(tests or ["array_api_tests"]),
            "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no",
            "--disable-deadline", f"--max-examples={examples}",
            "--hypothesis-derandomize" if seed is None else f"--hypothesis-seed={seed}",
            "--json-report", f"--json-report-file={result}",
            "--json-report-omit", "collectors", "log", "streams", "warnings", "keywords", "traceback",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
        if not result.exists():
            sys.exit(f"The suite did not run for {module}:\n{done.stdout}\n{done.stderr}")
        return {t["nodeid"]: t["outcome"] for t in json.loads(result.read_text())["tests"]}


def failures(outcomes: dict[str, str]) -> set[str]:
    """The tests that failed."""
    return {test for test, outcome in outcomes.items() if outcome in ("failed", "error")}


def report(module: str, outcomes: dict[str, str]) -> set[str]:
    """Print the counts; give the failures."""
    failed = failures(outcomes)
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    print(
        f"{module}: {passed} passed, {len(failed)} failed, {len(outcomes) - passed - len(failed)} skipped", flush=True
    )
    return failed


if __name__ == "__main__":
    sys.exit(main())
