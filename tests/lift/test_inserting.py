"""Instructions put into code objects: everything else means what it meant, lines and handlers too."""

import argparse
import dis
import random
import statistics
import textwrap
import types

import pytest

from dispatchml.lift.inserting import inserted, steps_of
from dispatchml.lift.renaming import inside

BLANK = bytes((dis.opmap["NOP"], 0))


def meaning(code):
    """Instructions with their places, jumps as the number of the instruction, and the table of handlers."""
    numbers, count = {}, 0
    kept = []
    for i in dis.get_instructions(code):
        numbers[i.offset] = count
        if i.opname not in ("EXTENDED_ARG", "NOP"):
            count += 1
            kept.append(i)
    steps = [(i.opname, numbers[i.argval] if i.opcode in dis.hasjrel else i.arg, i.positions) for i in kept]
    spans = [
        (numbers[e.start], numbers.get(e.end, count), numbers[e.target], e.depth, e.lasti)
        for e in dis._parse_exception_table(code)
    ]
    return steps, spans


@pytest.mark.parametrize("module", [argparse, random, statistics, textwrap])
def test_functions_mean_what_they_meant(module):
    choice = random.Random(0)
    for function in vars(module).values():
        if not isinstance(function, types.FunctionType):
            continue
        for code in inside(function.__code__):
            at = [offset for offset in steps_of(code)[1] if choice.random() < 0.7]
            assert meaning(inserted(code, {}, 0)) == meaning(code)
            assert meaning(inserted(code, dict.fromkeys(at, BLANK * 90), 0)) == meaning(code)
