"""NumPy's functions written out in numbers, for derivatives: dual numbers and the text run back know these, not LAPACK.

A kernel itself calls NumPy's functions; the sources that derivatives are made of have them replaced.
"""

from __future__ import annotations

import ast
import copy
import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .source import Source, read
from .text import dotted


def solve(a, b):
    """a x = b by elimination with the largest pivots; b has one or two axes."""
    n = len(a)
    m = a.copy()
    zero = a[:0].sum()
    x, y = b + zero, b + zero  # where a is active they hold what is
    order = np.arange(n)
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(m[order[i], k]) > abs(m[order[best], k]):
                best = i
        pivot = order[best]
        order[best] = order[k]
        order[k] = pivot
        for i in range(k + 1, n):
            row = order[i]
            factor = m[row, k] / m[pivot, k]
            for j in range(k + 1, n):
                m[row, j] = m[row, j] - factor * m[pivot, j]
            x[row] = x[row] - factor * x[pivot]
    for k in range(n - 1, -1, -1):
        row = order[k]
        s = x[row] * 1.0
        for j in range(k + 1, n):
            s = s - m[row, j] * y[j]
        y[k] = s / m[row, k]
    return y


def inverse(a):
    """The inverse, by elimination with the largest pivots: number by number, which compiles sooner and runs faster than
    `solve` of the unit matrix, whose rows are arrays.
    """
    n = len(a)
    m, x, y = a.copy(), a * 0.0, a * 0.0
    order = np.arange(n)
    for k in range(n):
        x[k, k] = 1.0
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(m[order[i], k]) > abs(m[order[best], k]):
                best = i
        pivot = order[best]
        order[best] = order[k]
        order[k] = pivot
        for i in range(k + 1, n):
            row = order[i]
            factor = m[row, k] / m[pivot, k]
            for j in range(k + 1, n):
                m[row, j] = m[row, j] - factor * m[pivot, j]
            for j in range(n):
                x[row, j] = x[row, j] - factor * x[pivot, j]
    for k in range(n - 1, -1, -1):
        row = order[k]
        for c in range(n):
            s = x[row, c]
            for j in range(k + 1, n):
                s = s - m[row, j] * y[j, c]
            y[k, c] = s / m[row, k]
    return y


def variance(x):
    """The mean of the squared distances from the mean."""
    mean = x.sum() / x.size
    total = mean * 0.0
    for v in x.ravel():
        total = total + (v - mean) * (v - mean)
    return total / x.size


def deviation(x):
    """The root of the variance; of a constant it has slope 0."""
    square = np.var(x)
    return np.sqrt(square) if square != 0.0 else square


def sums(x):
    """The sums of the first elements."""
    y = x.ravel().copy()
    for k in range(1, len(y)):
        y[k] = y[k - 1] + y[k]
    return y


def products(x):
    """The products of the first elements."""
    y = x.ravel().copy()
    for k in range(1, len(y)):
        y[k] = y[k - 1] * y[k]
    return y


def trace(a):
    """The sum of the diagonal."""
    total = a[0, 0] * 0.0
    for k in range(min(a.shape[0], a.shape[1])):
        total = total + a[k, k]
    return total


def average(x):
    """The mean of all elements."""
    return x.sum() / x.size


def trapezoids(y):
    """The integral over places at distance 1."""
    total = y[0] * 0.0
    for k in range(1, len(y)):
        total = total + 0.5 * (y[k - 1] + y[k])
    return total


def factor(a):
    """The lower factor of a symmetric positive definite matrix."""
    n = len(a)
    y = a * 0.0
    for i in range(n):
        for j in range(i + 1):
            s = a[i, j]
            for k in range(j):
                s = s - y[i, k] * y[j, k]
            y[i, j] = np.sqrt(s) if i == j else s / y[j, j]
    return y


def determinant(a):
    """The product of the pivots, the largest ones of all that is left first.

    Of a matrix without an inverse it has its right first and second derivatives: what is left in the end is multiplied
    out, and no pivot that is zero divides anything.
    """
    n = len(a)
    m = a.copy()
    result = 1.0 + a[:0].sum()
    rows, columns = np.arange(n), np.arange(n)
    for k in range(n - 2):
        r, c = k, k
        for i in range(k, n):
            for j in range(k, n):
                if abs(m[rows[i], columns[j]]) > abs(m[rows[r], columns[c]]):
                    r, c = i, j
        row, column = rows[r], columns[c]
        if r != k:
            rows[r] = rows[k]
            rows[k] = row
            result = -result
        if c != k:
            columns[c] = columns[k]
            columns[k] = column
            result = -result
        pivot = m[row, column]
        result = result * pivot
        if pivot == 0.0:
            return result * pivot * pivot
        for i in range(k + 1, n):
            factor = m[rows[i], column] / pivot
            for j in range(k + 1, n):
                m[rows[i], columns[j]] = m[rows[i], columns[j]] - factor * m[row, columns[j]]
    if n == 1:
        return result * m[0, 0]
    if n > 1:
        p, q, u, v = rows[n - 2], rows[n - 1], columns[n - 2], columns[n - 1]
        result = result * (m[p, u] * m[q, v] - m[p, v] * m[q, u])
    return result


