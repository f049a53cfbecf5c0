"""Layers of one's own: fields, normal form, derivatives of construction and of reading fields, what goes into the
class.
"""

import copy
import dataclasses
import pickle
from typing import ClassVar

import attrs
import numpy as np
import numpy.typing as npt
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import LAYER_DRESSERS, Array, field, layer, layer_of, make, order, register_type
from dispatchml.dispatch.errors import (
    LayerConversionError,
    LayerOrderError,
    NoMethodError,
    NoRuleError,
    RegistrationError,
    TracerConversionError,
)
from dispatchml.engines.traced import Traced
from dispatchml.rules import layers as layer_rules


def diagonal_class():
    @layer(slot="structure")
    @attrs.frozen
    class Diagonal:
        diag: Array

        def materialise(self):
            return np.diag(self.diag)

        @property
        def shape(self):
            return (len(self.diag),) * 2

        def trace(self):
            return ops.sum(self.diag)

    return Diagonal


def quantity_class():
    @layer(slot="meaning")
    @dataclasses.dataclass(frozen=True)
    class Quantity:
        number: Array
        unit: str = "m"

    return Quantity


def sparse_class():
    @layer(slot="structure")
    class Sparse:
        data: Array
        where: npt.NDArray[np.intp]
        shape: tuple[int, ...]
        kind: ClassVar[str] = "sparse"

        def __init__(self, data, where, shape=(3,)):
            self.data, self.where, self.shape = data, where, shape
            self.length = len(where)

    return Sparse


@layer(slot="structure")
@attrs.frozen
class Stored:
    """At module level, for pickling."""

    diag: Array
    tag: str = ""


X = np.array([1.0, 2.0, 3.0])


# ---- what is known of it ---------------------------------------------------------------------------------------------


def test_fields_that_hold_arrays_are_the_payload_and_others_are_static():
    Diagonal, Quantity, Sparse = diagonal_class(), quantity_class(), sparse_class()
    info = layer_of(Diagonal)
    assert (info.slot, info.static) == ("structure", ())
    assert info.payload(Diagonal(X)) is X
    assert info.materialise(Diagonal(X)).tolist() == np.diag(X).tolist()
    assert layer_of(Quantity).static == ("unit",)
    assert layer_of(Quantity).materialise is None
    sparse = layer_of(Sparse)
    assert sparse.static == ("shape",)
    indices = np.array([0, 2])
    data, where = sparse.payload(Sparse(X[:2], indices))
    assert (data == X[:2]).all()
    assert where is indices
    assert __file__ in info.place


def test_rebuilding_keeps_what_is_static_and_derived_and_skips_the_constructor():
    Sparse = sparse_class()
    one = Sparse(X[:2], np.array([0, 2]), (4,))
    other = layer_of(Sparse).rebuild(one, (X[1:], one.where))
    assert type(other) is Sparse
    assert other.data.tolist() == [2.0, 3.0]
    assert (other.shape, other.length) == ((4,), 2)
    assert one.data.tolist() == [1.0, 2.0]


def test_optional_and_text_annotations():
    @layer(slot="meaning")
    @attrs.define
    class Measured:
        number: "Array"
        error: "Array | None" = None
        name: "str" = ""

    number, error = layer_of(Measured).payload(Measured(X, name="a"))
    assert number is X
    assert error is None
    assert layer_of(Measured).static == ("name",)
    assert Measured(X).shape == (3,)
    assert Measured(1.0).dtype == np.float64


def test_private_attrs_fields_go_by_their_alias():
    @layer(slot="meaning")
    @attrs.frozen
    class Hidden:
        _number: Array
        _unit: str

    Diagonal = diagonal_class()
    one = Diagonal(Hidden(number=X, unit="s"))
    assert type(one) is Hidden
    assert type(one._number) is Diagonal
    assert one._unit == "s"


def test_plain_layers_are_copied_and_pickled_like_any_class():
    one = Stored(X, "a")
    for other in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one)), attrs.evolve(one, tag="a")):
        assert type(other) is Stored
        assert other.diag.tolist() == X.tolist()
        assert other.tag == "a"
    assert pickle.loads(pickle.dumps(make[Stored])) is make[Stored]
    assert pickle.loads(pickle.dumps(field[Stored, "diag"])) is field[Stored, "diag"]


