"""Compiled programs of a device: their kernels on the host, thread by thread; their PTX for two architectures."""

import importlib.util
import math
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.compile.device import module
from dispatchml.compile.device.executable import device_build
from dispatchml.compile.device.kernel import GROUP
from dispatchml.compile.graph import evaluate
from dispatchml.dispatch.errors import FallbackWarning
from dispatchml.engines.record import Recorder
from dispatchml.testing.samples import public_operations, sample
from dispatchml.transforms import compiling as compiling

ROOT = Path(__file__).parent.parent.parent
PTXAS = shutil.which("ptxas")
SP = SimpleNamespace(erf=ops.erf, logsumexp=lambda x, axis=None: ops.logsumexp(x, axis=axis))


def cases():
    """The table of `benchmarks/jit.py` with smaller arguments."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        spec = importlib.util.spec_from_file_location("_compiled_cases", ROOT / "benchmarks" / "_compiled_cases.py")
        table = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(table)
    finally:
        sys.path.pop(0)
    rows = [c for v in vars(table).values() if isinstance(v, (list, tuple)) for c in v if isinstance(c, table.Case)]
    return {case.name: case for case in rows}


CASES = cases()


def smaller(name, arguments):
    """Arguments of a case with fewer rows."""
    sizes = {x.shape[0] for x in map(np.asarray, arguments) if x.ndim}
    most = 37
    if name.startswith(("mixture", "Burgers", "sum(", "Black", "Rosen", "soft", "layer", "logist")):
        longest = max(sizes)
        return [x[:most] if np.ndim(x) and np.shape(x)[0] == longest else x for x in arguments]
    if name.startswith("attention"):
        return [x[:most] if np.ndim(x) == 2 and np.shape(x)[0] > 100 else x for x in map(np.asarray, arguments)]
    if name.startswith(("heat", "two 3")):
        return [x[:most, : most + 3] if np.ndim(x) == 2 and np.shape(x)[0] > 100 else x for x in arguments]
    return [np.asarray(x) for x in arguments]


def program_of(function, arguments):
    """The program that `jit` records of a function, and its outputs."""
    recorder = Recorder()
    found = function(*[recorder.input(x) for x in arguments])
    leaves = [w for v in (found if isinstance(found, tuple) else (found,)) for w in (v if type(v) is tuple else (v,))]
    return recorder.program(leaves)


def assembled(text, folder, architectures=(80, 90), made_for=None):
    """Translate to PTX, of each architecture or of one for all, and have ptxas assemble it."""
    for architecture in architectures:
        path = folder / f"sm_{architecture}.ptx"
        path.write_text(module.ptx(text, made_for or architecture))
        if PTXAS is not None:
            command = [PTXAS, f"-arch=sm_{architecture}", "-o", str(folder / "kernels.cubin"), str(path)]
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n.startswith("physics") else n for n in CASES]
)
@pytest.mark.filterwarnings("ignore")
def test_the_table_is_that_of_numpy(name, pretend):
    if name.startswith("Gaussian"):
        pytest.skip("the function makes an array of the host, which does not meet those of a device")
    case = CASES[name]
    arguments = smaller(name, case.arguments)
    function = case.function(np, SP)
    exact = dm.value_and_grad(function, argnums=case.argnums)(*arguments)
    gradient = dm.jit(dm.value_and_grad(function, argnums=case.argnums))
    there = [dm.to_device(np.array(x), "pretend") for x in arguments]
    pretend.counts.reset()
    value, slopes = gradient(*there)
    np.testing.assert_allclose(value.host, exact[0], rtol=1e-12)
    for found, expected in zip(slopes, exact[1], strict=True):
        assert isinstance(found, pretend.ndarray)
        np.testing.assert_allclose(found.host, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())
    assert (pretend.counts.waits, pretend.counts.down) == (0, 0)


@pytest.mark.skipif(PTXAS is None, reason="ptxas is not installed: PTX is made, but no assembler accepts it")
def test_an_assembler_is_there():
    assert "ptxas" in subprocess.run([PTXAS, "--version"], capture_output=True, text=True).stdout


#: Cases whose many kernels take seconds to assemble.
LONG = ("Burgers", "physics", "two 3", "attention")


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n.startswith(LONG) else n for n in CASES])
@pytest.mark.filterwarnings("ignore")
def test_the_table_is_assembled(name, pretend, tmp_path):
    case = CASES[name]
    arguments = smaller(name, case.arguments)
    program = program_of(dm.value_and_grad(case.function(np, SP), argnums=case.argnums), arguments)
    made = device_build(program, pretend.library())
    kernels = [launch.kernel for step in made.steps for launch in step.launches]
    assert kernels
    assembled(module.module_text(kernels, True), tmp_path, made_for=80)
    text = module.ptx(module.module_text(kernels, True), 80)
    assert not [line for line in text.splitlines() if line.strip().startswith(("mul.f", "add.f", "sub.f"))]  # no fusing


ELEMENTWISE = [n for n, op in public_operations().items() if op.family == "elementwise" and not op.keywords]


#: Those that are looked at in the ordinary tests; all of them take half a minute.
SOME = (
    "add arctan2 divide erf exp gammaln less log logaddexp maximum power remainder sin sqrt tanh where_or_zero".split()
)


@pytest.mark.parametrize(
    "names", [SOME, pytest.param(sorted(ELEMENTWISE), marks=pytest.mark.slow)], ids=["some", "all"]
)
@pytest.mark.filterwarnings("ignore")
def test_elementwise_operations_and_their_derivatives(names, pretend, tmp_path):
    kernels, without = [], []
    for name in names:
        found = sample(public_operations()[name])
        if found is None:
            continue
        arguments = [np.resize(np.asarray(x), 50) for x in found.arguments]
        floating = tuple(k for k, x in enumerate(arguments) if x.dtype.kind == "f")
        function = lambda *x, call=found.call: call(x)  # noqa: E731
        both = function
        if floating:

            def both(*x, function=function, floating=floating):
                def partial(*some):
                    given = list(x)
                    for k, v in zip(floating, some, strict=True):
                        given[k] = v
                    return function(*given)

                chosen = tuple(x[k] for k in floating)
                return dm.jvp(partial, chosen, tuple(ops.ones_like(v) for v in chosen))

        try:
            program = program_of(both, arguments)
        except Exception:
            program = program_of(function, arguments)
        made = device_build(program, pretend.library())
        there = [dm.to_device(x, "pretend") for x in arguments]
        if any(step.way is None for step in made.steps):
            without.append(name)
            continue
        for got, expected in zip(made(*there), evaluate(program, arguments), strict=True):
            assert got.dtype == np.asarray(expected).dtype, name
            np.testing.assert_allclose(got.host, expected, rtol=1e-12, atol=1e-12, err_msg=name)
        kernels += [launch.kernel for step in made.steps for launch in step.launches]
    assert len(kernels) >= min(len(names), 80)
    assert set(without) == CALLED & set(names)
    assembled(module.module_text(kernels, True), tmp_path, (90,))


#: Operations that a program calls, on the CPU as well: they have no formula of their own in machine code.
CALLED = set(
    """beta betainc betaln binom dawsn digamma exp1 expi gammainc gammaincc i0 i0e i1 i1e iv ive j0 j1 jv k0 k1 kv sinc
    y0 y1 yv zeta""".split()
)


SIZES = [(), (1,), (7,), (GROUP + 1,), (3, 5), (37, 64), (70, 3), (2, 3, 4)]


@pytest.mark.parametrize("shape", SIZES, ids=str)
def test_reductions_of_all_shapes(shape, pretend):
    x = np.random.default_rng(0).standard_normal(shape)
    functions = {
        "all": lambda x: (np.sum(x * x), np.max(x), np.min(x * 2)),
        "last": lambda x: np.sum(x * x, axis=-1) if x.ndim else x,
        "first": lambda x: np.sum(np.exp(x), axis=0) if x.ndim else x,
        "row": lambda x: x - np.max(x, axis=-1, keepdims=True) if x.ndim else x,
    }
    for name, f in functions.items():
        got, expected = dm.jit(f)(dm.to_device(np.array(x), "pretend")), f(x)
        for a, b in zip(_tuple(got), _tuple(expected), strict=True):
            np.testing.assert_allclose(a.host, b, rtol=1e-13, atol=1e-13, err_msg=name)


def _tuple(x):
    return x if isinstance(x, tuple) else (x,)


def test_results_do_not_depend_on_the_number_of_threads(pretend):
    x = dm.to_device(np.random.default_rng(0).standard_normal(5000), "pretend")
    total = dm.jit(lambda x: np.sum(np.sin(x)))
    seen = set()
    for threads in (1, 8, 37):
        pretend.HostCode.threads = threads
        seen.add(float(total(x).host))
    pretend.HostCode.threads = 37
    assert len(seen) == 1


def test_jit_goes_with_the_other_transforms(pretend):
    there = lambda x: dm.to_device(np.array(x), "pretend")  # noqa: E731
    x, w = np.linspace(0.1, 1.0, 12), np.linspace(1.0, 2.0, 12)
    f = lambda x: np.sum(np.where(x > 0.5, np.sin(x) * w_there, np.log(x)) ** 2)  # noqa: E731
    plain = lambda x: np.sum(np.where(x > 0.5, np.sin(x) * w, np.log(x)) ** 2)  # noqa: E731
    w_there = there(w)
    for ours, exact in (
        (dm.jit(f), plain), (dm.jit(dm.grad(f)), dm.grad(plain)), (dm.grad(dm.jit(f)), dm.grad(plain)),
        (dm.jit(dm.hessian(f)), dm.hessian(plain)),
    ):  # fmt: skip
        np.testing.assert_allclose(ours(there(x)).host, exact(x), rtol=1e-10, atol=1e-12)
    both = np.stack([x, 2 * x])
    np.testing.assert_allclose(dm.vmap(dm.jit(f))(there(both)).host, dm.vmap(plain)(both), rtol=1e-12)
    direction = dm.jvp(dm.jit(f), (there(x),), (there(w),))[1]
    np.testing.assert_allclose(direction.host, dm.jvp(plain, (x,), (w,))[1], rtol=1e-12)
    w_there = there(2 * w)  # what is reached is read at each call
    np.testing.assert_allclose(dm.jit(f)(there(x)).host, np.sum(np.where(x > 0.5, np.sin(x) * 2 * w, np.log(x)) ** 2))
    zero = there([0.0, 4.0])
    assert dm.jit(dm.grad(lambda x: np.sum(np.where(x > 1, np.sqrt(x), 0.0))))(zero).host.tolist() == [0.0, 0.25]


def test_second_devices_dtypes_and_forms(pretend):
    second = dm.to_device(np.linspace(0.0, 1.0, 5, dtype=np.float32), "pretend:1")
    got = dm.jit(dm.grad(lambda x: np.sum(np.sin(x) * 2.0)))(second)
    assert (got.dtype, dm.device_of(got)) == (np.float32, "pretend:1")
    strided = dm.to_device(np.arange(12.0).reshape(3, 4), "pretend").T
    np.testing.assert_allclose(dm.jit(lambda x: x * 2 + 1)(strided).host, strided.host * 2 + 1)
    same = dm.jit(lambda x: (x, x))(second)
    assert same[0] is not second
    assert same[0] is not same[1]
    ints = dm.to_device(np.arange(5), "pretend")
    assert dm.jit(lambda x: x // 2 + x % 3)(ints).host.tolist() == [0, 1, 3, 1, 3]
    scaled = dm.jit(lambda a, x: a * x)(3.0, second)
    assert scaled.dtype == np.float32


def test_what_is_not_compiled_runs_with_a_warning(pretend):
    x = dm.to_device(np.array([1.0, 2.0]), "pretend")
    with pytest.raises(pretend.HiddenWaitError):  # uncompiled, the branch reads the number: the user asked for it
        dm.jit(lambda x: x * 2 if x.sum() > 1 else x)(x)
    with pytest.warns(FallbackWarning, match="number is computed of numbers of the host"):
        assert dm.jit(lambda a, x: (a * 2, x))(2.0, x)[0] == 4.0
    holder = SimpleNamespace(w=x)
    with pytest.warns(FallbackWarning, match="is reached in a way that is not followed; pass it as an argument"):
        np.testing.assert_allclose(dm.jit(lambda y: y * holder.w)(x).host, [1.0, 4.0])


def test_a_program_is_fewer_launches_and_gives_memory_back(pretend):
    import gc

    x = dm.to_device(np.linspace(0.1, 1.0, 4096), "pretend")
    f = dm.grad(lambda x: np.sum(np.tanh(np.sin(x) * np.exp(-x)) ** 2))
    compiled = dm.jit(f)
    compiled(x), f(x)
    pretend.counts.reset()
    f(x)
    eager = pretend.counts.launches
    gc.collect()
    before = pretend.pool.used
    pretend.counts.reset()
    compiled(x)
    assert pretend.counts.launches <= eager / 4
    assert pretend.pool.used == before
    assert "kernels" in compiled.report(x)
    assert "ptx_kernel" in compiled.lower(x)
    assert math.isfinite(float(compiled(x).host[0]))
