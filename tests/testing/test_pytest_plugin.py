"""The pytest plugin: its fixtures, short tracebacks, and that it loads nothing."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TEST = """
import numpy as np
from dispatchml import ops

def test_rule(check_rule):
    check_rule(ops.sin, np.array([0.5]), reference=np.sin)

def test_wrong(check_rule):
    check_rule(ops.sin, np.array([0.5]), reference=np.cos)

def test_registry(check_registry):
    check_registry("json")

def test_others(check_array_type, check_device):
    assert check_array_type.__name__ == "check_array_type"
    assert check_device.__name__ == "check_device"
"""


def run(folder, *options):
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "pytest_dispatchml",
            "-p",
            "no:cacheprovider",
            "-q",
            *options,
            str(folder),
        ],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PATH": "/usr/bin"},
        cwd=folder,
    )


def test_fixtures_and_short_tracebacks(tmp_path):
    (tmp_path / "test_mine.py").write_text(TEST)
    done = run(tmp_path)
    assert "1 failed, 3 passed" in done.stdout, done.stdout + done.stderr
    assert "Reproduce: check_rule(ops.sin, np.array([0.5])" in done.stdout
    assert "dispatchml/testing/rules.py:" not in done.stdout
    assert "test_mine.py:9: RuleCheckError" in done.stdout


def test_nothing_is_imported_before_a_test_asks(tmp_path):
    (tmp_path / "test_nothing.py").write_text(
        "import sys\ndef test_nothing():\n    assert not {'dispatchml', 'numpy'} & set(sys.modules)\n"
    )
    done = run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_entry_point_names_the_plugin():
    text = (ROOT / "pyproject.toml").read_text()
    assert '[project.entry-points.pytest11]\ndispatchml = "pytest_dispatchml"' in text