# ---- refused ---------------------------------------------------------------------------------------------------------


def test_a_class_without_payload(check_text):
    with pytest.raises(RegistrationError) as caught:

        @layer(slot="meaning")
        @attrs.frozen
        class Empty:
            unit: str

    check_text(caught.value, "no_payload")


def test_a_slot_is_needed():
    with pytest.raises(RegistrationError, match="needs a slot"):

        @layer
        class Bare:
            x: Array


def test_layer_below_the_class_decorator(check_text):
    with pytest.raises(RegistrationError) as caught:

        @attrs.frozen
        @layer(slot="meaning")
        class Upside:
            x: Array

    check_text(caught.value, "layer_below_attrs")


def test_a_constructor_without_names():
    with pytest.raises(RegistrationError, match=r"takes \*args"):

        @layer(slot="meaning")
        class Loose:
            x: Array

            def __init__(self, *args):
                pass


def test_a_subclass_of_a_builtin():
    with pytest.raises(RegistrationError, match="cannot be rebuilt"):

        @layer(slot="meaning")
        class Sub(np.ndarray):
            x: Array


def test_a_field_with_the_name_of_an_engines_slot():
    taken = engine_slot()
    if taken is None:
        return
    with pytest.raises(RegistrationError, match="name of an attribute of traced values"):
        layer(slot="meaning")(attrs.make_class("Taken", {taken: attrs.field(type=Array)}))


def engine_slot():
    """A public name that an engine's values keep for themselves, None when there is none."""
    from dispatchml.engines.reverse import Var

    return next((n for n in Var.__slots__ if not n.startswith("_")), None)


def test_array_is_an_annotation_only():
    with pytest.raises(RegistrationError, match="annotation"):
        Array([1.0])

    @dm.dispatch
    def f(x):
        return x

    with pytest.raises(RegistrationError, match="marks the payload fields"):
        f.register(lambda x: x, Array)


# ---- normal form -----------------------------------------------------------------------------------------------------


def test_a_layer_built_round_an_outer_one_is_the_outer_one_round_it():
    Diagonal, Quantity = diagonal_class(), quantity_class()
    one = Diagonal(Quantity(X, "s"))
    assert type(one) is Quantity
    assert type(one.number) is Diagonal
    assert one.number.diag is X
    assert one.unit == "s"
    assert type(Quantity(Diagonal(X)).number) is Diagonal
    back = field[Diagonal, "diag"](one)
    assert type(back) is Quantity
    assert back.number is X
    assert field[Diagonal, "diag"](Diagonal(X)) is X


def test_static_fields_and_indices_stay_where_they_are():
    Sparse, Quantity = sparse_class(), quantity_class()
    where = np.array([0, 2])
    one = Sparse(where=where, data=Quantity(X[:2]), shape=(5,))
    assert type(one) is Quantity
    assert (type(one.number), one.number.shape, one.number.where is where) == (Sparse, (5,), True)


def test_fields_in_different_units_are_not_mixed(check_text):
    Quantity = quantity_class()

    @layer(slot="structure")
    @attrs.frozen
    class Pair:
        a: Array
        b: Array

    assert Pair(Quantity(X), Quantity(X)).unit == "m"
    with pytest.raises(NoMethodError) as caught:
        Pair(Quantity(X, "m"), Quantity(X, "s"))
    check_text(caught.value, "fields_differ")
    with pytest.raises(NoMethodError) as caught:
        Pair(Quantity(X, "m"), X)
    check_text(caught.value, "field_not_wrapped")

    @make[Pair].layer(Quantity)
    def pair_of_quantities(a, b):
        return "own rule"

    assert Pair(Quantity(X), X) == "own rule"


def test_methods_among_the_static_attributes_do_not_make_fields_differ():
    class Tagged:
        def __init__(self, number, tag):
            self.number, self.tag = number, tag

        def tagged(self):
            return self.tag

    register_type(
        Tagged,
        slot="meaning",
        payload=lambda x: x.number,
        rebuild=lambda x, p: Tagged(p, x.tag),
        static=("tag", "tagged"),
    )

    @layer(slot="structure")
    @attrs.frozen
    class Couple:
        a: Array
        b: Array

    assert Couple(Tagged(X, "u"), Tagged(X, "u")).tag == "u"
    with pytest.raises(NoMethodError, match="different"):
        Couple(Tagged(X, "u"), Tagged(X, "v"))


