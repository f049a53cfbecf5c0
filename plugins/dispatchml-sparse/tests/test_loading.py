"""The plugin loads when the first sparse array arrives, whatever it meets first, and only then."""

import subprocess
import sys

import pytest

from dispatchml.testing import check_loading


def run(program):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_foreign_is_imported_before():
    program = """
import sys, numpy as np, dispatchml as dm, dispatchml_sparse
dm.grad(lambda x: np.sum(np.sin(x) ** 2))(np.ones(3))
dm.jvp(np.exp, (1.0,), (1.0,))
print([m for m in sys.modules if m.partition('.')[0] in ('sparse', 'scipy', 'numba')])
"""
    assert run(program) == "[]"


SETUP = "dense, x = np.array([[0.0, 2.0], [3.0, 0.0]]), np.array([1.0, 2.0])\na = {make}"
LIBRARIES = {
    "sparse": "sparse.COO.from_numpy(dense)",
    "scipy.sparse": "scipy.sparse.csr_array(dense)",
}
FIRST = {
    "an argument": "dm.grad(lambda a: x @ (a @ x))(a).todense()[0, 1]",
    "an operation": "dm.ops.multiply(a, 1.0).todense()[0, 1]",
    "a constant on the left": "dm.grad(lambda x: x @ (a @ x))(x)[1] / 2.5",
    "a constant on the right": "dm.grad(lambda x: np.sum((x * x) @ a))(x)[0] / 2",
    "times a traced number": "dm.grad(lambda s: dm.ops.sum(a * s))(1.0) / 2.5",
    "a traced number times": "dm.grad(lambda s: dm.ops.sum(s * a))(1.0) / 2.5",
    "a batch": "dm.vmap(lambda x: a @ x)(np.array([x, x]))[0, 0] / 2",
    "from_values": "__import__('dispatchml_sparse').from_values(a, x).todense()[0, 1] * 2",
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_whatever_comes_first_loads_the_plugin(library):
    programs = {name: f"float({expression})" for name, expression in FIRST.items()}
    if library == "sparse":  # compiles its kernels, which takes a second: a few of these will do
        programs = {name: programs[name] for name in ("an argument", "a constant on the left", "from_values")}
    check_loading(library, programs, "2.0", setup=SETUP.format(make=LIBRARIES[library]))


CONSTRUCTED = {
    "sparse": "sparse.COO([[0, 1], [1, 0]], v, shape=(2, 2))",
    "scipy.sparse": "scipy.sparse.csr_array((v, ([0, 1], [1, 0])), shape=(2, 2))",
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_constructor_may_be_the_first(library):
    program = f"dm.grad(lambda v: x @ ({CONSTRUCTED[library]} @ x))(np.array([2.0, 3.0]))"
    check_loading(library, {"a constructor": program}, "[2. 2.]", setup="x = np.array([1.0, 2.0])")


def test_both_libraries_in_either_order():
    for order in (("sparse", "scipy.sparse"), ("scipy.sparse", "sparse")):
        program = f"""
import {order[0]}, {order[1]}, numpy as np, dispatchml as dm
dense = np.array([[0.0, 2.0], [3.0, 0.0]])
values = {{"sparse": sparse.COO.from_numpy(dense), "scipy.sparse": scipy.sparse.csr_array(dense)}}
a, b = values[{order[0]!r}], values[{order[1]!r}]
first, second = dm.grad(lambda a, b: dm.ops.sum(a * b), argnums=(0, 1))(a, b)
print(type(first) is type(a), type(second) is type(b), first.nnz, second.nnz)
"""
        assert run(program) == "True True 2 2"


def test_the_example_of_the_readme():
    program = """
import numpy as np, scipy.sparse, dispatchml as dm

def energy(A, x):                                  # knows nothing of sparse arrays or derivatives
    return x @ (A @ x) / 2

A = scipy.sparse.csr_array(np.array([[2.0, 1.0, 0.0], [1.0, 2.0, 0.0], [0.0, 0.0, 3.0]]))
print(dm.grad(energy)(A, np.array([1.0, 2.0, 3.0])).toarray())
"""
    assert run(program) == "[[0.5 1.  0. ]\n [1.  2.  0. ]\n [0.  0.  4.5]]"
