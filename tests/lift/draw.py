"""The draw: 150 functions from all public functions of SciPy that take floats, with a printed seed.

    python tests/lift/draw.py            the list that was drawn
    python tests/lift/draw.py --frame    all that it was drawn from
    python tests/lift/draw.py --left     what was left out, by criterion

The criteria were written before the rules that the cases need, and look at signatures and documentation only:

module     the module is private or deprecated, reads files, wraps LAPACK name by name, is of masked arrays, or draws
           at random
kind       not a function, ufunc, class or distribution; an exception or a warning; deprecated
random     draws at random: a parameter `rng`, `random_state` or `seed`: same inputs, other results
input      no documented parameter holds floats: all are integers, strings, flags or shapes
discrete   what is returned is documented as integers, flags, strings, files, pictures or nothing, or the loop of a
           ufunc for doubles returns no doubles
methods    a class without a public method that passes the criteria above

A distribution or a class is one name; which of its methods is meant is drawn, too. The same SciPy gives the same list.
"""

import importlib
import inspect
import random
import re
import sys
import warnings

SEED = 20261121
DRAWN = 150
RESERVE = 40

MODULES = [
    "scipy.cluster.hierarchy", "scipy.cluster.vq", "scipy.constants", "scipy.differentiate", "scipy.fft",
    "scipy.integrate", "scipy.interpolate", "scipy.linalg", "scipy.linalg.interpolative", "scipy.ndimage",
    "scipy.optimize", "scipy.signal", "scipy.signal.windows", "scipy.sparse", "scipy.sparse.csgraph",
    "scipy.sparse.linalg", "scipy.spatial", "scipy.spatial.distance", "scipy.spatial.transform", "scipy.special",
    "scipy.stats", "scipy.stats.contingency",
]  # fmt: skip

MODULES_LEFT = {
    "scipy.datasets": "files",
    "scipy.fftpack": "deprecated",
    "scipy.io": "files",
    "scipy.linalg.blas": "LAPACK name by name",
    "scipy.linalg.lapack": "LAPACK name by name",
    "scipy.misc": "deprecated",
    "scipy.odr": "deprecated",
    "scipy.stats.mstats": "masked arrays",
    "scipy.stats.qmc": "draws at random",
    "scipy.stats.sampling": "draws at random",
}

HOLDS_FLOATS = re.compile(
    r"array|float|scalar|number|sequence|matri|real|complex|callable|func|vector|list|sparse|iterable|operator|tuple",
    re.I,
)
DISCRETE = re.compile(
    r"\b(ints?|integers?|bools?|booleans?|str|strings?|dict|dtype|file|slices?|None|axes|figure)\b", re.I
)
FLOATS_RETURNED = re.compile(
    r"float|array|complex|scalar|number|matri|object|result|callable|instance|tuple|sparse|bunch", re.I
)
ARRAY_OF = re.compile(
    r"(array|ndarray|tuple|list)s?[ ,()\w-]* (of|with) (dtype )?(ints?|integers?|bools?|str\w*)",
)
DISCRETE_ARRAY = re.compile(
    r"(array|ndarray|tuple|list)s?[ ,()\w-]* of (ints?|integers?|bools?|str\w*)|dtype ?(bool|int)|(boolean|int) array"
)
RANDOM = {"rng", "random_state", "seed"}

CONTINUOUS = (
    "pdf logpdf cdf logcdf sf logsf ppf isf moment stats entropy mean median var std interval expect fit".split()
)
COUNTS = "pmf logpmf cdf logcdf sf logsf moment stats entropy mean var std expect".split()


def sections(documentation):
    """The entries (name, type) of the sections of a numpydoc text."""
    found, section, lines = {}, None, inspect.cleandoc(documentation or "").splitlines()
    for line, below in zip(lines, [*lines, ""][1:], strict=True):
        if re.fullmatch(r"-{3,}\s*", below) and line.strip():
            section = line.strip()
            found[section] = []
        elif section and line and not line[0].isspace() and not re.fullmatch(r"-{3,}\s*", line):
            name, _, kind = line.partition(" : ") if " : " in line else line.partition(":")
            found[section].append((name.strip(), kind.strip()))
    return found


