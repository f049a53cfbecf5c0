"""Random kernels over whole numbers, floats and float32: loops, branches, early returns, arrays in place, slices."""

from __future__ import annotations

import random

SMOOTH = ["math.sin({})", "np.tanh({})", "np.cos({})", "abs({} - 0.3)", "np.sqrt(1.5 + ({0}) * ({0}))", "-({})"]
PAIRS = ["max({}, {})", "np.minimum({}, {})", "({} if {} > 0.25 else 0.5)", "np.clip({}, -0.7, {})", "helper({}, {})"]
HELPERS = """\
def helper(p, q):
    if p > 2 * q:
        return p * 0.5
    for j in range(2):
        p = p * q + j * 0.125
    return p


def filled(v, k, t):
    v[k % len(v)] = t
    v[1:3] *= 0.5
    return v[0] + v[-1]


"""


class Draw:
    """Draws statements over numbers, whole numbers and two arrays."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.lines: list[str] = []
        self.floats, self.whole = ["x"], ["n"]
        self.count, self.budget = 0, 14

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def index(self) -> str:
        return f"({self.integer()}) % 4" if self.random.random() < 0.6 else str(self.random.randrange(-4, 4))

    def integer(self) -> str:
        kind, name = self.random.random(), self.random.choice(self.whole)
        if kind < 0.5:
            return name
        if kind < 0.6:
            return f"c[{self.random.randrange(3)}]" if self.random.random() < 0.2 else "len(c)"
        return self.random.choice(
            [f"{name} + 2", f"{name} * 3 - 1", f"{name} // 2", f"{name} % 3", f"-{name} % 5", "7"]
        )

    def atom(self) -> str:
        kind = self.random.random()
        if kind < 0.45:
            return self.random.choice(self.floats)
        if kind < 0.7:
            return f"{self.random.choice('ab')}[{self.index()}]"
        if kind < 0.8:
            return f"0.25 * ({self.integer()})"
        if kind < 0.84:
            return f"({self.integer()}) / 3"
        return repr(round(self.random.uniform(-1.5, 1.5), 2))

    def number(self, depth: int = 2) -> str:
        kind = self.random.random()
        if depth == 0 or kind < 0.2:
            return self.atom()
        if kind < 0.6:
            return f"({self.number(depth - 1)} {self.random.choice('++-**')} {self.number(depth - 1)})"
        if kind < 0.68:
            return f"{self.number(depth - 1)} / (1.75 + ({self.atom()}) ** 2)"
        if kind < 0.72:
            part = self.random.choice(["1:", ":2", "::2", ":-1", "::-1"])
            return f"np.sum({self.random.choice('ab')}[{part}])"
        if kind < 0.86:
            return self.random.choice(SMOOTH).format(self.number(depth - 1))
        return self.random.choice(PAIRS).format(self.number(depth - 1), self.atom())

    def condition(self) -> str:
        kind = self.random.random()
        if kind < 0.3:
            return f"{self.integer()} % 2 == {self.random.randrange(2)}"
        left = f"{self.atom()} {self.random.choice(['>', '<='])} {self.atom()}"
        return left if kind < 0.8 else f"not {left} and {self.integer()} > 1"

    def put(self, depth: int, text: str) -> None:
        self.lines.append("    " * depth + text)

    def block(self, depth: int, inside: bool) -> None:
        floats, whole = list(self.floats), list(self.whole)
        for _ in range(self.random.randrange(1, 3)):
            self.statement(depth, inside)
        self.floats, self.whole = floats, whole

    def statement(self, depth: int, inside: bool) -> None:
        self.budget -= 1
        kind, array = self.random.random(), self.random.choice("ab")
        if self.budget < 0 or depth > 3 or kind < 0.22:
            name = self.random.choice(self.floats[1:] or ["s"]) if self.random.random() < 0.6 else self.fresh("v")
            operator = self.random.choice(["+=", "-=", "="]) if name in self.floats else "="
            self.put(depth, f"{name} {operator} np.tanh({self.number()})")
            self.floats += [name] if name not in self.floats else []
        elif kind < 0.32:
            name = self.fresh("k")
            self.put(depth, f"{name} = {self.integer()}")
            self.whole.append(name)
        elif kind < 0.46:
            self.put(depth, f"{array}[{self.index()}] {self.random.choice(['=', '+=', '*='])} np.sin({self.number()})")
        elif kind < 0.56:
            self.put(depth, self.random.choice([
                f"{array}[1:3] = {array}[:2] * {self.atom()}", f"{array}[::2] += {self.atom()}", f"{array} *= 0.75",
                f"{array} = {array} + {self.random.choice('ab')} * 0.5", f"{array}[:] = {array}[::-1] - 0.25",
                f"{array} = np.where({array} > 0.2, {array}, -0.5 * {array})",
                f"{array} = np.array([s, {self.atom()}, x, 0.5])",
            ]))  # fmt: skip
        elif kind < 0.6:
            name = self.fresh("v")
            self.put(depth, f"{name} = filled({array}, {self.integer()}, np.cos({self.number()}))")
            self.floats.append(name)
        elif kind < 0.76:
            self.put(depth, f"if {self.condition()}:")
            self.block(depth + 1, inside)
            if self.random.random() < 0.5:
                self.put(depth, "else:")
                self.block(depth + 1, inside)
        elif kind < 0.81 and inside:
            self.put(depth, f"if {self.condition()}:")
            self.put(depth + 1, self.random.choice(["break", "continue", f"return s + {self.number()}"]))
        elif kind < 0.93:
            name = self.fresh("i")
            bounds = self.random.choice(["3", "1, 4", "4, 0, -2", "n", "len(a)"])
            self.put(depth, f"for {name} in range({bounds}):")
            self.whole.append(name)
            self.block(depth + 1, True)
            self.whole.remove(name)
        else:
            name = self.fresh("w")
            self.put(depth, f"{name} = {self.atom()}")
            self.put(depth, f"while {name} < 1.5:")
            self.put(depth + 1, f"{name} = {name} + 0.6 + 0.1 * math.sin({self.atom()})")
            self.block(depth + 1, True)


def text_of(seed: int) -> str:
    """The text of the kernel f(x, n, c, t) of a seed: a number, a whole one, arrays of three whole ones and of four."""
    draw = Draw(seed)
    draw.put(0, f"{HELPERS}def f(x, n, c, t):")
    draw.put(1, "a = t * x")
    draw.put(1, draw.random.choice(["b = np.zeros(4)", "b = np.ones_like(t)", "b = t + 0.5", "b = np.full(4, 0.25)"]))
    draw.put(1, draw.random.choice(["s = 0.0", "s = x * 0.5", "s = 0"]))
    draw.floats.append("s")
    for _ in range(draw.random.randrange(3, 6)):
        draw.statement(1, False)
    draw.put(1, draw.random.choice(["return s + 0.3 * np.sum(a * b)", "return a[1] * b[2] + s * x + np.sum(a)"]))
    return "\n".join(draw.lines) + "\n"
