"""The types that a type checker infers at calls of operations."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@pytest.fixture(scope="module")
def checker():
    beside = Path(sys.executable).parent / "pyright"
    found = str(beside) if beside.exists() else shutil.which("pyright")
    if found is None:
        pytest.skip("pyright is not installed: pip install dispatchml[dev]")
    return found


def test_inferred_types(checker, tmp_path):
    source = HERE / "expectations.py"
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(
        json.dumps(
            {
                "include": [source.name],
                "extraPaths": [str(ROOT)],
                "pythonVersion": "3.11",
                "typeCheckingMode": "standard",
            }
        )
    )
    shutil.copy(source, tmp_path)
    ran = subprocess.run(
        [checker, "--outputjson", "--pythonpath", sys.executable, "-p", str(settings)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    report = json.loads(ran.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    revealed, complaints = {}, {}
    for item in report["generalDiagnostics"]:
        line = item["range"]["start"]["line"] + 1
        if item["severity"] == "information":
            revealed[line] = re.search(r'is "(.*)"$', item["message"])[1]
        else:
            complaints[line] = item.get("rule", item["message"])
    expected, errors = {}, {}
    for line, text in enumerate(source.read_text().splitlines(), 1):
        if found := re.search(r"# expect: (.*)$", text):
            expected[line] = found[1]
        if found := re.search(r"# expect error: (.*)$", text):
            errors[line] = found[1].split(", ")
    assert len(expected) > 10
    assert revealed == expected
    assert complaints.keys() == errors.keys(), complaints
    assert all(complaints[line] in errors[line] for line in errors), complaints
