"""What a compiled function reaches: whatever of it changes between calls, the result is that of the function itself."""

import array
import collections
import contextvars
import dataclasses
import functools
import sys
import types

import numpy as np
import pytest

import dispatchml as dm
from dispatchml.dispatch.errors import FallbackWarning

X = np.ones(3)
pytestmark = pytest.mark.filterwarnings("error::dispatchml.dispatch.errors.FallbackWarning")
MODULE = types.ModuleType("settings_of_a_user")
exec(
    compile("scale = 2.0\nweights = [1.0]\ndef scaled(x):\n    return scale * x * weights[0]\n", "settings.py", "exec"),
    vars(MODULE),
)
CONTEXT = contextvars.ContextVar("CONTEXT", default=2.0)


class Slotted:
    __slots__ = ("value",)

    def __init__(self):
        self.value = 2.0


class Model:
    scale = 2.0

    def __init__(self):
        self._value, self.part = 2.0, Slotted()

    @property
    def value(self):
        return self._value

    def scaled(self, x):
        return self._value * x

    def loss(self, x):
        return np.sum(self.scaled(x))

    def inner(self):
        return self.part

    def __matmul__(self, x):
        return self._value * x

    def __call__(self, x):
        return self._value * x


@dataclasses.dataclass
class Settings:
    value: float = 2.0


def changed(make):
    """A function and how what it reaches is changed."""
    return pytest.param(make, id=make.__name__)


def module_number():
    return lambda x: MODULE.scale * x, lambda v: setattr(MODULE, "scale", v)


def module_function():
    return lambda x: MODULE.scaled(x), lambda v: setattr(MODULE, "scale", v)


def module_function_and_container():
    return lambda x: MODULE.scaled(x), lambda v: MODULE.weights.__setitem__(0, v)


def module_array():
    MODULE.array = np.ones(3)
    return lambda x: MODULE.array * x, lambda v: setattr(MODULE, "array", np.full(3, v))


def slots():
    s = Slotted()
    return lambda x: s.value * x, lambda v: setattr(s, "value", v)


def a_property():
    m = Model()
    return lambda x: m.value * x, lambda v: setattr(m, "_value", v)


def method():
    m = Model()
    return lambda x: m.scaled(x), lambda v: setattr(m, "_value", v)


def bound_method():
    m = Model()
    return m.loss, lambda v: setattr(m, "_value", v)


def operator():
    m = Model()
    return lambda x: m @ x, lambda v: setattr(m, "_value", v)


def called_in_a_list():
    models = [Model()]
    return lambda x: models[0](x), lambda v: setattr(models[0], "_value", v)


def through_a_method():
    m = Model()
    return lambda x: m.inner().value * x, lambda v: setattr(m.part, "value", v)


def of_the_class():
    m = Model()
    return lambda x: m.scale * x, lambda v: setattr(Model, "scale", v)


def the_class():
    return lambda x: Model.scale * x, lambda v: setattr(Model, "scale", v)


def namespace():
    n = types.SimpleNamespace(value=2.0)
    return lambda x: n.value * x, lambda v: setattr(n, "value", v)


def data_class_by_text():
    d = Settings()
    return lambda x: getattr(d, "value") * x, lambda v: setattr(d, "value", v)  # noqa: B009


def deque():
    d = collections.deque([2.0])
    return lambda x: d[0] * x, lambda v: d.__setitem__(0, v)


def python_array():
    a = array.array("d", [2.0])
    return lambda x: a[0] * x, lambda v: a.__setitem__(0, v)


def deep():
    d = {"a": {"b": {"c": {"d": {"e": {"f": 2.0}}}}}}
    return lambda x: d["a"]["b"]["c"]["d"]["e"]["f"] * x, lambda v: d["a"]["b"]["c"]["d"]["e"].update(f=v)


def function_attribute():
    def f(x):
        return f.value * x

    f.value = 2.0
    return f, lambda v: setattr(f, "value", v)


def global_of_a_held_function():
    held = [module_global]
    return lambda x: held[0](x), lambda v: globals().update(GLOBAL=v)


GLOBAL = 2.0


def module_global(x):
    return GLOBAL * x


def defaults():
    def f(x, a=(2.0,)):
        return a[0] * x

    return f, lambda v: setattr(f, "__defaults__", ((v,),))


def keyword_defaults():
    def f(x, *, a=2.0):
        return a * x

    return f, lambda v: setattr(f, "__kwdefaults__", {"a": v})


def partial():
    settings = {"k": 2.0}
    return functools.partial(lambda s, x: s["k"] * x, settings), lambda v: settings.update(k=v)


def context():
    return lambda x: CONTEXT.get() * x, CONTEXT.set


def view_that_cannot_be_written():
    memory = np.ones(3)
    view = memory.view()
    view.flags.writeable = False
    held = [view]
    return lambda x: held[0] * x, memory.fill


@pytest.mark.parametrize(
    "make",
    [
        changed(make)
        for make in (
            module_number, module_function, module_function_and_container, module_array, slots, a_property, method,
            bound_method, operator, called_in_a_list, through_a_method, of_the_class, the_class, namespace,
            data_class_by_text, deque, python_array, deep, function_attribute, global_of_a_held_function, defaults,
            keyword_defaults, partial, context, view_that_cannot_be_written,
        )
    ],
)  # fmt: skip
def test_what_changes_is_seen(make, monkeypatch):
    monkeypatch.setitem(sys.modules, MODULE.__name__, MODULE)
    f, change = make()
    compiled, gradient = dm.jit(f), dm.jit(dm.grad(lambda x: np.sum(f(x))))
    for value in (2.0, 5.0, 5.0, 7.0):
        change(value)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(X), f(X))
            np.testing.assert_array_equal(gradient(X), dm.grad(lambda x: np.sum(f(x)))(X))


def test_generators_in_objects_are_found():
    holder = types.SimpleNamespace(rng=np.random.default_rng(0))
    with pytest.warns(FallbackWarning, match="random"):
        first = dm.jit(lambda x: x + holder.rng.normal())(X)
    wanted = np.random.default_rng(0)
    np.testing.assert_array_equal(first, X + wanted.normal())


def test_objects_in_circles_are_looked_at_once():
    parent, child = Settings(), Settings(3.0)
    parent.child, child.parent = child, parent
    compiled = dm.jit(lambda x: parent.child.parent.value * x * parent.child.value)
    for value in (2.0, 4.0):
        parent.value = value
        np.testing.assert_array_equal(compiled(X), X * value * 3.0)


def test_too_much_to_look_at_runs_uncompiled():
    values = [[float(k)] for k in range(20_000)]
    compiled = dm.jit(lambda x: values[-1][0] * x)
    with pytest.warns(FallbackWarning, match="reaches more than"):
        np.testing.assert_array_equal(compiled(X), 19_999 * X)


def test_attributes_of_methods_that_lifting_has_seen():
    class Model:
        def __init__(self):
            self.weight = np.array([1.0, 2.0])

        def step(self, c):
            return np.tanh(c * self.weight)

        def by_loop(self, x):
            return np.sum(dm.fori_loop(0, 2, lambda i, v: self.step(v), x))

        def once(self, x):
            return np.sum(self.step(x))

    x = np.array([0.1, 0.2])
    for name in ("by_loop", "once", "by_loop"):
        model = Model()
        compiled = dm.jit(dm.grad(getattr(model, name)))
        compiled(x)
        model.weight = np.array([3.0, 4.0])
        np.testing.assert_allclose(compiled(x), dm.grad(getattr(model, name))(x))
