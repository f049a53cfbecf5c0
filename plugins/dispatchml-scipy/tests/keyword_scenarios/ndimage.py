"""scipy.ndimage."""

import numpy as np

from .moving import moved

rng = np.random.default_rng(11)
X = rng.normal(size=(5, 6))
W = rng.normal(size=3)
K = rng.normal(size=(3, 2))
MODES = ["reflect", "mirror", "nearest", "wrap", "constant", "grid-constant", "grid-mirror", "grid-wrap"]
NEAR = rng.uniform(0.3, 3.7, size=(2, 6))
OUT = np.float64
FOOTPRINT = np.array([[True, False, True], [True, True, False]])
#: Filters that choose by order, with the arguments behind the image.
BY_RANK = (
    ("maximum_filter", ()), ("minimum_filter", ()), ("median_filter", ()), ("rank_filter", (1,)),
    ("percentile_filter", (30,)),
)  # fmt: skip


def curved(x):
    """Smooth places."""
    return (x[0] * 0.9 + 0.1 * x[1] + 0.2, x[1] * 0.8)


SCENARIOS = {
    **{
        f"{name} {mode}": lambda f, a, name=name, mode=mode: getattr(f, name)(
            moved(X, a), moved(W, a), axis=0, output=OUT, mode=mode, cval=0.3, origin=1
        )
        for name in ("correlate1d", "convolve1d")
        for mode in MODES
    },
    **{
        f"{name} {mode}": lambda f, a, name=name, mode=mode: getattr(f, name)(
            moved(X, a), moved(K, a), output=OUT, mode=mode, cval=0.3, origin=(1, 0), axes=(0, 1)
        )
        for name in ("correlate", "convolve")
        for mode in ("reflect", "wrap", "constant")
    },
    **{
        f"gaussian_filter1d {order} {mode}": lambda f, a, order=order, mode=mode, radius=radius: f.gaussian_filter1d(
            moved(X, a), 0.7 * a, axis=0, order=order, output=OUT, mode=mode, cval=0.3, truncate=3.0, radius=radius
        )
        for order, mode, radius in ((0, "reflect", None), (1, "constant", 2), (2, "wrap", 3), (3, "mirror", 3))
    },
    "gaussian_filter": lambda f, a: f.gaussian_filter(
        moved(X, a),
        (0.7 * a, 0.4 * a),
        order=(1, 0),
        output=OUT,
        mode=("wrap", "constant"),
        cval=0.2,
        truncate=3.0,
        radius=(2, 2),
        axes=(0, 1),
    ),
    "gaussian_gradient_magnitude": lambda f, a: f.gaussian_gradient_magnitude(
        moved(X, a), 0.7, output=OUT, mode="nearest", cval=0.2, axes=(0, 1), truncate=3.0
    ),
    "gaussian_laplace": lambda f, a: f.gaussian_laplace(
        moved(X, a), 0.7, output=OUT, mode="constant", cval=0.2, axes=(0, 1), truncate=3.0
    ),
    "laplace": lambda f, a: f.laplace(moved(X, a), output=OUT, mode="constant", cval=0.2, axes=(1,)),
    **{
        name: lambda f, a, name=name: getattr(f, name)(moved(X, a), axis=0, output=OUT, mode="constant", cval=0.2)
        for name in ("prewitt", "sobel")
    },
    "uniform_filter": lambda f, a: f.uniform_filter(
        moved(X, a), size=(3, 2), output=OUT, mode="constant", cval=0.2, origin=(1, 0), axes=(1, 0)
    ),
    "uniform_filter1d": lambda f, a: f.uniform_filter1d(
        moved(X, a), 4, axis=0, output=OUT, mode="constant", cval=0.2, origin=-1
    ),
    **{
        f"{name}1d": lambda f, a, name=name + "1d": getattr(f, name)(
            moved(X, a), 3, axis=0, output=OUT, mode="constant", cval=0.2, origin=1
        )
        for name in ("maximum_filter", "minimum_filter")
    },
    **{
        f"{name} {mode}": lambda f, a, name=name, mode=mode, more=more: getattr(f, name)(
            moved(X, a), *more, footprint=FOOTPRINT, output=OUT, mode=mode, cval=0.2, origin=(0, 1), axes=(0, 1)
        )
        for name, more in BY_RANK
        for mode in ("reflect", "constant", "wrap")
    },
    **{
        f"{name} of a size": lambda f, a, name=name, more=more: getattr(f, name)(moved(X, a), *more, size=(2, 3))
        for name, more in BY_RANK
    },
    **{
        f"spline_filter1d {order} {mode}": lambda f, a, order=order, mode=mode: f.spline_filter1d(
            moved(X, a), order=order, axis=0, output=OUT, mode=mode
        )
        for order in (2, 3, 4, 5)
        for mode in ("mirror", "reflect", "grid-wrap")
    },
    "spline_filter": lambda f, a: f.spline_filter(moved(X, a), order=4, output=OUT, mode="reflect"),
    **{
        f"map_coordinates {order} {mode}": lambda f, a, order=order, mode=mode: f.map_coordinates(
            moved(X, a), moved(NEAR, a), output=OUT, order=order, mode=mode, cval=0.3, prefilter=order != 3
        )
        for order in (1, 2, 3, 4, 5)
        for mode in ("mirror", "constant", "wrap", "grid-wrap", "nearest")
    },
    "affine_transform": lambda f, a: f.affine_transform(
        moved(X, a),
        np.array([[0.9, 0.1], [-0.2, 1.1]]),
        offset=np.stack([0.3 * a, 0.2]),
        output_shape=(3, 4),
        output=OUT,
        order=2,
        mode="mirror",
        cval=0.1,
        prefilter=False,
    ),
    "affine_transform of a diagonal": lambda f, a: f.affine_transform(
        moved(X, a), np.stack([0.91, 0.7 * a]), 0.3, mode="nearest"
    ),
    "geometric_transform": lambda f, a: f.geometric_transform(
        moved(X, a),
        lambda x, p, q: (x[0] * p + 0.1 * x[1] + 0.2, x[1] * q),
        output_shape=(3, 4),
        output=OUT,
        order=2,
        mode="mirror",
        cval=0.1,
        prefilter=False,
        extra_arguments=(0.9,),
        extra_keywords={"q": 0.8},
    ),
    "rotate": lambda f, a: f.rotate(
        moved(X, a), 16.0 * a, axes=(0, 1), reshape=False, output=OUT, order=2, mode="mirror", cval=0.1, prefilter=False
    ),
    "shift": lambda f, a: f.shift(
        moved(X, a), np.stack([0.3 * a, -0.6]), output=OUT, order=2, mode="mirror", cval=0.1, prefilter=False
    ),
    "zoom": lambda f, a: f.zoom(
        moved(X, a), (1.7, 0.5), output=OUT, order=2, mode="grid-constant", cval=0.1, prefilter=False, grid_mode=True
    ),
    "generic_filter": lambda f, a: f.generic_filter(
        moved(X, a),
        lambda x, p, q: np.sum(x * x * p) + q,
        footprint=FOOTPRINT,
        mode="constant",
        cval=0.3,
        origin=(0, 1),
        extra_arguments=(2.0,),
        extra_keywords={"q": 0.3},
    ),
    "generic_filter of a size": lambda f, a: f.generic_filter(moved(X, a), lambda x: np.sum(x**3), size=2),
    **{
        f"{name} {n}": lambda f, a, name=name, n=n: np.abs(
            getattr(f, name)(moved(X + 1j * X[::-1], a), 1.2 * a if name != "fourier_ellipsoid" else 1.5, n=n, axis=0)
        )
        for name in ("fourier_gaussian", "fourier_uniform", "fourier_ellipsoid")
        for n in (-1, 9)
    },
}
REFUSED = {
    "generic_filter with an output": lambda f, a: f.generic_filter(moved(X, a), np.sum, size=2, output=OUT),
    "generic_filter along axes": lambda f, a: f.generic_filter(moved(X, a), np.sum, size=2, axes=(0, 1)),
    **{
        f"{name} with an output": lambda f, a, name=name: getattr(f, name)(moved(X, a), 1.5, output=OUT)
        for name in ("fourier_gaussian", "fourier_uniform", "fourier_ellipsoid")
    },
    "output as an array": lambda f, a: f.sobel(moved(X, a), output=np.zeros((5, 6))),
    "zoom by a traced factor": lambda f, a: f.zoom(X, a),
}
#: The width of the window is chosen by the number.
ONE_BY_ONE = {"gaussian_filter1d 0 reflect"}
