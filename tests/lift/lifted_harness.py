"""Cases of lifted code and how each is checked.

A case is a function of a vector of floats that uses a library as one does, without a word of dispatchml. Its result
(a number, an array, a structure of them; complex ones by real and imaginary part) is reduced to one number with fixed
weights.

What is checked, along two fixed directions:

plain     the result after `enable` is that before it, bit for bit, types included
forward   the derivative along the direction, against central differences with step refinement (Ridders)
reverse   the gradient times the direction, against the same
second    the derivative of the gradient along one direction, against central differences of the gradient

The outcomes: `ok`; `raises` with the error, ours (a DispatchmlError, which says what to do) or foreign (a raw one out
of the middle of something); `WRONG`. A case whose differences do not settle is `not smooth`: the best error estimate
of the refinement is above 1e-5 of the derivative, or above the case's own tolerance where that is coarser. A case
whose derivative vanishes in both directions is `void` and tells nothing; one whose plain call raises is `broken`.
These are counted for nobody and printed.
"""

import contextlib
import dataclasses
import re
import signal
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
CASES: dict[str, "Case"] = {}
SECONDS = 20


@dataclasses.dataclass
class Case:
    name: str  # of the library's function, with a remark where there are several cases of it
    function: Callable
    point: np.ndarray
    group: str
    step: float = 0.02
    tolerance: float = 1e-6
    second: bool = True
    package: str = "scipy"


@dataclasses.dataclass
class Outcome:
    plain: str = ""
    forward: str = ""
    reverse: str = ""
    second: str = ""
    why: str = ""  # class and first line of the error
    ours: bool = True
    directions: list = dataclasses.field(default_factory=list)  # [derivative, error estimate] of each
    seconds: float = 0.0

    @property
    def word(self):
        """The outcome in a word: the worst of the checks."""
        if "WRONG" in (self.plain, self.forward, self.reverse, self.second):
            return "WRONG"
        for word in (self.plain, self.forward, self.reverse):
            if word not in ("ok", ""):
                return word
        return "ok"


def case(name, point, group=None, **settings):
    """Register a function as the case of that name; the group is that of the module unless named."""

    def register(function):
        of_module = function.__globals__.get("GROUP")
        if name in CASES:
            raise ValueError(f"two cases are called {name}")
        packages = {"package": function.__globals__["PACKAGE"]} if "PACKAGE" in function.__globals__ else {}
        CASES[name] = Case(name, function, np.array(point, float), group or of_module, **{**packages, **settings})
        return function

    return register


def reduced(result):
    """One number of all that is in a result, each entry with a weight of its own."""
    if isinstance(result, dict):
        return sum(reduced(v) for v in result.values())
    if isinstance(result, (tuple, list)):
        return sum((1 + 0.3 * k) * reduced(r) for k, r in enumerate(result))
    if np.iscomplexobj(result):
        return reduced(np.real(result)) + 0.7 * reduced(np.imag(result))
    size = np.size(result)
    if size == 1:
        return np.reshape(result, ())
    weights = 1 + 0.5 * np.sin(1 + np.arange(size))
    return np.sum(weights * np.ravel(result))


def scalar(case):
    function = case.function

    def value(p):
        return reduced(function(p))

    return value


def bits(result):
    """A result with its types, comparable to the bit."""
    if isinstance(result, dict):
        return {k: bits(v) for k, v in result.items()}
    if isinstance(result, (tuple, list)):
        return (type(result).__name__, *(bits(r) for r in result))
    if isinstance(result, (float, complex, np.ndarray, np.generic)):
        array = np.asarray(result)
        return (type(result).__name__, array.dtype.str, array.shape, array.tobytes())
    return (type(result).__name__, repr(result))


def directions(case):
    chance = np.random.default_rng(len(case.point))
    return [chance.uniform(0.5, 1.0, case.point.shape) * chance.choice([-1.0, 1.0], case.point.shape) for _ in range(2)]


def ridders(along, step, levels=9):
    """The derivative of a function of a number at 0 and its error estimate, by extrapolated central differences."""
    with np.errstate(all="ignore"):
        table = [[(along(step) - along(-step)) / (2 * step)]]
        best, error = table[0][0], np.inf
        for level in range(1, levels):
            step /= 2
            row = [(along(step) - along(-step)) / (2 * step)]
            for k in range(level):
                factor = 4.0 ** (k + 1)
                row.append((factor * row[k] - table[-1][k]) / (factor - 1))
                estimate = max(abs(row[-1] - row[-2]), abs(row[-1] - table[-1][k]))
                if estimate < error:
                    best, error = row[-1], estimate
            table.append(row)
            if error < 1e-12 * abs(best) or error == 0:
                break
            if level > 4 and abs(row[-1] - table[-2][-1]) > 100 * error:
                break
    return float(best), float(error)


