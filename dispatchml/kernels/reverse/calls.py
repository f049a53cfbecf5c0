"""From the text of a kernel to a program: calls."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ..source import read
from .arrays import Lazy, Method
from .functions import NAMES
from .kinds import BOOLEAN, INTEGER, Kind
from .primitives import LENGTH
from .program import Call, Number, Operand, Value, leaves
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

    # ---- sequences ---------------------------------------------------------------------------------------------------

    def sequence(self: Any, node: ast.expr) -> Any:
        """What a loop runs over: a list of items, or (start, stop, step, item): item is None for a range."""
        if isinstance(node, ast.Call):
            function = self.evaluate(node.func)
            value = function.value if isinstance(function, Constant) else None
            if value is range:
                bounds = [self.number(self.evaluate(a)) for a in node.args]
                if any(b.kind not in (INTEGER, BOOLEAN) for b in bounds) or not 1 <= len(bounds) <= 3:
                    raise self.refuse("range takes one to three whole numbers", node)
                start = Number(0) if len(bounds) == 1 else bounds[0]
                return start, bounds[len(bounds) > 1], bounds[2] if len(bounds) == 3 else Number(1), None
            if value is enumerate and len(node.args) == 1 and not node.keywords:
                inner = self.sequence(node.args[0])
                if isinstance(inner, list):
                    return [(Number(i), x) for i, x in enumerate(inner)]
                start, stop, step, item = inner
                if not (
                    isinstance(start, Number) and start.value == 0 and isinstance(step, Number) and step.value == 1
                ):
                    raise self.refuse("enumerate takes an array, a tuple or range(n)", node)
                return start, stop, step, lambda i: (i, i if item is None else item(i))
            if value is zip and node.args and all(k.arg == "strict" for k in node.keywords):
                return self.zipped([self.sequence(a) for a in node.args], node)
            if value is reversed and len(node.args) == 1:
                inner = self.sequence(node.args[0])
                if isinstance(inner, list):
                    return inner[::-1]
                start, stop, step, item = inner
                if isinstance(start, Number) and start.value == 0 and isinstance(step, Number) and step.value == 1:
                    last = self.compute("subtract", stop, Number(1))
                    return last, Number(-1), Number(-1), item
                raise self.refuse("reversed takes an array, a tuple or range(n)", node)
        value = self.evaluate(node)
        if isinstance(value, tuple):
            return list(value)
        if isinstance(value, (Value, Lazy)) and not value.kind.scalar:
            array = self.bound(value)
            return Number(0), self.shape(array)[0], Number(1), lambda i: self.load(array, (i,))
        raise self.refuse("it loops over something that is no range, array or tuple", node)

    def zipped(self: Any, parts: list[Any], node: ast.AST) -> Any:
        """zip of arrays or tuples."""
        if all(isinstance(p, list) for p in parts):
            return list(zip(*parts, strict=False))
        if any(isinstance(p, list) for p in parts):
            raise self.refuse("zip takes arrays, or tuples, inside of a kernel", node)
        for start, _, step, _ in parts:
            if not (isinstance(start, Number) and start.value == 0 and isinstance(step, Number) and step.value == 1):
                raise self.refuse("zip takes arrays and range(n) inside of a kernel", node)
        stop = parts[0][1]
        for p in parts[1:]:
            stop = self.compute("python_min", stop, p[1])
        items = [p[3] for p in parts]
        return Number(0), stop, Number(1), lambda i: tuple(i if item is None else item(i) for item in items)

    def items(self: Any, value: Any, count: int, node: ast.AST) -> tuple[Any, ...]:
        """The parts of something that is unpacked."""
        if isinstance(value, tuple):
            if len(value) != count:
                raise self.refuse(f"it unpacks {len(value)} items into {count} names", node)
            return value
        if isinstance(value, (Value, Lazy)) and not value.kind.scalar:
            array = self.bound(value)
            return tuple(self.load(array, (Number(i),)) for i in range(count))
        raise self.refuse("it unpacks something that is no tuple and no array", node)

    # ---- NumPy's functions of arrays ---------------------------------------------------------------------------------

    def np_len(self: Any, x: Any) -> Operand:
        return Number(len(x)) if isinstance(x, tuple) else self.shape(x)[0]

    def np_sum(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.total)

    def np_mean(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.mean)

    def np_prod(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.product_of)

    def np_max(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.largest)

    def np_min(self: Any, x: Any, axis: Any = None) -> Any:
        return self.reduced(x, none(axis), self.smallest)

    def np_argmax(self: Any, x: Any) -> Any:
        return self.place_of(self.lazy(x), "maximum")

    def np_argmin(self: Any, x: Any) -> Any:
        return self.place_of(self.lazy(x), "minimum")

    def np_builtin_max(self: Any, *xs: Any) -> Any:
        return self.chosen("python_max", xs)

    def np_builtin_min(self: Any, *xs: Any) -> Any:
        return self.chosen("python_min", xs)

    def chosen(self: Any, name: str, xs: tuple[Any, ...]) -> Any:
        """max and min of Python."""
        if len(xs) == 1 and isinstance(xs[0], tuple):
            xs = xs[0]
        if len(xs) == 1:
            return self.extreme(self.lazy(xs[0]), "maximum" if name == "python_max" else "minimum")
        result = self.number(xs[0])
        for x in xs[1:]:
            result = self.compute(name, result, self.number(x))
        return result

    def np_builtin_sum(self: Any, x: Any, start: Any = None) -> Any:
        total: Any = Number(0) if start is None else start
        if isinstance(x, tuple):
            for item in x:
                known = isinstance(total, Number) and total.value == 0
                total = item if known else self.apply("add", [total, item], None)
            return total
        return (
            self.apply("add", [total, self.total(self.lazy(x))], None)
            if start is not None
            else self.total(self.lazy(x))
        )

    def np_dot(self: Any, a: Any, b: Any) -> Any:
        return self.matmul(a, b, None)

    def np_outer(self: Any, a: Any, b: Any) -> Any:
        x, y = self.lazy(a), self.lazy(b)
        code = "f8" if x.kind.code != y.kind.code else x.kind.code
        return Lazy(
            (x.shape[0], y.shape[0]), code, x.sources | y.sources,
            lambda i: self.compute("multiply", x.at(i[:1]), y.at(i[1:])),
        )  # fmt: skip

    def np_norm(self: Any, x: Any) -> Any:
        squares = self.apply("multiply", [x := self.bound(x), x], None)
        root = self.compute("sqrt", total := self.total(self.lazy(squares)))
        return self.guarded_root(total, root)

    def guarded_root(self: Any, total: Operand, root: Operand) -> Operand:
        """sqrt whose derivative at 0 is 0, as that of a norm."""
        positive = self.compute("gt", self.constant(total), Number(0.0))
        safe = self.compute("select", positive, total, Number(1.0))
        return self.compute("select", positive, self.compute("sqrt", safe), self.constant(root))

    def np_zeros(self: Any, shape: Any, dtype: Any = None) -> Any:
        code, text = self.dtype_of(dtype, "f8")
        return self.new_array("t_", self.dimensions(shape), code, True, text)

    def np_empty(self: Any, shape: Any, dtype: Any = None) -> Any:
        code, text = self.dtype_of(dtype, "f8")
        return self.new_array("t_", self.dimensions(shape), code, False, text)

    def np_ones(self: Any, shape: Any, dtype: Any = None) -> Any:
        return self.np_full(shape, Number(1.0), Constant(np.float64) if dtype is None else dtype)

    def np_full(self: Any, shape: Any, value: Any, dtype: Any = None) -> Any:
        value = self.number(value)
        code, text = self.dtype_of(dtype, value.kind.code)
        made = self.new_array("t_", self.dimensions(shape), code, False, text)
        self.fill(made, value)
        return made

    def np_zeros_like(self: Any, x: Any) -> Any:
        x = self.lazy(x)
        return self.new_array("t_", x.shape, x.kind.code, True)

    def np_empty_like(self: Any, x: Any) -> Any:
        x = self.lazy(x)
        return self.new_array("t_", x.shape, x.kind.code, False)

    def np_ones_like(self: Any, x: Any) -> Any:
        return self.np_full_like(x, Number(1.0))

    def np_full_like(self: Any, x: Any, value: Any) -> Any:
        x = self.lazy(x)
        made = self.new_array("t_", x.shape, x.kind.code, False)
        self.fill(made, value)
        return made

    def np_array(self: Any, x: Any, dtype: Any = None) -> Any:
        if isinstance(x, tuple):
            return self.from_items(x, "t_", None if dtype is None else self.dtype_of(dtype, "f8")[0])
        if isinstance(x, (Value, Number)) and x.kind.scalar:
            raise self.refuse("np.array is given one number; use the number itself")
        return self.np_copy(x) if dtype is None else self.np_astype(x, dtype)

    def np_asarray(self: Any, x: Any, dtype: Any = None) -> Any:
        if isinstance(x, (Value, Lazy)) and (dtype is None or self.dtype_of(dtype, "f8")[0] == x.kind.code):
            return x
        return self.np_array(x, dtype)

    def np_copy(self: Any, x: Any) -> Any:
        return self.materialised(self.lazy(x), "t_")

    def np_astype(self: Any, x: Any, dtype: Any) -> Any:
        lazy, code = self.lazy(x), self.dtype_of(dtype, "f8")[0]
        kind = Kind(code)
        return self.materialised(Lazy(lazy.shape, code, lazy.sources, lambda i: self.converted(lazy.at(i), kind)), "t_")

    def np_reshape(self: Any, x: Any, shape: Any) -> Any:
        return self.reshaped(x, self.dimensions(shape))

    def np_flatten(self: Any, x: Any) -> Any:
        return self.reshaped(self.np_copy(x), (Number(-1),))

    def np_ascontiguousarray(self: Any, x: Any) -> Any:
        return x if isinstance(x, Value) and self.is_contiguous(x) else self.np_copy(x)

    def np_ravel(self: Any, x: Any) -> Any:
        return self.reshaped(x, (Number(-1),))

    def np_transpose(self: Any, x: Any) -> Any:
        return self.transposed(self.bound(x))

    def np_fill(self: Any, x: Any, value: Any) -> Any:
        self.fill(x, value)
        return Constant(None)

    def np_arange(self: Any, *bounds: Any) -> Any:
        numbers = [self.number(b) for b in bounds]
        if all(isinstance(n, Number) for n in numbers) and any(n.kind.floating for n in numbers):
            plain = np.arange(*(n.value for n in numbers))
            first, gap = float(plain[0]) if plain.size else 0.0, numbers[2].value if len(numbers) == 3 else 1.0
            return Lazy(
                (Number(plain.size),), "f8", (),
                lambda i: self.compute("add", Number(first), self.compute("multiply", i[0], Number(float(gap)))),
            )  # fmt: skip
        if not 1 <= len(numbers) <= 3 or any(n.kind.floating for n in numbers):
            raise self.refuse("np.arange takes whole numbers inside of a kernel; use np.linspace")
        start = Number(0) if len(numbers) == 1 else numbers[0]
        stop, step = numbers[len(numbers) > 1], numbers[2] if len(numbers) == 3 else Number(1)
        plain = all(isinstance(n, Number) for n in (start, step)) and (start.value, step.value) == (0, 1)
        length = stop if plain else self.compute(LENGTH, start, stop, step)

        def at(index: tuple[Any, ...]) -> Operand:
            return index[0] if plain else self.compute("add", start, self.compute("multiply", index[0], step))

        return Lazy((length,), "i8", (), at)

    def np_linspace(self: Any, start: Any, stop: Any, num: Any = None) -> Any:
        number = Number(50) if num is None else self.number(num)
        gaps = self.compute("subtract", number, Number(1))
        step = self.compute(
            "divide", self.compute("subtract", stop, start), self.compute("python_max", gaps, Number(1))
        )
        at = lambda i: self.compute("add", start, self.compute("multiply", i[0], step))  # noqa: E731
        return Lazy((number,), "f8", (), at)

    def np_clip(self: Any, x: Any, low: Any, high: Any) -> Any:
        return self.apply("minimum", [self.apply("maximum", [x, low], None), high], None)

    def np_any(self: Any, x: Any) -> Any:
        lazy = self.lazy(x)
        return self.folding(
            "any", lazy.shape, Number(False), BOOLEAN, lambda t, i: self.compute("either", t, self.truth(lazy.at(i)))
        )

    def np_all(self: Any, x: Any) -> Any:
        lazy = self.lazy(x)
        return self.folding(
            "all", lazy.shape, Number(True), BOOLEAN, lambda t, i: self.compute("both", t, self.truth(lazy.at(i)))
        )

    def np_tuple(self: Any, x: Any) -> Any:
        if isinstance(x, tuple):
            return x
        raise self.refuse("it makes a tuple of an array, whose length is not known; write its items out")

    def np_isinstance(self: Any, *_: Any) -> Any:
        raise self.refuse("it asks of which class a value is")

    def np_print(self: Any, *_: Any) -> Any:
        return Constant(None)


def none(x: Any) -> Any:
    """None where an argument is written as None."""
    return None if x is None or isinstance(x, Constant) and x.value is None else x


def structured(shape: Any, values: list[Any]) -> Any:
    """Values in a structure of tuples."""
    return tuple(structured(s, values) for s in shape) if isinstance(shape, tuple) else values.pop(0)


def structure_kinds(value: Any) -> Any:
    """The kinds of a structure of operands."""
    if isinstance(value, tuple):
        return tuple(structure_kinds(v) for v in value)
    return value.kind if isinstance(value, (Value, Number)) else value.value


SPECIAL: dict[Any, str] = {
    len: "len", sum: "builtin_sum", max: "builtin_max", min: "builtin_min", tuple: "tuple", list: "tuple",
    print: "print", isinstance: "isinstance", np.linalg.norm: "norm", np.matmul: "dot", np.vdot: "dot",
    np.inner: "dot", np.amax: "max", np.amin: "min", np.asarray: "asarray", np.ascontiguousarray: "ascontiguousarray",
    **{getattr(np, n): n for n in (
        "sum mean prod max min argmax argmin dot outer zeros empty ones full zeros_like empty_like ones_like full_like "
        "array copy reshape ravel transpose arange linspace clip any all"
    ).split()},
}  # fmt: skip
METHODS: dict[str, str] = {
    "flatten": "flatten",
    **{
        n: n for n in "sum mean prod max min argmax argmin dot copy astype reshape ravel transpose fill any all".split()
    },
}


def gradient_of(source: Any) -> Gradient:
    """A helper that is a derivative."""
    taken = source.derivative
    positions = tuple(p % taken.arity for p in taken.positions)
    made = Gradient(Constant(None, taken.source.name, taken.source), positions, taken.kind == "value_and_grad")
    made.single = taken.single
    return made
