"""What a million calls leave behind: nothing."""

import gc
import sys

import numpy as np
import pytest

from dispatchml.compile import entry, machine, table
from dispatchml.compile.entry import InputSpec, OutputSpec, Pack, Plan, Step, Unpack, build

from .texts import scale, status

DOUBLE = np.dtype("d")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory in use is read from /proc")


def resident():
    """Bytes of memory that the process has."""
    gc.collect()
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def grown(work, rounds):
    """By how many bytes memory grows in so many rounds, each time: once the allocator may take a large page."""
    work(rounds // 10)
    found = []
    for _ in range(2):
        before = resident()
        work(rounds)
        found.append(resident() - before)
    return min(found)


def function(result="tuple", huge=False, scratch=(8000,)):
    """f(x, 3.0, True): outputs of every kind; a negative element of x makes it a miss."""
    plan = Plan(
        [InputSpec("array", DOUBLE, (3,)), InputSpec("float"), InputSpec("bool")],
        [
            OutputSpec("array", DOUBLE, (3,)), OutputSpec("scalar", DOUBLE), OutputSpec("float"), OutputSpec("complex"),
            OutputSpec("int"), OutputSpec("bool"), OutputSpec("argument", value=0), OutputSpec("object", value="text"),
            OutputSpec("array", DOUBLE, (2**45,) if huge else (4,)),
        ],
        scratch=scratch,
        result=result,
    )  # fmt: skip
    steps = [
        Step(machine.load(status()), "status", [0, plan.status_slot], extent=3),
        Step(machine.load(scale(2.0)), "scale", [0, 3], extent=3),
    ]
    return build(plan._replace(steps=steps))


def test_a_million_calls():
    f, x, bad = function(), np.ones(3), -np.ones(3)

    def work(rounds):
        for _ in range(rounds):
            f(x, 3.0, True)
            f(bad, 3.0, True)
            f(x, 3, True)
            f(x, 3.0)

    assert grown(work, 250_000) < 2**18


def test_containers():
    leaf = InputSpec("array", DOUBLE, (3,))
    plan = Plan(
        [leaf._replace(leaf=1), leaf._replace(leaf=3)],
        [OutputSpec("array", DOUBLE, (3,)), OutputSpec("argument", value=3), OutputSpec("float")],
        unpacks=[Unpack(0, list, 2), Unpack(2, dict, 1, ["a"])],
        packs=[Pack(tuple, [0, 1]), Pack(dict, [3, 2], ["x", "y"]), Pack(list, [4])],
        result="packed",
        arguments=1,
    )
    f, huge = build(plan), build(plan._replace(outputs=[*plan.outputs[:2], OutputSpec("array", DOUBLE, (2**50,))]))
    good, bad = [np.ones(3), {"a": np.ones(3)}], [[np.ones(3), {"a": 5}], [np.ones(3), {}], [np.ones(3)], 7]

    def work(rounds):
        for _ in range(rounds):
            f(good)
            for other in bad:
                f(other)
            try:
                huge(good)
            except MemoryError:
                continue
            raise AssertionError("there was memory")

    assert grown(work, 50_000) < 2**18
    counts = [sys.getrefcount(x) for x in (good[0], good[1], good[1]["a"])]
    work(1000)
    assert counts == [sys.getrefcount(x) for x in (good[0], good[1], good[1]["a"])]


def test_calls_that_find_no_memory():
    f, g, x = function(huge=True), function(scratch=(2**50,)), np.ones(3)

    def work(rounds):
        for _ in range(rounds):
            for refused in (f, g):
                try:
                    refused(x, 3.0, True)
                except MemoryError:
                    continue
                raise AssertionError("there was memory")

    assert grown(work, 20_000) < 2**18


def test_scratch_memory_that_is_not_kept():
    f, x = function(), np.ones(3)

    def work(rounds):
        for _ in range(rounds):
            f(x, 3.0, True)

    table.set_word("most_kept", 0)
    try:
        assert grown(work, 20_000) < 2**18
    finally:
        table.set_word("most_kept", table.MOST_KEPT)


def test_functions_that_are_dropped():
    x = np.ones(3)

    def work(rounds):
        for _ in range(rounds):
            f = function("list", scratch=(100_000,))
            f(x, 3.0, True)
            entry.set_otherwise(f, f)  # a cycle, which only the collector finds

    assert grown(work, 2_000) < 2**19


def test_libraries_that_are_dropped():
    x, y = np.ones(3), np.ones(3)

    def work(rounds):
        for _ in range(rounds):
            machine.LIBRARIES.clear()
            entry.kernel_function(machine.load(scale(5.0)), "scale", 2, extent=3)(x, y)

    assert grown(work, 1_000) < 2**19
