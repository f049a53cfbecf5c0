"""check_array_type passes a good type and names what is wrong with each bad one."""

import warnings

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch import register_type
from dispatchml.testing import ArrayTypeError, check_array_type
from dispatchml.testing.array_types import PROGRAMS
from dispatchml.testing.samples import public_operations, sample


def scaled_type(
    *, payload=None, rebuild=None, rules=("add", "multiply", "sum", "zeros_like", "ones_like"), wrong=None, static=()
):
    """A fresh layer: numbers times a scale that is kept aside. `wrong` replaces the rule of one operation."""

    class Scaled:
        def __init__(self, value, scale=1.0):
            self.value, self.scale = value, scale

        shape = property(lambda self: np.shape(self.value))
        dtype = property(lambda self: ops.dtype(self.value))

    register_type(
        Scaled,
        slot="meaning",
        payload=payload or (lambda x: x.value),
        rebuild=rebuild or (lambda x, p: Scaled(p, x.scale)),
        static=static,
    )

    def wrap(name):
        op = getattr(ops, name)

        def rule(*arguments, **keywords):
            carried = next(x for x in arguments if isinstance(x, Scaled))
            return Scaled(op(*(x.value if isinstance(x, Scaled) else x for x in arguments), **keywords), carried.scale)

        return rule

    for name in rules:
        getattr(ops, name).layer(Scaled, (wrong or {}).get(name, wrap(name)))
    return Scaled


WHOLE = tuple(
    """
    add subtract multiply strong_multiply divide negative power square sqrt sum mean matmul getitem scatter
    broadcast_to reshape astype zeros_like ones_like ones_of zeros_of maximum where solve expand_dims transpose squeeze
    matrix_transpose conj real swapaxes inv outer
    """.split()
)


def test_a_type_that_keeps_its_promises_passes():
    outcome = check_array_type(cls := scaled_type(rules=WHOLE), cls)
    assert outcome["multiply"] == "works"
    assert outcome["exp"] == "refused"


def test_every_operation_has_a_sample():
    assert [name for name, op in public_operations().items() if sample(op) is None] == []


def test_samples_are_finite():
    for name, op in public_operations().items():
        found = sample(op)
        if name != "empty_like":
            leaves = found.value if isinstance(found.value, (tuple, list)) else (found.value,)
            assert all(np.all(np.isfinite(v)) for v in leaves if np.asarray(v).dtype.kind in "fc"), name


def refused(match, make=None, **what):
    cls = scaled_type(**what)
    with pytest.raises(ArrayTypeError, match=match):
        check_array_type(cls, make or cls)


def test_a_class_that_is_no_layer_is_named():
    class Plain(list):
        pass

    with pytest.raises(ArrayTypeError, match=r"Plain is not a layer.*register_type"):
        check_array_type(Plain, Plain)


def test_make_must_make_one():
    refused("make does not return one", make=lambda a: a)


def test_rebuild_that_makes_something_else():
    refused(r"rebuild\(x, payload\(x\)\) is .*ndarray", rebuild=lambda x, p: p)


def test_rebuild_that_changes_the_numbers():
    refused("holds other numbers", rebuild=lambda x, p: type(x)(p + 1.0, x.scale))


def test_rebuild_that_forgets_a_static_attribute():
    refused(
        "changed the static attribute 'scale'",
        static=("scale",),
        rebuild=lambda x, p: type(x)(p, 2.0),
    )


def test_rebuild_that_raises_is_reported_with_its_error():
    def rebuild(x, p):
        raise KeyError("scale")

    refused("rebuild.* raised KeyError", rebuild=rebuild)


def test_precision_that_is_lost():
    refused(
        "is float64",
        wrong={"multiply": lambda a, b: type(a if hasattr(a, "scale") else b)(np.ones(3))},
    )


def test_zeros_without_the_type():
    refused("a typed zero is one of its own type", wrong={"zeros_like": lambda x, **_: np.zeros(3)})


def test_zeros_that_are_none():
    refused("zeros_like.x. is not zero", wrong={"zeros_like": lambda x, **_: type(x)(np.ones(3))})


def test_an_addition_that_is_none():
    refused("is not x", wrong={"add": lambda a, b: type(a)(2.0 * a.value)})


