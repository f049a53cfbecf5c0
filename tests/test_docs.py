"""What the documentation says happens: examples in README.md, docs/*.md and docstrings run, and lists are complete."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dispatchml as dm
from dispatchml.dispatch import errors

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
RUNNERS = ROOT / "tests" / "documents"


def run(*command):
    """A process of its own: documents register types, which would stay."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True, env=environment)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: p.name)
def test_examples_of_documents(path):
    if "pint" in path.read_text():
        pytest.importorskip("dispatchml_pint")
    done = run(RUNNERS / "blocks.py", path)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def test_examples_of_docstrings():
    done = run(RUNNERS / "docstrings.py")
    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr}"
    assert "0 of them fail" in done.stdout


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("```python\n>>> 1 + 1\n3\n```\n", "wanted: 3"),
        ("```python\n>>> 1 + 1\n2\n```\n", ""),
        ("```python\n>>> 1 / 0\n```\n", "got:    ZeroDivisionError"),
        (
            "```python\n>>> 1 / 0\nTraceback (most recent call last):\n    ...\nTypeError: no\n```\n",
            "wanted: TypeError",
        ),
        ("```python\nprint(1)  # prints: 2\n```\n", "wanted: 2"),
        ("```python\nx = 1\nprint(x)  # prints: 1\n```\n```python\n>>> x\n1\n```\n", ""),
        ("```python\nprint(1)\n```\n", "got:    1"),
        ("```python\nundefined\n```\n", "NameError"),
        ("```text\nundefined\n```\n", ""),
    ],
)
def test_the_runner_notices(tmp_path, text, finds):
    (tmp_path / "document.md").write_text(text)
    done = run(RUNNERS / "blocks.py", tmp_path / "document.md")
    assert finds in done.stdout
    assert done.returncode == bool(finds)


def subclasses(cls):
    """All classes below one, itself included."""
    return {cls}.union(*map(subclasses, cls.__subclasses__()))


def test_every_error_has_its_line_on_the_errors_page():
    dm.testing  # noqa: B018 -- has errors of its own
    page = (ROOT / "docs" / "errors.md").read_text()
    found = {c for c in subclasses(errors.DispatchmlError) if c.__module__.startswith("dispatchml.")}
    # those that are made when an operation fails, of OperationError and a built-in error, have no name in a module
    public = {c for c in found if getattr(sys.modules[c.__module__], c.__name__, None) is c}
    missing = [c.__name__ for c in public - {errors.DispatchmlError} if f"| `{c.__name__}` |" not in page]
    assert not missing


def test_every_error_is_found_in_one_place():
    page = (ROOT / "docs" / "errors.md").read_text()
    names = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert len(names) > 50
    assert [n for n in names if getattr(errors, n).__name__ != n] == []
    with pytest.raises(AttributeError, match="has no attribute 'OtherError'"):
        errors.OtherError  # noqa: B018


def test_every_public_name_is_in_the_api():
    page = (ROOT / "docs" / "api.md").read_text()
    elsewhere = {"numpy", "ops", "rules", "testing"}  # packages, whose names stand for themselves
    missing = [n for n in set(dm.__all__) - elsewhere if f":: {n}\n" not in page]
    assert not missing
    missing = [n for n in dm.testing.__all__ if n.startswith("check_") and f"testing.{n}\n" not in page]
    assert not missing


def test_every_page_is_reached_from_the_first():
    index = (ROOT / "docs" / "index.md").read_text()
    listed = index.partition("```{toctree}")[2].partition("```")[0].split()
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert sorted(pages - set(listed)) == []
    assert sorted(page for page in pages if f"]({page}.md)" not in index) == []
