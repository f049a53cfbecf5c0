"""Entry points: what they accept and what they give."""

import gc
import pickle
import sys

import numpy as np
import pytest

from dispatchml.compile import entry, machine
from dispatchml.compile.entry import InputSpec, OutputSpec, Pack, Plan, Step, Unpack, build

from .entries import DOUBLE, scaling
from .texts import scale

pytestmark = pytest.mark.usefixtures("way")


def test_an_array_in_and_out(library):
    x = np.arange(12.0).reshape(3, 4)
    y = scaling(library, (3, 4))(x)
    assert type(y) is np.ndarray
    assert (y.dtype, y.shape, y.flags.c_contiguous, y.flags.owndata) == (DOUBLE, (3, 4), True, True)
    np.testing.assert_array_equal(y, 2.5 * x)


def test_0d_and_empty_arrays(library):
    np.testing.assert_array_equal(scaling(library, ())(np.array(3.0)), np.array(7.5))
    y = scaling(library, (0, 3))(np.empty((0, 3)))
    assert y.shape == (0, 3)


class Subclass(np.ndarray):
    """What is not exactly numpy.ndarray."""


@pytest.mark.parametrize(
    "x",
    [
        np.arange(12.0).reshape(4, 3),
        np.arange(12.0),
        np.arange(12.0).reshape(1, 3, 4),
        np.arange(12.0, dtype="f").reshape(3, 4),
        np.arange(12).reshape(3, 4),
        np.arange(12.0).reshape(3, 4).astype(">f8"),
        np.arange(12.0).reshape(4, 3).T,
        np.arange(24.0).reshape(3, 8)[:, ::2],
        np.arange(12.0).reshape(3, 4)[::-1],
        np.arange(12.0).reshape(3, 4).view(Subclass),
        np.frombuffer(b"\0" * 97, dtype="d", offset=1, count=12).reshape(3, 4),
        np.arange(12).astype("m8[s]").reshape(3, 4),
        np.arange(12).astype(object).reshape(3, 4),
        [[0.0] * 4] * 3,
        3.0,
        np.float64(3.0),
        None,
    ],
    ids=lambda x: f"{type(x).__name__} {getattr(x, 'dtype', '')} {getattr(x, 'strides', '')}",
)
def test_what_does_not_fit_is_left_to_others(library, x):
    assert scaling(library, (3, 4))(x) is NotImplemented
    assert scaling(library, (3, 4), otherwise=lambda *a, **k: (a, k))(x) == ((x,), {})


def test_the_number_of_arguments_and_keywords(library):
    f, x = scaling(library, (2,)), np.ones(2)
    assert f() is NotImplemented
    assert f(x, x) is NotImplemented
    assert f(x, axis=1) is NotImplemented
    assert f(x=x) is NotImplemented
    other = scaling(library, (2,), otherwise=lambda *a, **k: (a, k))
    assert other(x, axis=1)[1] == {"axis": 1}
    assert other(x=x) == ((), {"x": x})


def test_errors_of_what_is_called_otherwise(library):
    def refuse(*arguments):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        scaling(library, (2,), otherwise=refuse)(1)


def test_the_other_can_be_exchanged(library):
    f = scaling(library, (2,))
    entry.set_otherwise(f, lambda *a: "first")
    assert f(1) == "first"

    def exchange(*arguments):
        entry.set_otherwise(f, NotImplemented)
        gc.collect()
        return "second"

    entry.set_otherwise(f, exchange)
    del exchange
    assert f(1) == "second"
    assert f(1) is NotImplemented


def test_an_unpickled_array_with_its_own_dtype(library):
    x = pickle.loads(pickle.dumps(np.ones((3, 4))))
    own = np.dtype("d", copy=True)
    y = np.ones((3, 4)).view(own)
    for array in (x, y):
        np.testing.assert_array_equal(scaling(library, (3, 4))(array), 2.5)


def test_strides(library):
    f = scaling(library, (3, 4), strides=(8, 24))
    x = np.arange(12.0).reshape(4, 3).T
    y = f(x)
    np.testing.assert_array_equal(y, 2.5 * x)
    assert y.strides == (8, 24)
    assert f(np.ascontiguousarray(x)) is NotImplemented


