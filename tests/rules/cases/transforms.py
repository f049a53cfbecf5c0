# ruff: noqa: E501 -- a table: one operation a line reads better than one argument a line
"""Cases of Fourier transforms: real and complex, cropped and padded, every normalisation."""

from .table import by_keywords, case, plane, spread

X = spread(2, 5)
Z = plane(2, 5)
SQUARE = spread(3, 4)
COMPLEX_SQUARE = plane(3, 4)
ONE = [{}, {"n": 3}, {"n": 7, "norm": "ortho"}, {"axis": 0, "norm": "forward"}, {"n": 4, "norm": "backward"}]
HALF = [{}, {"n": 4}, {"n": 7, "norm": "ortho"}, {"axis": 0, "norm": "forward", "n": 3}]
TWO = [{}, {"s": (2, 5), "norm": "ortho"}, {"axes": (1, 0), "norm": "forward"}]
MANY = [{}, {"s": (5,), "axes": (0,)}, {"axes": (1, 0), "norm": "ortho"}]


def real_ones(name, each, x):
    """A transform that takes real input only."""
    return by_keywords(name, x, each=each)


CASES = [
    *(row for name in ("fft", "ifft") for x in (X, Z) for row in by_keywords(name, x, each=ONE)),
    *real_ones("rfft", HALF, X), *real_ones("ihfft", HALF, X),
    *by_keywords("irfft", Z, each=HALF), *by_keywords("irfft", X, each=HALF[:1]), *by_keywords("hfft", Z, each=HALF),
    *(row for name in ("fft2", "ifft2") for x in (SQUARE, COMPLEX_SQUARE) for row in by_keywords(name, x, each=TWO)),
    *by_keywords("rfft2", SQUARE, each=TWO), *by_keywords("irfft2", COMPLEX_SQUARE, each=TWO),
    *(row for name in ("fftn", "ifftn") for x in (SQUARE, COMPLEX_SQUARE) for row in by_keywords(name, x, each=MANY)),
    *by_keywords("rfftn", SQUARE, each=MANY), *by_keywords("irfftn", COMPLEX_SQUARE, each=MANY),
    *by_keywords("fftshift", SQUARE, each=[{}, {"axes": 1}]), *by_keywords("ifftshift", spread(3, 5), each=[{}, {"axes": (0, 1)}]),
    case("fftshift", Z),
]  # fmt: skip
