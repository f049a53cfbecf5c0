"""Containers: what is opened, what is a leaf, and that each is rebuilt as it was."""

import collections
import dataclasses
import functools
from typing import ClassVar, NamedTuple

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import ContainerMismatchError
from dispatchml.transforms.containers import describe_structure, flatten, map_leaves, unflatten


@dataclasses.dataclass
class Computing:
    w: object

    def __post_init__(self):
        self.total = np.sum(self.w)


def test_what_is_no_field_is_missed_with_advice():
    with pytest.raises(AttributeError) as caught:
        dm.grad(lambda c: c.total**2)(Computing(np.ones(2)))
    (note,) = caught.value.__notes__
    assert "Computing is a container" in note
    assert "'total'" in note
    assert "a property" in note


class Pair(NamedTuple):
    x: object
    y: object


@dataclasses.dataclass
class Plain:
    w: object
    n: str = "plain"
    count: ClassVar[float] = 5.0
    init_only: dataclasses.InitVar[float] = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    w: object
    derived: object = dataclasses.field(init=False, default=7.0)
    flag: bool = True


@attrs.frozen
class Base:
    a: object


@attrs.frozen(cache_hash=True)
class Derived(Base):
    b: object = attrs.field(default=2.0)
    total: object = attrs.field(init=False, default=0.0)
    name: str = attrs.field(default="d", kw_only=True)

    def __attrs_post_init__(self):
        object.__setattr__(self, "total", 100.0)

    @property
    def doubled(self):
        return self.b * 2.0


@attrs.define
class Cached:
    x: object

    @functools.cached_property
    def square(self):
        return self.x * self.x


TREES = [
    (1.0, 2.0),
    [1.0, [2.0, (3.0,)]],
    {"b": 1.0, "a": {"z": 2.0, "y": 3.0}},
    Pair(1.0, (2.0, 3.0)),
    collections.OrderedDict([("z", 1.0), ("a", 2.0)]),
    Plain(1.0),
    Frozen(2.0),
    Derived(1.0, (2.0, 3.0)),
    (None, 1.0, None),
    {2: 1.0, 1: 2.0},
]


@pytest.mark.parametrize("tree", TREES, ids=lambda t: type(t).__name__)
def test_gradient_has_the_shape_of_the_container(tree):
    def f(t):
        return sum((k + 1) * x * x for k, x in enumerate(x for x in flatten(t)[0] if not isinstance(x, (str, bool))))

    found = dm.grad(f)(tree)
    assert type(found) is type(tree)
    numbers = [x for x in flatten(tree)[0] if not isinstance(x, (str, bool))]
    others = [x for x in flatten(tree)[0] if isinstance(x, (str, bool))]
    assert [x for x in flatten(found)[0] if not isinstance(x, (str, bool))] == [
        2 * (k + 1) * x for k, x in enumerate(numbers)
    ]
    assert [x for x in flatten(found)[0] if isinstance(x, (str, bool))] == others
    rebuilt = unflatten(flatten(tree)[1], flatten(tree)[0])
    assert rebuilt == tree


def test_the_order_of_keys_is_kept():
    tree = {"b": 1.0, "a": 2.0, "c": {"z": 1.0, "y": 2.0}}
    seen = []

    def f(t):
        seen.append((list(t), list(t["c"])))
        return t["b"] * t["a"] * t["c"]["z"]

    found = dm.grad(f)(tree)
    assert list(found) == ["b", "a", "c"]
    assert list(found["c"]) == ["z", "y"]
    assert seen == [(["b", "a", "c"], ["z", "y"])]
    assert dm.jvp(f, (tree,), ({"c": {"y": 0.0, "z": 0.0}, "a": 0.0, "b": 1.0},))[1] == 2.0


def test_classes_of_dataclasses():
    found = dm.grad(lambda p: p.w * p.count)(Plain(3.0))
    assert (found.w, found.n, found.count) == (5.0, "plain", 5.0)
    found = dm.grad(lambda p: p.w * p.derived)(Frozen(3.0))
    assert (found.w, found.derived, found.flag) == (7.0, 3.0, True)


def test_classes_of_attrs():
    x = Derived(3.0, 4.0)
    found = dm.grad(lambda p: p.a * p.doubled + p.total)(x)
    assert (found.a, found.b, found.total, found.name) == (8.0, 6.0, 1.0, "d")
    assert hash(found) == hash(found)
    assert hash(x) == hash(x)


def test_a_cached_property_is_computed_anew():
    x = Cached(3.0)
    assert x.square == 9.0
    assert dm.grad(lambda c: c.square)(x).x == 6.0


def test_other_leaves_pass_through():
    tree = {"activation": np.tanh, "w": np.ones(2), "on": True, "name": "s", "none": None, "dtype": np.float32}
    found = dm.grad(lambda t: ops.sum(t["w"] * (2.0 if t["on"] else 1.0)))(tree)
    np.testing.assert_array_equal(found["w"], [2.0, 2.0])
    assert {k: v for k, v in found.items() if k != "w"} == {k: v for k, v in tree.items() if k != "w"}


def test_unused_leaves_have_typed_zeros():
    found = dm.grad(lambda t: t["a"] * 2.0)({"a": 1.0, "b": np.ones((2, 2), np.float32), "c": 1 + 1j, "d": 3})
    assert found["b"].dtype == np.float32
    np.testing.assert_array_equal(found["b"], np.zeros((2, 2)))
    assert found["c"] == 0j
    assert type(found["c"]) is complex
    assert type(found["d"]) is float


def test_empty_containers():
    assert dm.grad(lambda t: 1.0)(()) == ()
    assert dm.grad(lambda t, x: x)({}, 1.0) == {}
    assert dm.jvp(lambda t, x: x * x, ([], 3.0), ([], 1.0)) == (9.0, 6.0)


def test_containers_of_results():
    y, dy = dm.jvp(lambda x: Pair(x * x, {"k": [x, "s", None]}), (3.0,), (1.0,))
    assert y == Pair(9.0, {"k": [3.0, "s", None]})
    assert dy == Pair(6.0, {"k": [1.0, "s", None]})
    y, pullback = dm.vjp(lambda x: Pair(x * x, {"k": [x, "s", None]}), 3.0)
    assert pullback(Pair(1.0, {"k": [10.0, "s", None]})) == (16.0,)


def test_structures_that_differ_are_refused():
    with pytest.raises(ContainerMismatchError, match="tangent must have the structure of the primal"):
        dm.jvp(lambda t: t["a"], ({"a": 1.0},), ({"b": 1.0},))
    with pytest.raises(ContainerMismatchError, match="cotangent"):
        dm.vjp(lambda x: (x, x), 1.0)[1]([1.0, 1.0])
    with pytest.raises(ContainerMismatchError, match="single value"):
        dm.jvp(lambda x: x, (1.0,), ((1.0,),))


def test_map_leaves_and_descriptions():
    assert map_leaves(lambda x: x * 2, {"a": (1, 2)}) == {"a": (2, 4)}
    assert describe_structure(flatten({"a": (1, 2)})[1]) == "{'a': (*, *)}"
    assert describe_structure(None) == "a single value"


def test_a_class_met_by_many_threads_at_once():
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    @dataclasses.dataclass
    class Fresh:
        x: object

    barrier = Barrier(8)

    def work(k):
        barrier.wait()
        return dm.grad(lambda t: t.x * t.x)(Fresh(float(k))).x

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [2.0 * k for k in range(8)]
