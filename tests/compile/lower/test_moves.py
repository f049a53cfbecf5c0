"""Where moved elements lie: compared with what NumPy makes of the numbers of the positions."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile.lower.moves import MOVES, is_move

from ..programs import traced
from .positions import Domain

X = np.arange(2 * 3 * 4).reshape(2, 3, 4)
CASES = [
    lambda x: ops.reshape(x, shape=(4, -1)),
    lambda x: ops.reshape(x, shape=(24,)),
    lambda x: ops.squeeze(ops.expand_dims(x, axis=1)),
    lambda x: ops.expand_dims(x, axis=(0, 2)),
    lambda x: ops.transpose(x),
    lambda x: ops.transpose(x, axes=(1, 2, 0)),
    lambda x: ops.transpose(x, axes=(2, 0, 1)),
    lambda x: ops.transpose(x, axes=(1, 0, -1)),
    lambda x: ops.swapaxes(x, axis1=-1, axis2=0),
    lambda x: ops.moveaxis(x, source=0, destination=-1),
    lambda x: ops.broadcast_to(x, shape=(5, 2, 3, 4)),
    lambda x: ops.flip(x),
    lambda x: ops.flip(x, axis=1),
    lambda x: ops.getitem(x, index=(slice(None, None, -1), 1)),
    lambda x: ops.getitem(x, index=(..., slice(1, None, 2))),
    lambda x: ops.getitem(x, index=(0, None, slice(-2, None))),
    lambda x: ops.getitem(x, index=-1),
    lambda x: ops.diagonal(x, axis1=1, axis2=2),
    lambda x: ops.diagonal(x, offset=-1, axis1=0, axis2=2),
    lambda x: ops.diagonal(x, offset=2, axis1=1, axis2=2),
]


@pytest.mark.parametrize("f", CASES)
def test_as_numpy(f):
    program = traced(f, X)
    position, domain = None, None
    y = program.outputs[0]
    domain = Domain(y.size)

    def back(position):
        for node in reversed(program.nodes):
            assert is_move(node)
            position = MOVES[node.op.name](node, position)
        return position

    position = domain.follow(back)
    assert np.array_equal(domain.offsets(position, X.shape), f(X).ravel())


def test_what_is_no_move():
    x = np.ones((3, 3))
    assert not is_move(traced(lambda x: ops.reshape(x, shape=(9,), order="F"), x).nodes[0])
    assert not is_move(traced(lambda x: ops.getitem(x, index=np.array([0, 2])), x).nodes[0])