def middle(x):
    """The median; equal elements share the derivative."""
    y = np.sort(x.ravel())
    n = len(y)
    result = y[0] * 0.0
    for k in range(2):  # the same element twice where their number is odd
        v = y[(n - k) // 2]
        total, count = v * 0.0, 0
        for w in y:
            if w == v:
                total = total + w
                count = count + 1
        result = result + 0.5 * total / count
    return result


def log_of_gamma(x):
    """The logarithm of the size of the gamma function, by Stirling's series (Abramowitz and Stegun 6.1.40)."""
    y, product = x * 1.0, x * 0.0 + 1.0
    if x < 0.5:
        y = 1.0 - y
    while y < 12.0:
        product = product * y
        y = y + 1.0
    z = 1.0 / (y * y)
    series = 1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188 - z * (691.0 / 360360)))))
    result = (y - 0.5) * math.log(y) - y + 0.5 * math.log(2.0 * math.pi) + series / y - math.log(product)
    if x < 0.5:
        result = math.log(math.pi / abs(math.sin(math.pi * x))) - result
    return result


def gamma_function(x):
    """The gamma function, by its logarithm."""
    if x < 0.5:
        return math.pi / (math.sin(math.pi * x) * math.exp(math.lgamma(1.0 - x)))
    return math.exp(math.lgamma(x))


def degrees(x):
    """From radians."""
    return x * (180.0 / 3.141592653589793)


def radians(x):
    """From degrees."""
    return x * (3.141592653589793 / 180.0)


#: What stands for NumPy's functions of one or two arguments.
SPELLED: dict[Callable[..., Any], Callable[..., Any]] = {
    np.linalg.solve: solve, np.linalg.inv: inverse, np.linalg.cholesky: factor, np.var: variance,
    np.std: deviation, np.cumsum: sums, np.cumprod: products, np.trace: trace, np.average: average,
    np.linalg.det: determinant, np.median: middle, math.lgamma: log_of_gamma, math.gamma: gamma_function,
    np.trapezoid: trapezoids, np.deg2rad: radians, np.radians: radians, np.rad2deg: degrees, np.degrees: degrees,
}  # fmt: skip
#: And for methods of arrays.
METHODS: dict[str, Callable[..., Any]] = {"var": variance, "std": deviation, "cumsum": sums, "cumprod": products}


@functools.cache
def helper(function: Callable[..., Any]) -> Source:
    """The source of one of them."""
    source = read(function)
    source.tree.name = f"numpy_{source.tree.name}"
    source.tree.body = source.tree.body[1:]  # without its words
    return spelled(source)


def spelled(source: Source) -> Source:
    """The same with functions written out; itself where it calls none of them."""
    every = list(source.reached())
    made = {id(s): Source(s.function, s.file, copy.deepcopy(s.tree), dict(s.names), {}, s.defaults) for s in every}
    changed = False
    for s in every:
        one, spelling = made[id(s)], Spelling(s.names)
        one.tree = spelling.visit(one.tree)
        one.helpers = {text: made[id(h)] for text, h in s.helpers.items()} | spelling.used
        one.derivative = s.derivative
        changed = changed or bool(spelling.used)
    return made[id(source)] if changed else source


class Spelling(ast.NodeTransformer):
    """Replaces calls."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names = names
        self.used: dict[str, Source] = {}

    def visit_Call(self, node: ast.Call) -> Any:
        """A call."""
        self.generic_visit(node)
        if node.keywords or not node.args and not isinstance(node.func, ast.Attribute):
            return node
        value, given, found = self.names.get(dotted(node.func) or ""), node.args, None
        if value is not None:
            found = SPELLED.get(value) if callable(value) and value.__hash__ else None
        elif isinstance(node.func, ast.Attribute) and not node.args and dotted(node.func.value) not in self.names:
            found, given = METHODS.get(node.func.attr), [node.func.value]
        if found is None or len(given) != found.__code__.co_argcount:
            return node
        made = helper(found)
        self.used[made.name] = made
        return ast.copy_location(ast.Call(ast.copy_location(ast.Name(made.name, ast.Load()), node), given, []), node)
