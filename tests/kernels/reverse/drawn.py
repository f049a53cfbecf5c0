"""Random kernels: loops, branches, arrays in place, early exits, drawn from a seed, as text."""

from __future__ import annotations

import random

SMOOTH = ["math.sin({})", "math.tanh({})", "math.cos({})", "math.exp(-({0}) * ({0}))", "math.sqrt(1.0 + ({0}) ** 2)"]
CHOOSING = ["abs({} - 0.3)", "max({}, {})", "min({}, 0.7)", "({0} if {1} > 0.2 else {1})"]


class Draw:
    """Draws statements over float variables, an array `a` of five and a matrix `m` of three by two."""

    def __init__(self, seed: int, wide: bool = False) -> None:
        self.random = random.Random(seed)
        self.wide = wide
        self.lines: list[str] = []
        self.floats = ["x", "y"]
        self.integers: list[str] = []
        self.count = 0
        self.budget = 22
        self.loops = 0
        self.frozen: set[str] = set()

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def index(self, size: int) -> str:
        kind = self.random.random()
        if self.integers and kind < 0.6:
            shift = self.random.randrange(size)
            return f"({self.random.choice(self.integers)} + {shift}) % {size}"
        return str(self.random.randrange(size))

    def atom(self) -> str:
        kind = self.random.random()
        if kind < 0.6:
            return self.random.choice(self.floats)
        if kind < 0.75:
            return f"a[{self.index(5)}]"
        if kind < 0.85:
            return f"m[{self.index(3)}, {self.index(2)}]"
        if self.integers and kind < 0.92:
            return f"0.1 * {self.random.choice(self.integers)}"
        return repr(round(self.random.uniform(-1.5, 1.5), 2))

    def expression(self, depth: int = 2) -> str:
        kind = self.random.random()
        if depth == 0 or kind < 0.2:
            return self.atom()
        if kind < 0.65:
            operator = self.random.choice(["+", "-", "*", "*", "+"])
            return f"({self.expression(depth - 1)} {operator} {self.expression(depth - 1)})"
        if kind < 0.72:
            return f"({self.expression(depth - 1)} / (1.5 + ({self.atom()}) ** 2))"
        text = self.random.choice(SMOOTH + CHOOSING)
        return text.format(self.expression(depth - 1), self.atom())

    def condition(self) -> str:
        kind = self.random.random()
        if self.integers and kind < 0.4:
            i = self.random.choice(self.integers)
            return f"{i} % {self.random.randrange(2, 4)} == {self.random.randrange(2)}"
        left = f"{self.atom()} > {self.atom()}"
        if kind < 0.7:
            return left
        return f"{left} {self.random.choice(['and', 'or'])} not {self.atom()} < 0.4"

    def wider(self, depth: int) -> None:
        """A helper that writes, a view, an exchange of arrays, an array of one round, a recursive function."""
        name, row = self.fresh("u"), self.fresh("row")
        for line in self.random.choice([
            [f"{name} = changed(a, {self.index(5)}, {self.atom()})"],
            [f"{name} = changed(b, {self.index(5)}, {self.atom()}) * {self.atom()}"],
            ["a, b = b, a"],
            ["b = a.copy()"],
            [f"{row} = m[{self.index(3)}]", f"{row}[{self.index(2)}] = math.sin({self.expression()})",
             f"{name} = {row}[0] * {row}[1]"],
            [f"{row} = np.zeros(3)", f"{row}[0] = {self.atom()}", f"{row}[1:] = math.sin({row}[0]) * c[1:]",
             f"{row}[1] *= {row}[2]", f"{name} = np.sum({row} * {row})", f"x = math.sin(x + {name})"],
            [f"{name} = nested({self.atom()}, {self.index(4)}, b)", f"b[{self.index(5)}] = math.cos({name})"],
            [f"x = math.sin(nested(x, {self.index(3)}, a))"],
            [f"{row} = a[1:4]", f"{row}[1] += math.tanh({self.expression()})", f"{name} = np.max({row}) - np.min(b)"],
        ]):  # fmt: skip
            self.put(depth, line)
            if line.startswith(f"{name} = ") and name not in self.floats:
                self.floats.append(name)

    def block(self, depth: int, inside: bool) -> None:
        known, whole = len(self.floats), len(self.integers)
        for _ in range(self.random.randrange(1, 4)):
            self.statement(depth, inside)
        del self.floats[known:], self.integers[whole:]

    def statement(self, depth: int, inside: bool) -> None:
        self.budget -= 1
        kind = self.random.random()
        if self.budget < 0 or kind < 0.3 or depth > 4:
            name = self.fresh("v") if self.random.random() < 0.4 else self.random.choice(self.floats)
            operator = self.random.choice(["=", "=", "+=", "*=", "-="]) if name in self.floats else "="
            factor = "" if operator in ("=", "+=", "-=") else "0.5 * "
            self.put(depth, f"{name} {operator} {factor}math.tanh({self.expression()})")
            if name not in self.floats:
                self.floats.append(name)
        elif kind < 0.44 and self.wide:
            self.wider(depth)
        elif kind < 0.42:
            operator = self.random.choice(["=", "=", "+=", "*=", "-="])
            self.put(depth, f"a[{self.index(5)}] {operator} math.sin({self.expression()})")
        elif kind < 0.5:
            operator = self.random.choice(["=", "+="])
            self.put(depth, f"m[{self.index(3)}, {self.index(2)}] {operator} math.cos({self.expression()})")
        elif kind < 0.56:
            self.put(depth, self.random.choice([
                f"a[1:4] = a[2:5] * {self.atom()}", f"m[{self.index(3)}] = {self.atom()}",
                f"a = np.sin(a * {self.atom()})", "m[:, 0] = 0.5 * m[:, 1] + a[:3]",
                f"m = m * {self.atom()}", f"x = x + 0.1 * np.sum(a * a) + 0.01 * np.dot(a[:2], m[{self.index(3)}])",
            ]))  # fmt: skip
        elif kind < 0.7:
            self.put(depth, f"if {self.condition()}:")
            self.block(depth + 1, inside)
            if self.random.random() < 0.6:
                self.put(depth, "else:")
                self.block(depth + 1, inside)
        elif kind < 0.75 and inside:
            self.put(depth, f"if {self.condition()}:")
            self.put(depth + 1, self.random.choice(["break", "continue", f"return {self.expression()}"]))
        elif kind < 0.78:
            self.put(depth, f"if {self.atom()} > 0.9:")
            self.put(depth + 1, f"return {self.expression()}")
        elif self.loops < 4:
            self.loops += 1
            i = self.fresh("i")
            if self.random.random() < 0.7:
                bounds = self.random.choice(["5", "1, 4", "6, 0, -2", "2", "0"])
                if self.integers and self.random.random() < 0.3:
                    bounds = f"{self.random.choice(self.integers)} % 4"
                self.put(depth, f"for {i} in range({bounds}):")
            else:
                self.put(depth, f"{i} = 0")
                w = self.fresh("w")
                self.put(depth, f"{w} = {self.atom()}")
                self.put(depth, f"while {i} < 4 and {w} < 3.0:")
                self.put(depth + 1, f"{i} = {i} + 1")
                self.put(depth + 1, f"{w} = {w} + 0.7 + 0.2 * math.sin({self.atom()})")
            self.integers.append(i)
            self.block(depth + 1, True)
            self.integers.remove(i)
            self.loops -= 1