def test_strides_of_axes_of_one_element_do_not_matter(library):
    f = scaling(library, (1, 4), strides=(32, 8))
    x = np.lib.stride_tricks.as_strided(np.ones(4), (1, 4), (1234, 8))
    np.testing.assert_array_equal(f(x), np.full((1, 4), 2.5))
    np.testing.assert_array_equal(scaling(library, (1, 4))(x), np.full((1, 4), 2.5))


NUMBERS = [
    (InputSpec("float"), [3.0, -0.0, np.inf], [np.float64(3.0), 3, True, np.float32(3)]),
    (InputSpec("scalar", DOUBLE), [np.float64(3.0)], [3.0, np.float32(3.0), np.array(3.0)]),
    (InputSpec("scalar", np.dtype("f")), [np.float32(3.0)], [3.0, np.float64(3.0)]),
    (InputSpec("scalar", np.dtype("?")), [np.True_, np.False_], [True, False]),
    (InputSpec("scalar", np.dtype("D")), [np.complex128(1 + 2j)], [1 + 2j]),
    (InputSpec("scalar", np.dtype("b")), [np.int8(-3)], [np.int16(-3), -3]),
    (InputSpec("int"), [0, -1, 2**63 - 1, -(2**63)], [2**63, -(2**63) - 1, 10**40, True, np.int64(3), 3.0]),
    (InputSpec("complex"), [1 + 2j], [1.0, np.complex128(1)]),
    (InputSpec("bool"), [True, False], [0, 1, np.True_, None]),
]
CELLS = {"float": "d", "int": "q", "complex": "D", "bool": "?"}
COPY = """
define void @copy(ptr %P, ptr %sizes, i64 %lo, i64 %hi) nounwind {
  %x = load ptr, ptr %P
  %second = getelementptr ptr, ptr %P, i64 1
  %y = load ptr, ptr %second
  %size = load i64, ptr %sizes
  call void @llvm.memcpy.p0.p0.i64(ptr %y, ptr %x, i64 %size, i1 false)
  ret void
}
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
"""


@pytest.mark.parametrize(("spec", "fitting", "others"), NUMBERS, ids=lambda x: str(x)[:40])
def test_numbers_in_and_out(spec, fitting, others):
    size = np.dtype(CELLS.get(spec.form, spec.dtype)).itemsize
    step = Step(machine.load(COPY), "copy", [0, 1], [size])
    f = build(Plan([spec], [OutputSpec(spec.form, spec.dtype)], steps=[step], result="single"))
    for x in fitting:
        y = f(x)
        assert type(y) is type(x)
        assert repr(y) == repr(x)
    for x in others:
        assert f(x) is NotImplemented


@pytest.mark.parametrize(
    ("value", "others"),
    [
        (5, [6, 5.0, True, np.int64(5), "5", None, 5 + 2**64]),
        (-(2**63), [-(2**63) - 1, 2**63 - 1]),
        ("text", ["texts", "", b"text", 5, None]),
        ("ü", ["u"]),
    ],
)
def test_equal_values(value, others):
    f = build(Plan([InputSpec("equal", value=value)], [OutputSpec("object", value="yes")], result="single"))
    same = "".join(list(value)) if isinstance(value, str) else int(str(value))
    assert f(same) == "yes"
    for other in others:
        assert f(other) is NotImplemented


class Pair(tuple):
    """A class with a tuple's memory, as named tuples are."""

    __slots__ = ()


def nested():
    """f((x, [y, {"a": z}]), n) = {"sum": [2.5 x, 2.5 z], "given": (y, (n,), [])}."""
    array = InputSpec("array", DOUBLE, (3,))
    plan = Plan(
        [array._replace(leaf=2), array._replace(leaf=4), array._replace(leaf=6), InputSpec("equal", value=7, leaf=1)],
        [
            OutputSpec("array", DOUBLE, (3,)), OutputSpec("array", DOUBLE, (3,)), OutputSpec("argument", value=4),
            OutputSpec("argument", value=1),
        ],
        steps=[Step(machine.load(scale(2.5)), "scale", at, extent=3) for at in ([0, 4], [2, 5])],
        unpacks=[Unpack(0, Pair, 2), Unpack(3, list, 2), Unpack(5, dict, 1, ["a"])],
        packs=[
            Pack(list, [0, 1]), Pack(tuple, [3]), Pack(list, []), Pack(tuple, [2, 5, 6]),
            Pack(dict, [4, 7], ["sum", "given"]),
        ],
        result="packed",
        arguments=2,
    )  # fmt: skip
    return build(plan)


