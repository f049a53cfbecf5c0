"""Scenarios: they pass for what is right and say what is wrong with the rest."""

import numpy as np
import pint
import pytest

from dispatchml.testing import Scenario, ScenarioError, Subject, scenarios

U = pint.UnitRegistry()
METRES = Subject(
    name="metres",
    slot="meaning",
    family="units",
    cls=pint.Quantity,
    make=lambda inside: U.Quantity(inside, "m"),
    one=1 * U.m,
    metadata=lambda q: {"unit": q.units},
    expect=lambda e: {"unit": U.m**e.degree if e.degree else U.Unit("")},
    payload=lambda q: q.magnitude,
)


@pytest.mark.parametrize("scenario", scenarios(), ids=repr)
def test_plain_arrays(scenario):
    scenario.check()


def test_names_are_unique():
    names = [repr(s) for s in scenarios(METRES)]
    assert len(names) == len(set(names)) == len(scenarios())
    assert all(isinstance(s, Scenario) for s in scenarios(METRES))


def test_only():
    assert {s.cell.transform for s in scenarios(only=["hvp"])} == {"hvp"}
    assert {(s.cell.program, s.cell.transform) for s in scenarios(only=["matmul"])} >= {("matmul", "grad")}


def test_a_failure_says_what_and_how_to_repeat_it():
    wrong = Subject("kilometres", "meaning", "units", pint.Quantity, METRES.make, lambda e: {"unit": U.km}, one=U.m)
    found = scenarios(wrong, only=["grad"])[0]
    with pytest.raises(ScenarioError, match=r"grad of the program 'polynomial' for kilometres: lossy.*\nReproduce: "):
        found.check()


def test_pairs_of_two_types():
    plain = Subject("single", "value", "plain", np.ndarray, lambda x: np.array(x, np.float32), dtype=np.float32)
    names = {s.cell.row for s in scenarios(METRES, plain)}
    assert names == {"metres", "single", "metres(single)"}
    next(s for s in scenarios(METRES, plain) if s.cell.row == "metres(single)").check()
