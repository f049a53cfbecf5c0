"""Numbers with uncertainties inside what wraps them: units, labels, masks, structures; and beside another kind."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from uncertainties import ufloat, unumpy
from uncertainties.core import AffineScalarFunc

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import DispatchmlError, NoMethodError

X = ufloat(2.0, 0.1)
A = unumpy.uarray([1.0, 2.0, 3.0], [0.1, 0.2, 0.3])


def test_quantities_of_numbers():
    pint = pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    u = pint.UnitRegistry()
    g = dm.grad(lambda x: x**3 / (2 * u.s))(X * u.m)
    assert g.units == u.m**2 / u.s
    assert g.magnitude.n == pytest.approx(6.0)
    assert g.magnitude.s == pytest.approx(0.6)
    q = u.Quantity(A, "m")
    g = dm.grad(lambda q: np.sum(np.sin(q / (1 * u.m)) * q))(q)
    assert g.units.dimensionless
    assert g.magnitude[0].s > 0
    g = dm.grad(lambda t: (t * X * (1 * u.m)).to("cm"))(2.0)
    assert g.to("m").magnitude.s == pytest.approx(0.1)
    with pytest.raises(pint.DimensionalityError):
        dm.grad(lambda x: x + 1 * u.s)(X * u.m)
    assert dm.hessian(lambda x: x**3)(X * u.m).magnitude.s == pytest.approx(0.6)


def test_correlations_through_units():
    pint = pytest.importorskip("pint")
    pytest.importorskip("dispatchml_pint")
    u = pint.UnitRegistry()
    y = dm.jvp(lambda x: x - X * u.m, (X * u.m,), (1.0 * u.m,))[0]
    assert y.magnitude.s == 0.0


def test_structures_of_numbers():
    import attrs

    @dm.layer(slot="structure")
    @attrs.frozen
    class Scaling:
        factors: dm.Array

        @property
        def shape(self):
            return (len(self.factors),) * 2

        def materialise(self):
            return ops.diag(self.factors)

        def project(self, dense):
            return Scaling(ops.diagonal(dense))

    @ops.matmul.layer(Scaling)
    def _(a, b):
        return ops.multiply(a.factors, b) if isinstance(a, Scaling) else ops.multiply(a, b.factors)

    g = dm.grad(lambda f: np.sum(Scaling(f) @ np.array([1.0, 2.0, 3.0]) ** 2))(A)
    assert g[1].n == 4.0
    y = Scaling(A) @ A
    assert y[0].s == pytest.approx(0.2)  # a variable times itself


def test_two_kinds_of_uncertain_numbers_are_refused():
    gvar = pytest.importorskip("gvar")
    pytest.importorskip("dispatchml_gvar")
    other = gvar.gvar(1.0, 0.1)
    for call in (
        lambda: ops.multiply(X, other),
        lambda: ops.arctan2(other, X),
        lambda: ops.sin(np.array([X, other], object)),
        lambda: dm.grad(lambda x: x * other)(X),
    ):
        with pytest.raises((DispatchmlError, TypeError, ValueError)):
            call()


@pytest.mark.parametrize("other", [Fraction(1, 2), Decimal("0.5")], ids=["Fraction", "Decimal"])
def test_fractions_are_not_rounded_in_silence(other):
    """The library itself has no such product; the error says what to write."""
    pytest.importorskip("dispatchml_exact")
    for call in (
        lambda: ops.multiply(X, other),
        lambda: ops.maximum(other, X),
        lambda: ops.power(X, other),
        lambda: dm.jvp(lambda x: other * x, (X,), (X,)),
        lambda: dm.vjp(lambda x: x / other, X),
    ):
        with pytest.raises(NoMethodError, match=r"do not meet \(at .*float\(x\)"):
            call()


def test_labels_round_numbers():
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("dispatchml_xarray")
    a = xarray.DataArray(A, dims="t", coords={"t": [1, 2, 3]})
    g = dm.grad(lambda a: (a**2).sum())(a)
    assert g.dims == ("t",)
    assert g.coords["t"].values.tolist() == [1, 2, 3]
    assert [v.s for v in g.values] == pytest.approx([0.2, 0.4, 0.6])


def test_masks_round_numbers():
    pytest.importorskip("dispatchml_masked")
    a = np.ma.masked_array(A, mask=[False, True, False])
    g = dm.grad(lambda a: np.sum(a**2))(a)
    assert np.ma.getmaskarray(g).tolist() == [False, True, False]
    assert isinstance(g[0], AffineScalarFunc)
    assert g[0].s == pytest.approx(0.2)
