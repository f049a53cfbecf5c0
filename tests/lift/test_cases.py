"""The case list: what was seen to work lifted still does, and nothing is silently wrong.

outcomes.json says what each case did when `make lifted` was run; here every case is checked against the differences
kept there. Cases that take longer than a moment are marked slow.
"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

scipy = pytest.importorskip("scipy")
dispatchml = pytest.importorskip("dispatchml")
sys.path.insert(0, str(Path(__file__).parent))
import table  # noqa: E402
from lifted_harness import (  # noqa: E402
    CASES,
    ROOT,
    Case,
    bits,
    check,
    differences,
    plain_results,
    ridders,
    without_folders,
)

QUICK = 0.35  # seconds of a case that every run can bear
KEPT = json.loads(table.OUTCOMES.read_text())["cases"]
NAMES = [n for n, kept in KEPT.items() if "scipy" in kept["package"] and kept["word"] in ("ok", "raises", "WRONG")]
#: Functions move between minor versions of SciPy: with another one than that of the file, errors are no failures.
SAME = KEPT[NAMES[0]]["package"]["scipy"].split(".")[:2] == scipy.__version__.split(".")[:2]


@pytest.fixture(scope="module")
def before():
    """The plain results of all cases before `enable`, which holds from then on to the end of this file."""
    table.load("cases")
    found = plain_results({n: CASES[n] for n in NAMES})
    table.enable(["scipy"])
    yield found
    dispatchml.lift.disable("scipy")


def named(name):
    slow = KEPT[name]["seconds"] > QUICK
    return pytest.param(name, marks=[pytest.mark.slow] if slow else [], id=name.replace(" ", "_"))


@pytest.mark.parametrize("name", [named(n) for n in NAMES])
def test_a_case_is_as_it_was(name, before):
    kept = KEPT[name]
    outcome = check(
        CASES[name], before[name], kept["directions"], second=kept["second"] == "ok" and kept["seconds"] > QUICK
    )
    assert outcome.word != "WRONG", table.line(name, outcome)
    if kept["word"] == "ok" and SAME:
        assert outcome.word == "ok", table.line(name, outcome)
        assert outcome.ours or kept["ours"] is False


def test_every_name_drawn_has_a_case():
    table.load("cases")
    assert [n for n in table.drawn_names() if n not in CASES] == []


def test_the_kept_list_has_nothing_wrong_and_all_of_the_drawn():
    assert [n for n, kept in KEPT.items() if kept["word"] == "WRONG"] == []
    assert [n for n in table.drawn_names() if n not in KEPT] == []


@pytest.mark.slow
def test_the_draw_is_that_of_its_seed():
    if not SAME:
        pytest.skip("another SciPy has other public functions")
    import draw

    names, reserve = draw.draw()
    assert [*sorted(names), "--", *reserve] == (table.HERE / "drawn.txt").read_text().splitlines()[1:]


def test_the_harness_notices_what_is_wrong():
    def product(p):
        return np.sin(p[0]) * p[1]

    case = Case("product", product, np.array([0.5, 2.0]), "chosen", second=False)
    right = differences(case)
    assert check(case, bits(product(case.point)), right).word == "ok"
    doubled = [[2 * derivative, error] for derivative, error in right]
    assert check(case, bits(product(case.point)), doubled).word == "WRONG"
    assert check(case, bits(product(case.point) + 1e-16 + 1e-15), right).word == "WRONG"


def test_the_differences_refuse_what_is_not_smooth():
    derivative, error = ridders(lambda t: np.exp(2 * t), 0.1)
    assert abs(derivative - 2) < 1e-10 > error
    chance = np.random.default_rng(1)
    _, error = ridders(lambda t: t + 1e-3 * chance.normal(), 0.1)
    assert error > 1e-5


def test_reasons_name_no_folder_of_this_machine():
    text = f"f (at {ROOT}/tests/lift/a.py:3) and '/somewhere/lib/site-packages/scipy/b.py:4'"
    assert without_folders(text) == "f (at tests/lift/a.py:3) and 'scipy/b.py:4'"
    kept = (ROOT / "tests" / "lift" / "outcomes.json").read_text()
    assert "site-packages" not in kept
    assert without_folders(kept) == kept
