"""scikit-image."""

import numpy as np
from lifted_harness import case
from skimage import color, exposure, filters, metrics, restoration, transform, util

GROUP, PACKAGE = "programs", "skimage"
IMAGE = 0.5 + 0.4 * np.sin(np.arange(80.0).reshape(8, 10) * 0.7) * np.cos(np.arange(10) * 0.9)


@case("skimage.filters.gaussian", [0.7, 0.3])
def _(p):
    return filters.gaussian(p[0] * IMAGE + p[1] * IMAGE**2, sigma=1.1)


@case("skimage.filters.sobel", [0.7, 0.3])
def _(p):
    return filters.sobel(p[0] * IMAGE + p[1] * IMAGE**2)


@case("skimage.metrics.structural_similarity", [0.7, 0.3])
def _(p):
    return metrics.structural_similarity(IMAGE, p[0] * IMAGE + p[1] * IMAGE**2, data_range=1.0, win_size=5)


@case("skimage.metrics.peak_signal_noise_ratio", [0.7, 0.3])
def _(p):
    return metrics.peak_signal_noise_ratio(IMAGE, p[0] * IMAGE + p[1], data_range=1.0)


@case("skimage.transform.warp", [0.7, 0.3, 0.2])
def _(p):
    moved = transform.AffineTransform(translation=(p[1], p[2]))
    return transform.warp(p[0] * IMAGE, moved, order=1, mode="edge")


@case("skimage.exposure.adjust_gamma", [0.7, 1.3])
def _(p):
    return exposure.adjust_gamma(p[0] * IMAGE, p[1])


@case("skimage.color.rgb2lab", [0.7, 0.4, 0.2])
def _(p):
    return color.rgb2lab(p.reshape(1, 1, 3))


@case("skimage.restoration.wiener", [0.7, 1.3])
def _(p):
    return restoration.wiener(p[0] * IMAGE, np.ones((3, 3)) / 9, p[1])


@case("skimage.util.img_as_float", [0.7, 0.1])
def _(p):
    return util.img_as_float(p[0] * IMAGE + p[1])
