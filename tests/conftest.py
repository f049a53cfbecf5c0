"""What all tests share: the comparison of error messages with the texts that are kept beside the tests, and fresh
environments for plugins that tests install.

`check_text(error, "name")` compares the message of an error (or any text) with `texts/name.txt` in the folder of the
test file, character by character; `FILE:LINE` stands for every place in a file and `0x...` for every address. To write
or rewrite the texts, run the tests with the environment variable DISPATCHML_WRITE_TEXTS=1 and read the difference
before committing it.
"""

import atexit
import gc
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Compiled code is kept in a folder of this run's own, which the processes that it starts share.
if "DISPATCHML_CACHE_DIR" not in os.environ:
    os.environ["DISPATCHML_CACHE_DIR"] = tempfile.mkdtemp(prefix="dispatchml-tests-")
    atexit.register(shutil.rmtree, os.environ["DISPATCHML_CACHE_DIR"], ignore_errors=True)
#: With this variable set, no installed plugin is seen: for what the core says where nobody has registered a type.
if os.environ.get("DISPATCHML_TESTS_WITHOUT_PLUGINS"):
    from dispatchml.dispatch import plugins

    plugins.ENTRIES = {}
#: With this one, all of them whose packages are installed are loaded before the first test: what they bring must change
#: nothing for plain values.
if os.environ.get("DISPATCHML_TESTS_WITH_ALL_PLUGINS"):
    from dispatchml.dispatch import plugins

    for entry in plugins.entries().values():
        served = getattr(plugins.describe_plugin(entry), "triggers", ())
        if not served or any(importlib.util.find_spec(package.partition(".")[0]) for package in served):
            plugins.load(entry)
if os.environ.get("DISPATCHML_NATIVE") != "0":  # what a program gets after a tenth of a second of work
    from dispatchml.backends import native

    native.activate()
PLACE = re.compile(r"[^\s(]+\.py:\d+")
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def masked(text):
    """A message without what differs between two machines."""
    return ADDRESS.sub("0x...", PLACE.sub("FILE:LINE", text))


@pytest.fixture
def check_text(request):
    """A function (error, name) that compares an error's message with the text of that name."""
    folder = Path(request.path).parent / "texts"

    def check(error, name):
        path = folder / f"{name}.txt"
        text = masked(str(error)).rstrip() + "\n"
        if os.environ.get("DISPATCHML_WRITE_TEXTS"):
            folder.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is not there; run the test with DISPATCHML_WRITE_TEXTS=1 to write it:\n{text}"
        assert text == path.read_text()

    return check


def pytest_collection():
    gc.disable()


def pytest_collection_finish():
    """Tests and what they import are a million objects: no collection need look at them again."""
    gc.freeze()
    gc.enable()


def pytest_terminal_summary(terminalreporter):
    """Print what tests have recorded as record_property("summary", text), such as the number of primitives."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "summary" and report.when == "call":
                    terminalreporter.write_line(text)


class Ratio:
    """A number class that nobody registers."""

    def __init__(self, over, under=1):
        self.over, self.under = over, under

    def __add__(self, other):
        return Ratio(self.over * other.under + other.over * self.under, self.under * other.under)

    def __mul__(self, other):
        return Ratio(self.over * getattr(other, "over", other), self.under * getattr(other, "under", 1))

    __rmul__ = __mul__

    def __sub__(self, other):
        return self + Ratio(-1) * other

    def __neg__(self):
        return Ratio(-self.over, self.under)

    def __eq__(self, other):
        return self.over * other.under == other.over * self.under

    def __float__(self):
        return self.over / self.under


class Scaled(Ratio):
    """Another one."""


Ratio.Scaled = Scaled


@pytest.fixture
def ratio():
    """A number class that nobody registers; `ratio.Scaled` is a subclass."""
    return Ratio


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
