"""Carriers: what stands for a foreign value whose class cannot hold the payload."""

import copy
import pickle
from fractions import Fraction

import attrs
import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import Carrier, carrier, foreign_class, hold, is_layer, layer_of, operation
from dispatchml.dispatch.errors import LayerConversionError, LayerOrderError, RegistrationError


class Tagged(np.ndarray):
    """Somebody else's subclass of ndarray, which holds plain memory only and forgets whom it meets."""

    def __new__(cls, values, tag="?"):
        assert type(values) in (np.ndarray, float, int, list, np.float64, np.bool), type(values)
        new = np.asarray(values, dtype=None if isinstance(values, (np.ndarray, np.bool)) else float).view(cls)
        new.tag = tag
        return new

    def __array_finalize__(self, other):
        self.tag = getattr(other, "tag", "?")

    @property
    def loud(self):
        return self.tag.upper()

    @property
    def plain(self):
        return self.view(np.ndarray)

    def renamed(self, tag):
        return type(self)(self.plain, tag)

    def __mul__(self, other):
        return super().__mul__(other)

    def __imul__(self, other):
        return super().__imul__(other)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        plain = [np.asarray(x) for x in inputs]
        return Tagged(getattr(ufunc, method)(*plain, **keywords), self.tag)


class Shouting(Tagged):
    """A subclass of it."""


@dm.layer(slot="structure")
@attrs.frozen
class Doubled:
    """Something that Tagged cannot hold: twice an array."""

    half: dm.Array

    @property
    def shape(self):
        return np.shape(self.half)

    def materialise(self):
        return ops.multiply(self.half, 2.0)


@ops.multiply.layer(Doubled)
def multiply_doubled(a, b):
    if isinstance(a, Doubled) and isinstance(b, Doubled):
        return ops.multiply(a.materialise(), b.materialise())
    return Doubled(ops.multiply(a.half, b)) if isinstance(a, Doubled) else Doubled(ops.multiply(a, b.half))


@ops.add.layer(Doubled)
def add_doubled(a, b):
    return ops.add(*(x.materialise() if isinstance(x, Doubled) else x for x in (a, b)))


@ops.sum.layer(Doubled)
def sum_doubled(x, **keywords):
    return ops.multiply(ops.sum(x.half, **keywords), 2.0)


@operation
def rename(x, *, tag=""):
    """The same numbers under another tag."""


@operation
def plain_of(x):
    """The numbers."""


dm.register_type(
    Tagged,
    slot="meaning",
    payload=lambda x: x.view(np.ndarray) if x.shape else x.view(np.ndarray)[()],
    rebuild=lambda x, p: foreign_class(x)(p, x.tag),
    static=("tag", "loud"),
    methods={"renamed": lambda x, tag: rename(x, tag=tag), "plain": plain_of},
    defer=("__mul__", "__imul__", "__array_ufunc__"),
    carrier=("tag",),
)
INFO = layer_of(Tagged)


@rename.layer(Tagged)
def rename_tagged(x, *, tag=""):
    return hold(x, INFO.payload(x), tag=tag)


@plain_of.layer(Tagged)
def plain_of_tagged(x):
    return INFO.payload(x)


@dm.rules.rule(plain_of).vjp
def plain_of_vjp(y, x, *, needs):
    return lambda ct: (ct,)


@ops.multiply.layer(Tagged)
def multiply_tagged(a, b):
    like = a if dm.isinstance(a, Tagged) else b
    x, y = (INFO.payload(v) if dm.isinstance(v, Tagged) else v for v in (a, b))
    return hold(like, ops.multiply(x, y))


@ops.sum.layer(Tagged)
def sum_tagged(x, **keywords):
    return hold(x, ops.sum(INFO.payload(x), **keywords))


for name in ("one_like", "zeros_like", "add", "broadcast_to", "getitem"):
    op = getattr(ops, name)

    def rule_of(*values, op=op, **keywords):
        like = next(v for v in values if dm.isinstance(v, Tagged))
        return hold(like, op(*(INFO.payload(v) if dm.isinstance(v, Tagged) else v for v in values), **keywords))

    op.layer(Tagged, rule_of)


@pytest.fixture
def tagged():
    return Tagged(np.array([1.0, 2.0]), "a")


@pytest.fixture
def carried(tagged):
    return tagged * Doubled(np.array([1.0, 10.0]))


def test_a_rule_gives_a_carrier_where_the_class_cannot_hold_the_result(carried):
    assert isinstance(carried, Carrier)
    assert type(carried) is carrier(Tagged)
    assert type(carried._payload) is Doubled
    assert carried.tag == "a"
    assert np.array_equal(carried._payload.half, [1.0, 20.0])


def test_it_is_the_same_layer(carried):
    assert layer_of(type(carried)) is INFO
    assert is_layer(carried)
    assert dm.isinstance(carried, Tagged)
    assert dm.isinstance(carried, np.ndarray)
    assert not isinstance(carried, Tagged)
    assert not dm.isinstance(carried, Shouting)
    assert foreign_class(carried) is Tagged
    assert foreign_class(2.0) is float


