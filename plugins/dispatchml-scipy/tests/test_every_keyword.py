"""Every function that stands for one of SciPy's, with every keyword that it takes, is checked or refuses.

The scenarios are programs f(module, a) of keyword_scenarios. Each is compared with SciPy and with differences in both
modes, to second order and in a batch; those that refuse raise an error that says what to do. What is in no scenario
fails by name. Every fourth scenario runs with the other tests, all of them with `pytest -m "slow or not slow"`.
"""

import importlib
import inspect
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import DispatchmlError
from dispatchml.lift.replaced import switch_of
from dispatchml.lift.replacing import REPLACEMENTS

sys.path.insert(0, str(Path(__file__).parent))

PARTS = (
    "special",
    "linalg",
    "fft",
    "signal",
    "ndimage",
    "spatial",
    "interpolate",
    "integrate",
    "cluster",
    "stats",
    "sparse_linalg",
    "optimize",
)
TABLES = {part: importlib.import_module(f"keyword_scenarios.{part}") for part in PARTS}
sys.path.pop(0)
POINT = 1.3


@pytest.fixture(autouse=True, scope="module")
def enabled():
    dm.lift.enable("scipy")
    yield
    dm.lift.disable("scipy")


class Module:
    """A part of SciPy: its functions, or what stands for them."""

    def __init__(self, name, ours):
        self.name, self.ours = name, ours

    def __getattr__(self, name):
        dotted = f"{self.name}.{name}"
        try:
            importlib.import_module(dotted)
        except ImportError:
            found = getattr(importlib.import_module(self.name), name)
            return (switch_of(found) or found) if self.ours else found
        return Module(dotted, self.ours)


def module(part, ours):
    return Module(f"scipy.{part.replace('sparse_linalg', 'sparse.linalg')}", ours)


def leaves(result):
    """The arrays of real and complex numbers in a result, in order; others are left out."""
    if isinstance(result, dict):
        result = tuple(result.values())
    if isinstance(result, (tuple, list)):
        return [x for item in result for x in leaves(item)]
    if (
        result is None
        or isinstance(result, (bool, int, str))
        or not hasattr(result, "dtype")
        and type(result) not in (float, complex)
    ):
        return []
    return [result] if np.result_type(result).kind in "fc" else []


def vector(result):
    """All of them as real numbers in a row."""
    rows = []
    for x in leaves(result):
        x = np.ravel(x)
        rows += [np.real(x), np.imag(x)] if x.dtype.kind == "c" else [x]
    return np.concatenate(rows) if rows else np.zeros(0)


def differences(f, x, step, levels=4):
    """The derivative of a function of a number, extrapolated from halved steps, and how far the last two are apart."""
    table = []
    for level in range(levels):
        h = step / 2**level
        row = [(f(x + h) - f(x - h)) / (2 * h)]
        for k, before in enumerate(table[-1] if table else []):
            row.append((4.0 ** (k + 1) * row[k] - before) / (4.0 ** (k + 1) - 1))
        table.append(row)
    best, error = table[-1][-1], np.inf
    for row, before in zip(table[1:], table, strict=False):
        for k in range(len(before)):
            size = np.max(np.abs(row[k + 1] - row[k]), initial=0) + np.max(np.abs(row[k + 1] - before[k]), initial=0)
            if size < error:
                best, error = row[k + 1], size
    return best, error


def all_of(kind):
    return [
        pytest.param(
            part,
            name,
            id=f"{part}-{name}".replace(" ", "_"),
            marks=[pytest.mark.slow] if k % 4 or name in getattr(table, "SLOW", ()) else [],
        )
        for part, table in TABLES.items()
        for k, name in enumerate(getattr(table, kind))
    ]


def settings(part, kind, name):
    return name in getattr(TABLES[part], kind, ())


