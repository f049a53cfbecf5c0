"""The programs of benchmarks/gradbench: golden values, derivatives against differences, and the protocol."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "gradbench"
GOLDEN = [json.loads(line) for line in (Path(__file__).parent / "golden.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def suite():
    """The modules of benchmarks/gradbench."""
    sys.path.insert(0, str(FOLDER))
    try:
        yield {name: importlib.import_module(name) for name in ("serving", "workloads", "run")}
    finally:
        sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def output(suite):
    """Call a function of our programs with an input of JSON."""
    tool = suite["serving"].Tool("dispatchml")

    def call(name, function, given):
        if tool.program is None or tool.program.__name__ != f"programs.{name}":
            assert tool.define(name)
        reply = tool.answer({"kind": "evaluate", "function": function, "input": given})
        assert reply["success"], reply
        return reply["output"]

    return call


def close(a, b, tolerance):
    if isinstance(a, dict):
        return set(a) == set(b) and all(close(a[name], b[name], tolerance) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(close(x, y, tolerance) for x, y in zip(a, b, strict=True))
    return abs(a - b) <= tolerance * max(abs(a) + abs(b), 1e-6)


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['eval']}-{case['function']}")
def test_golden_values(output, case):
    found = output(case["eval"], case["function"], case["input"])
    assert close(found, case["output"], 1e-9), found


def test_hello(output):
    assert output("hello", "square", 3.0) == 9.0
    assert output("hello", "double", 3.0) == 6.0


@pytest.mark.parametrize("function", ["ff", "fr", "rf", "rr"])
def test_nested_derivatives(output, function):
    """The weight is the suite's golden one. At the saddle both points are near zero."""
    assert output("particle", function, {"w": 0.0}) == pytest.approx(0.20719187464, rel=1e-9)
    assert output("saddle", function, {"start": [1.0, 1.0]}) == pytest.approx([8.24632483e-06] * 4, rel=1e-6)


def moved(given, key, direction, step):
    """An input with one of its arrays moved."""
    array = np.array(given[key], float)
    return given | {key: (array + step * direction).tolist()}


#: eval, active inputs, how its gradient is laid out, sizes that no table has.
DIFFERENTIATED = [
    ("lse", ["x"], None, [(1,), (17,), (301,)]),
    ("llsq", ["x"], None, [(5, 3), (33, 7), (200, 11)]),
    ("gmm", ["alpha", "mu", "q", "l"], dict, [(3, 2, 20), (1, 3, 5), (7, 4, 33)]),
    ("lstm", ["main_params", "extra_params"], None, [(1, 3, 2), (3, 7, 5), (2, 20, 14)]),
    ("det", ["A"], None, [(1,), (3,), (6,)]),
]


@pytest.mark.parametrize(
    ("name", "active", "layout", "sizes"),
    [(name, active, layout, size) for name, active, layout, all_sizes in DIFFERENTIATED for size in all_sizes],
    ids=str,
)
def test_gradient_against_differences(suite, output, name, active, layout, sizes):
    evaluation = suite["workloads"].EVALS[name]
    rng = np.random.default_rng(7)
    given = evaluation.make(rng, *sizes)
    found = output(name, evaluation.derivatives[0], given)
    parts = [np.ravel(found[key]) for key in active] if layout else [np.ravel(found)]
    gradient = np.concatenate(parts)
    assert np.all(np.isfinite(gradient))
    directions = {key: rng.normal(size=np.shape(given[key])) for key in active}

    def value(step):
        at = given
        for key, direction in directions.items():
            at = moved(at, key, direction, step)
        return output(name, evaluation.value, at)

    def slope(step):
        return (value(step) - value(-step)) / (2 * step)

    expected = (4 * slope(5e-4) - slope(1e-3)) / 3
    along = gradient @ np.concatenate([np.ravel(directions[key]) for key in active])
    assert along == pytest.approx(expected, rel=1e-6, abs=1e-7 * np.abs(gradient).sum())


@pytest.mark.parametrize(("n", "s"), [(3, 10), (4, 7), (8, 20)])
def test_ode_gradient_against_differences(output, n, s):
    """The eval's own sizes have a gradient of zero; small ones have not."""
    given = {"x": np.linspace(0.4, 1.1, n).tolist(), "s": s}
    direction = np.linspace(-1.0, 1.0, n)
    gradient = np.array(output("ode", "gradient", given))
    assert np.all(gradient != 0.0)

    def last(step):
        return output("ode", "primal", moved(given, "x", direction, step))[-1]

    expected = (last(1e-5) - last(-1e-5)) / 2e-5
    assert gradient @ direction == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("k", "n", "d"), [(1, 7, 1), (3, 40, 2), (11, 200, 5)])
