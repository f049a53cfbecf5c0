"""Code that knows nothing of traced values: the user's own functions and other people's packages.

`replaces` says what stands for a function of a library when one of its arguments is traced.
"""

from .replacing import replaces

__all__ = ["replaces"]
