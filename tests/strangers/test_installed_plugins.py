"""Whatever plugins are installed, a plain program imports none of what they serve, and none of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from dispatchml.dispatch.plugins import describe_plugin, entries

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import json, sys
import numpy as np
import dispatchml as dm

def f(x):
    return np.sum(np.where(x > 0.3, x * x, x) @ np.ones((3, 2)))

dm.grad(f)(np.array([0.1, 0.5, 0.9]))
dm.hessian(f)(np.array([0.1, 0.5, 0.9]))
dm.jvp(lambda p: p["a"] * 2.0, ({"a": 1.5},), ({"a": 1.0},))
dm.vmap(f)(np.ones((2, 3)))
print(json.dumps(sorted(sys.modules)))
"""


def test_nothing_foreign_is_imported_before_one_of_its_objects_arrives():
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.returncode == 0, done.stderr
    modules = json.loads(done.stdout)
    before = json.loads(
        subprocess.run(
            [sys.executable, "-c", "import json, sys, numpy, plum, optree; print(json.dumps(sorted(sys.modules)))"],
            capture_output=True,
            text=True,
        ).stdout
    )
    plugins = {e.point.name: describe_plugin(e) for e in entries().values()}
    served = {t for p in plugins.values() if p is not None for t in p.triggers} - sys.stdlib_module_names
    homes = {e.point.value.partition(":")[0] for e in entries().values()}
    packages = {m if m.startswith("dispatchml.") else m.partition(".")[0] for m in homes}  # the core's own is a module
    assert not [m for m in modules if m in served and m not in before]
    assert not packages & set(modules)