def test_both_orders_of_operands_and_both_doors_give_the_same(tagged):
    other = Doubled(np.array([1.0, 10.0]))
    for made in (tagged * other, other * tagged, np.multiply(tagged, other), np.multiply(other, tagged),
                 ops.multiply(tagged, other), ops.multiply(other, tagged)):  # fmt: skip
        assert type(made) is carrier(Tagged)
        assert type(made._payload) is Doubled
        assert made.tag == "a"


def test_in_place_rebinds(tagged):
    x = tagged
    x *= Doubled(np.array([1.0, 10.0]))
    assert type(x) is carrier(Tagged)
    assert np.array_equal(tagged, [1.0, 2.0])


def test_it_is_the_foreign_class_again_when_the_payload_is_plain(carried, tagged):
    total = np.sum(carried)
    assert type(total) is Tagged
    assert total.tag == "a"
    assert total == 42.0
    product = carried * carried
    assert type(product) is Tagged
    assert np.array_equal(product.plain, [4.0, 1600.0])
    assert type(carried.renamed("b")) is carrier(Tagged)
    assert carried.renamed("b").tag == "b"


def test_operators_with_plain_and_foreign_values(carried, tagged):
    for made in (carried * 2.0, 2.0 * carried, np.float64(2.0) * carried, np.array([2.0, 2.0]) * carried,
                 tagged * carried, carried * tagged):  # fmt: skip
        assert type(made) is carrier(Tagged)
        assert type(made._payload) is Doubled


def test_objects_are_not_held():
    thirds = np.array([Fraction(1, 3), Fraction(2, 3)], object)
    made = hold(Tagged([1.0], "a"), thirds)
    assert type(made) is carrier(Tagged)
    assert made.sum()._payload == Fraction(1)


def test_statics_and_methods_are_answered(carried):
    assert carried.loud == "A"
    assert carried.shape == (2,)
    assert carried.ndim == 1
    assert carried.dtype == np.float64
    assert type(carried.plain) is Doubled
    assert np.array_equal(carried.plain.half, [1.0, 20.0])
    assert type(carried.half) is Tagged  # a field of what is inside keeps the layer
    with pytest.raises(AttributeError, match="register_type"):
        carried.strides  # noqa: B018
    with pytest.raises(LayerConversionError):
        np.asarray(carried)
    with pytest.raises(TypeError, match="truth"):
        bool(carried)


def test_it_prints_copies_and_pickles(carried):
    assert repr(carried) == "<Tagged Doubled(half=array([ 1., 20.])) a>"
    for again in (copy.copy(carried), copy.deepcopy(carried), pickle.loads(pickle.dumps(carried))):
        assert type(again) is type(carried)
        assert again.tag == "a"
        assert np.array_equal(again._payload.half, carried._payload.half)


def test_a_subclass_comes_back_as_itself():
    loud = Shouting([1.0, 2.0], "b")
    made = loud * Doubled(np.array([1.0, 1.0]))
    assert type(made) is carrier(Shouting)
    assert foreign_class(made) is Shouting
    assert issubclass(carrier(Shouting), Carrier)
    assert isinstance(made, carrier(Tagged))
    assert type(np.sum(made)) is Shouting
    assert repr(made).startswith("<Shouting ")


def test_derivatives_go_through(carried):
    g = dm.grad(lambda x: np.sum((x * x).plain))(carried)
    assert type(g) is Tagged
    assert np.array_equal(g.plain, [4.0, 80.0])
    y, dy = dm.jvp(lambda x: x * x, (carried,), (carried,))
    assert type(y) is Tagged
    assert type(dy) is Tagged
    assert np.array_equal(dy.plain, [8.0, 3200.0])
    y, dy = dm.jvp(lambda x: x * 3.0, (carried,), (carried,))
    assert type(y) is type(dy) is carrier(Tagged)
    assert np.array_equal(dy.half.plain, [3.0, 60.0])


def test_users_values_stay_of_the_foreign_class_inside(tagged):
    seen = []
    dm.grad(lambda x: (seen.append(dm.primal(x)), np.sum((x * x).plain))[1])(tagged)
    assert type(seen[0]) is Tagged


def test_what_belongs_outside_is_refused():
    def inside(x):
        return hold(Tagged([1.0], "a"), x)

    with pytest.raises(LayerOrderError, match="belongs outside"):
        dm.grad(inside)(1.0)


def test_names_of_static_fields_are_checked(tagged):
    with pytest.raises(TypeError, match="unit is no static field"):
        hold(tagged, 1.0, unit="m")
    with pytest.raises(RegistrationError, match="has no carrier"):
        carrier(float)
    with pytest.raises(RegistrationError, match="holds"):
        dm.register_type(Tagged, slot="meaning", payload=lambda x: x, rebuild=lambda x, p: p, holds=lambda p: True)


def test_methods_for_the_class_are_methods_for_its_carrier(carried, tagged):
    @operation
    def kind(x):
        """What came."""

    kind.register(lambda x: "tagged", Tagged)
    assert kind(tagged) == kind(carried) == "tagged"


def test_the_cotangent_of_a_number_keeps_what_a_subclass_of_ndarray_carries(tagged):
    g = dm.grad(lambda x: np.sum(tagged * x))(2.0)
    assert type(g) is Tagged
    assert g.tag == "a"
