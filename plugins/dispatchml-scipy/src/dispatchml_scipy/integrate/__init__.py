"""scipy.integrate: integrals and differential equations as differentiable functions of all that they depend on."""

from . import boundary as boundary
from . import equations as equations
from . import quadrature as quadrature
from . import samples as samples
from . import stepping as stepping
