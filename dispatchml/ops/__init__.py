"""The operations, by family.

Each is a generic function; `dispatchml.rules` has the derivatives, `dispatchml.backends` the kernels.
"""

from .arithmetic import *  # noqa: F403
from .comparison import *  # noqa: F403
from .complexes import *  # noqa: F403
from .conversion import *  # noqa: F403
from .creation import *  # noqa: F403
from .decompositions import *  # noqa: F403
from .fft import *  # noqa: F403
from .indexing import *  # noqa: F403
from .matrix_functions import *  # noqa: F403
from .metadata import *  # noqa: F403
from .nan_reductions import *  # noqa: F403
from .new import *  # noqa: F403
from .padding import *  # noqa: F403
from .placement import *  # noqa: F403
from .products import *  # noqa: F403
from .reductions import *  # noqa: F403
from .scans import *  # noqa: F403
from .selection import *  # noqa: F403
from .shaping import *  # noqa: F403
from .solvers import *  # noqa: F403
from .special import *  # noqa: F403
from .transcendental import *  # noqa: F403
