"""Functions of scipy.signal."""

from . import convolutions as convolutions
from . import filters as filters
from . import fractions as fractions
from . import sampling as sampling
from . import smoothing as smoothing
from . import spectra as spectra
from . import waveforms as waveforms
