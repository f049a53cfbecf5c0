"""Plugins that are loaded by a refused conversion: a library in C asks for a float before its plugin was needed."""

import pytest

import dispatchml as dm
from dispatchml.dispatch import Plugin, latecomers, plugins
from dispatchml.dispatch.errors import TracerConversionError
from dispatchml.dispatch.plugins import Entry


class Point:
    """Stands for an entry point."""

    def __init__(self, plugin):
        self.plugin, self.name, self.value = plugin, plugin.name, "here"

    def load(self):
        return self.plugin


class Greedy:
    """Stands for a number of a library in C: it steps back for classes that it knows."""

    knows = False

    def __mul__(self, other):
        return NotImplemented if Greedy.knows else 2.0 * int(other)


@pytest.fixture
def entry(monkeypatch):
    def register():
        Greedy.knows = True
        dm.promotes(Greedy, float, convert=lambda x: 2.0)

    made = Entry(Point(Plugin(name="late", triggers=("sys",), register=register)))
    monkeypatch.setattr(plugins, "ENTRIES", {"late": made})
    return made


def test_the_function_runs_again_once_the_plugin_is_there(entry):
    calls = []

    def f(x):
        calls.append(x)
        return Greedy() * x

    assert dm.grad(f)(3.0) == 2.0
    assert entry.state == "loaded"
    assert len(calls) == 2


def test_without_a_plugin_to_load_the_refusal_stands(monkeypatch):
    monkeypatch.setattr(plugins, "ENTRIES", {})
    calls = []

    def f(x):
        calls.append(x)
        return int(x)

    with pytest.raises(TracerConversionError):
        dm.grad(f)(3.0)
    assert len(calls) == 1


def test_a_broken_plugin_is_left_to_the_call_that_needs_it(monkeypatch):
    def register():
        raise RuntimeError("broken")

    made = Entry(Point(Plugin(name="late", triggers=("sys",), register=register)))
    monkeypatch.setattr(plugins, "ENTRIES", {"late": made})
    assert latecomers.load_latecomers() is False
    assert made.state == "broken"
