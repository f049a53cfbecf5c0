"""What a program may be compiled to beside what it is."""

from __future__ import annotations

from typing import NamedTuple


class Choices(NamedTuple):
    """fast: whether products may be joined with the sums that they go into, which rounds once instead of twice.
    donated: numbers of inputs whose memory results may take.
    """

    fast: bool = False
    donated: tuple[int, ...] = ()


USUAL = Choices()
