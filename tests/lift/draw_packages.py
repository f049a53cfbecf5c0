"""A second draw: 40 functions from those of other packages that take floats, by the criteria of draw.py.

    python tests/lift/draw_packages.py

Functions of public modules only (no classes): defined in the package, named without an underscore, reached by a path
without one and without `test`. Criteria and seed are those of draw.py; it needs the packages of `make lifted`.
"""

import contextlib
import importlib
import inspect
import io
import os
import pkgutil
import random
import signal
import sys
import warnings

from draw import SEED, why_left

os.environ["MPLBACKEND"] = "Agg"
PACKAGES = [
    "astropy.coordinates", "astropy.cosmology", "astropy.modeling", "astropy.stats", "colour", "control", "filterpy",
    "fluids", "librosa", "networkx", "pvlib", "quantecon", "skimage", "sklearn", "statsmodels", "tensorly",
]  # fmt: skip
DRAWN = 40
RESERVE = 60


def stop(*_):
    raise TimeoutError("the module does something when it is imported")


signal.signal(signal.SIGALRM, stop)


def modules(name, depth=1):
    """A package and its public modules that can be imported."""
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        signal.alarm(20)
        try:
            package = importlib.import_module(name)
        except Exception:
            return
        finally:
            signal.alarm(0)
        yield package
        for found in pkgutil.iter_modules(getattr(package, "__path__", [])):
            if found.name.startswith("_") or found.name in (
                "tests",
                "testing",
                "conftest",
                "examples",
                "datasets",
                "data",
            ):
                continue
            if depth:
                yield from modules(f"{name}.{found.name}", depth - 1)


def survey():
    """Full names that pass; each function once, by its shortest public name."""
    names = {}
    for package in PACKAGES:
        print(package, len(names), file=sys.stderr, flush=True)
        for module in modules(package):
            listed = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
            for name in listed:
                try:
                    thing = getattr(module, name, None)
                except ImportError:
                    continue
                if not inspect.isfunction(thing) or not thing.__module__.startswith(package.split(".")[0]):
                    continue
                full = f"{module.__name__}.{name}"
                if why_left(thing) is None and "test" not in name:
                    key = (thing.__module__, thing.__qualname__)
                    names[key] = min(names.get(key, full), full, key=lambda n: (n.count("."), n))
    return sorted(set(names.values()))


def main():
    names = survey()
    chosen = random.Random(SEED).sample(names, DRAWN + RESERVE)
    print(f"seed {SEED}: {DRAWN} of {len(names)} names")
    print("\n".join([*sorted(chosen[:DRAWN]), "--", *chosen[DRAWN:]]))


if __name__ == "__main__":
    main()