HELPERS = """\
def changed(v, k, t):
    old = v[k]
    if t > 0.1:
        v[k] = math.sin(old * t)
        return old
    for j in range(k):
        v[j] = 0.5 * v[j] + 0.1 * t
    return v[0] * t


def nested(t, k, v):
    if k <= 0:
        return t * v[0]
    total = 0.3 * v[k] * t
    for j in range(2):
        total += 0.5 * nested(math.tanh(t + 0.1 * j), k - 1 - j, v)
    return total


"""


def text_of(seed: int, wide: bool = False) -> str:
    """The text of the kernel of a seed: f(x, y, c), c an array of three. wide: with helpers, views and recursion."""
    draw = Draw(seed, wide)
    draw.put(0, f"{HELPERS if wide else ''}def f(x, y, c):")
    draw.put(1, "a = np.zeros(5)")
    if wide:
        draw.put(1, "b = np.ones(5) * y")
    draw.put(1, "m = np.empty((3, 2))")
    draw.put(1, "for i in range(5):")
    draw.put(2, "a[i] = 0.3 * c[i % 3] + 0.1 * i * x")
    draw.put(1, "for i in range(3):")
    draw.put(2, "m[i, 0] = c[i] * y")
    draw.put(2, "m[i, 1] = 0.2 * i")
    for _ in range(draw.random.randrange(3, 7)):
        draw.statement(1, False)
    last = " + b[1] * b[4] + np.sum(b)" if wide else ""
    draw.put(1, f"return x + 0.5 * y + a[0] * a[3] - np.sum(a * a) * 0.1 + m[2, 1] * m[0, 0] + np.sum(m){last}")
    return "\n".join(draw.lines) + "\n"
