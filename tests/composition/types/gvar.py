"""Gaussian variables of gvar, alone and in object arrays: correlations are compared in every cell."""

import dispatchml as dm
from dispatchml.testing.composition import Probe

LIBRARIES = ("gvar",)


def subjects():
    import gvar

    dm.ops.positive(gvar.gvar(1.0, 0.1))  # the plugin is loaded by the first number
    from dispatchml.testing.composition.uncertain import RELATIVE, SCALAR, uncertain_subjects

    sigma = RELATIVE * float(SCALAR)
    basis = list(gvar.gvar([0.0, 0.0, 0.0], [1.0, 1.0, 1.0]))

    def recognised(x, given):
        assert dm.isinstance(x, gvar.GVar), "dm.isinstance does not see the number"
        return x * x

    return uncertain_subjects(
        "gvar",
        gvar.GVar,
        basis,
        [
            Probe(".mean", lambda x, given: (x * x).mean, lambda n: n * n, 2, plain=True),
            Probe(".sdev", lambda x, given: (x * x * x).sdev, lambda n: 3 * n * n * sigma, 3, plain=True),
            Probe(".var", lambda x, given: (x * x).var, lambda n: 4 * n * n * sigma**2, 2, plain=True),
            Probe(".deriv", lambda x, given: (x * x).deriv(basis[0]), lambda n: 2 * n * sigma, 2, plain=True),
            Probe("isinstance", recognised, lambda n: n * n, 2),
        ],
    )