def test_two_layers_of_one_slot_need_an_order_when_built():
    Quantity = quantity_class()

    @layer(slot="meaning")
    @attrs.frozen
    class Labelled:
        inside: Array

    with pytest.raises(LayerOrderError):
        Labelled(Quantity(X))
    order(outer=Quantity, inner=Labelled)
    assert type(Labelled(Quantity(X))) is Quantity
    assert type(Quantity(Labelled(X))) is Quantity


def test_a_subclass_is_built_as_itself():
    Diagonal, Quantity = diagonal_class(), quantity_class()

    @attrs.frozen
    class Tagged(Diagonal):
        tag: str = "t"

    one = Tagged(Quantity(X), tag="u")
    assert type(one) is Quantity
    assert (type(one.number), one.number.tag) == (Tagged, "u")
    assert type(Tagged(X)) is Tagged


def test_rebuilding_round_an_outer_layer_gives_the_normal_form():
    Diagonal, Quantity = diagonal_class(), quantity_class()
    one = layer_of(Diagonal).rebuild(Diagonal(X), Quantity(X))
    assert type(one) is Quantity


def test_an_unknown_field_and_a_foreign_class():
    Diagonal = diagonal_class()
    with pytest.raises(RegistrationError, match="no payload field 'nose'; it has diag"):
        field[Diagonal, "nose"]
    with pytest.raises(RegistrationError, match="not a layer of one's own"):
        make[int]


# ---- derivatives -----------------------------------------------------------------------------------------------------


def test_gradients_go_through_construction_and_reading():
    Diagonal = diagonal_class()
    weights = np.array([1.0, 10.0, 100.0])

    def f(x):
        d = Diagonal(x * x)
        assert isinstance(d, Traced)
        assert type(d) is Diagonal  # what a traced one stands for
        return ops.sum(field[Diagonal, "diag"](d) * weights)

    assert dm.grad(f)(X).tolist() == [2.0, 40.0, 600.0]
    y, dy = dm.jvp(f, (X,), (np.array([1.0, 0.0, 1.0]),))
    assert (y, dy) == (941.0, 602.0)
    assert dm.grad(lambda x: dm.grad(f)(x)[1])(X).tolist() == [0.0, 20.0, 0.0]


def test_the_other_fields_have_zero_tangents_and_indices_are_kept():
    Sparse = sparse_class()
    where = np.array([0, 2])

    def f(x):
        s = Sparse(x, where)
        return ops.sum(field[Sparse, "data"](s) * X[:2])

    assert dm.grad(f)(X[:2]).tolist() == [1.0, 2.0]
    y, dy = dm.jvp(lambda x: Sparse(x, where), (X[:2],), (np.ones(2),))
    assert (type(y), type(dy)) == (Sparse, Sparse)
    assert dy.data.tolist() == [1.0, 1.0]
    assert dy.where is where

    @layer(slot="structure")
    @attrs.frozen
    class Pair:
        a: Array
        b: Array

    _, dy = dm.jvp(lambda x: Pair(x, X), (X,), (X,))
    assert dy.b.tolist() == [0.0, 0.0, 0.0]
    assert dm.grad(lambda x: ops.sum(field[Pair, "a"](Pair(x, x * 2.0)) * X))(X).tolist() == X.tolist()


def test_traced_values_of_outer_layers_too():
    Diagonal, Quantity = diagonal_class(), quantity_class()

    def f(x):
        one = Diagonal(Quantity(x, "s"))
        return ops.sum(field[Quantity, "number"](field[Diagonal, "diag"](one)) * X)

    assert dm.grad(f)(X).tolist() == X.tolist()


def test_a_traced_value_in_a_static_field_is_refused(check_text):
    Quantity = quantity_class()
    with pytest.raises(TracerConversionError) as caught:
        dm.grad(lambda x: Quantity(1.0, x))(2.0)
    check_text(caught.value, "traced_static_field")