def differences(case):
    """[derivative, error] along each direction, of the plain function."""
    value = scalar(case)
    found = []
    for direction in directions(case):
        found.append(list(ridders(lambda t, d=direction: float(value(case.point + t * d)), case.step)))
    return found


def judged(got, expected, error, case, size):
    """ok or WRONG, by the differences' own error and the tolerance."""
    allowed = 20 * error + case.tolerance * abs(expected) + 1e-11 * size
    return "ok" if np.isfinite(got) and abs(got - expected) <= allowed else "WRONG"


@contextlib.contextmanager
def limited(seconds=SECONDS):
    """Raises TimeoutError in what runs too long."""

    def stop(*_):
        raise TimeoutError(f"longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def without_folders(text):
    """A text whose files are named from the package's folder or the repository's, as on every machine."""
    return re.sub(r"/[^\s:'\"(]*/site-packages/", "", text).replace(f"{ROOT}/", "")


def attempt(outcome, field, run):
    """Set the field to what run() judges, or to raises with the error."""
    from dispatchml.dispatch.errors import DispatchmlError

    try:
        with limited():
            word = run()
    except Exception as error:
        text = str(error).strip().splitlines()
        outcome.ours = outcome.ours and isinstance(error, DispatchmlError)
        outcome.why = outcome.why or f"{type(error).__name__}: {without_folders(text[0]) if text else ''}"[:300]
        word = "raises"
    setattr(outcome, field, word)


def check(case, plain_before, references=None, second=True):
    """The outcome of one case. enable has been called; references are kept differences, else they are computed."""
    import dispatchml as dm

    outcome = Outcome()
    begun = time.perf_counter()
    value = scalar(case)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(plain_before, Exception):
            outcome.plain, outcome.why, outcome.ours = (
                "broken",
                f"{type(plain_before).__name__}: {plain_before}"[:300],
                False,
            )
            return outcome
        attempt(outcome, "plain", lambda: "ok" if bits(case.function(case.point.copy())) == plain_before else "WRONG")
        if outcome.plain != "ok":
            outcome.why = outcome.why or "plain result differs after enable"
            return outcome
        try:
            outcome.directions = references or differences(case)
            size = abs(float(value(case.point)))
        except Exception as error:
            outcome.plain, outcome.why = "broken", f"{type(error).__name__}: {error}"[:300]
            return outcome
        if all(abs(d) <= 1e-9 * (size + 1e-3) for d, _ in outcome.directions):
            outcome.plain = "void"
            return outcome
        if any(not e <= max(1e-5, case.tolerance) * (abs(d) + 1e-4 * size) for d, e in outcome.directions):
            outcome.plain = "not smooth"
            return outcome
        along = directions(case)

        def forward():
            words = []
            for direction, (expected, error) in zip(along, outcome.directions, strict=True):
                _, got = dm.jvp(value, (case.point,), (direction,))
                words.append(judged(float(got), expected, error, case, size))
            return max(words, key=len)

        def reverse():
            got = dm.grad(value)(case.point)
            words = []
            for direction, (expected, error) in zip(along, outcome.directions, strict=True):
                words.append(judged(float(np.dot(got, direction)), expected, error, case, size))
            return max(words, key=len)

        def twice():
            gradient = dm.grad(value)
            u, v = along

            def of(t):
                return float(np.dot(gradient(case.point + t * v), u))

            expected, error = ridders(of, case.step, levels=5)
            _, got = dm.jvp(gradient, (case.point,), (v,))
            got = float(np.dot(got, u))
            scale = size + abs(outcome.directions[0][0])
            if not error <= 1e-4 * (abs(expected) + 1e-2 * scale):
                return "not smooth"
            allowed = 20 * error + 1e2 * case.tolerance * abs(expected) + 1e-7 * scale
            return "ok" if abs(got - expected) <= allowed else "WRONG"

        attempt(outcome, "forward", forward)
        attempt(outcome, "reverse", reverse)
        outcome.seconds = round(time.perf_counter() - begun, 3)
        if second and case.second and outcome.forward == outcome.reverse == "ok" and outcome.seconds < 5:
            ours, why = outcome.ours, outcome.why
            attempt(outcome, "second", twice)
            if outcome.second == "raises":
                outcome.second = f"raises {outcome.why}"
                outcome.ours, outcome.why = ours, why
    return outcome


def plain_results(cases):
    """The results as they are before `enable`, or what was raised."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, case in cases.items():
            try:
                with limited():
                    found[name] = bits(case.function(case.point.copy()))
            except Exception as error:
                found[name] = error
    return found
