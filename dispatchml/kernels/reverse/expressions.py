"""From the text of a kernel to a program: expressions."""

from __future__ import annotations

import ast
import types
from typing import Any

import numpy as np

from .arrays import Lazy
from .functions import COMPARISONS, OPERATORS
from .kinds import BOOLEAN, Kind, of_value
from .primitives import TABLE, Primitive
from .program import Block, Check, Compute, If, Join, Load, Number, Operand, Slice, Value
from .structures import Closure, Constant, Undefined


class Expressions:
    """Evaluates expressions; a part of the builder."""

    def evaluate(self: Any, node: ast.expr) -> Any:
        """A value, a number, an array that is not computed yet, a tuple of these, or a constant."""
        method = getattr(self, f"of_{type(node).__name__}", None)
        if method is None:
            raise self.refuse(f"it has {described(node)}", node)
        return method(node)

    def of_Constant(self: Any, node: ast.Constant) -> Any:
        value = node.value
        if isinstance(value, (bool, int, float)):
            return Number(value)
        if isinstance(value, complex):
            raise self.refuse("it has complex numbers, which have no gradient here", node)
        return Constant(value)

    def of_Name(self: Any, node: ast.Name) -> Any:
        return self.name(node)

    def name(self: Any, node: ast.Name) -> Any:
        """What a name stands for."""
        frame = self.frame
        while frame is not None:
            if node.id in frame.variables:
                found = frame.variables[node.id]
                if found is Undefined:
                    raise self.refuse(f"{node.id} may not be assigned here", node)
                return found
            if frame.outer is None:
                break
            frame = frame.outer
        assert frame is not None
        return self.outside(node.id, frame.source, node)

    def outside(self: Any, text: str, source: Any, node: ast.AST) -> Any:
        """The value of a name or dotted name from outside of the function."""
        import builtins

        if text in source.helpers:
            return Constant(source.names.get(text), text, source.helpers[text])
        if text in source.names:
            return self.plain(source.names[text], text, node)
        if hasattr(builtins, text):
            return Constant(getattr(builtins, text), text)
        raise self.refuse(f"{text} is not assigned before it is read", node)

    def plain(self: Any, value: Any, text: str, node: ast.AST) -> Any:
        """A value from outside of the kernel: numbers are constants, arrays are read where they are."""
        if isinstance(value, (bool, np.bool_)):
            return Number(bool(value))
        if isinstance(value, (int, np.integer)):
            return Number(int(value))
        if isinstance(value, (float, np.floating)):
            return Number(float(value))
        if isinstance(value, (tuple, list)) and all(of_value(v) is not None for v in value):
            return tuple(self.plain(v, f"{text}_{i}", node) for i, v in enumerate(value))
        if isinstance(value, np.ndarray):
            kind = of_value(value)
            if not isinstance(kind, Kind):
                raise self.refuse(f"the array {text} is of dtype {value.dtype}", node)
            for known, made in self.outer_arrays.values():
                if known is value:
                    return made
            made = self.value(text.replace(".", "_"), kind)
            self.outer_arrays[made.name] = (value, made)
            self.program.outside[made.name] = value
            return made
        return Constant(value, text)

    def of_Attribute(self: Any, node: ast.Attribute) -> Any:
        base = self.evaluate(node.value)
        if isinstance(base, Constant) and isinstance(base.value, types.ModuleType):
            if not hasattr(base.value, node.attr):
                raise self.refuse(f"{base.text}.{node.attr} is not there", node)
            text = f"{base.text}.{node.attr}"
            if text in self.frame.source.helpers:
                return Constant(getattr(base.value, node.attr), text, self.frame.source.helpers[text])
            return self.plain(getattr(base.value, node.attr), text, node)
        if isinstance(base, (Value, Lazy)) and not base.kind.scalar:
            return self.array_attribute(base, node)
        raise self.refuse(f"it reads the attribute {node.attr}; hand the value over as an argument", node)

    def of_Tuple(self: Any, node: ast.Tuple | ast.List) -> Any:
        if any(isinstance(e, ast.Starred) for e in node.elts):
            raise self.refuse("it has a starred item; write the items out", node)
        return tuple(self.bound(self.evaluate(e)) for e in node.elts)

    of_List = of_Tuple

    def of_Lambda(self: Any, node: ast.Lambda) -> Any:
        return Closure(node, self.frame)

    def of_BinOp(self: Any, node: ast.BinOp) -> Any:
        left = self.evaluate(node.left)
        right = self.evaluate(node.right)
        self.at(node)
        return self.binary(type(node.op).__name__, left, right, node)

    def binary(self: Any, operator: str, left: Any, right: Any, node: ast.AST) -> Any:
        """left operator right."""
        if operator == "MatMult":
            return self.matmul(left, right, node)
        if isinstance(left, tuple) and operator == "Add" and isinstance(right, tuple):
            return left + right
        if isinstance(left, tuple) and operator == "Mult" and isinstance(right, Number):
            return left * right.value
        return self.apply(OPERATORS[operator], [left, right], node)

    def of_UnaryOp(self: Any, node: ast.UnaryOp) -> Any:
        value = self.evaluate(node.operand)
        if isinstance(node.op, ast.Not):
            value = self.truth(value)
            if isinstance(value, (Number, Constant)):
                return Number(not value.value)
            return self.compute("not", value)
        if isinstance(node.op, ast.USub) and isinstance(value, Number) and not isinstance(value.value, bool):
            return Number(-value.value)
        name = {"USub": "negative", "UAdd": "positive", "Invert": "invert"}[type(node.op).__name__]
        return self.apply(name, [value], node)

    def of_Compare(self: Any, node: ast.Compare) -> Any:
        left, result = self.evaluate(node.left), None
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(comparator)
            name = COMPARISONS.get(type(op).__name__)
            if name is None:
                raise self.refuse("it asks whether something is in a sequence; write the comparisons out", node)
            if isinstance(left, (Constant, tuple)) or isinstance(right, (Constant, tuple)):
                one: Any = self.compare_constants(left, right, name, node)
            else:
                one = self.apply(name, [left, right], node)
            result = one if result is None else self.apply("both", [result, one], node)
            left = right
        return result

    def compare_constants(self: Any, left: Any, right: Any, name: str, node: ast.AST) -> Number:
        """A comparison that is known: `x is None`, `mode == "fast"`."""
        if name not in ("eq", "ne"):
            raise self.refuse("it compares things that are no numbers", node)
        if isinstance(left, Constant) and isinstance(right, Constant):
            equal = left.value is right.value or bool(left.value == right.value)
        else:
            equal = False
        return Number(equal == (name == "eq"))

    def truth_operand(self: Any, node: ast.expr) -> Any:
        """An operand of `and` and `or`, which must be a truth value: of others the operator gives one of them."""
        x = self.evaluate(node)
        if isinstance(x, (Constant, Closure, tuple)):
            return self.truth(x)
        x = self.number(x)
        if not (isinstance(x.value, (bool, np.bool_)) if isinstance(x, Number) else x.kind == BOOLEAN):
            raise self.refuse("`and` and `or` have numbers on their sides; compare them, as in x != 0", node)
        return self.truth(x)

    def of_BoolOp(self: Any, node: ast.BoolOp) -> Any:
        result = self.truth_operand(node.values[0])
        both = isinstance(node.op, ast.And)
        for rest in node.values[1:]:
            if isinstance(result, (Number, Constant)):
                if bool(result.value) != both:
                    return Number(not both)
                result = self.truth_operand(rest)
                continue
            here, block, memory = self.block, Block(), self.memory
            self.block, self.memory = block, memory.copy()
            other = self.truth_operand(rest)
            self.block, self.memory = here, memory
            if isinstance(other, Constant):
                other = Number(bool(other.value))
            if all(isinstance(op, Compute) and not op.primitive.raises for op in block.code):
                for op in block.code:
                    place = self.place
                    self.place = op.place
                    self.put(op)
                    self.place = place
                result = self.compute("both" if both else "either", result, other)
                continue
            branch = If(result)
            self.put(branch)
            self.block = branch.then if both else branch.other
            for op in block.code:
                self.put(op)
                for inner in op.blocks():
                    inner.parent = op  # type: ignore[assignment]
            self.block = here
            made = self.value("t", BOOLEAN)
            made.made, made.block = branch, here
            branch.joins.append(Join(made, other, Number(False)) if both else Join(made, Number(True), other))
            result = made
        return result

    def of_IfExp(self: Any, node: ast.IfExp) -> Any:
        condition = self.truth(self.evaluate(node.test))
        if isinstance(condition, (Number, Constant)):
            return self.evaluate(node.body if condition.value else node.orelse)
        op = If(condition)
        self.put(op)
        here, ends, memory = self.block, [], self.memory
        for block, part in zip(op.blocks(), (node.body, node.orelse), strict=True):
            self.block, self.memory = block, memory.copy()
            ends.append(self.bound(self.evaluate(part)))
        self.block, self.memory = here, memory
        return self.join(op, "t", ends[0], ends[1], node)

    def of_Subscript(self: Any, node: ast.Subscript) -> Any:
        base = self.evaluate(node.value)
        if isinstance(base, tuple):
            return self.tuple_item(base, node)
        if isinstance(base, (Value, Lazy)) and not base.kind.scalar:
            return self.load(base, self.index(base, node.slice))
        raise self.refuse(f"it takes an item of {described(node.value)}, which is no array and no tuple", node)

    def tuple_item(self: Any, base: tuple[Any, ...], node: ast.Subscript) -> Any:
        """base[i] of a tuple, for an index that is known."""
        index = node.slice
        if isinstance(index, ast.Slice):
            bounds = [None if b is None else self.evaluate(b) for b in (index.lower, index.upper, index.step)]
            if all(b is None or isinstance(b, Number) for b in bounds):
                return base[slice(*(None if b is None else b.value for b in bounds))]
        else:
            place = self.evaluate(index)
            if isinstance(place, Number):
                if not -len(base) <= place.value < len(base):
                    raise self.refuse(f"a tuple of {len(base)} items has no item {place.value}", node)
                return base[place.value]
        raise self.refuse("it takes an item of a tuple or list by a number that changes; use np.array([...])", node)

    def of_JoinedStr(self: Any, node: ast.JoinedStr) -> Any:
        return Constant(None)

    def of_Slice(self: Any, node: ast.Slice) -> Any:
        raise self.refuse("it has a slice outside of an index", node)

    # ---- indices -----------------------------------------------------------------------------------------------------

    def index(self: Any, array: Any, node: ast.expr) -> tuple[Any, ...]:
        """An index as numbers and slices, one a dimension up to the last that is given."""
        parts = node.elts if isinstance(node, ast.Tuple) else [node]
        made: list[Any] = []
        for part in parts:
            if isinstance(part, ast.Slice):
                made.append(Slice(*(self.bound_of(b) for b in (part.lower, part.upper, part.step))))
                continue
            value = self.evaluate(part)
            if isinstance(value, tuple):
                made.extend(value)
            elif isinstance(value, Constant) and value.value is Ellipsis:
                made.extend([Slice(None, None, None)] * (array.kind.ndim - len(parts) + 1))
            elif isinstance(value, Constant) and value.value is None:
                raise self.refuse("it has a new axis; use reshape or a loop", node)
            elif isinstance(value, (Value, Number)) and value.kind.scalar and not value.kind.floating:
                if value.kind == BOOLEAN:
                    raise self.refuse("it indexes with a boolean; write an if or a loop", node)
                made.append(value)
            else:
                raise self.refuse("it indexes with an array; write a loop over the indices", node)
        if len(made) > array.kind.ndim:
            raise self.refuse(f"it indexes a {array.kind} with {len(made)} indices", node)
        while made and isinstance(made[-1], Slice) and made[-1].whole:
            made.pop()
        return tuple(made)

    def bound_of(self: Any, node: ast.expr | None) -> Any:
        """A bound of a slice."""
        if node is None:
            return None
        value = self.evaluate(node)
        if isinstance(value, Constant) and value.value is None:
            return None
        if not isinstance(value, (Value, Number)) or value.kind.floating:
            raise self.refuse("a slice has a bound that is no integer", node)
        return value

    # ---- numbers -----------------------------------------------------------------------------------------------------

    def compute(
        self: Any, primitive: str | Primitive, *arguments: Any, kind: Kind | None = None, settings: Any = ()
    ) -> Any:
        """The result of a primitive on numbers; known numbers are computed with at once where that is exact."""
        made = TABLE[primitive] if isinstance(primitive, str) else primitive
        known = self.folded(made, arguments)
        if known is not None:
            return known
        there = self.memory.result(made, arguments, settings)
        if there is not None:
            return there
        result = self.value("t_", made.result_kind(arguments) if kind is None else kind)
        self.put(Compute(result, made, tuple(arguments), settings))
        self.memory.computed(made, arguments, settings, result)
        return result

    def folded(self: Any, primitive: Primitive, arguments: tuple[Any, ...]) -> Number | None:
        """Arithmetic of known integers and comparisons of known numbers."""
        if not arguments or not all(isinstance(a, Number) for a in arguments):
            if primitive.name == "both" and any(isinstance(a, Number) and a.value for a in arguments):
                return next(a for a in arguments if not (isinstance(a, Number) and a.value))  # type: ignore[return-value]
            return None
        values = [a.value for a in arguments]
        whole = all(isinstance(v, (bool, int)) for v in values)
        if whole and primitive.name in ("add", "subtract", "multiply") or primitive.kind == BOOLEAN:
            if "np." not in primitive.text:
                return Number(eval(primitive.text.format(*map(repr, arguments)), {}))
        if primitive.name == "float" and isinstance(values[0], (int, float)):
            return Number(float(values[0]))
        if primitive.name in ("floor_divide", "remainder") and whole and values[1] != 0:
            return Number(values[0] // values[1] if primitive.name == "floor_divide" else values[0] % values[1])
        return None

    def converted(self: Any, x: Operand, kind: Kind) -> Operand:
        """A number as one of another kind."""
        if x.kind == kind:
            return x
        if isinstance(x, Number):
            caster: Any = {"f8": float, "f4": float, "i8": int, "b1": bool}[kind.code]
            return Number(caster(x.value))
        if x.kind.floating and kind.floating:
            return x
        return self.compute({"f8": "float", "f4": "float32", "i8": "integer", "b1": "truth"}[kind.code], x)

    def number(self: Any, x: Any) -> Operand:
        """Something that must be a number."""
        if isinstance(x, (Value, Number)) and x.kind.scalar:
            return x
        if isinstance(x, (Value, Lazy)):
            raise self.refuse("an array stands where a number is needed")
        raise self.refuse("a number is needed here")

    def truth(self: Any, x: Any) -> Any:
        """Something as a condition."""
        if isinstance(x, (Constant, Closure)):
            return Number(bool(x.value) if isinstance(x, Constant) else True)
        if isinstance(x, tuple):
            return Number(bool(x))
        x = self.number(x)
        if isinstance(x, Number):
            return Number(bool(x.value))
        return x if x.kind == BOOLEAN else self.compute("ne", x, Number(0))

    def check(self: Any, text: str, node: ast.AST, *arguments: Operand) -> None:
        """A statement that may raise."""
        self.put(Check(text, tuple(arguments)))

    def load(self: Any, array: Any, index: tuple[Any, ...]) -> Any:
        """array[index]."""
        if isinstance(array, Lazy):
            if len(index) == array.kind.ndim and not any(isinstance(i, Slice) for i in index):
                return array.at(index)
            array = self.materialised(array)
        if not index:
            return array
        left = array.kind.ndim - sum(not isinstance(i, Slice) for i in index)
        if not left:
            there = self.memory.item(array, index)
            if there is not None:
                return there
        result = self.value("t_", array.kind.with_ndim(left))
        if left:
            result.share(array)
        self.put(Load(result, array, index))
        if not left:
            self.memory.loaded(array, index, result)
        return result


def described(node: ast.AST) -> str:
    """An expression in words."""
    names = {
        "ListComp": "a list comprehension; write a loop that fills an array",
        "GeneratorExp": "a generator expression; write a loop",
        "NamedExpr": "an assignment inside of an expression; write it as a statement",
        "Starred": "a starred expression; write the items out",
    }  # fmt: skip
    return names.get(type(node).__name__, f"the expression {ast.unparse(node)}")