@pytest.mark.parametrize(("part", "name"), all_of("SCENARIOS"))
def test_derivatives(part, name):
    program, table = TABLES[part].SCENARIOS[name], TABLES[part]
    step = getattr(table, "STEP", {}).get(name, 0.02)
    tolerance = getattr(table, "TOLERANCE", {}).get(name, 1e-7)
    rounding = getattr(table, "ROUNDING", {}).get(name, 1e-9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = lambda a: vector(program(module(part, False), a))  # noqa: E731
        ours = lambda a: vector(program(module(part, True), a))  # noqa: E731
        types = lambda result: [(np.shape(x), np.result_type(x)) for x in leaves(result)]  # noqa: E731
        expected = program(module(part, False), POINT)
        assert types(program(module(part, True), POINT)) == types(expected)
        assert types(dm.jvp(lambda a: program(module(part, True), a), (POINT,), (1.0,))[0]) == types(expected)
        value, tangent = dm.jvp(ours, (POINT,), (1.0,))
        scale = 1 + np.max(np.abs(vector(expected)))
        np.testing.assert_allclose(value, vector(expected), rtol=rounding, atol=rounding * scale)
        change, error = differences(plain, POINT, step)
        size = np.max(np.abs(change))
        assert error < max(1e-5, tolerance) * (size + scale), f"the differences do not settle: {error}"
        assert size > 1e-6 * scale, "nothing moves"
        np.testing.assert_allclose(tangent, change, rtol=0, atol=20 * error + tolerance * (size + scale))
        weights = 1 + 0.5 * np.sin(1 + np.arange(value.size))
        slope = dm.grad(lambda a: np.sum(weights * ours(a)))
        np.testing.assert_allclose(
            slope(POINT), weights @ tangent, rtol=max(1e-8, tolerance / 10), atol=max(1e-9, tolerance / 10) * scale
        )
        if not settings(part, "FIRST_ORDER", name):
            again, rough = differences(slope, POINT, step / 4, levels=3)
            got = dm.derivative(slope)(POINT)
            np.testing.assert_allclose(
                got, again, rtol=0, atol=20 * rough + 100 * tolerance * (abs(again) + size + scale)
            )
            np.testing.assert_allclose(
                dm.grad(slope)(POINT), got, rtol=max(1e-7, tolerance), atol=max(1e-8, tolerance) * (size + scale)
            )
        if not settings(part, "ONE_BY_ONE", name):
            many = np.array([POINT, POINT + 0.003])
            np.testing.assert_allclose(
                dm.vmap(slope)(many), [slope(a) for a in many], rtol=1e-7, atol=1e-8 * (size + scale)
            )


@pytest.mark.parametrize(("part", "name"), all_of("REFUSED"))
def test_what_has_no_rule_raises(part, name):
    program = TABLES[part].REFUSED[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program(module(part, False), POINT)
        for run in (
            lambda: dm.grad(lambda a: np.sum(vector(program(module(part, True), a))))(POINT),
            lambda: dm.jvp(lambda a: vector(program(module(part, True), a)), (POINT,), (1.0,)),
        ):
            with pytest.raises(DispatchmlError, match=r"\(at .*keyword_scenarios"):
                run()


class Seen(Exception):
    """A call was recorded, which would take long."""


def parameters_of(replacement):
    """The names of the parameters of a function: of what stands for it, or where that takes anything, of SciPy's."""
    for function in (replacement.function, original(replacement.name)):
        found = inspect.signature(function).parameters.values()
        if not any(p.kind is p.VAR_POSITIONAL for p in found):
            return {p.name for p in found if p.kind is not p.VAR_KEYWORD} - {"self"}
    return set()


def original(name):
    parts = name.split(".")
    for k in range(len(parts) - 1, 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ImportError:
            continue
        for part in parts[k:]:
            found = getattr(found, part)
        return getattr(found, "__wrapped__", found)
    raise LookupError(name)


@pytest.mark.parametrize("part", PARTS)
def test_every_keyword_is_in_a_scenario(part, monkeypatch):
    seen, stopping = {}, []

    def recording(replacement):
        function = replacement.function
        given = seen.setdefault(id(original(replacement.name)), set())
        try:
            signature = inspect.signature(function)
            if any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
                signature = inspect.signature(original(replacement.name))
        except ValueError:
            return function

        def recorded(*arguments, **keywords):
            found = signature.bind(*arguments, **keywords).arguments
            given.update(found)
            for p in signature.parameters.values():
                if p.kind is p.VAR_KEYWORD:
                    given.update(found.get(p.name, ()))
            if stopping:
                raise Seen
            return function(*arguments, **keywords)

        return recorded

    prefix = module(part, True).name + "."
    wanted = {n: r for n, r in REPLACEMENTS.items() if n.startswith(prefix) and "._" not in n.replace(".__call__", "")}
    known = {n: parameters_of(r) for n, r in wanted.items() if not hasattr(r.function, "refuses")}
    one = {id(original(n)): n for n in known}  # of several names of one function, the one that is called
    known = {n: names for n, names in known.items() if one[id(original(n))] == n}
    for replacement in wanted.values():
        monkeypatch.setattr(replacement, "function", recording(replacement))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for table in (TABLES[part].SCENARIOS, TABLES[part].REFUSED):
            for name, program in table.items():
                stopping[:] = [name] if name in getattr(TABLES[part], "SLOW", ()) else []
                try:
                    dm.jvp(lambda a, program=program: vector(program(module(part, True), a)), (POINT,), (1.0,))
                except (DispatchmlError, Seen):
                    continue
    free = getattr(TABLES[part], "WITHOUT", {})
    missing = {n: sorted(known[n] - seen[id(original(n))] - set(free.get(n.removeprefix(prefix), ()))) for n in known}
    assert {n: names for n, names in missing.items() if names} == {}
