"""How a type checker sees an operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

if TYPE_CHECKING:
    from .method import Method
    from .operation import Operation

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound=Callable[..., Any])


class OperationFunction(Protocol[F]):
    """How a type checker sees an operation: callable as its stub says, with the tools of an operation on it."""

    __name__: str
    __qualname__: str

    __call__: F
    __wrapped__: F

    @property
    def info(self) -> Operation: ...
    @property
    def methods(self) -> list[Method]: ...
    @property
    def decomposition(self) -> Callable[..., Any] | None: ...
    @overload
    def register(self, hint: type | str, /, *hints: Any, replace: bool = False) -> Callable[[M], M]: ...
    @overload
    def register(self, function: M, /, *, replace: bool = False) -> M: ...
    @overload
    def register(self, function: None = None, /, *, replace: bool = False) -> Callable[[M], M]: ...
    @overload
    def register(self, function: Any, /, *hints: Any, replace: bool = False) -> Any: ...
    @overload
    def layer(self, cls: type | str, /, *, replace: bool = False) -> Callable[[M], M]: ...
    @overload
    def layer(self, cls: type | str, function: M, /, *, replace: bool = False) -> M: ...
    def which(self, *arguments: Any) -> Callable[..., Any]: ...
    def unregister(self, *hints: Any) -> None: ...
    def ambiguities(self) -> list[Any]: ...
    def decompose(self, function: M, /) -> M: ...
