"""Programs on devices: the same regions as on the CPU, one thread of the card for each element or row."""

from typing import Any

#: Classes of arrays on devices -> the library that runs programs of them; backends enter theirs.
LIBRARIES: dict[type, Any] = {}