def test_kmeans_step_leads_to_the_means(suite, output, k, n, d):
    """A Newton step of k-means ends at the mean of each cluster's points."""
    given = suite["workloads"].kmeans(np.random.default_rng(3), k, n, d)
    points, centroids = np.array(given["points"]), np.array(given["centroids"])
    nearest = np.argmin(((points[:, None] - centroids) ** 2).sum(2), axis=1)
    means = np.array([points[nearest == i].mean(0) for i in range(k)])
    assert np.allclose(output("kmeans", "dir", given), centroids - means, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ba_blocks_against_differences(suite, output, seed):
    given = suite["workloads"].ba(np.random.default_rng(seed), 2, 3, 5)
    values = np.array(output("ba", "jacobian", given)["vals"][:30]).reshape(2, 15)

    def error(key, place, step):
        array = np.array(given[key], float)
        array[place] += step
        return np.array(output("ba", "objective", given | {key: array.tolist()})["reproj_error"]["elements"])

    places = [("cam", i) for i in range(11)] + [("x", i) for i in range(3)] + [("w", ())]
    for column, (key, place) in enumerate(places):
        step = 1e-6 * max(1.0, abs(np.array(given[key])[place]))
        expected = (error(key, place, step) - error(key, place, -step)) / (2 * step)
        assert np.allclose(values[:, column], expected, rtol=1e-6, atol=1e-6 * np.abs(values).max())


@pytest.mark.parametrize("places", [True, False])
def test_ht_columns_against_differences(suite, output, places):
    given = suite["workloads"].ht(np.random.default_rng(5), 4, 30, places)
    jacobian = np.array(output("ht", "jacobian", given))
    assert jacobian.shape == (12, 28 if places else 26)
    for column in (0, 4, 7, 25):
        direction = np.eye(26)[column]
        high, low = (np.array(output("ht", "objective", moved(given, "theta", direction, h))) for h in (1e-6, -1e-6))
        assert np.allclose(jacobian[:, column - 26], (high - low) / 2e-6, rtol=1e-6, atol=1e-7)
    if places:
        direction = np.tile([1.0, 0.0], (4, 1))
        high, low = (np.array(output("ht", "objective", moved(given, "us", direction, h))) for h in (1e-6, -1e-6))
        assert np.allclose(jacobian[:, 0], (high - low) / 2e-6, rtol=1e-6, atol=1e-7)


def test_protocol():
    """A session as the suite's: unknown modules and functions are refused in words, and it goes on."""
    messages = [
        {"id": 0, "kind": "start", "eval": "lse"},
        {"id": 1, "kind": "define", "module": "no_such_eval"},
        {"id": 2, "kind": "define", "module": "lse"},
        {"id": 3, "kind": "evaluate", "function": "hessian", "input": {"x": [1.0]}},
        {"id": 4, "kind": "evaluate", "function": "primal", "input": {"x": "text"}},
        {"id": 5, "kind": "evaluate", "function": "primal", "input": {"x": [1, 2, 3], "min_runs": 3, "min_seconds": 0}},
        {"id": 6, "kind": "evaluate", "function": "primal", "input": {"x": [float("inf"), 1.0]}},
        {"id": 7, "kind": "analysis", "of": 5, "valid": True},
    ]
    asked = "".join(json.dumps(message) + "\n" for message in messages)
    done = subprocess.run(
        [sys.executable, str(FOLDER / "tool.py")], input=asked, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert [reply["id"] for reply in replies] == list(range(8))
    assert replies[0]["tool"] == "dispatchml"
    assert replies[1]["success"] is False
    assert replies[2]["success"] is True
    assert "hessian" in replies[3]["error"]
    assert replies[4]["success"] is False
    assert replies[5]["output"] == pytest.approx(3.4076059644443806)
    assert [timing["name"] for timing in replies[5]["timings"]] == ["compile"] + ["evaluate"] * 3
    assert replies[6]["success"] is False, "nan is no JSON"
    assert replies[7] == {"id": 7}
