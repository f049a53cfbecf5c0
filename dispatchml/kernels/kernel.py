"""`kernel`: a Python function with loops and branches, compiled from its text, with derivatives and batches."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..dispatch.errors import ArgumentError, FallbackWarning, at_user_line, class_name, hide_frames, warn_at_user_line
from ..dispatch.layers import layer_of
from ..engines.record import Rec
from ..engines.record import refuse as refuse_recording
from ..engines.traced import Traced, innermost
from ..ops.placement import is_remote
from ..transforms.comparing import is_asked_for
from ..transforms.containers import flatten
from ..transforms.entry import check_function
from . import kinds, uncompiled
from .closing import Closed, close
from .errors import KernelCallError
from .program import Program
from .source import python_function, read

#: How many native functions are tried before the kinds of the arguments are looked at.
TRIED = 3
#: Classes of what a gradient is taken by in one call.
DIFFERENTIATED = (float, np.ndarray)


def kernel(function: Callable[..., Any] | None = None, *, unchecked: bool = False) -> Any:
    """A function that is compiled from its own text, loops, branches and recursion included.

    function: computes with numbers, NumPy arrays and tuples of them, in loops, `while`, branches and helper functions
    of your own, which are compiled with it. It may fill arrays that it has made, and never writes into its arguments.
    What it returns is new: numbers, arrays or tuples of them. It is compiled for each combination of the arguments'
    types, by Numba (installed with dispatchml), at the first call; later processes take the code from disk.

    unchecked: indices are not compared with the sizes of arrays. An index out of range then reads or writes somewhere.

    A kernel is an operation: `grad`, `jvp`, `vmap`, `jit` and the others go through it, to any order. Quantities
    with units run on their magnitudes, once the text was checked. `DISPATCHML_DEBUG=1` runs it uncompiled always.

    Raises KernelError, with the line and what to write instead, for what cannot be compiled; errors that the function
    raises while it runs, such as IndexError, name its line.

    >>> import numpy as np, dispatchml as dm
    >>> @dm.kernel
    ... def root(a):
    ...     x = a
    ...     while abs(x * x - a) > 1e-12 * a:
    ...         x = 0.5 * (x + a / x)
    ...     return x
    >>> round(dm.grad(root)(4.0), 9)
    0.25
    """
    if function is None:
        return lambda f: Kernel(f, unchecked)
    return Kernel(function, unchecked)


def is_recorded(x: Any) -> bool:
    """Whether a value is part of a program that is being recorded."""
    return isinstance(innermost(x), Rec)


class Kernel:
    """A compiled function. py_func: the function that it was made of."""

    def __init__(self, function: Callable[..., Any], unchecked: bool = False) -> None:
        check_function(function, "kernel")
        python = python_function(function)
        if python is None:
            read(function)  # raises
        assert python is not None
        self.py_func: types.FunctionType = python
        self.unchecked = unchecked
        functools.update_wrapper(self, python)
        code = python.__code__
        self.arity, self.plain_signature = code.co_argcount, not python.__defaults__ and not code.co_kwonlyargcount
        self.program: Program | None = None
        self.closed: Closed | None = None
        self.debugged = is_asked_for()
        #: What has the user's derivative rules, where there are any.
        self.primitive: Any = None
        #: The units of results, where quantities were handed over.
        self.units: Any = None
        #: Native functions of the arguments, the last made first.
        self.fast: list[Callable[..., Any]] = []
        #: The last native function of the value and the gradient, by argnums.
        self.fast_gradients: dict[Any, Callable[..., Any]] = {}
        #: The last native function of the derivative, by argnum.
        self.fast_derivatives: dict[int, Callable[..., Any]] = {}

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """The function's result."""
        if not keywords:
            for call in self.fast:
                found = call(*arguments)
                if found is not NotImplemented:
                    return found
        try:
            if keywords or len(arguments) != self.arity:
                arguments = self.bound(arguments, keywords)
            return self.call(arguments)
        except Exception as error:
            hide_frames(error)
            raise

    def call(self, arguments: tuple[Any, ...]) -> Any:
        """The result for as many arguments as there are parameters."""
        if self.debugged:
            return self.uncompiled(arguments)
        program, closed = self.current()
        if closed.hidden:
            arguments = (*arguments, *(reader() for reader in closed.hidden))
        given = kinds.kinds_of(arguments)
        if given is None:
            return self.traced(program, arguments)
        if given not in program.entered and not closed.hidden and not closed.constants:
            call = program.enter(given)  # nothing has to be looked at between the call and the code
            self.fast = [call, *self.fast][:TRIED] if call is not None else self.fast
        return program.run(given, arguments)

    def is_steady(self) -> bool:
        """Whether everything that the function reads from outside is what it was."""
        closed = self.closed
        return closed is not None and all(reader() is value for reader, value in closed.constants)

    def traced(self, program: Program, arguments: tuple[Any, ...]) -> Any:
        """The result where an argument is no plain number or array."""
        leaves = flatten(arguments)[0]
        for x in leaves:
            inside = innermost(x)
            if layer_of(type(inside)) is not None and type(inside) is not Rec:
                return self.wrapped(inside, arguments[: self.arity])
        remote = any(map(is_remote, leaves))
        if not remote and not any(isinstance(x, (Traced, Rec)) for x in leaves):
            kinds.refuse(next(x for x in arguments if kinds.kind_of(x) is None))
        closed = self.closed
        outside = closed is not None and (closed.hidden or not all(callable(v) for _, v in closed.constants))
        if outside and any(map(is_recorded, leaves)):
            refuse_recording(
                f"the kernel {self.py_func.__name__}",
                "reads values from outside, which a program would keep as they are now: hand them over as arguments",
            )
        if self.primitive is not None:
            return self.primitive(*arguments[: self.arity])
        if remote:
            from .threads import on_threads

            return on_threads(program, arguments)
        from .calls import Call

        return Call(program, arguments).run()

    def wrapped(self, layer: Any, arguments: tuple[Any, ...]) -> Any:
        """The result where an argument is a layer: quantities go in as their magnitudes; others run uncompiled."""
        from .units.algebra import NotKnown
        from .units.entering import through

        try:
            if self.primitive is not None:
                raise NotKnown("it has derivative rules of its own")
            assert self.closed is not None
            return through(self, arguments, self.closed)
        except NotKnown as why:
            warn_at_user_line(
                f"The kernel {self.py_func.__qualname__} runs uncompiled on values of {class_name(type(layer))}, which "
                f"is right and slow: {why}. Hand over plain numbers where it matters.",
                FallbackWarning,
            )
            return self.uncompiled(arguments)

    def current(self) -> tuple[Program, Closed]:
        """The program of the function as it is now: what it reads from outside may have changed."""
        closed = self.closed
        if closed is None or not self.is_steady():
            self.fast, self.fast_gradients, self.fast_derivatives = [], {}, {}
            closed = self.closed = close(read(self.py_func))
            self.program = Program(closed.source, self.unchecked)
        assert self.program is not None
        return self.program, closed

    def bound(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
        """The arguments in the order of the parameters, defaults filled in."""
        signature = inspect.signature(self.py_func)
        try:
            found = signature.bind(*arguments, **keywords)
        except TypeError as error:
            raise KernelCallError(f"{self.py_func.__name__}{signature}: {error}{at_user_line()}.") from error
        found.apply_defaults()
        return found.args

    def uncompiled(self, arguments: tuple[Any, ...]) -> Any:
        """The result of the Python function."""
        return uncompiled.run(self.py_func, arguments)

    def gradient_at_once(self, arguments: tuple[Any, ...], argnums: Any) -> Any:
        """The value and the gradient at plain arguments in one call; NotImplemented where they must be taken apart."""
        positions: Any = (argnums,) if type(argnums) is int else argnums
        if type(positions) is not tuple:
            return NotImplemented
        single = positions is not argnums
        call = self.fast_gradients.get(argnums)
        if call is not None and len(arguments) == self.arity and self.primitive is None:
            if all(type(arguments[p]) in DIFFERENTIATED for p in positions):
                found = call(*arguments)
                if found is not NotImplemented and not found[2]:
                    return found[0], found[1][0] if single else found[1]
        if len(arguments) != self.arity or self.debugged or self.primitive is not None:
            return NotImplemented
        program, closed = self.current()
        given = kinds.kinds_of(arguments)
        if given is None or closed.hidden or not all(type(p) is int and 0 <= p < self.arity for p in positions):
            return NotImplemented
        if any(type(arguments[p]) not in DIFFERENTIATED for p in positions):
            return NotImplemented
        ordered = tuple(sorted(set(positions)))
        made = program.gradient(given, ordered)
        if made is None or len(ordered) != len(positions):
            return NotImplemented
        y, found, spoiled = made.run(given, arguments)
        if spoiled:
            return NotImplemented  # the usual way knows about zeros times infinity
        call = made.entered.get(given)
        if call is not None and ordered == positions and not closed.constants:
            self.fast_gradients[argnums] = call
        slopes = dict(zip(ordered, found, strict=True))
        return y, slopes[argnums] if single else tuple(slopes[p] for p in positions)

    def derivative_at_once(self, arguments: tuple[Any, ...], argnum: int) -> Any:
        """The derivative of a number by a number, at plain arguments in one call; NotImplemented for anything else."""
        if type(argnum) is not int or not 0 <= argnum < len(arguments) or type(arguments[argnum]) is not float:
            return NotImplemented
        if len(arguments) != self.arity or self.debugged or self.primitive is not None:
            return NotImplemented
        call = self.fast_derivatives.get(argnum)
        if call is not None:
            found = call(*arguments, 1.0)
            if found is not NotImplemented:
                return found
        program, closed = self.current()
        given = kinds.kinds_of(arguments)
        if given is None or closed.hidden or any(map(kinds.is_tuple, given)) or program.code(given).result != "d":
            return NotImplemented
        made = program.tangent(given, tuple(k == argnum for k in range(self.arity)))
        found = made.run((*given, "d"), (*arguments, 1.0))
        call = made.entered.get((*given, "d"))
        if call is not None and not closed.constants:
            self.fast_derivatives[argnum] = call
        return found

    # ---- rules of the user's -----------------------------------------------------------------------------------------

    def with_rules(self) -> Any:
        """The kernel as a primitive, whose derivative rules are given."""
        if self.primitive is None:
            from ..transforms.user_primitives import primitive

            names = ", ".join(self.py_func.__code__.co_varnames[: self.arity])
            scope: dict[str, Any] = {"run": self.call}
            exec(f"def {self.py_func.__name__}({names}):\n    return run(({names},))\n", scope)
            self.primitive = primitive(scope[self.py_func.__name__])
        return self.primitive

    def defjvp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give the forward rule, rule(y, tangents, *arguments), as for `dispatchml.primitive`. A decorator."""
        return self.with_rules().defjvp(rule)

    def defvjp(self, rule: Callable[..., Any]) -> Callable[..., Any]:
        """Give the reverse rule, rule(y, *arguments, needs), as for `dispatchml.primitive`. A decorator."""
        return self.with_rules().defvjp(rule)

    # ---- looking at it -----------------------------------------------------------------------------------------------

    def compile_ahead(self, *arguments: Any, **keywords: Any) -> None:
        """Compile for arguments like these, without calling the function."""
        from ..compile.progress import progress

        program, given = self.prepared(arguments, keywords)
        with progress(f"compiling {self.py_func.__qualname__}"):
            program.code(given)

    def prepared(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Program, tuple[str, ...]]:
        """The program and the kinds of such arguments. Raises KernelError for what no kernel takes."""
        program, closed = self.current()
        arguments = (*self.bound(arguments, keywords), *(reader() for reader in closed.hidden))
        given = kinds.kinds_of(arguments)
        if given is None:
            kinds.refuse(next(x for x in arguments if kinds.kind_of(x) is None))
        return program, given

    def report(self, *arguments: Any, **keywords: Any) -> str:
        """What the function was compiled to for such arguments, and how its derivatives are taken."""
        from .reporting import report

        return report(self.py_func, self.primitive, *self.prepared(arguments, keywords))

    def __repr__(self) -> str:
        return f"<kernel {self.__qualname__}>"  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        function = self.py_func
        return find, (function.__module__, function.__qualname__)


def find(module: str, name: str) -> Any:
    """A kernel by its place, for unpickling."""
    import importlib

    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    if not isinstance(found, Kernel):
        raise ArgumentError(f"{module}.{name} is no kernel{at_user_line()}.")
    return found
