"""A rule's case on a device beside the same case on the host: value, both modes, second derivatives, batches."""

import importlib
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

import dispatchml as dm
from dispatchml import ops
from dispatchml.testing.cases import Case, differentiable_arguments, random_like, zero_like
from dispatchml.testing.reports import Subject

#: Relative tolerances against the host's numbers in double precision: cuBLAS, cuSOLVER and CuPy's functions round in
#: their own way, which second derivatives of decompositions enlarge.
TOLERANCES = {"value": 1e-10, "forward": 1e-9, "reverse": 1e-9, "second": 1e-7, "batch": 1e-9, "single": 5e-4}


def rows():
    """Every case of `tests/rules`, the one that tells most of each operation first."""
    name, folder = "gpu_rule_cases", Path(__file__).parent.parent / "rules" / "cases"
    if name not in sys.modules:
        package = sys.modules[name] = ModuleType(name)
        package.__path__ = [str(folder)]
    tables = [importlib.import_module(f"{name}.{file.stem}") for file in sorted(folder.glob("*.py"))]
    return [row for table in tables for row in getattr(table, "CASES", ())]


def case_of(row, arguments=None):
    """A row as a case, at its arguments or at others."""
    given = tuple(row.arguments if arguments is None else arguments)
    options = row.options
    chosen = options.get("argnums") or differentiable_arguments(row.arguments)
    subject = Subject(row.name, row.arguments, row.keywords, {})
    op = getattr(ops, row.name)
    return Case(op, given, row.keywords, chosen, options.get("before"), options.get("after"), subject)


def leaves(y):
    return [v for part in y for v in leaves(part)] if isinstance(y, (tuple, list)) else [y]


def like(tree, leaf):
    """A tree with another leaf in place of each."""
    if isinstance(tree, (tuple, list)):
        return tuple(like(v, leaf) for v in tree)
    return leaf(tree)


def both(a, b, leaf):
    """A tree of what two trees' leaves give."""
    if isinstance(a, (tuple, list)):
        return tuple(both(x, y, leaf) for x, y in zip(a, b, strict=True))
    return leaf(a, b)


