"""What `make test-gpu` and `make bench-gpu` run, on commands that stand for theirs."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
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
    summary = text.partition("== summary")[2].splitlines()[1:]
    assert [line.split()[0] for line in summary] == ["fine", "wrong", "late", "last"]
    assert "FAILED (3)" in summary[1]


@pytest.mark.parametrize(
    "only",
    [("bandwidth", "overhead"), pytest.param((), marks=pytest.mark.slow)],
    ids=["some", "all"],
)
def test_the_benchmark_runs_on_the_stand_in(only, pretend, monkeypatch):
    monkeypatch.syspath_prepend(str(HERE.parent.parent / "benchmarks"))
    spec = importlib.util.spec_from_file_location("benchmark_gpu", HERE.parent.parent / "benchmarks" / "gpu.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    pretend.library()
    monkeypatch.setattr(module, "TABLE", module.TABLE[:3])

    def few(case):
        longest = max(len(x) for x in case.arguments if np.ndim(x))
        return [x[:20] if np.ndim(x) and len(x) == longest else x for x in case.arguments]

    lines = module.measure(sys.modules["pretend_cupy"], target=1e-4, size=100, width=8, arguments=few, only=only)
    assert not [line for line in lines if line.startswith("FAILED")], lines
    more = () if only else ("perceptron", "transformer", module.TABLE[2].name)
    for words in ("copy's bandwidth", "by hand", "promises kept", *more):
        assert any(words in line for line in lines), words


def test_the_parts_exist_and_stay_under_nine_minutes(unattended):
    for parts in unattended.PARTS.values():
        assert sum(limit for _, limit, _ in parts) <= 540
        for _, _, command in parts:
            for word in command:
                if str(word).endswith(".py"):
                    assert (unattended.ROOT / word).exists(), word
