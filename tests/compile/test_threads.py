"""Threads: results that do not depend on them, and processes that end, fork and are interrupted while they work."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.compile import machine, threads, workers
from dispatchml.compile.entry import InputSpec, OutputSpec, Plan, Step, build, kernel_function

from .texts import ONE, SUMS, slow

PROCESSES = Path(__file__).with_name("processes.py")
NAMES = [
    "exit_with_sleeping_threads", "exit_with_working_threads", "exit_of_many_daemons", "fork", "fork_while_working",
    "multiprocessing_by_fork", "multiprocessing_by_spawn", "interrupt_one", "interrupt_two", "signals_are_pythons",
    "others_run", "many_callers", "no_threads_to_be_had",
]  # fmt: skip


@pytest.fixture(autouse=True)
def former_number():
    """The number of threads as it was."""
    before = threads.thread_count(), threads.Limit.by_user
    yield
    threads.set_count(*before)


def run_program(name, **environment):
    """A program of processes.py in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if k not in ("OMP_NUM_THREADS", "DISPATCHML_NUM_THREADS")}
    return subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "ignore::DeprecationWarning", PROCESSES, name]
        if name == "fork_while_working"  # another thread of Python: of that Python warns rightly
        else [sys.executable, "-X", "faulthandler", PROCESSES, name],
        capture_output=True,
        text=True,
        timeout=60,
        env={**kept, **environment},
    )


@pytest.mark.parametrize("name", NAMES)
def test_in_a_process_of_its_own(name):
    done = run_program(name)
    assert done.returncode == 0, done.stderr
    assert not done.stderr


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the program sets x86's control word")
def test_threads_round_as_their_caller():
    done = run_program("rounding_of_the_caller")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("grain", [1, 7, 1000, 100_000, 300_000])
def test_results_do_not_depend_on_the_number_of_threads(grain):
    n = 200_001
    x = np.random.default_rng(3).normal(size=n) * 10.0 ** np.random.default_rng(4).integers(-9, 9, n)
    parts = -(-n // grain)
    spec = InputSpec("array", np.dtype("d"), (n,))
    step = Step(machine.load(SUMS), "sums", [0, 1], [grain], n, grain)
    f = build(Plan([spec], [OutputSpec("array", np.dtype("d"), (parts,))], steps=[step], result="single"))
    found = []
    for number in (1, 2, 3, 8):
        with dm.threads(number):
            found += [f(x).tobytes() for _ in range(5)]
    assert len(set(found)) == 1
    cut = [np.add.accumulate(x[k : k + grain])[-1] for k in range(0, n, grain)][:100]
    np.testing.assert_array_equal(np.frombuffer(found[0])[: len(cut)], cut)


def test_stencils_do_not_depend_on_which_blocks_go_together():
    """Rows that neighbours share are computed once in a call of several blocks, and twice in two calls."""

    def energy(u):
        flow = u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4.0 * u[1:-1, 1:-1]
        return np.sum(flow * flow)

    u = np.random.default_rng(0).normal(size=(700, 300))
    f = dm.jit(dm.value_and_grad(energy))
    assert "3 rows of it at a time" in f.report(u)
    found = set()
    for number in (1, 2, 3):
        with dm.threads(number):
            for _ in range(4):
                value, gradient = f(u)
                found.add((float(value), gradient.tobytes()))
    assert len(found) == 1
    value, gradient = dm.value_and_grad(energy)(u)
    np.testing.assert_allclose(f(u)[0], value, rtol=1e-13)
    np.testing.assert_array_equal(f(u)[1], gradient)


def test_small_work_never_meets_the_pool():
    threads.threads(4)
    f = kernel_function(machine.load(slow(1)), "slow", 2, [ONE], 100, 10)
    before = threads.read(workers.GENERATION)
    for _ in range(1000):
        f(np.ones(100), np.ones(100))
    assert threads.read(workers.GENERATION) == before


def test_large_work_does():
    threads.threads(2)
    f = kernel_function(machine.load(slow(1000)), "slow", 2, [ONE], 1000, 10)
    before = threads.read(workers.GENERATION)
    f(np.ones(1000), np.ones(1000))
    assert threads.read(workers.GENERATION) == before + 1
    with dm.threads(1):
        f(np.ones(1000), np.ones(1000))
    assert threads.read(workers.GENERATION) == before + 1


def test_more_threads_than_processors():
    threads.threads(16)
    f = kernel_function(machine.load(slow(1000)), "slow", 2, [ONE], 4000, 10)
    x, y = np.random.default_rng(5).normal(size=4000), np.zeros(4000)
    for _ in range(20):
        y[:] = 0
        f(x, y)
        np.testing.assert_array_equal(y, x)
    assert threads.read(workers.STARTED) >= 15


def test_the_number_is_set_for_good_or_for_a_while():
    dm.threads(3)
    assert threads.thread_count() == threads.read(workers.LIMIT) == 3
    with dm.threads(1):
        assert threads.thread_count() == threads.read(workers.LIMIT) == 1
    assert threads.thread_count() == 3
    assert repr(dm.threads(5)) == "<dispatchml uses 5 threads>"
    dm.threads()
    assert threads.thread_count() == threads.default_count()
    dm.threads(10**6)
    assert threads.thread_count() == threads.MOST


@pytest.mark.parametrize("number", [0, -1, 2.0, "2", True])
def test_numbers_that_are_none(number):
    with pytest.raises(ValueError, match="from 1 on"):
        dm.threads(number)


@pytest.mark.parametrize(
    ("environment", "number"),
    [
        ({"DISPATCHML_NUM_THREADS": "3", "OMP_NUM_THREADS": "5"}, 3),
        ({"OMP_NUM_THREADS": "5"}, 5),
        ({"OMP_NUM_THREADS": "5,2"}, 5),
        ({"DISPATCHML_NUM_THREADS": "many"}, None),
        ({"DISPATCHML_NUM_THREADS": "0"}, None),
        ({}, None),
    ],
)
def test_the_default_number(environment, number, monkeypatch):
    for name in ("DISPATCHML_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert threads.default_count() == (number or threads.processors())
    assert threads.processors() <= os.cpu_count()


@pytest.mark.parametrize(("text", "share"), [("max 100000", None), ("150000 100000", 1.5), ("", None), ("x y", None)])
def test_what_a_control_group_allows(text, share, tmp_path, monkeypatch):
    (tmp_path / "cpu.max").write_text(text)
    monkeypatch.setattr(threads, "cgroup_files", lambda: [(str(tmp_path / "cpu.max"), "")])
    assert threads.allowed_share() == share


def test_what_an_old_control_group_allows(tmp_path, monkeypatch):
    (tmp_path / "quota").write_text("250000\n")
    (tmp_path / "period").write_text("100000\n")
    monkeypatch.setattr(threads, "cgroup_files", lambda: [(str(tmp_path / "quota"), str(tmp_path / "period"))])
    assert threads.allowed_share() == 2.5
    (tmp_path / "quota").write_text("-1\n")
    assert threads.allowed_share() is None
