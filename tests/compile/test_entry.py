"""Entry points: what they accept, what they give, and that they leave nothing behind on any way out."""

import gc
import pickle
import sys

import numpy as np
import pytest

from dispatchml.compile import entry, machine, probes, table
from dispatchml.compile.entry import InputSpec, LoopStep, OutputSpec, Pack, Plan, Step, Unpack, build

from .texts import scale, status

DOUBLE = np.dtype("d")


@pytest.fixture(params=["native", "portable"], autouse=True)
def way(request, monkeypatch):
    """The driver in machine code, and what stands in for it where objects are laid out differently."""
    if request.param == "portable":
        monkeypatch.setattr(probes, "reason_against", lambda: "for a test")
    return request.param


@pytest.fixture
def library(way):
    """y = 2.5 x."""
    return machine.load(scale(2.5))


def scaling(library, shape, dtype=DOUBLE, strides=None, form="array", result="single", **keywords):
    """A function of one array that gives 2.5 times its elements in memory's order."""
    n = int(np.prod(shape, dtype=int))
    return build(
        Plan(
            [InputSpec(form, dtype, shape, strides)],
            [OutputSpec("array", DOUBLE, shape, strides)],
            steps=[Step(library, "scale", [0, 1], extent=n)],
            result=result,
        ),
        **keywords,
    )


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


@pytest.mark.parametrize("size", [8, 4096, 4097, 10**6])
def test_constants_and_scratch(library, size):
    n = size // 8
    plan = Plan(
        [],
        [OutputSpec("array", DOUBLE, (n,))],
        [np.arange(float(n))],
        [24, size, 40],
        [Step(library, "scale", [0, 3], extent=n), Step(library, "scale", [3, 1], extent=n)],
        "single",
    )
    f = build(plan)
    for _ in range(3):
        np.testing.assert_array_equal(f(), 6.25 * np.arange(float(n)))


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_scratch_is_kept_only_so_far(library):
    before = table.word("kept")
    plan = Plan([], [], [np.ones(1000)], [8000], [Step(library, "scale", [0, 1], extent=1000)], "none")
    f = build(plan)
    f()
    f()
    assert table.word("kept") == before + 8000
    g = build(plan)
    table.set_word("most_kept", before + 8000)
    g()
    assert table.word("kept") == before + 8000
    table.set_word("most_kept", table.MOST_KEPT)
    del f, g
    gc.collect()
    assert table.word("kept") == before


def test_a_status_makes_a_miss(library):
    plan = Plan([InputSpec("array", DOUBLE, (3,))], [OutputSpec("array", DOUBLE, (3,))], [], [], [], "single")
    step = Step(machine.load(status()), "status", [0, plan.status_slot], extent=3)
    f = build(plan._replace(steps=[step, Step(library, "scale", [0, 1], extent=3)]))
    np.testing.assert_array_equal(f(np.ones(3)), 2.5)
    assert f(np.array([1.0, -1.0, 1.0])) is NotImplemented
    np.testing.assert_array_equal(f(np.ones(3)), 2.5)


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_numpys_own_loops():
    m, n, p = 3, 4, 5
    a, b = np.random.default_rng(1).normal(size=(m, n)), np.random.default_rng(2).normal(size=(n, p))
    step = LoopStep(np.matmul, "ddd", [0, 1, 2], (1, m, n, p), (0, 0, 0, 8 * n, 8, 8 * p, 8, 8 * p, 8))
    inputs = [InputSpec("array", DOUBLE, x.shape) for x in (a, b)]
    f = build(Plan(inputs, [OutputSpec("array", DOUBLE, (m, p))], steps=[step], result="single"))
    np.testing.assert_array_equal(f(a, b), a @ b)