def test_a_dense_cotangent_needs_project():
    Diagonal = diagonal_class()
    form_rule = layer_rules.on_structure
    from dispatchml.dispatch.construct import FORMS

    with pytest.raises(NoRuleError, match="Write a method project"):
        form_rule(FORMS[Diagonal], Diagonal(X), np.eye(3))
    Diagonal.project = lambda self, dense: Diagonal(np.diagonal(dense))
    assert form_rule(FORMS[Diagonal], Diagonal(X), np.eye(3)).diag.tolist() == [1.0, 1.0, 1.0]


# ---- what goes into the class ----------------------------------------------------------------------------------------


def test_dressers_are_called_for_new_layers_and_late_ones_for_old():
    seen = []

    def dresser(cls, info):
        seen.append(cls)
        assert info is layer_of(cls)

    Diagonal = diagonal_class()
    Bare = layer(slot="meaning", operators=False)(attrs.make_class("Bare", {"x": attrs.field(type=Array)}))
    kept = list(LAYER_DRESSERS)
    try:
        LAYER_DRESSERS.append(dresser)
        assert Diagonal in seen
        Quantity = quantity_class()
        assert seen[-1] is Quantity
        assert Bare not in seen
    finally:
        LAYER_DRESSERS[:] = kept


def test_operators_are_the_operations():
    Diagonal = diagonal_class()

    @ops.multiply.layer(Diagonal)
    def multiply_diagonals(a, b):
        return ("multiply", type(a).__name__, type(b).__name__)

    try:
        assert Diagonal(X) * 2.0 == ("multiply", "Diagonal", "float")
        assert X * Diagonal(X) == ("multiply", "ndarray", "Diagonal")
        assert np.multiply(2.0, Diagonal(X)) == ("multiply", "float", "Diagonal")
    finally:
        ops.multiply.unregister(Diagonal)
    with pytest.raises(TypeError):
        hash(Diagonal(X))


def test_operators_false_leaves_the_class_alone():
    Bare = layer(slot="meaning", operators=False)(attrs.make_class("Bare", {"x": attrs.field(type=Array)}, frozen=True))
    assert not hasattr(Bare, "__add__")
    assert not hasattr(Bare, "__array__")
    assert not hasattr(Bare, "__array_ufunc__")
    assert (Bare(1.0) == Bare(1.0)) is True
    assert hash(Bare(1.0)) == hash(Bare(1.0))


def test_asarray_is_refused_with_the_way_out(check_text):
    Diagonal, Quantity = diagonal_class(), quantity_class()
    with pytest.raises(LayerConversionError) as caught:
        np.asarray(Diagonal(X))
    check_text(caught.value, "asarray_with_materialise")
    with pytest.raises(LayerConversionError) as caught:
        np.asarray(Quantity(X))
    check_text(caught.value, "asarray_without_materialise")


def test_own_methods_and_properties_are_known_for_traced_values():
    Diagonal = diagonal_class()
    info = layer_of(Diagonal)
    assert info.fields["shape"](Diagonal(X)) == (3, 3)
    assert info.fields["diag"](Diagonal(X)) is X
    assert info.methods["trace"](Diagonal(X)) == 6.0


def test_a_rule_of_a_structure_records_its_arithmetic_and_one_structure():
    """Fields cost no operation: a field of what was built of a traced array is that array."""

    @dm.layer(slot="structure", fieldwise=True)
    @attrs.frozen
    class Weights:
        numbers: dm.Array

        @property
        def shape(self):
            return np.shape(self.numbers)

    seen = []

    @ops.multiply.layer(Weights)
    def times(a, b):
        first, second = (v.numbers if isinstance(v, Weights) else v for v in (a, b))
        seen.append(first)
        return Weights(ops.multiply(first, second))

    numbers = np.array([1.0, 2.0])

    def program(x):
        built = Weights(x)
        made = built * 3.0
        assert seen[-1] is x
        made = made * 2.0
        return np.sum(made.numbers * x)

    np.testing.assert_array_equal(dm.grad(program)(numbers), 12 * numbers)
    np.testing.assert_array_equal(dm.jvp(program, (numbers,), (np.ones(2),))[1], 36.0)
    np.testing.assert_array_equal(dm.hessian(program)(numbers), 12 * np.eye(2))
