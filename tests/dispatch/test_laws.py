"""The laws of the lattice, over random declarations: order, join, the outermost layer, one normal form."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatchml.dispatch import SLOTS, Layer, add_layer, join, lattice, layer_of, layers, operation, order, promotes
from dispatchml.dispatch.errors import JoinError, LayerOrderError, RegistrationError
from dispatchml.dispatch.join import EDGES, above
from dispatchml.dispatch.join import join as join_of
from dispatchml.dispatch.lattice import is_outside, outermost
from dispatchml.dispatch.operation import forget_everything

laws = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

CLASSES = [type(f"Law{i}", (), {"__module__": __name__, "__qualname__": f"Law{i}"}) for i in range(6)]
for cls in CLASSES:
    globals()[cls.__name__] = cls
PAIRS = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), max_size=12)


@pytest.fixture(autouse=True)
def clean(fresh_lattice):
    """Tables as each example wants them."""


def reset(slots=()):
    """Forget the example before, and declare the classes in these slots."""
    for cls in CLASSES:
        layers.LAYERS.pop(cls, None)
    layers.ANSWERS.clear()
    lattice.DECLARED.clear()
    for cls, slot in zip(CLASSES, slots, strict=False):
        add_layer(Layer(cls, slot, payload=lambda x: x.payload, rebuild=lambda x, p: type(x)(p), place="here"))
    forget_everything()


def declared(pairs):
    """The declarations that were taken, and the refused ones."""
    taken, refused = [], []
    for outer, inner in pairs:
        try:
            order(outer=outer, inner=inner)
            taken.append((outer, inner))
        except RegistrationError as error:
            refused.append((outer, inner, str(error)))
    return taken, refused


def closure(pairs):
    """The transitive closure, computed here without the code under test."""
    found = set(pairs)
    while True:
        more = {(a, d) for a, b in found for c, d in found if b is c} - found
        if not more:
            return found
        found |= more


@laws
@given(PAIRS)
def test_order_is_a_strict_partial_order_whatever_is_declared(pairs):
    reset(["meaning"] * len(CLASSES))
    taken, refused = declared(pairs)
    expected = closure(taken)
    assert not any(a is b for a, b in expected)  # acyclic
    for a, b in itertools.permutations(CLASSES, 2):
        if (a, b) in expected or (b, a) in expected:
            assert is_outside(layer_of(a), layer_of(b)) == ((a, b) in expected)
        else:
            with pytest.raises(LayerOrderError):
                is_outside(layer_of(a), layer_of(b))
    for a, b, text in refused:
        assert a is b or (b, a) in expected
        if a is not b:
            assert text.count(__file__) >= 2  # where it is refused, and where the other side was said
            assert "cycle" in text


@laws
@given(
    PAIRS, st.lists(st.sampled_from(SLOTS[:-1]), min_size=6, max_size=6), st.permutations(CLASSES), st.integers(2, 5)
)
def test_one_outermost_for_every_permutation_of_the_arguments(pairs, slots, classes, count):
    reset(slots)
    declared(pairs)
    results = set()
    for arguments in itertools.permutations(classes[:count]):
        try:
            results.add(outermost(arguments))
        except LayerOrderError as error:
            results.add(str(error).partition("(at")[0] + str(error).partition(")")[2])
    assert len(results) == 1
    (found,) = results
    if isinstance(found, Layer):
        assert all(found is layer_of(c) or is_outside(found, layer_of(c)) for c in classes[:count])


@laws
@given(st.permutations(range(6)), st.permutations(CLASSES), st.lists(st.booleans(), min_size=6, max_size=6))
def test_one_normal_form_for_every_order_of_nesting(ranks, wrapped, same_slot):
    """An operation maps over the outermost payload; whatever the arguments and their order, one nesting comes out."""

    class Box:
        def __init__(self, payload):
            self.payload = payload

    for cls in CLASSES:
        if Box not in cls.__bases__:
            cls.__init__ = Box.__init__
    reset([SLOTS[1 + rank % 4] for rank in ranks])
    for a, b in itertools.combinations(range(6), 2):
        if layer_of(CLASSES[a]).slot == layer_of(CLASSES[b]).slot:
            order(outer=CLASSES[a], inner=CLASSES[b])

    @operation
    def meets(a, b):
        """Both, in one nesting."""

    meets.register(lambda a, b: a + b, int, int)

    def rule(cls):
        def on_payloads(a, b):
            return cls(meets(*(x.payload if type(x) is cls else x for x in (a, b))))

        return on_payloads

    for cls in CLASSES:
        meets.layer(cls, rule(cls))
    boxes = [cls(1) for cls in wrapped[:4]]
    forms = set()
    for arrangement in itertools.permutations(boxes):
        value = arrangement[0]
        for box in arrangement[1:]:
            value = meets(value, box)
        forms.add(nesting(value))
    assert len(forms) == 1
    (form,) = forms
    chain = [c for c in form if c is not int]
    assert all(is_outside(layer_of(a), layer_of(b)) for a, b in itertools.combinations(chain, 2))


def nesting(value):
    """The classes from outside to inside, and the number at the end."""
    found = []
    while type(value) in CLASSES:
        found.append(type(value))
        value = value.payload
    return (*found, type(value))


@laws
@given(PAIRS)
def test_join_is_associative_commutative_and_idempotent(pairs):
    kept = dict(EDGES)
    try:
        for cls in CLASSES:
            EDGES.pop(cls, None)
        for lower, upper in pairs:
            try:
                promotes(lower, upper)
            except RegistrationError:
                pass
        nodes = [c for c in CLASSES if c in EDGES or any(c in uppers for uppers in EDGES.values())]
        for a in nodes:
            assert join_of((a, a), "f") is a
        for arguments in itertools.combinations(nodes, 3):
            results = {joined(order_) for order_ in itertools.permutations(arguments)}
            assert len(results) == 1
            (found,) = results
            if found is not None:
                assert all(found in above(c, EDGES) for c in arguments)
        for a, b, c in itertools.permutations(nodes, 3):
            left, right = joined((a, b)), joined((b, c))
            assert (joined((left, c)) if left else None) == (joined((a, right)) if right else None) or None in (
                left,
                right,
            )
    finally:
        EDGES.clear()
        EDGES.update(kept)


def joined(classes):
    """The join, None where there is none."""
    try:
        return join_of(classes, "f")
    except JoinError:
        return None


assert join.join is join_of
