"""unyt arrays: the unit algebra by hand is that a result of degree d in metres has the unit m**d."""

import numpy as np

import dispatchml as dm
from dispatchml.dispatch import foreign_class, is_layer, layer_of
from dispatchml.testing.composition import PLAIN, Probe, Subject

LIBRARIES = ("unyt",)


def subjects():
    import unyt

    is_layer(1 * unyt.m)  # the plugin, before a quantity of objects is made

    def recognised(x, given):
        assert dm.isinstance(x, unyt.unyt_array), "dm.isinstance does not see the quantity"
        assert x.units == unyt.m, x.units
        return x * x

    def in_metres(q):
        assert issubclass(foreign_class(q), unyt.unyt_array)
        return q if str(q.units) == str(q.units.get_base_equivalent()) else q.in_base("mks")

    def inside(q):
        return layer_of(type(q)).payload(in_metres(q))

    def expected(e):
        if e.program == "ufuncs" and e.role in ("value", "tangent"):
            return PLAIN  # functions of unyt give plain numbers
        return {"unit": unyt.m**e.degree if e.degree else unyt.dimensionless}

    return [
        Subject(
            name="unyt",
            slot="meaning",
            family="units",
            rank=1,
            cls=unyt.unyt_array,
            make=lambda inside: unyt.unyt_array(inside, "m"),
            one=unyt.unyt_quantity(np.int8(1), "m"),
            metadata=lambda q: {"unit": in_metres(q).units},
            expect=expected,
            payload=inside,
            probes=[
                Probe(".to", lambda x, given: x.to("km") * 2, lambda n: 2 * n, axes=(np.arange(3),)),
                Probe(".to.value", lambda x, given: x.to("km").value ** 2, lambda n: n * n / 10**6, 0, plain=True),
                Probe(".to_value", lambda x, given: np.sum(x.to_value("cm")), lambda n: 100 * np.sum(n), 0, plain=True),
                Probe(".d", lambda x, given: np.sum(x.in_units("cm").d), lambda n: 100 * np.sum(n), 0, plain=True),
                Probe(".units", lambda x, given: x * (1.0 * x.units), lambda n: n, 2),
                Probe("isinstance", recognised, lambda n: n * n, 2),
            ],
        )
    ]
