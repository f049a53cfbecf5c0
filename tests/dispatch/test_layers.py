"""The table of layers: who is one, who is refused, and what happens under threads."""

import threading

import numpy as np
import pytest

from dispatchml.dispatch import Layer, add_layer, is_layer, layer_of, layers
from dispatchml.dispatch.errors import RegistrationError


class A:
    pass


class B(A):
    pass


def test_a_layer_is_a_layer_with_its_subclasses():
    assert layer_of(B) is None
    assert not is_layer(B())
    info = Layer(A, "meaning", place="here")
    add_layer(info)
    assert layer_of(A) is layer_of(B) is info
    assert is_layer(B())
    assert not is_layer(1.0)
    assert "slot 'meaning'" in repr(info)


def test_a_second_declaration_is_refused(check_text):
    add_layer(Layer(A, "meaning", place="here.py:1"))
    with pytest.raises(RegistrationError) as caught:
        add_layer(Layer(A, "structure", place="there.py:2"))
    check_text(caught.value, "second_layer")


@pytest.mark.parametrize("slot", ["", "units", "Meaning"])
def test_slots_that_are_not_there(slot):
    with pytest.raises(RegistrationError, match="scalar, storage, structure, chunked, meaning, transform"):
        add_layer(Layer(A, slot))


def test_the_engines_slot_is_theirs(check_text):
    with pytest.raises(RegistrationError) as caught:
        add_layer(Layer(A, "transform"))
    check_text(caught.value, "transform_slot")


@pytest.mark.parametrize("cls", [float, np.ndarray, np.float32, object])
def test_values_are_no_layers(cls):
    with pytest.raises(RegistrationError, match="is a plain value"):
        add_layer(Layer(cls, "meaning"))
    assert layer_of(cls) is None


def test_an_answer_given_while_a_layer_is_declared_is_not_kept(monkeypatch):
    """One thread looks through the table while another declares the class; afterwards everybody knows the layer."""
    asked, declared = threading.Event(), threading.Event()

    class SlowTable(dict):
        def __contains__(self, key):
            found = super().__contains__(key)
            if key is A and threading.current_thread() is thread:
                asked.set()
                declared.wait(0.3)
            return found

    monkeypatch.setattr(layers, "LAYERS", SlowTable(layers.LAYERS))
    thread = threading.Thread(target=layer_of, args=(A,))
    thread.start()
    asked.wait()
    add_layer(Layer(A, "meaning"))
    declared.set()
    thread.join()
    assert layer_of(A) is not None
