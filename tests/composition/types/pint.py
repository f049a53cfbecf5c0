"""pint quantities: the unit algebra by hand is that a result of degree d in metres has the unit m**d."""

import numpy as np

import dispatchml as dm
from dispatchml.testing.composition import Probe, Subject

LIBRARIES = ("pint",)


def subjects():
    import pint

    u = pint.UnitRegistry()

    def in_metres(q):
        base = u.get_base_units(q.units)[1]
        return q if q.units == base else q.to(base)

    def recognised(x, given):
        assert dm.isinstance(x, pint.Quantity), "dm.isinstance does not see the quantity"
        assert str(x.units) == "meter", x.units
        assert x.check("[length]"), "check does not answer"
        return x * x

    return [
        Subject(
            name="pint",
            slot="meaning",
            family="units",
            rank=1,
            cls=pint.Quantity,
            make=lambda inside: u.Quantity(inside, "m"),
            one=1 * u.m,
            factor=lambda numbers: u.Quantity(numbers, ""),  # pint's own quotient by an integer makes floats
            metadata=lambda q: {"unit": in_metres(q).units},
            expect=lambda e: {"unit": u.m**e.degree if e.degree else u.Unit("")},
            payload=lambda q: in_metres(q).magnitude,
            probes=[
                Probe(".to", lambda x, given: x.to("km") * 2, lambda n: 2 * n, axes=(np.arange(3),)),
                Probe(
                    ".to.magnitude", lambda x, given: x.to("km").magnitude ** 2, lambda n: n * n / 10**6, 0, plain=True
                ),
                Probe(".m_as", lambda x, given: np.sum(x.m_as("cm")), lambda n: 100 * np.sum(n), 0, plain=True),
                Probe(".units", lambda x, given: x * (1.0 * x.units), lambda n: n, 2),
                Probe("isinstance", recognised, lambda n: n * n, 2),
            ],
        )
    ]
