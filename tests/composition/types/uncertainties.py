"""Numbers of the package uncertainties, alone and in object arrays: correlations are compared in every cell."""

import dispatchml as dm
from dispatchml.testing.composition import Probe

LIBRARIES = ("uncertainties",)


def subjects():
    import uncertainties
    from uncertainties import ufloat
    from uncertainties.core import AffineScalarFunc

    dm.ops.positive(ufloat(1.0, 0.1))  # the plugin is loaded by the first number
    from dispatchml.testing.composition.uncertain import RELATIVE, SCALAR, uncertain_subjects

    sigma = RELATIVE * float(SCALAR)

    def recognised(x, given):
        assert dm.isinstance(x, AffineScalarFunc), "dm.isinstance does not see the number"
        return x * x

    return uncertain_subjects(
        "ufloat",
        AffineScalarFunc,
        [ufloat(0.0, 1.0) for _ in range(3)],
        [
            Probe(".nominal_value", lambda x, given: (x * x).nominal_value, lambda n: n * n, 2, plain=True),
            Probe(".n", lambda x, given: (x * x).n, lambda n: n * n, 2, plain=True),
            Probe(".std_dev", lambda x, given: (x * x * x).std_dev, lambda n: 3 * n * n * sigma, 3, plain=True),
            Probe(".s", lambda x, given: (x * x).s, lambda n: 2 * n * sigma, 2, plain=True),
            Probe(
                ".derivatives",
                lambda x, given: next(iter((x * x).derivatives.values())),
                lambda n: 2 * n * sigma,
                2,
                plain=True,
            ),
            Probe(
                ".error_components",
                lambda x, given: next(iter((x * x).error_components().values())),
                lambda n: 2 * n * sigma,
                2,
                plain=True,
            ),
            Probe(".std_score", lambda x, given: x.std_score(1.0), lambda n: (1.0 - n) / sigma, 0, plain=True),
            Probe(
                "nominal_value()", lambda x, given: uncertainties.nominal_value(x * x), lambda n: n * n, 2, plain=True
            ),
            Probe("std_dev()", lambda x, given: uncertainties.std_dev(x * x), lambda n: 2 * n * sigma, 2, plain=True),
            Probe("isinstance", recognised, lambda n: n * n, 2),
        ],
    )
