"""Rows of the composition matrix over arrays of a device: their values and derivatives live there, and carry the same.

A cell is run as on the host, with its argument, tangents and constants moved by `to_device`; each result must be on the
device, and moved back it must be what the matrix expects of the host's.
"""

import dataclasses
import fnmatch
import warnings
from pathlib import Path

import numpy as np

import dispatchml as dm
from dispatchml.dispatch.errors import DensifyWarning
from dispatchml.testing.composition import cells, pairs
from dispatchml.testing.composition.matrix import matrix_at
from dispatchml.testing.composition.pairs import PAIR_PROGRAMS
from dispatchml.testing.composition.programs import PROGRAMS
from dispatchml.testing.composition.transforms import FIRST_ORDER, TRANSFORMS

FOLDER = Path(__file__).parent.parent / "composition"
#: Families that cannot hold an array of a device, and why.
WITHOUT = {
    "exact": "their elements are Python's objects",
    "gvar": "their elements are Python's objects",
    "uncertainties": "their elements are Python's objects",
    "sparse": "SciPy's and sparse's arrays hold NumPy's",
    "torch": "tensors are arrays of a library of their own",
    "unyt": "its quantities are NumPy's arrays themselves",
    "astropy": "its quantities are NumPy's arrays themselves",
    "masked": "they are NumPy's arrays themselves",
}

#: Cells that may raise on a device: patterns of row, program, transform -> why.
GAPS = {
    ("*LowRank*", "*", "*"): "factors have no careful derivatives, in which zeros win; the host takes these on demand",
    ("*Kronecker*", "*", "*"): "as LowRank",
    ("DataArray(pint)", "*", "*"): "xarray puts plain zeros beside quantities, which would have to be looked at",
    ("DataArray", "choices", "jacobian"): "a careful derivative of labelled numbers along several directions",
    ("Variable", "choices", "jacobian"): "as DataArray",
    (
        "DataArray(*",
        "matmul",
        "*",
    ): "xarray's products of labelled arrays of structures put a dense constant beside them",
}


class Rows:
    """The rows for a place, and the verdicts on their cells."""

    def __init__(self, place, number=0):
        self.place, self.device = place, f"{place.kind}:{number}"
        names = [file.stem for file in (FOLDER / "types").glob("*.py") if file.stem not in WITHOUT]
        self.matrix = matrix_at(FOLDER, names)
        self.subjects = {s.name: s for s in (*self.matrix.subjects, *self.matrix.pairs) if self.holds_arrays(s)}

    @staticmethod
    def holds_arrays(subject):
        """Whether what is innermost is an array: numbers stay on the host."""
        return np.ndim(subject.point) > 0

    def cells(self):
        """Row, program, transform: all there are."""
        pairs = {s.name for s in self.matrix.pairs}
        for name in self.subjects:
            programs, transforms = (PAIR_PROGRAMS, FIRST_ORDER) if name in pairs else (PROGRAMS, TRANSFORMS)
            yield from ((name, program, transform) for program in programs for transform in transforms)

    @staticmethod
    def has_gap(cell):
        """Whether a cell is declared to raise."""
        return any(all(map(fnmatch.fnmatchcase, cell, patterns)) for patterns in GAPS)

    def moved(self, x):
        return dm.to_device(x, self.device)

    def factors(self, subject):
        """A type whose constant factors are on the device."""
        return dataclasses.replace(subject, factor=lambda numbers: self.moved(subject.as_factor(numbers)))

    def there(self, subject):
        """The subject whose instances and constants are on the device."""
        given = {
            "make": lambda numbers: self.moved(subject.make(numbers)),
            "constant": lambda array, axes: self.moved(subject.constant(array, axes)),
            "factor": lambda numbers: self.moved(subject.as_factor(numbers)),
        }
        if pairs.MEETING in subject.programs:
            outer = next(s for s in self.matrix.subjects if subject.name.startswith(f"{s.name}("))
            given["programs"] = {
                **subject.programs,
                pairs.MEETING: pairs.meeting(*map(self.factors, (outer, subject.inner))),
            }
        if subject.tangent is not None:
            given["tangent"] = lambda numbers: self.moved(subject.tangent(numbers))
        if subject.batch is not None:

            def batch(function, numbers):
                function, argument = subject.batch(function, numbers)
                return function, self.moved(argument)

            given["batch"] = batch
        return dataclasses.replace(subject, **given)

    def verdict(self, name, program, transform):
        """ "ok", or what is wrong; "meaningless" where the matrix says so."""
        subject = self.subjects[name]
        reason = self.matrix.reasons(name, program, transform)
        if reason is not None:
            return "meaningless"
        task = cells.task_of(self.there(subject), program)
        with warnings.catch_warnings(record=True) as seen, np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", DensifyWarning)
            try:
                results = TRANSFORMS[transform](task)
            except Exception as error:
                if subject.refuses and isinstance(error, subject.refuses):
                    return "refused"
                return f"raised {type(error).__name__}: {cells.one_line(error)}"
            said = any(issubclass(w.category, DensifyWarning) for w in seen)
            for expected, result in results:
                if dm.device_of(result) != self.device:
                    return f"{expected.role} is on {dm.device_of(result)}"
                try:
                    cells.compare(subject, expected, dm.to_device(result, "cpu"), False, said)
                except Exception as error:
                    return f"{type(error).__name__}: {cells.one_line(error)}"
        return "ok"
