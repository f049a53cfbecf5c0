"""astropy: modeling, cosmology, statistics, coordinates."""

import numpy as np
from astropy import coordinates, stats, units
from astropy.convolution import Gaussian1DKernel, convolve
from astropy.cosmology import FlatLambdaCDM, wCDM
from astropy.modeling import fitting, models
from lifted_harness import case

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "astropy"
T = np.linspace(-2.0, 2.0, 21)


@case("astropy.modeling.models.Gaussian1D", [1.7, 0.3, 0.8])
def _(p):
    return models.Gaussian1D.evaluate(T, p[0], p[1], p[2])


@case("astropy.modeling.models.Gaussian1D, called", [1.7, 0.3, 0.8])
def _(p):
    return models.Gaussian1D(amplitude=p[0], mean=p[1], stddev=p[2])(T)


@case("astropy.modeling.models, compound", [1.7, 0.3, 0.8])
def _(p):
    return (models.Sersic1D(p[0], 1.5, 2.0) + models.Lorentz1D(p[1], 0.1, p[2]))(T + 3.0)


@case("astropy.modeling.fitting.LinearLSQFitter", [0.7, 1.3])
def _(p):
    fitted = fitting.LinearLSQFitter()(models.Polynomial1D(2), T, p[0] * T**2 + np.sin(p[1] * T))
    return fitted.c0.value, fitted.c1.value, fitted.c2.value


@case("astropy.cosmology.FlatLambdaCDM.luminosity_distance", [0.5])
def _(p):
    return FlatLambdaCDM(H0=70.0, Om0=0.3).luminosity_distance(p[0]).value


@case("astropy.cosmology.FlatLambdaCDM, parameters", [70.0, 0.3])
def _(p):
    return FlatLambdaCDM(H0=p[0], Om0=p[1]).comoving_distance(0.7).value


@case("astropy.cosmology.wCDM.efunc", [0.4, 0.9])
def _(p):
    return wCDM(H0=70.0, Om0=0.3, Ode0=0.7, w0=-0.9).efunc(p)


@case("astropy.convolution.convolve", [0.7, 1.3])
def _(p):
    return convolve(p[0] * np.sin(p[1] * T), Gaussian1DKernel(2))


@case("astropy.stats.biweight_location", [0.7, 1.3])
def _(p):
    return stats.biweight_location(p[0] * np.sin(T) + p[1] * T**2)


@case("astropy.coordinates.angular_separation", [0.7, 1.3, 0.9, 0.4])
def _(p):
    return coordinates.angular_separation(p[0], p[1], p[2], p[3])


@case("astropy.modeling.physical_models.BlackBody", [5000.0], step=20.0)
def _(p):
    return models.BlackBody(temperature=p[0] * units.K)(np.array([1e14, 5e14]) * units.Hz).value


# Of the reserve.


@case("astropy.stats.mad_std", [0.7, 1.3], group=DRAWN)
def _(p):
    return stats.mad_std(p[0] * np.sin(T) + p[1] * T**2)
