"""What a traced value of a layer was made of: taking it apart again gives that, and no operation is recorded.

A rule that takes traced arguments apart, computes and puts the result together would record three operations for one.
The next rule needs the inside only, so it is remembered: under reverse mode as the entry that it is, for as long as
the value lives; under forward mode a value is taken apart together with its tangent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: What the engines do; they enter it: remember(whole, part), inside(whole, value, tangent), around(...).
ENGINE: dict[str, Callable[..., Any]] = {}


def made_of(whole: Any, part: Any) -> Any:
    """Remember that a traced value was made of a part, by an operation that loses nothing that rules read from it
    again; gives the whole. A value that is written to is another one, and forgets it.
    """
    return ENGINE["remember"](whole, part)


def inside_of(whole: Any, value: Callable[[Any], Any], tangent: Callable[[Any], Any]) -> Any:
    """The traced inside of a traced value where that costs no operation: what it was `made_of`, or, in forward mode,
    value(x) with the tangent tangent(dx). None where it is not known; functions may give None, too.
    """
    return ENGINE["inside"](whole, value, tangent)


def put_around(part: Any, value: Callable[[Any], Any], tangent: Callable[[Any], Any]) -> Any:
    """The other way, in forward mode: value(x) with the tangent tangent(dx). None for other traced values, which an
    operation has to put together.
    """
    return ENGINE["around"](part, value, tangent)
