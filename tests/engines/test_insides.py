"""What a traced value was made of is known while it lives and as long as nobody writes to it."""

import gc
import weakref

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import inside_of, made_of, put_around
from dispatchml.engines import Dual, Level, Var
from dispatchml.engines.forward import dual
from dispatchml.engines.reverse import record
from dispatchml.engines.tape import Tape


class Wrapped(np.ndarray):
    """A payload that can be referred to weakly."""


def wrapped(tape):
    part = record(np.ones(3), tape, ())
    return record(np.ones(3).view(Wrapped), tape, ()), part


def nothing(_):
    return None


def test_it_is_the_entry_that_it_was_made_of():
    tape = Tape()
    whole, part = wrapped(tape)
    assert inside_of(whole, nothing, nothing) is None
    assert made_of(whole, part) is whole
    found = inside_of(whole, nothing, nothing)
    assert type(found) is Var
    assert found._index == part._index
    assert found._value is part._value


def test_a_value_that_is_written_to_forgets_it():
    tape = Tape()
    whole, part = wrapped(tape)
    made_of(whole, part)
    whole._index = len(tape)  # what a write ends in: the value stands for another entry
    assert inside_of(whole, nothing, nothing) is None


def test_it_dies_with_the_payload_and_with_the_recording():
    tape = Tape()
    whole, part = wrapped(tape)
    made_of(whole, part)
    value = weakref.ref(whole._value)
    del whole
    assert value() is None
    assert tape.insides == {}
    whole, part = wrapped(tape)
    made_of(whole, part)
    tape.close()
    assert tape.insides == {}


def test_a_tape_is_in_no_circle_with_it():
    tape = Tape()
    whole, part = wrapped(tape)
    made_of(whole, part)
    kept, dead = whole._value, weakref.ref(part._value)
    gc.collect()
    gc.disable()
    try:
        tape.close()
        del tape, whole, part
        assert dead() is None
    finally:
        gc.enable()
    assert kept.shape == (3,)


def test_another_tape_and_payloads_without_weak_references_are_not_remembered():
    tape = Tape()
    whole, part = wrapped(tape)
    made_of(whole, record(np.ones(3), Tape(), ()))
    assert tape.insides is None
    number = record(1.0, tape, ())
    assert made_of(number, part) is number
    assert not tape.insides


def test_dual_numbers_are_taken_apart_by_two_functions():
    with Level("jvp") as level:
        x = dual(np.ones(2), np.full(2, 3.0), level)
        y = inside_of(x, lambda v: v + 1.0, lambda t: t * 2.0)
        assert type(y) is Dual
        assert y._level is level
        np.testing.assert_array_equal(y._value, [2.0, 2.0])
        np.testing.assert_array_equal(y._partials, [6.0, 6.0])
        assert inside_of(x, nothing, lambda t: t) is None
        assert inside_of(x, lambda v: v, nothing) is None
        assert put_around(x, lambda v: v, lambda t: t) is not None
    assert inside_of(x, lambda v: v, lambda t: t) is None  # the level is closed: operations raise the error
    assert put_around(record(np.ones(2), Tape(), ()), lambda v: v, lambda t: t) is None


def test_batches_are_not_looked_into():
    seen = []
    dm.vmap(lambda x: seen.append(inside_of(x, lambda v: v, lambda t: t)) or ops.sum(x))(np.ones((2, 3)))
    assert seen == [None]
