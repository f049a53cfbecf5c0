"""Tests of numbers and arrays of objects that kernels read from outside."""

import dataclasses
import types

import numpy as np

import dispatchml as dm


@dataclasses.dataclass
class Spring:
    stiffness: float
    rest: np.ndarray
    rounds: int

    @property
    def doubled(self):
        return 2.0 * self.stiffness


class Constants:
    g = 9.5


SPRING = Spring(3.0, np.arange(3.0), 4)
WORLD = types.SimpleNamespace(spring=SPRING)


def pull(x):
    return x * WORLD.spring.doubled


@dm.kernel
def energy(x):
    total = Constants.g
    for i in range(SPRING.rounds):
        total += pull(x) * x + SPRING.stiffness * SPRING.rest[i % 3]
    return total + SPRING.rest.sum()


def test_fields_of_objects_are_read_at_each_call(monkeypatch):
    assert energy(1.5) == energy.py_func(1.5)
    assert dm.grad(energy)(1.5) == dm.derivative(energy)(1.5) == 4 * 2 * 6 * 1.5
    monkeypatch.setattr(SPRING, "rounds", 2)
    monkeypatch.setattr(SPRING, "rest", np.ones(5))
    monkeypatch.setattr(Constants, "g", 1.0)
    assert energy(1.5) == energy.py_func(1.5)


def test_derivatives_by_fields_of_objects(monkeypatch):
    def by_stiffness(k):
        monkeypatch.setattr(SPRING, "stiffness", k)
        return energy(1.5)

    assert dm.grad(by_stiffness)(3.0) == dm.derivative(by_stiffness)(3.0) == 4 * 2 * 1.5**2 + 3.0
