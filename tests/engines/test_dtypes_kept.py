"""Cotangents have the dtype of what they belong to, also in the careful sweep, with machine code and without."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np, dispatchml as dm
from dispatchml import ops
from dispatchml.rules.registry import RULES

seen = 0
np.seterr(all="ignore")
for op, rule in sorted(RULES.items(), key=lambda item: item[0].name):
    if rule.kind != "elementwise" or not op.module.startswith("dispatchml.ops") or op.keywords:
        continue
    argnums = tuple(k for k, text in enumerate(rule.partials) if text is not None)
    for bad in (np.nan, np.inf, 0.0):
        given = [np.linspace(0.2, 0.8, 5).astype(np.float32) for _ in range(op.arity)]
        for x in given:
            x[2] = bad
        if op.name.startswith("where"):
            given[0] = given[0] > 0.5
        total = lambda *a: np.sum(np.where(np.arange(5) > 2, ops.__dict__[op.name](*a), np.float32(0)))
        for k, found in zip(argnums, dm.grad(total, argnums)(*given)):
            assert found.dtype == np.float32, (op.name, k, bad, found.dtype)
            seen += 1
y, x = np.array([1, np.nan, 0], np.float32), np.array([0, 1, -1], np.float32)
assert dm.grad(lambda x: np.sum(np.heaviside(y, x)))(x).dtype == np.float32
kinds = [np.ones(3, np.float32), np.ones(3), np.array([True, False, True]), np.array([np.nan, 1, 0], np.float32),
         np.array([1, 0, 2]), np.float32(2), np.array(True), np.float32(np.nan), np.array([1j, np.inf, 0], "F")]
for a in kinds:
    for b in kinds:
        if np.asarray(a).dtype == np.asarray(b).dtype == bool:
            continue  # numbers, which add up
        found, usual = ops.strong_multiply(a, b), ops.multiply(a, b)
        assert np.asarray(found).dtype == np.asarray(usual).dtype, (a, b)
assert np.array_equal(ops.strong_multiply(kinds[2], float("nan")), [np.nan, 0, np.nan], equal_nan=True)
print(seen > 100)
"""


@pytest.mark.parametrize("native", ["0", "1"])
def test_float32_stays_float32_beside_what_is_not_finite(native):
    environment = {k: v for k, v in os.environ.items() if k != "DISPATCHML_NATIVE"} | {"DISPATCHML_NATIVE": native}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=environment)
    assert done.stdout.split() == ["True"], done.stderr
