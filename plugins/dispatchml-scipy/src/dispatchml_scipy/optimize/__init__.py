"""scipy.optimize: solutions as differentiable functions of what the equations and objectives depend on."""

from . import fits as fits
from . import linear as linear
from . import minima as minima
from . import roots as roots
