"""The join of values: declared edges, one minimal join, converters, no implicit device moves."""

import numpy as np
import pytest

from dispatchml.dispatch import Layer, add_layer, operation, promotes
from dispatchml.dispatch.errors import JoinError, NoMethodError, RegistrationError
from dispatchml.dispatch.join import join, python_scalar, value_class


class DeviceArray:
    """A storage class for tests, as of another device."""

    def __init__(self, value):
        self.value = value


class Low:
    pass


class Middle:
    pass


@pytest.fixture
def add():
    @operation
    def add(a, b):
        """a + b."""

    add.register(np.add, np.ndarray, np.ndarray)
    return add


def test_the_chain_of_numbers():
    chain = (bool, int, float, complex, np.generic, np.ndarray)
    for i, a in enumerate(chain):
        for j, b in enumerate(chain):
            assert join((a, b), "f") is chain[max(i, j)]
    assert join((np.float32, np.int8), "f") is np.generic


def test_value_classes(ratio):
    assert value_class(np.float32) is np.generic
    assert value_class(np.ndarray) is np.ndarray
    assert value_class(np.ma.MaskedArray) is None
    assert value_class(ratio) is None


def test_arrays_of_two_devices_do_not_meet(add, check_text):
    promotes(complex, DeviceArray)
    add.register(lambda a, b: "device", DeviceArray, DeviceArray)
    assert add(DeviceArray(1), 2.0) == add(1, DeviceArray(1)) == "device"
    for pair in ((DeviceArray(1), np.ones(2)), (np.ones(2), DeviceArray(1))):
        with pytest.raises(JoinError) as caught:
            add(*pair)
    check_text(caught.value, "two_devices")
    with pytest.raises(JoinError):
        add(np.float64(1), DeviceArray(1))


def test_two_minimal_joins_are_refused_at_the_declaration(check_text, ratio):
    promotes(Low, Middle)
    promotes(Low, DeviceArray)
    promotes(ratio, Middle)
    with pytest.raises(RegistrationError) as caught:
        promotes(ratio, DeviceArray)
    check_text(caught.value, "two_joins")
    assert join((Low, Middle), "f") is Middle


def test_a_cycle_of_promotions_is_refused():
    promotes(Low, Middle)
    promotes(Middle, DeviceArray)
    with pytest.raises(RegistrationError, match="below it already"):
        promotes(DeviceArray, Low)
    with pytest.raises(RegistrationError, match="the same"):
        promotes(Low, Low)
    with pytest.raises(RegistrationError, match="below it already"):
        promotes(np.ndarray, float)


def test_layers_and_other_things_are_not_promoted():
    add_layer(Layer(Low, "meaning"))
    with pytest.raises(RegistrationError, match="is a layer"):
        promotes(Low, np.ndarray)
    with pytest.raises(RegistrationError, match="two classes"):
        promotes("Low", np.ndarray)


def test_the_same_declaration_twice_is_one():
    promotes(Low, Middle)
    promotes(Low, Middle)
    assert join((Low, Middle), "f") is Middle


def test_promotion_is_transitive_and_converts_on_the_way(add, ratio):
    with pytest.raises(NoMethodError):
        add(ratio(1, 2), 1.0)
    promotes(ratio, float, convert=float)
    assert add(ratio(1, 2), 1.0) == 1.5
    assert add(ratio(1, 2), np.array([1, 2])).tolist() == [1.5, 2.5]
    promotes(Low, ratio, convert=lambda x: ratio(3))
    assert add(Low(), np.array([1.0])).tolist() == [4.0]


def test_the_way_with_the_fewest_conversions_is_taken(add, ratio):
    """A class of numbers between int and arrays changes nothing for arrays that meet an int."""
    promotes(int, ratio, convert=ratio)
    promotes(ratio, np.ndarray, convert=lambda x: np.asarray(x, object))
    assert add(np.ones(2), 1).dtype == np.float64
    assert value_class(type("Sub", (ratio,), {})) is ratio


def test_converters_in_a_tuple(ratio):
    @operation(variadic=True)
    def joined(things):
        """Several."""

    joined.register(lambda things: sum(things), float)
    promotes(ratio, float, convert=float)
    assert joined((ratio(1, 2), 1, 2.0)) == 3.5


def test_python_numbers_stay_python_numbers(add):
    @operation
    def parts(x):
        """Several outputs."""

    parts.register(lambda x: (np.floor(x), np.asarray(x), "text"), np.ndarray)
    assert [type(v) for v in parts(1.5)] == [float, float, str]
    assert type(add(1.0, 2.0)) is float
    assert type(add(1.0, np.float32(2.0))) is np.float32
    assert python_scalar(np.ones(2)).shape == (2,)


def test_a_numpy_scalar_class_keeps_its_place_when_it_is_promoted_elsewhere():
    promotes(np.float16, DeviceArray)
    assert join((np.float16, np.ndarray), "f") is np.ndarray
    assert join((np.float16, DeviceArray), "f") is DeviceArray
