"""What tests of entry points share: a function of one array."""

import numpy as np

from dispatchml.compile.entry import InputSpec, OutputSpec, Plan, Step, build

DOUBLE = np.dtype("d")


def scaling(library, shape, dtype=DOUBLE, strides=None, form="array", result="single", **keywords):
    """A function of one array that gives 2.5 times its elements in memory's order."""
    n = int(np.prod(shape, dtype=int))
    return build(
        Plan(
            [InputSpec(form, dtype, shape, strides)],
            [OutputSpec("array", DOUBLE, shape, strides)],
            steps=[Step(library, "scale", [0, 1], extent=n)],
            result=result,
        ),
        **keywords,
    )
