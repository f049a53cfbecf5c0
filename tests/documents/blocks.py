"""Runs the Python of a document: `python blocks.py README.md`. The convention, for README.md and docs/*.md:

- Every block fenced as ```python runs, in order, in one module for each document. Other fences (`text`, `toml`) do not.
- A block with `>>>` is a session: what follows each input is compared with what it prints, where `...` stands for
  anything and white space does not matter. An error is written as `Traceback (most recent call last):`, `    ...` and
  `ClassOfTheError: its text`; only that last line is compared.
- Any other block is a piece of a script, run whole. A line that ends in `# prints: text` must make it print that text;
  the texts of all such lines, in order, are the whole output of the block.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
import re
import sys
import types
import warnings
from pathlib import Path

FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PRINTS = re.compile(r"# prints: (.*)$", re.MULTILINE)
LOOSE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def blocks(text: str) -> list[tuple[int, str]]:
    """The Python blocks of a document, each with the line in which it begins."""
    return [(text[: found.start(1)].count("\n") + 1, found.group(1)) for found in FENCE.finditer(text)]


def matches(wanted: str, got: str) -> bool:
    """Whether an output is what the document says."""
    return doctest.OutputChecker().check_output(wanted.rstrip() + "\n", got.rstrip() + "\n", LOOSE)


def printed(code: types.CodeType, names: dict[str, object]) -> tuple[str, str]:
    """What a piece of code prints, and `Class: text` of the error that it raises."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(code, names)
        except Exception as error:
            return out.getvalue(), f"{type(error).__name__}: {error}"
    return out.getvalue(), ""


def session(place: str, line: int, text: str, names: dict[str, object]) -> list[str]:
    """Run a block of `>>>` inputs; what differs from the document."""
    failures = []
    for example in doctest.DocTestParser().get_examples(text):
        code = compile("\n" * (line + example.lineno - 1) + example.source, place, "single")
        got, raised = printed(code, names)
        wanted = example.exc_msg.rpartition("errors.")[2] if example.exc_msg else example.want
        if (example.exc_msg is None) is (raised != "") or not matches(wanted, raised or got):
            failures.append(
                f"{place}:{line + example.lineno}: {example.source}wanted: {wanted}\ngot:    {raised or got}"
            )
    return failures


def script(place: str, line: int, text: str, names: dict[str, object]) -> list[str]:
    """Run a block of plain code; what differs from the document."""
    got, raised = printed(compile("\n" * (line - 1) + text, place, "exec"), names)
    wanted = "\n".join(PRINTS.findall(text))
    if raised:
        return [f"{place}:{line}: the block raises {raised}"]
    return [] if matches(wanted, got) else [f"{place}:{line}: wanted: {wanted}\ngot:    {got}"]


def remember(path: Path) -> None:
    """Give Python the text of functions that a document defines, as an interactive session of today has it."""
    lines = [re.sub(r"^(>>>|\.\.\.)( |$)", "", line) + "\n" for line in path.read_text().split("\n")]
    linecache.cache[str(path)] = sum(map(len, lines)), None, lines, str(path)


def run(path: Path) -> list[str]:
    """Run all blocks of a document; what differs."""
    module = sys.modules["__main__"] = types.ModuleType("__main__")  # as in the reader's own session
    failures = []
    remember(path)
    for line, text in blocks(path.read_text()):
        form = session if ">>> " in text else script
        failures += form(str(path), line, text, module.__dict__)
    return failures


if __name__ == "__main__":
    warnings.simplefilter("error", DeprecationWarning)
    found = [failure for name in sys.argv[1:] for failure in run(Path(name))]
    print("\n\n".join(found))
    sys.exit(bool(found))
