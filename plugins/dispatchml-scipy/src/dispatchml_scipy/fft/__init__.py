"""Functions of scipy.fft: Fourier transforms are dispatchml's, cosine and sine transforms are operations here."""

from . import backend as backend
from . import fourier as fourier
from . import trigonometric as trigonometric
