"""The plugin is loaded by the first traced value in a function of SciPy, and by nothing else."""

import subprocess
import sys
import textwrap


def run(code):
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_a_program_without_scipy_imports_nothing_of_it():
    assert run(
        """
        import sys, numpy as np, dispatchml as dm
        dm.grad(lambda x: np.sum(x**2))(np.ones(2))
        print([m for m in sys.modules if m.partition(".")[0] in ("dispatchml_scipy", "scipy")])
        """
    ) == ["[]"]


def test_the_first_function_of_special_loads_it():
    assert run(
        """
        import sys, scipy.special, dispatchml as dm
        print("dispatchml_scipy" in sys.modules, dm.grad(scipy.special.ndtr)(0.0), "dispatchml_scipy" in sys.modules)
        """
    ) == ["False 0.3989422804014327 True"]


def test_what_is_replaced_is_there():
    import importlib

    from dispatchml.lift.replacing import REPLACEMENTS

    names = [n for n in REPLACEMENTS if n.startswith("scipy.")]
    assert names
    for name in names:
        found = importlib.import_module(".".join(name.split(".")[:2]))
        for part in name.split(".")[2:]:
            found = getattr(found, part)
        assert callable(found), name


def test_the_page_lists_what_is_declared():
    from dispatchml_scipy.coverage import page

    text = page()
    assert "| `gammainc(a, x)` | a, x | - |" in text
    assert "| `jve(v, z)` | z | v |" in text
    assert "`scipy.linalg.solve`" in text
    assert "These raise: `scipy.linalg.null_space`, `scipy.linalg.orth`. The vectors of the basis are arbitrary" in text
