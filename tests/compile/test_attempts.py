"""A text whose compilation ends processes is compiled no more; those who are interrupted or killed once are."""

import os
import subprocess
import sys

import pytest

from dispatchml.compile import attempts, cache

PROGRAM = """
import os, sys, warnings
import numpy as np
import dispatchml as dm
from dispatchml.compile import generator
real = generator.compile_text
def compile_text(text, effort):
    if "@k" in text:
        os._exit(86)
    return real(text, effort)
if sys.argv[1] == "ends":
    generator.compile_text = compile_text
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(dm.jit(lambda x: np.sin(x) + 1.0)(np.zeros(3)))
print(*(w.message for w in caught))
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    path = tmp_path / "cache"
    path.mkdir(mode=0o700)
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", str(path))
    return path


def run(how):
    return subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, timeout=60)


def test_after_two_ends_a_function_runs_uncompiled(folder):
    assert run("ends").returncode == run("ends").returncode == 86
    third = run("ends")
    assert third.returncode == 0, third.stderr
    assert "[1. 1. 1.]" in third.stdout
    assert "runs uncompiled: LLVM has ended 2 processes that compiled it" in third.stdout
    cache.clear()
    assert not list(folder.iterdir())
    assert run("compiles").stdout.split("\n")[1] == ""
    assert not list(folder.glob("*.attempt"))


def test_one_end_is_forgiven_and_forgotten(folder):
    assert run("ends").returncode == 86
    assert "uncompiled" not in run("compiles").stdout
    assert not list(folder.glob("*.attempt"))


def test_a_process_that_is_at_it_is_no_end(folder):
    key = cache.key_of("a text")
    with attempts.attempt(key):
        assert len(list(folder.glob("*.attempt"))) == 1
        for _ in range(3):
            with attempts.attempt(key):  # this process is alive
                pass
        assert len(list(folder.glob("*.attempt"))) == 1
    assert not list(folder.iterdir())


def test_errors_and_interruptions_leave_nothing(folder):
    for error in (RuntimeError, KeyboardInterrupt):
        with pytest.raises(error), attempts.attempt(cache.key_of("a text")):
            raise error
    assert not list(folder.iterdir())


def test_without_a_folder_nothing_is_counted(folder, monkeypatch):
    monkeypatch.setenv("DISPATCHML_CACHE_DIR", "")
    with attempts.attempt(cache.key_of("a text")):
        pass
    assert not os.listdir(folder)


def test_a_damaged_file_counts_nothing(folder):
    key = cache.key_of("a text")
    (folder / (key + cache.ATTEMPT)).write_bytes(b"\xff\x00")
    with attempts.attempt(key):
        pass
    assert not list(folder.iterdir())
