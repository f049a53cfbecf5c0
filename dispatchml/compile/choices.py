"""What a program may be compiled to beside what it is."""

from __future__ import annotations

from typing import NamedTuple


class Choices(NamedTuple):
    """fast: whether products may be joined with the sums that they go into, which rounds once instead of twice.
    donated: numbers of inputs whose memory results may take. any_order: whether axes of results may lie in memory in
    another order than C's.
    """

    fast: bool = False
    donated: tuple[int, ...] = ()
    any_order: bool = False


USUAL = Choices()
