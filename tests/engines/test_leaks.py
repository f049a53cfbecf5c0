"""Values that outlived their transform: every operation refuses them, those without a derivative too."""

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import LeakedTracerError

LEAKS = {
    "grad": lambda f, x: dm.grad(lambda v: ops.sum(f(v)))(x),
    "jvp": lambda f, x: dm.jvp(f, (x,), (np.ones(2),)),
    "vmap": lambda f, x: dm.vmap(f)(x),
}
USES = {
    "comparison": lambda x: x > 1.0,
    "reflected comparison": lambda x: np.float64(1.0) >= x,
    "comparison with itself": lambda x: ops.equal(x, x),
    "floor": np.floor,
    "isnan": np.isnan,
    "argmax": lambda x: ops.argmax(x),
    "derivative": np.sin,
}


@pytest.mark.parametrize("transform", LEAKS)
@pytest.mark.parametrize("use", USES)
def test_leaked_values_are_refused(transform, use):
    kept = []
    LEAKS[transform](lambda x: (kept.append(x), x * x)[1], np.array([1.0, 2.0]))
    with pytest.raises(LeakedTracerError, match=f"of {transform} was used"):
        USES[use](kept[0])


def test_views_of_leaked_values_are_refused():
    kept = []
    dm.grad(lambda x: (kept.append(x[:1]), ops.sum(x))[1])(np.array([1.0, 2.0]))
    with pytest.raises(LeakedTracerError):
        kept[0] > 0.0  # noqa: B015
