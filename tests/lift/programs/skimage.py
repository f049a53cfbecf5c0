"""scikit-image."""

import numpy as np
from lifted_harness import case
from skimage import color, exposure, feature, filters, metrics, restoration, transform, util

GROUP, DRAWN, PACKAGE = "programs", "drawn, other packages", "skimage"
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


@case("skimage.color.lab2lch", [50.0, 12.0, -7.0], group=DRAWN)
def _(p):
    return color.lab2lch(p)


@case("skimage.color.rgb2ycbcr", [0.7, 0.3, 0.2], group=DRAWN)
def _(p):
    return color.rgb2ycbcr(p.reshape(1, 1, 3))


@case("skimage.color.yuv2rgb", [0.7, 0.1, 0.05], group=DRAWN)
def _(p):
    return color.yuv2rgb(p.reshape(1, 1, 3))


@case("skimage.filters.sobel_h", [0.7, 0.3], group=DRAWN)
def _(p):
    return filters.sobel_h(p[0] * IMAGE + p[1] * IMAGE**2)


# Of the reserve.


@case("skimage.feature.corner_moravec", [0.7, 0.3], group=DRAWN)
def _(p):
    return feature.corner_moravec(p[0] * IMAGE + p[1] * IMAGE**2)


@case("skimage.transform.resize", [0.7, 0.3], group=DRAWN)
def _(p):
    return transform.resize(p[0] * IMAGE + p[1] * IMAGE**2, (5, 7), anti_aliasing=True)