def test_a_layer_that_gets_lost_in_a_decomposition():
    op = public_operations()["diff"]
    cls = scaled_type(rules=WHOLE)
    ops.where_or_zero.info.layers.pop(cls, None)
    before = op.decomposition
    op.decomposition = lambda x, **_: np.zeros(2)
    op.forget()
    try:
        with pytest.raises(ArrayTypeError, match=r"diff with the layer in argument 0 loses the layer"):
            check_array_type(cls, cls, operations=["diff"], programs={})
    finally:
        op.decomposition = before
        op.forget()


def test_an_operation_that_breaks_is_named():
    def rule(x):
        raise ZeroDivisionError

    refused(
        r"negative with the layer in argument 0 raised ZeroDivisionError",
        rules=(*WHOLE, "cos"),
        wrong={"negative": rule},
    )


def test_a_refusal_of_the_types_own_is_no_failure():
    class NoMeaning(ValueError):
        pass

    def rule(x):
        raise NoMeaning

    cls = scaled_type(rules=WHOLE, wrong={"negative": rule})
    assert check_array_type(cls, cls, refuses=(NoMeaning,), operations=["negative"], programs={}) == {
        "negative": "refused"
    }


def test_a_rule_that_computes_something_else_spoils_derivatives():
    def getitem(x, *, index):
        return type(x)(np.asarray(1.0), x.scale) if isinstance(x.value, np.ndarray) else x

    cls = scaled_type(rules=WHOLE, wrong={"getitem": getitem})
    with pytest.raises(ArrayTypeError, match="program 'elements'"):
        check_array_type(cls, cls, operations=[], programs={"elements": PROGRAMS["elements"]})


def test_a_failure_says_how_to_repeat_it():
    def getitem(x, *, index):
        return type(x)(np.asarray(x.value)[index] + 1.0, x.scale)

    cls = scaled_type(rules=(*WHOLE, "sin"), wrong={"sin": lambda x: 1 / 0, "getitem": getitem})
    with pytest.raises(ArrayTypeError) as caught:
        check_array_type(cls, cls, operations=["sin"], programs=[])
    assert "sin with the layer in argument 0 raised ZeroDivisionError" in str(caught.value)
    assert str(caught.value).endswith("Reproduce: check_array_type(Scaled, make, operations=['sin'], programs=[])")
    assert check_array_type(cls, cls, operations=[], programs=[]) == {}
    with pytest.raises(ArrayTypeError, match=r"at index \(0,\) of its numbers is .*, differences give") as caught:
        check_array_type(cls, cls, operations=[], programs=["elements"])
    assert str(caught.value).endswith("check_array_type(Scaled, make, operations=[], programs=['elements'])")


def test_programs_of_the_users_own():
    cls = scaled_type(rules=WHOLE)
    check_array_type(cls, cls, operations=["add"], programs={"cube": lambda x: ops.sum(ops.power(x, 3))})

    def kinked(x):
        return ops.sum(ops.multiply(x, 3.0 if hasattr(x, "_tape") else 2.0))

    with pytest.raises(ArrayTypeError, match="program 'kinked'"):
        check_array_type(cls, cls, operations=["add"], programs={"kinked": kinked})


def test_structures_are_compared_with_their_dense_arrays():
    import attrs

    import dispatchml as dm

    @dm.layer(slot="structure", fieldwise=True)
    @attrs.frozen
    class Halved:
        diag: dm.Array

        @property
        def shape(self):
            return (len(self.diag),) * 2

        def materialise(self):
            return ops.diag(self.diag)

        def project(self, dense):
            return Halved(ops.diagonal(dense))

    for name in ("zeros_like", "one_like", "add", "multiply"):
        op = getattr(ops, name)

        def rule(*arguments, op=op, **keywords):
            if not all(isinstance(x, Halved) for x in arguments):
                return op(*(x.materialise() if isinstance(x, Halved) else x for x in arguments), **keywords)
            return Halved(op(*(x.diag for x in arguments), **keywords))

        op.layer(Halved, rule)
    names = ["add", "exp", "cumsum", "matmul"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        outcome = check_array_type(Halved, lambda a: Halved(np.ravel(a)[:3]), operations=names, programs={})
        assert set(outcome.values()) == {"works"}
        ops.matmul.layer(Halved, lambda a, b: np.zeros((3, 3)))
        with pytest.raises(ArrayTypeError, match="matmul with the layer .* other numbers than for its dense array"):
            check_array_type(Halved, lambda a: Halved(np.ravel(a)[:3]), operations=names, programs={})
