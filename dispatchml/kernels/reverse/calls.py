"""From the text of a kernel to a program: calls."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..source import read
from .arrays import Method
from .functions import NAMES
from .kinds import Kind
from .numpy_functions import METHODS, SPECIAL
from .program import Call, Number, Value, leaves
from .records import FUNCTIONS
from .structures import Closure, Constant, Gradient


class Calls:
    """Evaluates calls; a part of the builder."""

    def of_Call(self: Any, node: ast.Call) -> Any:
        function = self.evaluate(node.func)
        if any(isinstance(a, ast.Starred) for a in node.args) or any(k.arg is None for k in node.keywords):
            raise self.refuse("it calls with * or **; write the arguments out", node)
        if isinstance(function, Constant) and function.value is range:
            raise self.refuse("range stands elsewhere than in a for", node)
        arguments = [self.evaluate(a) for a in node.args]
        keywords = {k.arg: self.evaluate(k.value) for k in node.keywords if k.arg}
        self.at(node)
        if isinstance(function, Closure):
            return self.inline(function.frame.source, function.tree, arguments, keywords, node, function)
        if isinstance(function, Gradient):
            return self.gradient(function, arguments, keywords, node)
        if not isinstance(function, Constant):
            raise self.refuse("it calls something that is no function", node)
        if function.source is not None and function.source.derivative is not None:
            return self.gradient(gradient_of(function.source), arguments, keywords, node)
        if function.source is not None:
            return self.inline(function.source, function.source.tree, arguments, keywords, node, None)
        if isinstance(function.value, Method):
            return self.method(function.value, arguments, keywords, node)
        return self.known(function, arguments, keywords, node)

    # ---- functions of the user ---------------------------------------------------------------------------------------

    def inline(
        self: Any, source: Any, tree: Any, arguments: list[Any], keywords: dict[str, Any], node: ast.AST, closure: Any
    ) -> Any:
        """A helper function, put in where it is called."""
        if any(f.tree is tree for f in self.frames):
            return self.recursion(source, tree, arguments, keywords, node)
        variables = self.parameters(source, tree, arguments, keywords, node, closure)
        path, self.path = self.path, (*self.path, id(node))
        result = self.run(source, tree, variables, None if closure is None else closure.frame)
        self.path = path
        return result

    def parameters(
        self: Any, source: Any, tree: Any, arguments: list[Any], keywords: dict[str, Any], node: ast.AST, closure: Any
    ) -> dict[str, Any]:
        """The arguments of a call by the names of the parameters."""
        name = getattr(tree, "name", "lambda")
        parameters = [a.arg for a in tree.args.posonlyargs + tree.args.args]
        if len(arguments) > len(parameters):
            raise self.refuse(f"{name} is called with {len(arguments)} arguments", node)
        variables = dict(zip(parameters, map(self.bound, arguments), strict=False))
        for key, value in keywords.items():
            if key not in parameters or key in variables:
                raise self.refuse(f"{name} is called with {key}, which it does not take", node)
            variables[key] = self.bound(value)
        missing = [p for p in parameters if p not in variables]
        if missing:
            defaults = self.defaults(source, tree, closure)
            for p in missing:
                if p not in defaults:
                    raise self.refuse(f"{name} is called without {p}", node)
                variables[p] = defaults[p]
        return variables

    def defaults(self: Any, source: Any, tree: Any, closure: Any) -> dict[str, Any]:
        """The values of parameters that are not given."""
        parameters = [a.arg for a in tree.args.posonlyargs + tree.args.args]
        if closure is not None:
            values = [self.evaluate(d) for d in tree.args.defaults]
        else:
            values = [self.plain(v, "default", tree) for v in source.defaults]
        return dict(zip(parameters[len(parameters) - len(values) :], values, strict=True)) if values else {}

    def recursion(
        self: Any, source: Any, tree: Any, arguments: list[Any], keywords: dict[str, Any], node: ast.AST
    ) -> Any:
        """A function that calls itself."""
        name = getattr(tree, "name", "a lambda")
        if source.tree is not tree:
            raise self.refuse(f"{name} is inside of a kernel and calls itself; write it outside", node)
        variables = self.parameters(source, tree, arguments, keywords, node, None)
        given = [variables[p] for p in source.parameters]
        kinds = tuple(structure_kinds(x) for x in given)
        function = self.recursive.function(source, tree, kinds)
        operands = [x for g in given for x in leaves(g)]
        if any(not isinstance(x, (Value, Number)) for x in operands) or any(isinstance(g, tuple) for g in given):
            raise self.refuse(f"{name} calls itself with something else than numbers and arrays", node)
        made = tuple(self.value("t_", k) for k in leaves(function.results))
        self.put(call := Call(made, function, tuple(operands)))
        arrays = [x.root for x in operands if isinstance(x, Value) and not x.kind.scalar]
        if any(arrays.count(a.root) > 1 for a in call.written):
            raise self.refuse(f"{name} gets one array twice and writes into it; hand over a copy", node)
        self.memory.forget({a.root for a in call.written})
        return structured(function.results, list(made)) if function.results != () else Constant(None)

    def gradient(self: Any, made: Gradient, arguments: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        """A call of dm.grad(f) inside of a kernel: the derived source is put in."""
        from .deriving import derived
        from .kinds import FLOAT

        if keywords:
            raise self.refuse("a gradient inside of a kernel takes positional arguments", node)
        if not isinstance(made.function, Constant) or made.function.source is None:
            raise self.refuse("a gradient inside of a kernel is taken of a function at the top of a file", node)
        arguments = [self.bound(a) for a in arguments]
        kinds = tuple(structure_kinds(a) for a in arguments)
        source = derived(made.function.source, kinds, made.positions, checkpoints=False)
        values, cotangents = self.inline(source, source.tree, [*arguments, Number(1.0)], {}, node, None)
        if not isinstance(values, (Value, Number)) or values.kind not in (FLOAT, Kind("f4")):
            raise self.refuse("a gradient is taken of a function that does not return one number", node)
        answer = (
            cotangents[0] if len(cotangents) == 1 and made.with_value in (False, True) and made.single else cotangents
        )
        return (values, answer) if made.with_value else answer

    # ---- functions that are known ------------------------------------------------------------------------------------

    def known(self: Any, function: Constant, arguments: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        """A function of Python, math, NumPy or dispatchml."""
        value = function.value
        try:
            name = NAMES.get(value)
            special = SPECIAL.get(value)
        except TypeError:
            name = special = None
        if any(value is f for f in FUNCTIONS):  # in a derived text that is derived again
            record = read(value)
            return self.inline(record, record.tree, arguments, keywords, node, None)
        if special is not None:
            return self.special(special, value, arguments, keywords, node)
        if name is not None:
            return self.elementwise(name, value, arguments, keywords, node)
        if (getattr(value, "__module__", "") or "").startswith("dispatchml") and hasattr(value, "__name__"):
            if value.__name__ in ("grad", "value_and_grad"):
                return self.take_gradient(value.__name__, arguments, keywords, node)
            operation = getattr(getattr(value, "info", None), "name", None)
            numpy_one = getattr(np, str(operation), None)
            if operation is not None and numpy_one is not None:
                return self.known(Constant(numpy_one, function.text), arguments, keywords, node)
        if isinstance(value, type) and issubclass(value, BaseException):
            return Constant(None)
        raise self.refuse(
            f"it calls {function.text or value!r}, whose derivative inside of a kernel is not known", node
        )

    def take_gradient(self: Any, name: str, arguments: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        """dm.grad(f, argnums) before it is called."""
        positions = keywords.pop("argnums", arguments[1] if len(arguments) > 1 else Number(0))
        if keywords or len(arguments) > 2:
            raise self.refuse(f"{name} inside of a kernel takes a function and argnums", node)
        single = isinstance(positions, Number)
        chosen = tuple(p.value for p in ((positions,) if single else positions))
        made = Gradient(arguments[0], chosen, name == "value_and_grad")
        made.single = single
        return made

    def elementwise(
        self: Any, name: str, value: Any, arguments: list[Any], keywords: dict[str, Any], node: ast.AST
    ) -> Any:
        """A scalar function, on arrays elementwise."""
        if keywords:
            raise self.refuse(f"{name} takes no {next(iter(keywords))} inside of a kernel", node)
        arguments = [self.from_items(a, "t") if isinstance(a, tuple) else a for a in arguments]
        if name == "log" and len(arguments) == 2:
            return self.apply("divide", [self.apply("log", [a], node) for a in arguments], node)
        if name == "hypot" and len(arguments) != 2:
            raise self.refuse("hypot takes two numbers inside of a kernel; write sqrt(x*x + y*y + z*z)", node)
        if name == "round" and len(arguments) == 2:
            raise self.refuse("round takes one number inside of a kernel", node)
        if name == "float" and not arguments:
            return Number(0.0)
        if name == "select" and len(arguments) != 3:
            raise self.refuse("np.where takes three arguments inside of a kernel", node)
        if name == "power" and isinstance(arguments[1], Number):
            exponent = arguments[1]
            if getattr(value, "__name__", "") == "pow" and isinstance(exponent.value, int):
                arguments[0] = self.as_float(arguments[0])
        if name in ("select", "both", "either", "not") and any(not a.kind.scalar for a in arguments):
            arguments = [*arguments]
        if name == "select" and arguments[0].kind.scalar:
            arguments[0] = self.truth(arguments[0])
        return self.apply(name, arguments, node)

    def as_float(self: Any, x: Any) -> Any:
        return x if x.kind.floating or not x.kind.scalar else self.compute("float", x)

    def special(
        self: Any, method: str, value: Any, arguments: list[Any], keywords: dict[str, Any], node: ast.AST
    ) -> Any:
        """A function with a method of its own here."""
        function: Callable[..., Any] = getattr(self, f"np_{method}")
        try:
            inspect.signature(function).bind(*arguments, **keywords)
        except TypeError:
            name = getattr(value, "__name__", method)
            raise self.refuse(
                f"{name} is called with arguments that it does not take inside of a kernel", node
            ) from None
        return function(*arguments, **keywords)

    def method(self: Any, method: Method, arguments: list[Any], keywords: dict[str, Any], node: ast.AST) -> Any:
        """x.sum(), x.copy() and such."""
        special = METHODS.get(method.name)
        if special is None:
            raise self.refuse(f"it calls the method {method.name} of an array", node)
        if method.name == "reshape" and arguments and not isinstance(arguments[0], tuple):
            arguments = [tuple(arguments)]
        return self.special(special, Constant(method.name), [method.array, *arguments], keywords, node)


def structured(shape: Any, values: list[Any]) -> Any:
    """Values in a structure of tuples."""
    return tuple(structured(s, values) for s in shape) if isinstance(shape, tuple) else values.pop(0)


def structure_kinds(value: Any) -> Any:
    """The kinds of a structure of operands."""
    if isinstance(value, tuple):
        return tuple(structure_kinds(v) for v in value)
    return value.kind if isinstance(value, (Value, Number)) else value.value


def gradient_of(source: Any) -> Gradient:
    """A helper that is a derivative."""
    taken = source.derivative
    positions = tuple(p % taken.arity for p in taken.positions)
    made = Gradient(Constant(None, taken.source.name, taken.source), positions, taken.kind == "value_and_grad")
    made.single = taken.single
    return made