def why_left(function):
    """The criterion by which a function or method is left out, else None."""
    documentation = inspect.getdoc(function) or ""
    if (
        ".. deprecated" in documentation[:1500]
        and "function" in documentation[:600].lower()
        and "is deprecated" in documentation[:600]
    ):
        return "kind"
    parts = sections(documentation)
    given = parts.get("Parameters", [])
    names = {n.strip() for entry, _ in given for n in entry.split(",")}
    if names & RANDOM:
        return "random"
    kinds = [kind for _, kind in given]
    if not any(
        HOLDS_FLOATS.search(kind) and not re.match(r"(tuple|list|sequence|array)[ _\w]* of (int|bool|str)", kind)
        for kind in kinds
    ):
        return "input"
    returned = [(kind or name) for name, kind in parts.get("Returns", [])]
    if not returned or DISCRETE_ARRAY.search(returned[0]):
        return "discrete"
    if DISCRETE.search(returned[0]) and not FLOATS_RETURNED.search(ARRAY_OF.sub("int", returned[0])):
        return "discrete"
    return None


def why_ufunc_left(function):
    loops = [loop.split("->") for loop in function.types]
    doubles = [outputs for inputs, outputs in loops if set(inputs) & set("dDfF")]
    if not doubles:
        return "input"
    return None if any(set(outputs) & set("dD") for outputs in doubles) else "discrete"


def public_names(module):
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    return sorted(set(names))


def methods_of(made):
    """The methods of a class that pass."""
    found = []
    for name, member in inspect.getmembers(made, callable):
        if name != "__call__" and name.startswith("_"):
            continue
        try:
            if why_left(member) is None:
                found.append(name)
        except Exception:
            continue
    return found


def survey():
    """(passed: {name: methods or None}, left: {name: criterion})."""
    passed, left, seen = {}, dict.fromkeys(MODULES_LEFT, "module"), {}
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        for name in public_names(module):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                thing = getattr(module, name, None)
            full = f"{module_name}.{name}"
            if id(thing) in seen or inspect.ismodule(thing) or thing is None:
                continue
            seen[id(thing)] = full
            if (
                type(thing).__name__ == "ufunc"
                or type(thing).__name__ == "MultiUFunc"
                or type(thing).__name__ == "_UFunc"
            ):
                why = why_ufunc_left(thing) if hasattr(thing, "types") else why_left(thing)
                passed.update({full: None}) if why is None else left.update({full: why})
            elif any(c.__name__ == "rv_continuous" for c in type(thing).__mro__):
                passed[full] = CONTINUOUS
            elif any(c.__name__ == "rv_discrete" for c in type(thing).__mro__):
                passed[full] = COUNTS
            elif inspect.isclass(thing):
                if issubclass(thing, BaseException):
                    left[full] = "kind"
                else:
                    methods = methods_of(thing)
                    passed.update({full: methods}) if methods else left.update({full: "methods"})
            elif inspect.isroutine(thing) or type(thing).__name__ == "_dispatcher":
                why = why_left(thing)
                passed.update({full: None}) if why is None else left.update({full: why})
            elif "multivariate" in type(thing).__module__:
                methods = [m for m in methods_of(thing) if m != "__call__"]
                passed.update({full: methods}) if methods else left.update({full: "methods"})
            else:
                left[full] = "kind"
    return passed, left


def draw():
    """The names drawn, methods after a colon: DRAWN of them, and RESERVE whose first take the places of void ones."""
    passed, _ = survey()
    chance = random.Random(SEED)
    names = chance.sample(sorted(passed), DRAWN)
    drawn = [f"{n}:{chance.choice(sorted(passed[n]))}" if passed[n] else n for n in names]
    more = chance.sample(sorted(set(passed) - set(names)), RESERVE)
    return drawn, [f"{n}:{chance.choice(sorted(passed[n]))}" if passed[n] else n for n in more]


def main():
    import scipy

    passed, left = survey()
    print(f"SciPy {scipy.__version__}, seed {SEED}: {DRAWN} of {len(passed)} names; {len(left)} left out")
    if "--frame" in sys.argv:
        print("\n".join(sorted(passed)))
    elif "--left" in sys.argv:
        for criterion in sorted(set(left.values())):
            names = sorted(n for n, c in left.items() if c == criterion)
            print(f"\n{criterion} ({len(names)}): " + ", ".join(names))
    else:
        drawn, reserve = draw()
        print("\n".join([*sorted(drawn), "--", *reserve]))


if __name__ == "__main__":
    main()
