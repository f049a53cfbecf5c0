"""The functions that CuPy has, with their parameters and the loops of its ufuncs: `cupy_interface.json`.

It is written from an installed CuPy (no card is needed) by `python tests/gpu/interface.py`.
"""

import inspect
import json
from importlib import import_module
from pathlib import Path

FILE = Path(__file__).with_name("cupy_interface.json")
#: Where the kernels find functions: what `Library.find` calls it -> the package.
HOMES = {
    "": "cupy",
    "linalg": "cupy.linalg",
    "fft": "cupy.fft",
    "special": "cupyx.scipy.special",
    "scipy.linalg": "cupyx.scipy.linalg",
    "x": "cupyx",
}
#: Functions of packages that cannot be imported without CUDA's libraries, read in their source.
NEEDS_TOOLKIT = {
    "scipy.linalg.lu": "(a, permute_l=False, overwrite_a=False, check_finite=True)",
    "scipy.linalg.solve_triangular": (
        "(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=False)"
    ),
}


def interface():
    """name -> its parameters, or the loops of a ufunc."""
    found = {}
    for home, package in HOMES.items():
        try:
            module = import_module(package)
        except ImportError:  # it needs a library of the toolkit
            found |= {name: known for name, known in NEEDS_TOOLKIT.items() if name.startswith(home)}
            continue
        for name in sorted(dir(module)):
            thing = getattr(module, name)
            if name.startswith("_") or isinstance(thing, type) or not callable(thing):
                continue
            path = f"{home}.{name}".lstrip(".")
            if type(thing).__name__ == "ufunc":
                found[path] = " ".join(thing.types)
                continue
            try:
                signature = inspect.signature(thing)
            except (TypeError, ValueError):
                found[path] = "(*a, **k)"
                continue
            shown = [str(p.replace(annotation=p.empty)) for p in signature.parameters.values()]
            kinds = [p.kind for p in signature.parameters.values()]
            if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
                shown.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
            if inspect.Parameter.POSITIONAL_ONLY in kinds:
                shown.insert(kinds.count(inspect.Parameter.POSITIONAL_ONLY), "/")
            found[path] = f"({', '.join(shown)})"
    return found


if __name__ == "__main__":
    version = import_module("cupy").__version__
    FILE.write_text(json.dumps({"version": version, "functions": interface()}, indent=0) + "\n")
