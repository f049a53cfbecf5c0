"""Functions and classes of a package that are replaced, however the call comes to them."""

import copy
import functools
import gc
import inspect
import pickle
import threading

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import LiftError
from dispatchml.lift.doors import behind
from dispatchml.lift.replacing import REPLACEMENTS

PACKAGE = """
import functools, math

def outer(function):
    @functools.wraps(function)
    def inner(*arguments, **keywords):
        return function(*arguments, **keywords)
    return inner

def double(x, /, factor: float = 2.0, *, shift=0.0):
    "Twice."
    return factor * float(x) + shift

@outer
def half(x):
    return float(x) / 2

class Line:
    def __init__(self, slope, offset=0.0):
        self.slope, self.offset = float(slope), offset
    def __call__(self, t):
        return self.slope * t + self.offset

class Steep(Line):
    def __init__(self, slope):
        super().__init__(2.0 * slope)
"""
X = 1.5


class Traced:
    def __init__(self, slope, offset=0.0):
        self.slope, self.offset = slope, offset

    def __call__(self, t):
        return self.slope * t + self.offset


@pytest.fixture(autouse=True, scope="module")
def declared(package):
    name = package.__name__
    before = set(REPLACEMENTS)
    dm.lift.replaces(f"{name}.double")(lambda x, factor=2.0, shift=0.0: factor * x + shift)
    dm.lift.replaces(f"{name}.half")(lambda x: x / 2)
    dm.lift.replaces(f"{name}.Line")(lambda slope, offset=0.0: NotImplemented if offset else Traced(slope))
    dm.lift.disable(name)  # what stands for a function needs no code of the package
    yield
    for added in set(REPLACEMENTS) - before:
        del REPLACEMENTS[added]


def ways(f):
    """Programs that come by a callable in their own way and call it."""
    table, row, held = {"f": f}, [f], functools.partial(f)

    class Model:
        function = staticmethod(f)

        def __init__(self):
            self.own = f

        def both(self, x):
            return value(self.function(x)) + value(self.own(x))

    def local(x):
        g = f
        return value(g(x))

    def walrus(x):
        return value((g := f)(x)) + value(g(x))

    return {
        "cell": lambda x: value(f(x)),
        "local": local,
        "walrus": walrus,
        "argument": lambda x: (lambda x, g: value(g(x)))(x, f),
        "default": lambda x, g=f: value(g(x)),
        "dictionary": lambda x: value(table["f"](x)),
        "list": lambda x: value(row[0](x)),
        "partial": lambda x: value(held(x)),
        "partial made there": lambda x: value(functools.partial(f, x)()),
        "map": lambda x: sum(map(value, map(f, [x, 2 * x]))),
        "object": lambda x: Model().both(x),
        "reduce": lambda x: functools.reduce(lambda a, g: value(g(a)), [f, f], x),
    }


def value(made):
    return made(2.0) if callable(made) else made


@pytest.mark.parametrize("name", ["double", "half", "Line"])
def test_every_way_to_a_call(package, name):
    for way, program in ways(getattr(package, name)).items():
        slope = program(X + 0.5) - program(X - 0.5)
        assert dm.grad(program)(X) == pytest.approx(slope), way
        assert dm.derivative(program)(X) == pytest.approx(slope), way


def test_plain_calls_and_what_is_asked_of_a_function(package):
    assert package.double(X) == 3.0
    assert package.double(X, 3.0, shift=1.0) == 5.5
    assert inspect.signature(package.double) == inspect.signature(behind(package.double))
    assert str(inspect.signature(package.double)) == "(x, /, factor: float = 2.0, *, shift=0.0)"
    assert package.double.__doc__ == "Twice."
    assert package.double.__defaults__ == (2.0,)
    assert package.double.__code__.co_filename == package.__file__
    assert pickle.loads(pickle.dumps(package.double)) is package.double
    with pytest.raises(TypeError, match=r"double\(\) missing 1 required positional argument"):
        package.double()
    assert "def double" in inspect.getsource(package.double)


def test_instances_of_classes(package):
    line = package.Line(2.0, offset=1.0)
    assert type(line) is package.Line
    assert line(3.0) == 7.0
    again = pickle.loads(pickle.dumps(copy.copy(line)))
    assert type(again) is package.Line
    assert vars(again) == vars(line)
    assert type(package.Steep(2.0)) is package.Steep
    assert package.Steep(2.0)(1.0) == 4.0
    inside = []
    dm.grad(lambda x: inside.append(package.Line(2.0)) or x)(X)
    assert type(inside[0]) is package.Line
    assert isinstance(line, package.Line)


def test_a_declined_call_and_subclasses_run_the_library_own_code(package):
    with pytest.raises(LiftError, match="enable"):
        dm.grad(lambda x: {"f": package.Line}["f"](x, 1.0)(2.0))(X)
    with pytest.raises(LiftError, match="enable"):
        dm.grad(lambda x: [package.Steep][0](x)(2.0))(X)


def test_another_declaration_takes_the_place(package):
    row = [package.half]
    dm.lift.replaces(f"{package.__name__}.half", replace=True)(lambda x: x / 4)
    assert dm.grad(lambda x: row[0](x))(X) == 0.25
    dm.lift.replaces(f"{package.__name__}.half", replace=True)(lambda x: x / 2)
    assert dm.grad(lambda x: row[0](x))(X) == 0.5


def test_threads_see_their_own_transforms(package):
    row, found, started, done = [package.double], [], threading.Event(), threading.Event()

    def plain():
        started.wait(10)
        found.append(row[0](np.float64(X)))
        done.set()

    def inside(x):
        started.set()
        done.wait(10)
        return row[0](x)

    thread = threading.Thread(target=plain)
    thread.start()
    assert dm.grad(inside)(X) == 2.0
    thread.join()
    assert found == [3.0]
    assert type(found[0]) is float


def test_enabled_before_and_after(package):
    name, row = package.__name__, [package.double]
    for _ in range(2):
        dm.lift.enable(name)
        assert dm.grad(lambda x: row[0](x) + package.Steep(x)(2.0))(X) == 6.0
        dm.lift.disable(name)
        assert dm.grad(lambda x: row[0](x))(X) == 2.0
        assert row[0](X) == 3.0


def test_functions_that_the_collector_was_told_not_to_look_at(package):
    frozen = gc.get_freeze_count()
    gc.freeze()
    try:
        dm.lift.enable(package.__name__)
        assert dm.grad(lambda x: package.Steep(x)(2.0))(X) == 4.0
        assert gc.get_freeze_count()
    finally:
        dm.lift.disable(package.__name__)
        if not frozen:
            gc.unfreeze()
