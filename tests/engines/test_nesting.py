"""A foreign value that was built round a traced one is turned round by its plugin, or refused; nothing gets lost."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import register_type
from dispatchml.dispatch.errors import LayerOrderError, LeakedTracerError


class Named:
    """A class whose constructor takes what it is given."""

    def __init__(self, values):
        self.values = values


register_type(Named, slot="meaning", payload=lambda x: x.values, rebuild=lambda x, values: Named(values))
for name in ("multiply", "add", "sum"):
    op = getattr(ops, name)
    op.layer(Named, lambda *a, op=op, **k: Named(op(*(v.values if isinstance(v, Named) else v for v in a), **k)))
ops.concatenate.layer(
    Named, lambda a, **k: Named(ops.concatenate(tuple(v.values if isinstance(v, Named) else v for v in a), **k))
)

ONES = np.ones(2)
TRANSFORMS = {
    "grad": lambda f: dm.grad(f)(ONES),
    "value_and_grad": lambda f: dm.value_and_grad(f)(ONES),
    "jvp": lambda f: dm.jvp(f, (ONES,), (ONES,)),
    "vjp": lambda f: dm.vjp(f, ONES),
    "jacobian": lambda f: dm.jacobian(f)(ONES),
    "vmap": lambda f: dm.vmap(f)(np.ones((3, 2))),
    "checkpoint": lambda f: dm.grad(dm.checkpoint(f))(ONES),
}
PROGRAMS = {
    "returned": lambda x: ops.sum(Named(x)),
    "beside a traced value": lambda x: ops.sum(ops.multiply(Named(x), x)),
    "among several": lambda x: ops.sum(ops.concatenate((x, Named(x)))),
}


@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_what_is_inside_out_is_refused(program, transform):
    if (program, transform) == ("returned", "checkpoint"):
        expected = pytest.raises(LeakedTracerError, match="of checkpoint was used after checkpoint had ended")
    else:
        expected = pytest.raises(LayerOrderError, match=rf"Named was built round a traced value \(at {__file__}")
    with expected:
        TRANSFORMS[transform](PROGRAMS[program])


def test_of_an_outer_level():
    """A constant of the inner transform that holds a traced value of the outer one."""

    def outer(x):
        return dm.grad(lambda y: ops.sum(ops.multiply(Named(x), y)))(ONES)

    with pytest.raises(LayerOrderError, match="built round a traced value"):
        dm.jacobian(outer)(ONES)


def test_a_layer_of_its_own_needs_nothing():
    constant = Named(ONES)
    assert isinstance(dm.grad(lambda x: ops.sum(ops.multiply(constant, x)))(ONES), Named)


def test_a_rebuild_in_normal_form_turns_it_round():
    class Turning:
        def __init__(self, values):
            self.values = values

    def rebuild(x, values):
        return ops.multiply(values, Turning(1.0)) if hasattr(values, "_value") else Turning(values)

    register_type(Turning, slot="meaning", payload=lambda x: x.values, rebuild=rebuild)

    def bare(v):
        return v.values if isinstance(v, Turning) else v

    ops.multiply.layer(Turning, lambda a, b: Turning(ops.multiply(bare(a), bare(b))))
    ops.add.layer(Turning, lambda a, b: Turning(ops.add(bare(a), bare(b))))
    ops.sum.layer(Turning, lambda x, **k: Turning(ops.sum(x.values, **k)))
    _, slope = dm.jvp(lambda x: ops.multiply(Turning(x), x), (3.0,), (1.0,))
    assert slope.values == 6.0
    _, slope = dm.jvp(Turning, (3.0,), (1.0,))
    assert slope.values == 1.0
