"""How a case is written: `case("sum", X, axis=0)` is one call of `check_rule` with NumPy's own as reference."""

import importlib

import numpy as np

#: Where the reference of an operation is looked for, by its name.
LIBRARIES = ("numpy", "numpy.linalg", "numpy.fft", "scipy.special", "scipy.linalg")
#: Options of check_rule; everything else in a case is a keyword of the operation.
OPTIONS = {"modes", "argnums", "reference", "before", "after", "at_singular", "outside", "without", "tolerance"}


class Row:
    """One case: the name of an operation, its arguments and keywords, options of check_rule."""

    def __init__(self, name, arguments, everything):
        self.name, self.arguments = name, arguments
        self.options = {k: v for k, v in everything.items() if k in OPTIONS}
        self.keywords = {k: v for k, v in everything.items() if k not in OPTIONS}
        self.options.setdefault("reference", reference_of(name))

    def __repr__(self):
        return ", ".join([self.name, *(f"{k}={v}" for k, v in self.keywords.items())])


def reference_of(name):
    """NumPy's or SciPy's function of a name, None where there is none."""
    for library in LIBRARIES:
        found = getattr(importlib.import_module(library), name, None)
        if callable(found):
            return found
    return None


def case(name, *arguments, **everything):
    """A case of an operation by name."""
    return Row(name, arguments, everything)


def by_keywords(name, *arguments, each, **everything):
    """One case for each set of keywords."""
    return [Row(name, arguments, {**everything, **keywords}) for keywords in each]


def spread(*shape, low=-1.5, high=1.6, seed=0):
    """Numbers without ties in an interval, in no order."""
    count = int(np.prod(shape))
    order = np.random.default_rng(seed).permutation(count)
    return (low + (high - low) * (order + 0.5) / max(count, 1)).reshape(shape)


def plane(*shape, seed=1):
    """Complex numbers without ties."""
    return spread(*shape, seed=seed) + 1j * spread(*shape, low=-1.2, high=1.3, seed=seed + 1)
