"""GradBench's protocol: one JSON message a line in, one answer a line out.

A program (a file of `programs/`) gives, for each peer, the functions of an eval: `{"gradient": run, ...}`. What stands
round them is the same for all peers: `arguments(input)` makes plain arrays and numbers of the message's input,
`outputs["gradient"](result)` makes JSON of what the function returned. Neither is timed.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import traceback
from collections.abc import Callable
from types import ModuleType
from typing import Any, TextIO


def evaluate(program: ModuleType, run: Callable[..., Any], name: str, given: Any) -> dict[str, Any]:
    """The answer to an "evaluate" message: the first call is timed as "compile", the others as "evaluate", until both
    `min_runs` and `min_seconds` are reached.
    """
    arguments = program.arguments(given)
    wanted = given if isinstance(given, dict) else {}
    began = time.perf_counter_ns()
    result = run(*arguments)
    timings = [("compile", time.perf_counter_ns() - began)]
    runs, spent = 0, 0
    while runs < max(wanted.get("min_runs", 1), 1) or spent < wanted.get("min_seconds", 0) * 1e9:
        began = time.perf_counter_ns()
        result = run(*arguments)
        took = time.perf_counter_ns() - began
        timings.append(("evaluate", took))
        runs, spent = runs + 1, spent + took
    return {
        "success": True,
        "output": program.outputs[name](result),
        "timings": [{"name": what, "nanoseconds": took} for what, took in timings],
    }


class Tool:
    """What answers messages for one peer."""

    def __init__(self, peer: str):
        self.peer = peer
        self.program: ModuleType | None = None
        self.functions: dict[str, Callable[..., Any]] = {}

    def define(self, module: str) -> bool:
        """Whether there is a program of that name for this peer."""
        try:
            self.program = importlib.import_module(f"programs.{module}")
        except ModuleNotFoundError as error:
            if error.name != f"programs.{module}":
                raise
            return False
        make = getattr(self.program, self.peer, None)
        self.functions = make() if make else {}
        return bool(self.functions)

    def answer(self, message: dict[str, Any]) -> dict[str, Any]:
        """The answer to one message, without its id."""
        kind = message["kind"]
        try:
            if kind == "start":
                return {"tool": self.peer}
            if kind == "define":
                return {"success": self.define(message["module"])}
            if kind == "evaluate":
                name = message["function"]
                if self.program is None or name not in self.functions:
                    return {"success": False, "error": f"{self.peer} has no function {name!r} here"}
                return evaluate(self.program, self.functions[name], name, message["input"])
        except Exception as error:
            traceback.print_exc(file=sys.stderr)
            return {"success": False, "error": f"{type(error).__name__}: {error}"}
        return {}


def serve(peer: str, read: TextIO = sys.stdin, write: TextIO = sys.stdout) -> None:
    """Answer messages until the input ends. NaN and infinities are no JSON: such an output is an error."""
    tool = Tool(peer)
    for line in read:
        message = json.loads(line)
        reply = tool.answer(message)
        try:
            text = json.dumps({"id": message["id"], **reply}, allow_nan=False)
        except ValueError as error:
            text = json.dumps({"id": message["id"], "success": False, "error": f"output: {error}"})
        print(text, file=write, flush=True)
