"""Runs the examples in the docstrings of dispatchml: `python docstrings.py`. Prints what differs from what they say."""

from __future__ import annotations

import doctest
import sys
from importlib import import_module
from pathlib import Path

import dispatchml

LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def modules_with_examples() -> list[str]:
    """The modules in which there is an example; the others need not be imported."""
    (folder,) = map(Path, dispatchml.__path__)
    files = sorted(f for f in folder.rglob("*.py") if ">>> " in f.read_text())
    parts = [("dispatchml", *f.relative_to(folder).with_suffix("").parts) for f in files]
    return [".".join(p[:-1] if p[-1] == "__init__" else p) for p in parts]


def main() -> int:
    """The number of examples that fail."""
    failed = attempted = 0
    runner = doctest.DocTestRunner(optionflags=LOOSE)
    for name in modules_with_examples():
        module = import_module(name)
        for test in doctest.DocTestFinder(exclude_empty=True).find(module, name, module=module):
            found = runner.run(test)
            failed, attempted = failed + found.failed, attempted + found.attempted
    print(f"{attempted} examples, {failed} of them fail")
    return failed if attempted else 1


if __name__ == "__main__":
    sys.exit(bool(main()))
