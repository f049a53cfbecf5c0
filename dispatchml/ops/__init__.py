"""The operations, by family. Each is a generic function; `dispatchml.rules` has the derivatives, `dispatchml.backends` the kernels."""

from .arithmetic import *  # noqa: F403
from .comparison import *  # noqa: F403
from .complexes import *  # noqa: F403
from .conversion import *  # noqa: F403
from .metadata import *  # noqa: F403
from .selection import *  # noqa: F403
from .special import *  # noqa: F403
from .transcendental import *  # noqa: F403
