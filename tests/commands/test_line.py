"""The command line as its users see it: what it prints, its suggestions, its exit status."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dispatchml.cli import main
from dispatchml.compile import cache

pytest.importorskip("typer")
pytest.importorskip("rich")

ROOT = Path(__file__).parent.parent.parent


class Done:
    """What a command left behind."""

    def __init__(self, returncode, stdout, stderr):
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


@pytest.fixture
def dispatchml(monkeypatch, capsys):
    """Run the command line in this process, in a folder."""

    def run(*words, folder=ROOT):
        monkeypatch.setattr(sys, "argv", ["dispatchml", *words])
        monkeypatch.chdir(folder)
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code or 0
        return Done(code, *capsys.readouterr())

    return run


MINE = """
import numpy as np
from dispatchml.testing import Subject
LIBRARIES = ("numpy",)
def subjects():
    return [Subject("mine", "value", "plain", (np.ndarray, np.generic), np.array),
            Subject("wrong", "value", "plain", (np.ndarray, np.generic), np.array, dtype=np.float32)]
"""


@pytest.fixture
def small(tmp_path):
    """A folder with a matrix of two rows, one of which is wrong."""
    (tmp_path / "types").mkdir()
    (tmp_path / "types" / "mine.py").write_text(MINE)
    return tmp_path


def test_help_names_every_command(dispatchml):
    done = dispatchml("--help")
    assert done.returncode == 0
    for name in ("plugins", "doctor", "methods", "which", "new-plugin", "cache", "matrix"):
        assert f"\n  {name} " in done.stdout


def test_methods(dispatchml):
    done = dispatchml("methods", "multiply")
    assert done.stdout.startswith("dispatchml.ops.arithmetic.multiply(a, b)\n")
    assert "multiply(numpy.ndarray, numpy.ndarray)" in done.stdout
    assert "text: da: b, db: a" in done.stdout


def test_methods_with_keywords_and_function_rules(dispatchml):
    assert "sum(x, *, axis=None" in dispatchml("methods", "sum").stdout
    done = dispatchml("methods", "cholesky")
    assert "function" in done.stdout
    assert "rules/decompositions.py:" in done.stdout


def test_which(dispatchml):
    done = dispatchml("which", "add", "float", "numpy.float32")
    assert done.returncode == 0
    assert done.stdout.startswith("add(float, numpy.float32): ")
    assert "dispatchml" in done.stdout.partition(": ")[2]


def test_which_of_a_call_that_there_is_not(dispatchml):
    done = dispatchml("which", "add", "float", "collections.OrderedDict")
    assert done.returncode == 1
    assert "No method for add(" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["methods", "mutiply"], "There is no operation 'mutiply'. Did you mean multiply"),
        (["which", "add", "flot", "int"], "There is no type 'flot'. Did you mean float"),
        (["which", "add", "numpy.float3", "int"], "There is no type 'numpy.float3'. Did you mean numpy.float"),
        (["which", "add", "nopackage.Thing", "int"], "No module named 'nopackage'"),
        (["which", "matmul", "float"], "matmul takes 2 arguments, not 1"),
        (["matrix", "--folder", ".", "--row", "mein"], "There is no row 'mein'. Did you mean mine"),
        (["matrix", "--folder", ".", "--program", "polynom"], "There is no program 'polynom'. Did you mean polynomial"),
        (["matrix", "--folder", "nowhere"], "nowhere/types holds no families of types"),
        (["new-plugin", "Survey"], "'Survey' cannot be the name of a plugin"),
        (["doctr"], "Did you mean 'doctor'?"),
    ],
)
def test_wrong_names_get_the_nearest(words, says, dispatchml, small):
    done = dispatchml(*words, folder=small)
    assert done.returncode != 0
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_cells_of_the_matrix(dispatchml, small):
    done = dispatchml("matrix", "--folder", ".", "--row", "mine", "--program", "poly*", folder=small)
    assert done.returncode == 0
    assert "mine, polynomial, grad: ok\n" in done.stdout
    assert done.stdout.count("ok\n") == 9


def test_a_whole_matrix_of_ones_own(dispatchml, small):
    done = dispatchml("matrix", "--folder", ".", "--html", "m.html", "--png", "m.png", folder=small)
    assert done.returncode == 1
    assert "●●●●●●●" in done.stdout
    assert "lossy: wrong, polynomial, grad: gradient: the precision is float64, not float32" in done.stdout
    assert "126 cells: 63 ok, 63 lossy; 0 without meaning (0.0 %)" in done.stdout
    assert "<title>dispatchml: composition</title>" in (small / "m.html").read_text()
    assert (small / "m.png").read_bytes()[:4] == b"\x89PNG"


def test_plugins_and_doctor(dispatchml):
    done = dispatchml("plugins")
    assert done.returncode == 0
    assert "dispatchml-pint 0.1.0" in done.stdout or "No plugins are installed" in done.stdout
    done = dispatchml("doctor")
    assert "numpy" in done.stdout
    assert "cpu" in done.stdout
    assert done.returncode == ("Nothing is wrong." not in done.stdout)


def test_cache(dispatchml, tmp_path, monkeypatch):
    folder = tmp_path / "compiled"
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", str(folder))
    assert dispatchml("cache", "clear").stdout == "0 files deleted\n"
    assert f"folder  {folder}\nfiles   0\n" in dispatchml("cache", "info").stdout
    cache.store("ab" * 32, bytes(2**20))
    (folder / "mine.txt").write_text("not the cache's")
    said = dispatchml("cache", "info").stdout
    assert "files   1\nsize    1.0 of at most 256 MiB\n" in said
    assert "not used" not in said
    folder.chmod(0o777)
    assert "not used: others can write to the folder" in dispatchml("cache", "info").stdout
    refused = dispatchml("cache", "clear")
    assert refused.returncode == 1
    assert "nothing was deleted in" in refused.stderr
    folder.chmod(0o700)
    assert dispatchml("cache", "clear").stdout == "1 file deleted\n"
    assert [f.name for f in folder.iterdir()] == ["mine.txt"]
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", "")
    assert "folder  none\n" in dispatchml("cache", "info").stdout


def test_new_plugin(dispatchml, tmp_path):
    done = dispatchml("new-plugin", "survey", "--class", "Column", folder=tmp_path)
    assert done.returncode == 0
    assert "cd dispatchml-survey" in done.stdout
    assert (tmp_path / "dispatchml-survey" / "src" / "dispatchml_survey" / "register.py").exists()
    again = dispatchml("new-plugin", "survey", folder=tmp_path)
    assert again.returncode == 1
    assert "is there already; nothing was written" in again.stderr


def test_without_typer_it_says_how_to_install_it(tmp_path):
    (tmp_path / "typer.py").write_text("raise ImportError('no', name='typer')\n")
    done = subprocess.run(
        [sys.executable, "-m", "dispatchml.cli", "doctor"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
    )
    assert done.returncode == 1
    assert "pip install 'dispatchml[cli]' (typer is missing)" in done.stderr
