"""Masked arrays: a result is masked where what it is made of is, reductions leave masked elements out."""

import numpy as np

import dispatchml as dm
from dispatchml.testing.composition import Probe, Subject

LIBRARIES = ("numpy",)

PRESENT = np.array([True, False, True])


def masked(inside):
    """The middle element of the last axis is masked."""
    shape = np.shape(inside)
    return np.ma.array(inside, mask=np.broadcast_to(~PRESENT, shape)) if shape else np.ma.array(inside)


def hidden(e):
    """Where a result is masked."""
    found = np.zeros(e.shape, bool)
    for k, axis in enumerate(e.axes):
        if axis is not None:
            found |= ~PRESENT[axis].reshape([-1 if i == k else 1 for i in range(len(e.shape))])
    return found


def subjects():
    def recognised(x, given):
        assert dm.isinstance(x, np.ma.MaskedArray), "dm.isinstance does not see the array"
        assert x.mask.tolist() == (~PRESENT).tolist()
        assert np.ma.count(x) == 2
        return x * x

    whole = (np.arange(3),)
    return [
        Subject(
            name="numpy.ma",
            slot="meaning",
            family="masks",
            rank=0,
            cls=np.ma.MaskedArray,
            make=masked,
            factor=masked,  # numpy.ma's own quotient by an integer makes double precision
            present=PRESENT,
            hidden=hidden,
            metadata=lambda x: {"mask": np.ma.getmaskarray(x).tolist()},
            expect=lambda e: {"mask": hidden(e).tolist()} if e.axes else None,
            payload=lambda x: x.data,
            probes=[
                Probe(".filled", lambda x, given: x.filled(0.0) * 2, lambda n: 2 * n * PRESENT, plain=True, axes=whole),
                Probe(".mean", lambda x, given: x.mean(), lambda n: (n[0] + n[2]) / 2, plain=True),
                Probe(".compressed", lambda x, given: x.compressed(), lambda n: n[[0, 2]], plain=True),
                Probe("np.ma.median", lambda x, given: np.ma.median(x), lambda n: (n[0] + n[2]) / 2, plain=True),
                Probe("np.ma.log", lambda x, given: np.ma.log(x), lambda n: np.log(n), 0, axes=whole),
                Probe("isinstance", recognised, lambda n: n * n, 2, axes=whole),
            ],
        )
    ]
