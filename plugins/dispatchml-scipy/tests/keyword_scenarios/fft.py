"""scipy.fft."""

import numpy as np

from .moving import moved

rng = np.random.default_rng(5)
X = rng.normal(size=(3, 5))
Z = X + 1j * rng.normal(size=(3, 5))
COMPLEX = ("ifft", "irfft", "hfft", "fft")
NORMS = ("backward", "ortho", "forward")
REST = {"overwrite_x": True, "workers": 1}
NAMES = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")


def of(name, a):
    """What a transform takes."""
    return moved(Z if name in COMPLEX else X, a)


SCENARIOS = {
    **{
        f"{name} {norm}": lambda f, a, name=name, norm=norm, n=n: getattr(f, name)(
            of(name, a), n=n, axis=0, norm=norm, plan=None, **REST
        )
        for name in NAMES
        for norm, n in zip(NORMS, (None, 2, 6), strict=True)
    },
    **{
        f"{name}{kind} {norm}": lambda f, a, name=name + kind, of_name=name, norm=norm, s=s: getattr(f, name)(
            of(of_name, a), s=s, axes=(1, 0), norm=norm, plan=None, **REST
        )
        for name in NAMES
        for kind in "2n"
        for norm, s in zip(NORMS, (None, (4, 4), (6, 2)), strict=True)
    },
    **{f"{name} over all": lambda f, a, name=name: getattr(f, name)(moved(X, a)) for name in ("fftn", "rfftn")},
    "fftshift": lambda f, a: f.fftshift(moved(X, a), axes=1),
    "ifftshift": lambda f, a: f.ifftshift(moved(X, a), axes=(0, 1)),
    **{
        f"{name} {kind} {norm}": lambda f, a, name=name, kind=kind, norm=norm, n=n: getattr(f, name)(
            moved(X, a), type=kind, n=n, axis=-1 if n != 2 else 0, norm=norm, orthogonalize=n == 6, **REST
        )
        for name in ("dct", "idct", "dst", "idst")
        for kind in (1, 2, 3, 4)
        for norm, n in zip(NORMS, (None, 2, 6), strict=True)
    },
    **{
        f"{name}n {kind}": lambda f, a, name=name + "n", kind=kind: getattr(f, name)(
            moved(X, a), type=kind, s=(2, 6), axes=(0, 1), norm="ortho", orthogonalize=False, **REST
        )
        for name in ("dct", "idct", "dst", "idst")
        for kind in (1, 2, 3, 4)
    },
    "dct complex": lambda f, a: f.dct(moved(Z, a)),
    **{
        name: lambda f, a, name=name: getattr(f, name)(moved(np.exp(X[0]), a), 0.1, 0.3, offset=0.05, bias=0.1)
        for name in ("fht", "ifht")
    },
    **{
        f"{name} by its parameters": lambda f, a, name=name: getattr(f, name)(
            np.exp(X[0]), 0.1 * a, 0.3 * a, offset=0.05 * a, bias=0.1 * a
        )
        for name in ("fht", "ifht")
    },
}
REFUSED = {
    "fht without a bias": lambda f, a: f.fht(np.exp(X[0]), 0.1, 0.3, bias=(a - 1.3)),
}
#: Second derivatives of the logarithm of the gamma function of complex numbers are not in SciPy.
FIRST_ORDER = {"fht by its parameters", "ifht by its parameters"}
