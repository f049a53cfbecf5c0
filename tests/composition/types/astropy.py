"""astropy quantities: the unit algebra by hand is that a result of degree d in metres has the unit m**d."""

import numpy as np

import dispatchml as dm
from dispatchml.dispatch import foreign_class, is_layer, layer_of
from dispatchml.testing.composition import Probe, Subject

LIBRARIES = ("astropy",)


def subjects():
    from astropy import units as u

    is_layer(1 * u.m)  # the plugin, before a quantity of objects is made

    def recognised(x, given):
        assert dm.isinstance(x, u.Quantity), "dm.isinstance does not see the quantity"
        assert x.unit == u.m, x.unit
        return x * x

    def in_metres(q):
        assert issubclass(foreign_class(q), u.Quantity)
        return q.si if q.unit.si != q.unit or q.unit.si.scale != 1 else q

    def inside(q):
        return layer_of(type(q)).payload(in_metres(q))

    def ufuncs(x, given):  # for astropy an angle is no number
        t = x / given.one
        return np.sin(t * u.rad) * np.exp(-t) + np.log1p(t) + np.tanh(t * u.rad)

    return [
        Subject(
            name="astropy",
            slot="meaning",
            family="units",
            rank=1,
            cls=u.Quantity,
            make=lambda inside: u.Quantity(inside, u.m),
            one=u.Quantity(1, u.m, dtype=np.int8),
            metadata=lambda q: {"unit": in_metres(q).unit},
            expect=lambda e: {"unit": u.m**e.degree if e.degree else u.one},
            payload=inside,
            programs={"ufuncs": ufuncs},
            probes=[
                Probe(".to", lambda x, given: x.to(u.km) * 2, lambda n: 2 * n, axes=(np.arange(3),)),
                Probe(".to.value", lambda x, given: x.to("km").value ** 2, lambda n: n * n / 10**6, 0, plain=True),
                Probe(".to_value", lambda x, given: np.sum(x.to_value(u.cm)), lambda n: 100 * np.sum(n), 0, plain=True),
                Probe(".unit", lambda x, given: x * (1.0 * x.unit), lambda n: n, 2),
                Probe(".si", lambda x, given: x.to(u.km).si ** 2, lambda n: n * n, 2),
                Probe("isinstance", recognised, lambda n: n * n, 2),
                Probe(
                    "sin of an angle", lambda x, given: np.sin(x / (2 * u.m) * u.rad), lambda n: np.sin(n / 2), 0,
                ),
            ],
        )
    ]  # fmt: skip