def test_containers_in_and_out():
    f = nested()
    x, y, z = np.arange(3.0), np.ones(3), np.arange(3.0) + 5
    for _ in range(3):
        found = f(Pair((x, [y, {"a": z}])), 7)
        assert list(found) == ["sum", "given"]
        np.testing.assert_array_equal(found["sum"], [2.5 * x, 2.5 * z])
        assert type(found["sum"]) is list
        assert found["given"][0] is y
        assert found["given"][1:] == ((7,), [])


@pytest.mark.parametrize(
    "tree",
    [
        (1, 2), Pair((1,)), Pair((1, 2, 3)), Pair((1, (2, 3))), Pair((1, [2])), Pair((1, [2, 3])), Pair((1, [2, {}])),
        Pair((1, [2, {"b": 3}])), Pair((1, [2, {"a": 3, "b": 4}])), Pair((1, [2, {"a": 3}])), None, [], 5,
    ],
)  # fmt: skip
def test_other_containers_do_not_fit(tree):
    def filled(tree):
        if isinstance(tree, dict):
            return {k: filled(x) for k, x in tree.items()}
        return type(tree)(map(filled, tree)) if isinstance(tree, (tuple, list)) else np.ones(3) if tree else tree

    f = nested()
    right = Pair((np.ones(3), [np.ones(3), {"a": np.ones(3)}]))
    if tree == Pair((1, [2, {"a": 3}])):
        assert f(filled(tree), 7)["given"][1] == (7,)
        assert f(filled(tree), 8) is NotImplemented
        assert f(Pair((np.ones(3), [np.ones(3), {"a": np.ones(4)}])), 7) is NotImplemented
    else:
        assert f(filled(tree), 7) is NotImplemented
    assert f(right) is NotImplemented


def test_values_may_leave_their_containers_meanwhile(library):
    x, inside = np.ones(3), [np.arange(3.0)]
    plan = Plan(
        [InputSpec("array", DOUBLE, (3,), leaf=1)], [OutputSpec("argument", value=1)], result="single",
        unpacks=[Unpack(0, list, 1)], arguments=1,
    )  # fmt: skip
    f = build(plan, otherwise=lambda given: given.clear())
    before = sys.getrefcount(x)
    assert f([x]) is x
    assert f([1.0]) is None
    f(inside)
    assert sys.getrefcount(x) == before


@pytest.mark.parametrize(
    "change",
    [
        {"unpacks": [Unpack(2, list, 1)]}, {"unpacks": [Unpack(-1, list, 1)]}, {"unpacks": [Unpack(0, dict, 1)]},
        {"inputs": [InputSpec("any", leaf=3)]}, {"packs": [Pack(list, [1])], "result": "packed"},
        {"packs": [Pack(Pair, [0])], "result": "packed"}, {"packs": [Pack(list, [0])]}, {"result": "packed"},
    ],
)  # fmt: skip
def test_containers_that_cannot_be(change):
    plan = Plan([InputSpec("any")], [OutputSpec("object")], result="single", arguments=1)
    with pytest.raises(ValueError, match="leaves|leaf|containers"):
        build(plan._replace(**change))


def test_one_object(library):
    token = object()
    f = build(Plan([InputSpec("object", value=token)], [OutputSpec("object", value="yes")], result="single"))
    assert f(token) == "yes"
    assert f(object()) is NotImplemented


def test_arguments_and_objects_come_out(library):
    x = np.ones(3)
    spec = InputSpec("array", DOUBLE, (3,))
    f = build(Plan([spec], [OutputSpec("argument", value=0), OutputSpec("object", value=None)]))
    y, nothing = f(x)
    assert y is x
    assert nothing is None


@pytest.mark.parametrize("result", ["tuple", "list"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_several_outputs(library, result, count):
    f = build(
        Plan(
            [InputSpec("array", DOUBLE, (5,))],
            [OutputSpec("array", DOUBLE, (5,))] * count,
            steps=[Step(library, "scale", [0, k + 1], extent=5) for k in range(count)],
            result=result,
        )
    )
    found = f(np.arange(5.0))
    assert type(found).__name__ == result
    assert len(found) == count
    for y in found:
        np.testing.assert_array_equal(y, 2.5 * np.arange(5.0))
