"""What `make test-gpu` and `make bench-gpu` run, on commands that stand for theirs."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def unattended():
    spec = importlib.util.spec_from_file_location("unattended", HERE / "unattended.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_part_that_fails_or_hangs_does_not_stop_the_others(unattended, tmp_path):
    parts = (
        ("fine", 30, (sys.executable, "-c", "print('one')")),
        ("wrong", 30, (sys.executable, "-c", "print('two'); raise SystemExit(3)")),
        ("late", 1, (sys.executable, "-c", "import time; print('three', flush=True); time.sleep(60)")),
        ("last", 30, (sys.executable, "-c", "print('four')")),
    )
    assert unattended.run("test", parts, tmp_path, say=lambda line: None) == 2
    (path,) = tmp_path.glob("*-gpu-test.txt")
    text = path.read_text()
    for words in ("one", "two", "three", "four", "wrong: FAILED (3)", "late: FAILED (time is up)", "last: passed"):
        assert words in text


def test_the_benchmark_runs_on_the_stand_in(pretend, capsys):
    import importlib

    spec = importlib.util.spec_from_file_location("benchmark_gpu", HERE.parent.parent / "benchmarks" / "gpu.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pretend.library()
    lines = module.measure(sys.modules["pretend_cupy"], target=0.001, size=1000, width=8)
    assert not [line for line in lines if line.startswith("FAILED")], lines
    assert any("perceptron" in line for line in lines)


def test_the_parts_exist_and_stay_under_nine_minutes(unattended):
    for parts in unattended.PARTS.values():
        assert sum(limit for _, limit, _ in parts) <= 540
        for _, _, command in parts:
            for word in command:
                if str(word).endswith(".py"):
                    assert (unattended.ROOT / word).exists(), word