class Compared:
    """One row on the host and on a device."""

    def __init__(self, row, place):
        self.row, self.place, self.host = row, place, case_of(row)
        self.there = case_of(row, like(row.arguments, self.moved))
        if "values" in row.keywords:
            self.there.keywords = row.keywords | {"values": self.moved(row.keywords["values"])}
        self.modes = row.options.get("modes", ("forward", "reverse"))
        self.without = row.options.get("without", ())

    def moved(self, x):
        """An array of the host on the device; numbers as they are."""
        return self.place.array(x) if isinstance(x, np.ndarray) else x

    def beside(self, host, there):
        """A host's cotangent or tangent for a value of the device."""
        return both(host, there, lambda h, t: self.place.array(h) if isinstance(t, self.place.ndarray) else h)

    def same(self, what, found, expected, tolerance):
        for a, b in zip(leaves(found), leaves(expected), strict=True):
            if isinstance(b, np.ndarray) or isinstance(a, self.place.ndarray):
                assert isinstance(a, self.place.ndarray), f"{what} gives {type(a)}"
                if not isinstance(b, (int, float, complex)) or isinstance(b, np.generic):
                    assert a.dtype == b.dtype, f"{what}: {a.dtype}, on the host {b.dtype}"
                a = self.place.host(a)
            assert np.shape(a) == np.shape(b), what
            scale = tolerance * max(1.0, np.max(np.abs(b[np.isfinite(b)]), initial=0.0) if np.ndim(b) else abs(b))
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=scale, err_msg=what)

    def value(self):
        """The value of the operation."""
        self.y, self.y_there = self.host.call(*self.host.active), self.there.call(*self.there.active)
        self.same("value", self.y_there, self.y, TOLERANCES["value"])

    def first(self):
        """Both modes, and that zero in gives zero out."""
        tangents = tuple(random_like(x, 41 + k) for k, x in enumerate(self.host.active))
        given = self.beside(tangents, self.there.active)
        if "forward" in self.modes:
            found = self.there.push(given)[1]
            self.same("forward", found, self.host.push(tangents)[1], TOLERANCES["forward"])
        if "reverse" in self.modes:
            ct = random_like(self.y, 5)
            found = self.there.pull(self.beside(ct, self.y_there))
            self.same("reverse", found, self.host.pull(ct), TOLERANCES["reverse"])
            if "zero" not in self.without:
                zeros = self.there.pull(self.beside(zero_like(self.y), self.y_there))
                for x in leaves(zeros):
                    assert not np.any(self.place.host(x) if isinstance(x, self.place.ndarray) else x), "zero"

    def second(self):
        """The derivative of <ct, J v> in the arguments, by mixes of modes."""
        if "second order" in self.without or "reverse" not in self.modes:
            return
        ct = random_like(self.y, 23)
        v = tuple(random_like(x, 31 + k) for k, x in enumerate(self.host.active))
        expected = second_order(self.host, ct, v, self.modes)
        found = second_order(self.there, self.beside(ct, self.y_there), self.beside(v, self.there.active), self.modes)
        for name, parts in expected.items():
            self.same(name, found[name], parts, TOLERANCES["second"])

    def batch(self):
        """The rule for batches, against the host's."""
        if "batch" in self.without or not all(isinstance(x, np.ndarray) for x in self.host.active):
            return
        stacks = tuple(np.stack([x, x * 1.125]) for x in self.host.active)
        expected = dm.vmap(self.host.call)(*stacks)
        found = dm.vmap(self.there.call)(*map(self.place.array, stacks))
        self.same("batch", found, expected, TOLERANCES["batch"])

    def single(self):
        """Value and gradient in single precision."""
        if "precision" in self.without or not any(isinstance(x, np.ndarray) for x in self.host.active):
            return
        kinds = {"d": np.float32, "D": np.complex64}
        narrow = like(
            self.row.arguments,
            lambda x: x.astype(kinds[x.dtype.char]) if isinstance(x, np.ndarray) and x.dtype.char in kinds else x,
        )
        host, there = case_of(self.row, narrow), self.there.of(like(narrow, self.moved))
        y, y_there = host.call(*host.active), there.call(*there.active)
        self.same("value in single precision", y_there, y, TOLERANCES["single"])
        if "reverse" in self.modes:
            ct = random_like(y, 5)
            found = there.pull(self.beside(ct, y_there))
            self.same("reverse in single precision", found, host.pull(ct), 20 * TOLERANCES["single"])

    def layouts(self):
        """Arrays that lie in memory in another way, with the numbers of contiguous ones; nothing is written into."""
        given = [x for x in self.there.arguments if isinstance(x, self.place.ndarray)]
        before = [np.array(self.place.host(x)) for x in given]
        for turn in (lambda x: x[..., ::-1].copy()[..., ::-1], lambda x: x.T.copy().T):
            turned = tuple(turn(x) if isinstance(x, self.place.ndarray) and x.ndim else x for x in self.there.arguments)
            other = self.there.of(turned)
            self.same("value of another layout", other.call(*other.active), self.y, TOLERANCES["value"])
        for x, old in zip(given, before, strict=True):
            np.testing.assert_array_equal(self.place.host(x), old, err_msg="an argument was written into")


def second_order(case, ct, v, modes):
    """By mix of modes, for every differentiated argument."""
    found = {"reverse over reverse": dm.vjp(lambda *x: dm.vjp(case.call, *x)[1](ct), *case.active)[1](v)}
    if "forward" in modes:
        found["forward over reverse"] = dm.jvp(lambda *x: dm.vjp(case.call, *x)[1](ct), case.active, v)[1]
    return found
