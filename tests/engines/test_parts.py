"""Views of parts, attributes that are set, and arrays that are shown, for a class of somebody else's."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import Part, change, operation, part_of, register_type, replace, shown
from dispatchml.dispatch.errors import AttributeSetError, DispatchmlError, ReadOnlyError, RegistrationError
from dispatchml.rules import batch, linear
from dispatchml.testing import WritingError, check_writing

AT = np.array([1.0, 2.0, -3.0])


class Tagged:
    """Numbers with a tag and marks, of another package; `numbers` and the tag can be set."""

    def __init__(self, numbers, tag="a", marks=None):
        self.numbers, self.tag = numbers, tag
        self.marks = np.zeros(np.shape(numbers), bool) if marks is None else marks

    shape = property(lambda self: self.numbers.shape)
    dtype = property(lambda self: self.numbers.dtype)
    reading = property(lambda self: self.numbers)

    def retag(self, tag):
        self.tag = tag

    def __mul__(self, other):
        return NotImplemented if isinstance(other, dm.engines.Traced) else Tagged(self.numbers * other, self.tag)


@operation(family="layers")
def untag(x):
    """The numbers of a tagged array."""


@operation(family="layers")
def tag(x, *, tag="a", marks=None):
    """Tagged numbers."""


untag.register(lambda x: x, object)
tag.register(lambda x, *, tag="a", marks=None: Tagged(x, tag, marks), object)
linear(untag, transpose=lambda ct, like: tag(ct))
linear(tag, transpose=lambda ct, like, **_: untag(ct))
batch(untag)(lambda arguments, marks, size: untag(arguments[0]))
batch(tag)(lambda arguments, batched, size, **keywords: tag(arguments[0], **keywords))
NUMBERS = Part(untag, lambda x, new: tag(new, tag=seen(x).tag, marks=seen(x).marks))


def seen(x):
    while not isinstance(x, Tagged):
        x = x._value
    return x


def set_tag(x, value):
    change(x, lambda old: Part(
        lambda v: tag(untag(v), tag=value, marks=seen(v).marks), lambda v, new: tag(untag(new), tag=seen(v).tag)
    )(old), "x.tag = ...")  # fmt: skip


def marks_of(x):
    return shown(x, lambda v: seen(v).marks, lambda v, new: change(
        v, lambda old: tag(untag(old), tag=seen(old).tag, marks=new), "x.marks[...] = ..."
    ))  # fmt: skip


def on_numbers(op):
    def rule(*arguments, **keywords):
        first = next(x for x in arguments if isinstance(x, Tagged))
        return Tagged(op(*(x.numbers if isinstance(x, Tagged) else x for x in arguments), **keywords), first.tag)

    return rule


@pytest.fixture(scope="module", autouse=True)
def registered():
    register_type(
        Tagged,
        slot="meaning",
        payload=lambda x: x.numbers,
        rebuild=lambda x, numbers: Tagged(numbers, x.tag, x.marks),
        static=("tag",),
        methods={
            "numbers": property(NUMBERS),
            "reading": NUMBERS,
            "retag": set_tag,
            "marks": property(marks_of),
            "places": property(lambda x: shown(x, lambda v: np.arange(3), None, "Make a new one.")),
        },
        setters={"tag": set_tag},
        defer=("__mul__",),
    )
    untag.layer(Tagged, lambda x: x.numbers)
    tag.layer(Tagged, lambda x, *, tag="a", marks=None: Tagged(x.numbers, tag, marks))
    for name in "multiply add getitem setitem reshape transpose zeros_like one_like ones_like positive".split():
        getattr(ops, name).layer(Tagged, on_numbers(getattr(ops, name)))


def total(x):
    return np.sum(x.numbers**3 * np.arange(1.0, x.numbers.size + 1).reshape(x.numbers.shape))


def run(program, x=AT):
    """The value under jvp, its tangent along ones, and grad."""
    value, tangent = dm.jvp(program, (Tagged(np.array(x)),), (Tagged(np.ones_like(x)),))
    return value, tangent, dm.grad(program)(Tagged(np.array(x)))


@pytest.mark.parametrize(
    "write",
    [
        lambda x: x.numbers.__setitem__(0, 5.0),
        lambda x: x.reading.__setitem__(slice(1, None), x.numbers[:-1] * 2.0),
        lambda x: x.numbers[1:].__setitem__(0, x.numbers[0] ** 2),
        lambda x: setattr(x, "numbers", x.numbers * 2.0),
        lambda x: setattr(x, "numbers", x.numbers.__iadd__(1.0)),
        lambda x: np.copyto(x.numbers, 2.0, where=np.array([True, False, True])),
    ],
)
def test_a_part_is_written_to(write):
    def program(x):
        write(x)
        return total(x)

    def numbers(x):
        return program(Tagged(np.array(x)))

    value, tangent, slope = run(program)
    wanted = [(numbers(AT + 1e-6 * e) - numbers(AT - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    assert value == pytest.approx(numbers(AT))
    assert tangent == pytest.approx(sum(wanted), abs=1e-6)
    np.testing.assert_allclose(slope.numbers, wanted, rtol=1e-6, atol=1e-6)
    rows = np.stack([AT, AT + 1.0])
    np.testing.assert_allclose(dm.vmap(program)(Tagged(rows)), [numbers(row) for row in rows])


def test_a_view_follows_its_owner_and_a_copy_does_not():
    def program(x):
        view, part, copy = x.numbers, x.numbers[1:], x.numbers.copy()
        x.reading[1] = 10.0
        return view[1] + part[0] * 10.0 + copy[1] * 100.0

    value, tangent, slope = run(program)
    assert (value, tangent) == (310.0, 100.0)
    np.testing.assert_array_equal(slope.numbers, [0.0, 100.0, 0.0])


def test_what_is_set_is_seen_by_everybody():
    def program(x):
        y, same = x, x
        y.tag = "b"
        assert (same.tag, x.tag) == ("b", "b")
        y.retag("c")
        assert same.tag == "c"
        y.numbers[0] = 3.0
        return total(same)

    assert run(program)[1] == 3 * 2 * 4.0 + 3 * 3 * 9.0


def test_replacing_the_memory_of_a_view_leaves_its_owner_alone():
    def program(x):
        part = NUMBERS(x)[1:]
        whole = Part(lambda v: tag(v), lambda v, new: untag(new))(part)
        replace(whole, NUMBERS, np.array([7.0, 8.0]))
        return np.sum(whole.numbers) * 1000.0 + total(x)

    value, tangent, _ = run(program)
    assert value == 15000.0 + total(Tagged(AT))
    assert tangent == 3.0 * np.sum(AT**2 * [1, 2, 3])


def test_attributes_that_cannot_be_set():
    for name, text in (("reading", "nor can that of a plain one. Write into it"), ("retag", "x.retag = v")):
        with pytest.raises(AttributeSetError, match=rf"test_parts.py.*{text}|{text}.*test_parts.py"):
            dm.grad(lambda x: (setattr(x, name, 1), total(x))[1])(Tagged(AT))  # noqa: B023
    with pytest.raises(AttributeError):
        dm.grad(lambda x: (setattr(x, "nothing", 1), total(x))[1])(Tagged(AT))
    with pytest.raises(AttributeError, match="tag"):
        dm.grad(lambda x: (setattr(x, "tag", 1), np.sum(x))[1])(AT)  # of a plain array


def test_arrays_that_are_shown():
    def program(x):
        m, some = x.marks, x.marks[1:]
        m[0] = True
        some[...] = [True, False]
        m |= np.array([False, False, True])
        assert some.tolist() == [True, True]
        assert m.tolist() == x.marks.tolist() == [True, True, True]
        assert type(~m) is type(m & m) is type(np.where(m, 1.0, 0.0)) is type(m.copy()) is np.ndarray
        np.copyto(x.marks, [True, False, True])
        x.marks.fill(False)
        x.marks[2:] = True
        kept.append(m)
        return total(x) + np.sum(x.numbers * m) + np.sum(x.numbers[m])

    kept = []
    value, tangent, slope = run(program)
    assert value == total(Tagged(AT)) - 6.0
    np.testing.assert_array_equal(slope.numbers, 3 * AT**2 * [1, 2, 3] + [0, 0, 2])
    assert dm.primal(kept[0]).tolist() == [False, False, True]
    assert type(dm.primal(kept[0])) is np.ndarray
    _, m = dm.value_and_grad(lambda x: (total(x), x.marks), has_aux=True)(Tagged(AT))[0]
    m[0] = True


def test_arrays_that_are_shown_and_not_written_to():
    for write in (
        lambda x: x.places.__setitem__(0, 1),
        lambda x: x.places[1:].__iadd__(1),
        lambda x: np.copyto(x.places, 0),
        lambda x: np.add(x.places, 1, out=x.places),
    ):
        with pytest.raises(ReadOnlyError, match=r"test_parts.py.*Make a new one"):
            dm.grad(lambda x: (write(x), total(x))[1])(Tagged(AT))  # noqa: B023
    with pytest.raises(ValueError, match="read-only"):
        dm.grad(lambda x: (x.places.sort(), total(x))[1])(Tagged(AT))


def test_declarations_that_say_nothing():
    with pytest.raises(RegistrationError, match="view=True"):
        part_of(ops.sin, NUMBERS)


def test_a_change_of_a_view_that_is_none():
    with pytest.raises(DispatchmlError, match=r"doubling.*test_parts.py.*Copy it first"):
        dm.grad(lambda x: (change(x[1:], lambda v: v * 2.0, "doubling"), np.sum(x))[1])(AT)


# ---- operators in place ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operator", ["__imod__", "__ifloordiv__", "__imatmul__", "__iadd__", "__ipow__"])
def test_operators_in_place_are_seen_by_everybody(operator):
    def program(x):
        same, row = x, x[0]
        x = getattr(x, operator)(np.array([[1.0, 2.0], [0.5, 3.0]]))
        return np.sum(same**2 * np.arange(4.0).reshape(2, 2)) + np.sum(row)

    check_writing(program, np.array, np.array([[1.3, 2.7], [0.6, 4.2]]), batch=np.array)


def test_integers_in_place():
    def shifted(x):
        k = dm.ops.astype(x, dtype=np.dtype(int))
        same = k
        k <<= 1
        k |= 1
        k ^= 2
        k &= 7
        k >>= 1
        return same

    np.testing.assert_array_equal(
        dm.vmap(shifted)(np.array([[1.0, 2.0], [3.0, 4.0]])), shifted(np.array([[1.0, 2.0], [3.0, 4.0]]))
    )


def test_the_check_of_programs_that_write_fails_where_it_should():
    with pytest.raises(WritingError, match="grad"):
        check_writing(lambda x: np.sum(dm.stop_gradient(x) ** 2), np.array, AT)
