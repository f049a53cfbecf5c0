"""Code for other processors than this one: for 64-bit ARM it is compiled, and what any x86-64 runs is run."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).with_name("other_processors.py")


def lines(kind, folder):
    """What the program prints, word by word."""
    environment = {**os.environ, "DISPATCHML_CACHE_DIR": str(folder)}
    ran = subprocess.run(
        [sys.executable, str(PROGRAM), kind], capture_output=True, text=True, env=environment, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return [line.split() for line in ran.stdout.splitlines()]


def test_kernels_for_arm(cache_folder):
    found = {name: rest for name, *rest in lines("arm", cache_folder)}
    assert set(found) == {"driver", "elements", "rows", "stencil", "single", "whole", "complex"}
    for name, (count, _, *missing) in found.items():
        assert int(count) > 0, name
        assert not missing, name
    assert found["elements"][1] == "True"  # vectors of two, products and sums in one step


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="what runs is code for x86-64")
def test_the_least_x86_computes_the_same(cache_folder):
    for name, error in lines("least", cache_folder):
        assert float(error) < (1e-5 if name == "single" else 1e-12), name
