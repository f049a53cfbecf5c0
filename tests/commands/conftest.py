"""Environments of their own for plugins that tests install: fresh, offline, with what runs the tests in reach."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


class Environment:
    """A virtual environment beside the running one, whose packages it sees."""

    def __init__(self, folder):
        venv.create(folder, with_pip=False, symlinks=True)
        self.python = folder / "bin" / "python"
        inside = Path(self.ask("import sysconfig; print(sysconfig.get_path('purelib'))"))
        seen = [str(ROOT), *(sysconfig.get_path(n) for n in ("purelib", "platlib"))]
        (inside / "running.pth").write_text(f"import sys; sys.path += {list(dict.fromkeys(seen))!r}\n")

    def ask(self, program, **environment):
        """What a program prints; the program is an own process without our PYTHONPATH."""
        done = self.run("-c", program, **environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def run(self, *command, folder=None, **environment):
        """A Python of the environment."""
        variables = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PIP_", "COV_", "PYTEST_"))}
        return subprocess.run(
            [str(self.python), *map(str, command)],
            capture_output=True,
            text=True,
            cwd=folder,
            env=variables | environment,
        )

    def install(self, *packages):
        """pip install without network, dependencies and build environments."""
        done = self.run(
            "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index", "--no-deps",
            "--no-build-isolation", *packages,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def environment(tmp_path):
    """A fresh environment; hatchling and pip are those of the running one."""
    pytest.importorskip("hatchling")
    pytest.importorskip("pip")
    if sys.platform == "win32":
        pytest.skip("the paths of a virtual environment are written for POSIX here")
    return Environment(tmp_path / "environment")
