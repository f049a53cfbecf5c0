"""Numba's errors in words for those who wrote the function: the line, what is not supported, what to write instead."""

from __future__ import annotations

import re
from typing import Any

from .errors import KernelError
from .source import Source

#: What is found in a text of Numba's, and what to say about it.
ADVICE: tuple[tuple[str, str], ...] = (
    (
        r"<function (?:put_part|room) ",
        "it takes derivatives of a function that returns no number. Take them of each of its numbers.",
    ),
    (
        r"[Cc]annot modify readonly array|>>> (?:setitem|i[a-z]+)\(readonly",
        "it writes into an argument, which is never changed by a kernel. Work on a copy: `x = x.copy()`.",
    ),
    (
        "arrays of whole numbers and of float32 meet",
        "it computes with an array of whole numbers and one of float32, for which NumPy goes on in float64. Say which: "
        "n.astype(np.float32) * x or n * x.astype(np.float64).",
    ),
    (
        r"Untyped global name '?([\w.]+)'?",
        "it uses `{0}`, which cannot be compiled. Hand over numbers and arrays, or write it as a function in Python.",
    ),
    (
        r"Unknown attribute '(\w+)' of type Module\(<module 'dispatchml'",
        "`dispatchml.{0}` cannot be compiled. Kernels take derivatives of functions that are defined outside, by "
        "dm.grad(f), dm.value_and_grad(f), dm.derivative(f), dm.jacobian(f) and dm.jvp(f, (x, y), (dx, dy)).",
    ),
    (
        r"Unknown attribute '(\w+)' of type Module\(<module '([\w.]+)'",
        "`{1}.{0}` cannot be compiled. Write it as a function of your own, or compute it outside of the kernel.",
    ),
    (
        r"Unknown attribute '(\w+)' of type (.*)",
        "`{1}` has no attribute `{0}` in compiled code. Compute it from what NumPy's functions offer.",
    ),
    (
        r"Use of unsupported NumPy function '?([\w.]+)'?",
        "it calls `{0}`, which cannot be compiled. Write a loop, or compute it outside of the kernel.",
    ),
    (
        r"Cannot unify (.+?) and (.+?) for '([\w.$]+)'",
        "`{2}` is of one type at one place and of another elsewhere ({0} and {1}). Give it one type from the start, "
        "for example 0.0 instead of 0.",
    ),
    (
        r"Can't unify return type from the following types: (.*)",
        "it returns values of different types ({0}). Return one type everywhere, for example 0.0 instead of 0.",
    ),
    (
        r"No implementation of function (?:Function\()?<?(?:built-in function |function |ufunc ')?([\w.]+)",
        "`{0}` does not take such arguments in compiled code. Write it as a function of your own, with "
        "loops over numbers.",
    ),
    (
        r"Variable '([\w.]+)' is not defined",
        "`{0}` may be read before it has a value. Give it one before the loop.",
    ),
    (
        r"Cannot capture the non-constant value associated with variable '(\w+)'",
        "a function inside of it uses `{0}`, which changes. Write that function outside, with `{0}` as an argument.",
    ),
    (
        r"unable to broadcast|operands could not be broadcast",
        "it computes with arrays of different shapes.",
    ),
    (
        r"Cannot determine Numba type of <class '([\w.]+)'>",
        "it reads a value of class `{0}` from outside, which cannot be compiled. Hand over its numbers and arrays as "
        "arguments.",
    ),
    (r"list\(|reflected list", "lists can hold numbers only. Use an array or a tuple."),
    (r"unsupported.*(try|with|except)", "it has a `{0}` statement, which cannot be compiled."),
    (
        r"cannot type infer runaway recursion|[Cc]annot type infer",
        "it calls itself before any way to return without that is known. Put the return that ends the recursion first.",
    ),
)


def explained(error: Any, source: Source) -> KernelError:
    """The error for a function that Numba cannot compile."""
    text = str(getattr(error, "msg", error))
    return KernelError(
        f"{source.name} cannot be compiled{place(error, text, source)}: {reason(text)} "
        f"DISPATCHML_DEBUG=1 runs it uncompiled."
    )


def failed(error: Exception, source: Source) -> KernelError:
    """The error for a function in which Numba fails."""
    said = f"Numba fails inside ({type(error).__name__}: {error})."
    if "'NoneType' object has no attribute 'args'" in str(error):  # of operators in place, where none fits
        said = (
            "an operator in place (`a += b`) does not take such arrays: it may write into an argument, which is never "
            "changed by a kernel. Work on a copy: `x = x.copy()`, or write `a = a + b`."
        )
    if "'Float' object has no attribute 'as_array'" in str(error):
        said = (
            "it computes with an array that has no axes, as np.where of numbers is. Write `a if condition else b`, or "
            "take the number: `y[()]`."
        )
    return KernelError(
        f"{source.name} cannot be compiled (at {source.file}:{source.tree.lineno}): {said} DISPATCHML_DEBUG=1 runs it "
        "uncompiled."
    )


def mixed(source: Source, file: str, line: int, what: str) -> KernelError:
    """The error for something for which NumPy goes on in float64, and a kernel would in float32."""
    return KernelError(
        f"{source.name} cannot be compiled (at {file}:{line}): {what} there, and NumPy would go on in float64. Say "
        "which: np.float32(a) beside x, or a beside np.float64(x). Numbers of math's functions and literals have no "
        "size. DISPATCHML_DEBUG=1 runs it uncompiled."
    )


def place(error: Any, text: str, source: Source) -> str:
    """` (at file:line)`: the innermost line that is the user's."""
    files = {s.file for s in source.reached()}
    found = [
        (f, n) for f, n in re.findall(r'File "([^"]+)", line (\d+)', f"{error}") if any(x.endswith(f) for x in files)
    ]
    found = [x for x in found if not x[0].startswith("<")] or found  # a derived text has no line of the user's
    loc = getattr(error, "loc", None)
    if not found and loc is not None and loc.filename in files:
        found = [(loc.filename, loc.line)]
    if not found or found[-1][0].startswith("<"):
        written = next((s for s in source.reached() if not s.file.startswith("<")), source)
        return f" (at {written.file}:{written.tree.lineno})"
    name = next(x for x in files if x.endswith(found[-1][0]))
    return f" (at {name}:{found[-1][1]})"


def reason(text: str) -> str:
    """What is wrong and what to write instead."""
    for pattern, advice in ADVICE:
        match = re.search(pattern, text)
        if match:
            return advice.format(*(g or "" for g in match.groups()))
    lines = [x.strip() for x in text.splitlines() if x.strip() and not x.startswith(("File", "[", "During"))]
    return f"Numba says: {' '.join(lines[:3])}."
