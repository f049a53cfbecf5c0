"""Every example runs, and checks its own result."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
#: orbit.py has a test of its own.
EXAMPLES = sorted(p for p in (ROOT / "examples").glob("*.py") if p.name != "orbit.py")
#: What an example needs besides dispatchml.
NEEDS = {
    "decay_with_units.py": "dispatchml_pint",
    "gaussian_process_on_a_grid.py": "dispatchml_structured",
    "neural_ode.py": "dispatchml_scipy",
}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_example(path, tmp_path):
    if path.name in NEEDS:
        pytest.importorskip(NEEDS[path.name])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-W", "error", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip()


def test_each_example_checks_its_result():
    for path in EXAMPLES:
        text = path.read_text()
        assert "assert" in text, path.name  # assert statements, or numpy.testing.assert_allclose
