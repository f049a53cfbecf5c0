"""The text of a derived function: the way back.

The cotangent of x is the variable x_ct. It is assigned where it is first added to, so that no zero is added; arrays
have one of their own shape, made when the way back enters the block that makes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from . import scaling
from .forward import Forward, one_step
from .primitives import FRESH, VIEWS, reads, slope
from .program import Block, Call, Carried, Compute, If, Instruction, Load, Loop, Number, Operand, Store, Value
from .recursion import STACK
from .saving import Plan
from .sharing import within
from .stacks import Stack, trips


class Backward(Forward):
    """Writes the way back. ready: numbers whose cotangent is assigned. fresh: makes names that nobody has."""

    fresh: Callable[[str], str]

    def begin(self, fresh: Callable[[str], str], shared: str) -> None:
        self.shared = shared
        self.ready: set[Value] = set()
        #: Cotangents that are another one, or minus it, and have no variable of their own yet.
        self.held: dict[Value, str] = {}
        self.others: dict[tuple[Value, str], str] = {}
        self.fresh = fresh

    def ct(self, v: Value) -> str:
        """The name of a cotangent."""
        return self.named(v, "ct")

    def carry(self, c: Carried) -> str:
        """The name of the cotangent that a carried value hands on from iteration to iteration."""
        return self.named(c.value, "carry")

    def named(self, v: Value, what: str) -> str:
        """The name of something that belongs to a value."""
        name = self.others.get((v, what))
        if name is None:
            name = self.others[v, what] = self.fresh(f"{v}_{what}")
        return name

    def add(self, x: Operand | None, text: str) -> None:
        """Add to the cotangent of an operand."""
        if not isinstance(x, Value) or not self.active(x):
            return
        if not x.kind.scalar:
            self.put(f"{self.ct(x)} += {text}")
        elif x in self.held:
            more = f"({text})" if " if " in text else text
            self.put(f"{self.ct(x)} = {self.held.pop(x)} + {more}")
        elif x in self.ready:
            minus = text.startswith("-") and text[1:].isidentifier()
            self.put(f"{self.ct(x)} -= {text[1:]}" if minus else f"{self.ct(x)} += {text}")
        elif text.lstrip("-").isidentifier():
            self.held[x] = text
            self.ready.add(x)
        else:
            self.put(f"{self.ct(x)} = {text}")
            self.ready.add(x)

    def read(self, v: Value) -> str:
        """The cotangent of a number, as text."""
        if v not in self.ready:
            return "0.0"
        return self.held.get(v) or self.ct(v)

    def prepare(self, values: Iterator[Value]) -> None:
        """Assign zero to cotangents that a branch or a loop adds to."""
        for v in sorted(set(values), key=lambda v: v.name):
            if v not in self.ready or v in self.held:
                self.put(f"{self.ct(v)} = {self.read(v)}")
                self.held.pop(v, None)
                self.ready.add(v)

    def touched(self, block: Block) -> Iterator[Value]:
        """The active numbers from outside of a block that the way back through it adds to."""
        for op in block.walk():
            if not self.active.works(op):
                continue
            for x in op.operands():
                if isinstance(x, Value) and x.kind.scalar and self.active(x):
                    if x.block is None or not within(x.block, block):
                        yield x

    # ---- cotangents of arrays ----------------------------------------------------------------------------------------

    def shadows(self, block: Block) -> None:
        """Make the cotangents of the arrays that a block makes."""
        for op in block.code:
            if isinstance(op, If):
                joins = [j for j in op.joins if not j.result.kind.scalar and self.active(j.result)]
                if not joins and not self.has_shadows(op.then) and not self.has_shadows(op.other):
                    continue
                for part, inner, then in (("if", op.then, True), ("else", op.other, False)):
                    self.put(f"if {self.show(op.condition)}:" if part == "if" else "else:")
                    self.text.depth += 1
                    before = len(self.text.lines)
                    self.shadows(inner)
                    for j in joins:
                        x = j.then if then else j.other
                        shown = self.ct(x) if isinstance(x, Value) else f"np.zeros_like({j.result})"
                        self.put(f"{self.ct(j.result)} = {shown}")
                    if len(self.text.lines) == before:
                        self.put("pass")
                    self.text.depth -= 1
                continue
            for v in op.results():
                if not v.kind.scalar and self.active(v):
                    self.shadow(op, v)

    def has_shadows(self, block: Block) -> bool:
        return any(not v.kind.scalar and self.active(v) for op in block.straight() for v in op.results())

    def shadow(self, op: Instruction, v: Value) -> None:
        """Make the cotangent of an array: of its own, or a view of another one's."""
        if isinstance(op, Load):
            self.put(f"{self.ct(v)} = {self.item(self.ct(op.array), op.index)}")  # type: ignore[arg-type]
        elif isinstance(op, Compute) and op.primitive.name in VIEWS:
            base = op.arguments[0]
            assert isinstance(base, Value)
            shown = (self.ct(base), *map(repr, op.arguments[1:]))
            settings = tuple(str(s).format(*shown) for s in op.settings)
            self.put(f"{self.ct(v)} = {op.primitive.text.format(*shown, s=settings)}")
        else:
            self.put(f"{self.ct(v)} = np.zeros_like({v})")

    # ---- blocks ------------------------------------------------------------------------------------------------------

    def back(self, block: Block) -> None:
        """Write the way back through a block, from its end."""
        for op in reversed(block.code):
            undone = isinstance(op, Store) and op in self.saving.undone
            undoes = undone or any(self.undoes(b) for b in op.blocks())
            if not self.active.works(op) and not undoes:
                continue
            self.text.line = op.place[1] if op.place[0] == self.program.file else self.text.line
            if isinstance(op, Compute):
                self.compute(op)
            elif isinstance(op, Load):
                if op.result.kind.scalar and op.result in self.ready:
                    self.put(f"{self.item(self.ct(op.array), op.index)} += {self.read(op.result)}")  # type: ignore[arg-type]
            elif isinstance(op, Store):
                self.back_store(op)
            elif isinstance(op, Call):
                self.back_call(op)
            elif isinstance(op, If):
                self.back_if(op)
            elif isinstance(op, Loop):
                self.back_loop(op)

    def undoes(self, block: Block) -> bool:
        """Whether the way back through a block puts something back into arrays."""
        return any(isinstance(op, Store) and op in self.saving.undone for op in block.walk())

    def compute(self, op: Compute) -> None:
        """ct times the partial derivatives."""
        y = op.result
        if op.primitive.name in FRESH or op.primitive.name in VIEWS or y not in self.ready:
            return
        names = {"y": str(y), **{n: repr(x) for n, x in zip("abc", op.arguments, strict=False)}}
        texts = op.primitive.partials(op.arguments)
        if op.primitive.name == "divide" and all(map(self.active, op.arguments)):
            self.quotient(op)
            return
        for x, text in zip(op.arguments, texts, strict=False):
            if text is None or not isinstance(x, Value) or not self.active(x):
                continue
            product = slope(text, self.read(y), names)
            if product.startswith("(-") and product.endswith(")") and product[2:-1].isidentifier():
                product = product[1:-1]
            harmless = reads(text) <= {"b"} and isinstance(op.arguments[-1], Number)
            if op.primitive.is_singular(op.arguments) and not harmless:
                self.put(f"slope = {product}")
                product = f"slope if slope == slope or {self.read(y)} != 0.0 else 0.0"
            self.add(x, product)

    def quotient(self, op: Compute) -> None:
        """y = a / b: the cotangent of b is that of a times -y, so that one division does for both."""
        (a, b), ct = op.arguments, self.read(op.result)
        part = self.fresh("part")
        self.put(f"{part} = {ct} / {b!r}")
        self.add(a, f"{part} if {part} == {part} or {ct} != 0.0 else 0.0")
        self.put(f"slope = -({part} * {op.result})")
        self.add(b, f"slope if slope == slope or {ct} != 0.0 else 0.0")

    def back_store(self, op: Store) -> None:
        """The cotangent of what was stored; what was there before is put back."""
        if self.active(op.array):
            place = self.item(self.ct(op.array), op.index)  # type: ignore[arg-type]
            self.add(op.value, place if op.sign >= 0 else f"-{place}")
            if not op.sign:
                self.put(f"{place} = 0.0")
        if op in self.saving.undone:
            self.put(f"{self.item(op.array, op.index)} = {op.old}")

    def back_call(self, op: Call) -> None:
        """The way back through a call of a recursive function."""
        floats, float_place, wholes, whole_place = (f"{word}_{self.shared}" for word in STACK)
        given, shadows, made = list(map(repr, op.arguments)), [], []
        for x in op.arguments:
            if x.kind.floating and not x.kind.scalar:
                shadows.append(self.ct(x) if self.active(x) else f"np.zeros_like({x})")  # type: ignore[arg-type]
            elif x.kind.floating:
                made.append((x, self.fresh("part_ct")))
        cotangents = [self.read(v) for v in op.made]
        taken = ", ".join((*given, *shadows, *cotangents, floats, float_place, wholes, whole_place))
        names = ", ".join((*(name for _, name in made), float_place, whole_place))
        self.put(f"{names} = {op.function.name}_backward({taken})")
        for x, name in made:
            self.add(x, name)

    def recursive(self, op: Loop, plan: Plan, stack: Stack, results: list) -> None:  # type: ignore[type-arg]
        """The way back through a recursive function. results: with the names of their cotangents."""
        stack.pop(self, plan.saved)
        self.again(op.body, plan.again)
        self.shadows(op.body)
        for v, name in results:
            self.add(v, name)
        self.back(op.body)

    def back_if(self, op: If) -> None:
        """The branch that was taken."""
        joins = [j for j in op.joins if j.result.kind.scalar and j.result in self.ready]
        outer = [v for b in op.blocks() for v in self.touched(b)]
        for j in joins:
            for x in (j.then, j.other):
                if isinstance(x, Value) and self.active(x) and not any(inside(x, b) for b in op.blocks()):
                    outer.append(x)
        self.prepare(iter(outer))
        written = []
        for block, then in ((op.then, True), (op.other, False)):
            start, ready, held = len(self.text.lines), set(self.ready), dict(self.held)
            self.text.depth += 1
            for j in joins:
                self.add(j.then if then else j.other, self.read(j.result))
            self.back(block)
            self.text.depth -= 1
            self.ready, self.held = ready, held
            written.append((self.text.lines[start:], self.text.places[start:]))
            del self.text.lines[start:], self.text.places[start:]
        (then_lines, then_places), (other_lines, other_places) = written
        if not then_lines and not other_lines:
            return
        self.put(f"if {self.show(op.condition)}:" if then_lines else f"if not {self.show(op.condition)}:")
        self.text.lines += then_lines or other_lines
        self.text.places += then_places or other_places
        if then_lines and other_lines:
            self.put("else:")
            self.text.lines += other_lines
            self.text.places += other_places

    # ---- loops -------------------------------------------------------------------------------------------------------

    def back_loop(self, op: Loop) -> None:
        plan = self.saving.plans.get(op)
        if plan is None:  # nothing active, but stores to undo
            raise AssertionError("a loop that writes over what is read again is planned")
        stack = self.stacks.get(op)
        carried = [c for c in op.carried if self.active(c.value)]
        for c in carried:
            name = self.carry(c)
            if c.value.kind.scalar:
                self.put(f"{name} = {self.read(c.value)}")
            else:
                self.put(f"{name} = {self.ct(c.value)}")
        self.prepare(v for v in self.touched(op.body) if v not in {c.value for c in op.carried})
        segmented = stack is not None and stack.loop is op and stack.segmented
        if segmented:
            assert stack is not None
            self.segments(op, plan, stack, carried)
        else:
            index = op.index if self.reads_index(op, plan) else None
            if op.counted or index is not None and not one_step(op):
                count = str(op.count) if op.counted else trips(op)
                self.put(f"for step in range({count} - 1, -1, -1):")
                self.text.depth += 1
                if index is not None:
                    self.put(f"{index} = {self.at(op, 'step')}")
            elif one_step(op):
                start = repr(op.start)
                zero = isinstance(op.start, Number)
                end = str(op.start.value - 1) if zero else f"{start} - 1"  # type: ignore[union-attr]
                self.put(f"for {index or 'step'} in range({op.stop!r} - 1, {end}, -1):")
                self.text.depth += 1
            else:
                self.put(f"for step in range({trips(op)}):")
                self.text.depth += 1
            self.back_iteration(op, plan, stack, carried)
            self.text.depth -= 1
        for c in carried:
            self.ready.discard(c.value)
            self.held.pop(c.value, None)
            self.add(c.first, self.carry(c))

    def reads_index(self, op: Loop, plan: Plan) -> bool:
        """Whether the way back reads the index of a loop."""
        return op.index is not None

    def segments(self, op: Loop, plan: Plan, stack: Stack, carried: list) -> None:  # type: ignore[type-arg]
        """The way back through segments: each is run again from its beginning, but for the last."""
        n = stack.number
        self.put("while True:")
        self.text.depth += 1
        plain = op.index is not None and one_step(op) and isinstance(op.start, Number) and op.start.value == 0
        step = op.index if plain else "step"
        self.put(f"for {step} in range({op.count} - 1, begin_{n} - 1, -1):")
        self.text.depth += 1
        if op.index is not None and not plain:
            self.put(f"{op.index} = {self.at(op, 'step')}")
        self.back_iteration(op, plan, stack, carried)
        self.text.depth -= 1
        self.put(f"if begin_{n} == 0:")
        self.put("    break")
        self.put(f"{op.count} = begin_{n}")
        stack.restore(self, op)
        self.put(f"for {step} in range(begin_{n}, {op.count}):")
        self.text.depth += 1
        if op.index is not None and not plain:
            self.put(f"{op.index} = {self.at(op, 'step')}")
        self.iteration(op, plan, stack)
        self.text.depth -= 1
        self.text.depth -= 1

    def back_iteration(self, op: Loop, plan: Plan, stack: Stack | None, carried: list) -> None:  # type: ignore[type-arg]
        """The way back through one iteration."""
        ready, held = set(self.ready), dict(self.held)
        for c in op.carried:
            self.ready.discard(c.value)
            self.held.pop(c.value, None)
        before = len(self.text.lines)
        if stack is not None:
            stack.pop(self, plan.saved)
        self.again(op.body, plan.again)
        for c in carried:
            if not c.value.kind.scalar:
                self.put(f"{self.ct(c.value)} = {self.zeros_at_head(c)}")
        self.shadows(op.body)
        if scaling.scaled(self, op, carried):
            scaling.back(self, op, carried[0])
            self.ready, self.held = ready, held
            return
        for c in carried:
            self.add(c.next, self.carry(c))
        self.back(op.body)
        moved = [(self.carry(c), self.read(c.value) if c.value.kind.scalar else self.ct(c.value)) for c in carried]
        names = {name for name, _ in moved}
        moved = [(name, text) for name, text in moved if name != text]
        if len(moved) > 1 and any(text.lstrip("-") in names for _, text in moved):
            self.put(f"{', '.join(n for n, _ in moved)} = {', '.join(t for _, t in moved)}")
        else:
            for name, text in moved:
                self.put(f"{name} = {text}")
        if len(self.text.lines) == before:
            self.put("pass")
        self.ready, self.held = ready, held

    def zeros_at_head(self, c: Carried) -> str:
        """Zeros of the shape that a carried array has at the head of an iteration."""
        lengths = self.saving.lengths.get(c.value)
        if lengths is None:
            return f"np.zeros_like({self.carry(c)})"
        dtype = "np.float32" if c.value.kind.code == "f4" else "np.float64"
        return f"np.zeros(({', '.join(map(str, lengths))},), {dtype})"


def inside(x: Value, block: Block) -> bool:
    """Whether a value is made in a block."""
    return x.block is not None and within(x.block, block)
