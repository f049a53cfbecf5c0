# pyright: reportUnusedExpression=false
# ruff: noqa: F821, PIE790
"""What a type checker must infer: run through pyright by test_typing.py, never executed.

`expect:` behind a line is the type that pyright reveals there.
"""

from typing import Any, overload

from dispatchml.dispatch import dispatch, layer, operation


class Metres:
    value: float


@overload
def _twice(x: int) -> int: ...
@overload
def _twice(x: str) -> str: ...
def _twice(x: Any) -> Any:
    """Two times x."""


twice = operation(_twice, name="twice", family="elementwise")

reveal_type(twice(1))  # expect: int
reveal_type(twice("a"))  # expect: str
reveal_type(twice.ambiguities())  # expect: list[Any]


@operation
def area(side: Metres, *, scale: float = 1.0) -> float:
    """The area of a square."""
    ...


reveal_type(area(Metres()))  # expect: float
reveal_type(area(Metres(), scale=2.0))  # expect: float
reveal_type(area.info)  # expect: Operation
reveal_type(area.which(Metres))  # expect: (...) -> Any


@operation(family="elementwise", strips=("transform",))
def sine(x: float) -> float:
    """The sine."""
    ...


reveal_type(sine(1.0))  # expect: float


@area.register
def area_of_int(side: int, *, scale: float = 1.0) -> int:
    return side * side


reveal_type(area_of_int(3))  # expect: int


@area.register(str, replace=True)
def area_of_text(side: str, *, scale: float = 1.0) -> bytes:
    return b""


reveal_type(area_of_text(""))  # expect: bytes


@area.layer(Metres)
def area_of_metres(side: Metres, *, scale: float = 1.0) -> complex:
    return 1j


reveal_type(area_of_metres(Metres()))  # expect: complex


@dispatch
def half(x: int) -> float:
    return x / 2


reveal_type(half(3))  # expect: float
reveal_type(half.methods[0].location)  # expect: str


@dispatch(area)
def area_of_bytes(side: bytes, *, scale: float = 1.0) -> int:
    return len(side)


reveal_type(area_of_bytes(b""))  # expect: int


@layer(slot="meaning")
class Tagged:
    def __init__(self, value: float) -> None:
        self.value = value


reveal_type(Tagged(1.0).value)  # expect: float

wrong: str = area(Metres())  # expect error: reportAssignmentType
area("no")  # expect error: reportArgumentType
area(Metres(), scale="no")  # expect error: reportArgumentType
twice(1.5)  # expect error: reportCallIssue, reportArgumentType
area.registre(area_of_int)  # expect error: reportAttributeAccessIssue