@pytest.mark.parametrize("way", ["native"], indirect=True)
def test_loops_that_fail_are_misses():
    inverse = np.linalg._umath_linalg.inv
    step = LoopStep(inverse, "dd", [0, 1], (1, 2), (0, 0, 16, 8, 16, 8), checked=True)
    spec = InputSpec("array", DOUBLE, (2, 2))
    f = build(Plan([spec], [OutputSpec("array", DOUBLE, (2, 2))], steps=[step], result="single"))
    x = np.array([[2.0, 1.0], [0.0, 4.0]])
    np.testing.assert_array_equal(f(x), np.linalg.inv(x))
    with np.errstate(all="ignore"):
        assert f(np.ones((2, 2))) is NotImplemented
    np.testing.assert_array_equal(f(x), np.linalg.inv(x))


def test_a_loop_that_ufuncs_lack():
    with pytest.raises(LookupError, match="matmul has no loop for 'MMM'"):
        entry.loop_of(np.matmul, "MMM")


@pytest.mark.parametrize("way", ["portable"], indirect=True)
def test_loops_cannot_be_found_without_knowing_the_layout():
    with pytest.raises(LookupError, match="matmul has no loop"):
        entry.loop_of(np.matmul, "ddd")


def test_calls_are_counted(library):
    f = scaling(library, (2,))
    for x in (np.ones(2), np.ones(3), np.ones(2)):
        f(x)
    assert entry.fitted_calls(f) == 2


def test_plans_that_cannot_be(library):
    with pytest.raises(ValueError, match="single result of 0 outputs"):
        build(Plan([], result="single"))
    with pytest.raises(ValueError, match=r"slots \[7\] of which there are only 1"):
        build(Plan([], steps=[Step(library, "scale", [7])]))


def test_kernel_function(library):
    f = entry.kernel_function(library, "scale", 2, extent=4)
    x, y = np.arange(4.0), np.zeros(4)
    assert f(x, y) is None
    np.testing.assert_array_equal(y, 2.5 * x)
    assert f(x) is NotImplemented
    assert f(x, 3) is NotImplemented


def test_many_calls_leave_no_references(library):
    token, x = object(), np.ones((3, 4))
    plan = Plan(
        [InputSpec("array", DOUBLE, (3, 4)), InputSpec("object", value=token)],
        [
            OutputSpec("array", DOUBLE, (3, 4)),
            OutputSpec("object", value=token),
            OutputSpec("argument", value=0),
            OutputSpec("scalar", DOUBLE),
            OutputSpec("bool"),
        ],
        [x],
        [8000],
        [Step(library, "scale", [0, 3], extent=12)],
    )
    f = build(plan)
    things = (token, x, DOUBLE, None, True, False, np.ndarray, NotImplemented, plan)
    wrong = ((x,), (x, x), (token, x), (np.ones(3), token))

    def rounds(number):
        for _ in range(number):
            f(x, token)
            for arguments in wrong:
                f(*arguments)

    rounds(10)
    before = [sys.getrefcount(t) for t in things]
    rounds(1000)
    after = [sys.getrefcount(t) for t in things]
    assert max(abs(a - b) for a, b in zip(after, before, strict=True)) < 50


def test_what_a_function_needs_lives_as_long_and_no_longer():
    made = machine.load(scale(4.25))
    constant = np.arange(3.0)
    plan = Plan([], [OutputSpec("array", DOUBLE, (3,))], [constant], [], [Step(made, "scale", [0, 1], extent=3)])
    f = build(plan)
    del plan, constant
    gc.collect()
    key = made.key
    del made
    gc.collect()
    np.testing.assert_array_equal(f()[0], 4.25 * np.arange(3.0))
    assert key in machine.LIBRARIES
    del f
    gc.collect()
    assert key not in machine.LIBRARIES


def test_no_memory(library):
    huge = (2**40, 2**10)
    f = build(Plan([], [OutputSpec("array", DOUBLE, (2,)), OutputSpec("array", DOUBLE, huge)]))
    g = build(Plan([], [OutputSpec("array", DOUBLE, (2,))], scratch=[2**50]))
    before = sys.getrefcount(DOUBLE)
    for _ in range(100):
        with pytest.raises(MemoryError):
            f()
        with pytest.raises(MemoryError):
            g()
    assert sys.getrefcount(DOUBLE) < before + 20
