"""Which primitive a Python, math or NumPy function is."""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

NAMES: dict[Any, str] = {
    abs: "absolute", math.fabs: "absolute", np.abs: "absolute", np.fabs: "absolute", operator.abs: "absolute",
    math.exp: "exp", math.expm1: "expm1", math.log: "log", math.log2: "log2", math.log10: "log10",
    math.log1p: "log1p", math.sin: "sin", math.cos: "cos", math.tan: "tan", math.asin: "arcsin",
    math.acos: "arccos", math.atan: "arctan", math.sinh: "sinh", math.cosh: "cosh", math.tanh: "tanh",
    math.asinh: "arcsinh", math.acosh: "arccosh", math.atanh: "arctanh", math.sqrt: "sqrt", math.pow: "power",
    math.hypot: "hypot", math.atan2: "arctan2", math.fmod: "fmod", math.copysign: "copysign", math.erf: "erf",
    math.erfc: "erfc", math.floor: "whole_floor", math.ceil: "whole_ceil", math.trunc: "whole_trunc",
    math.radians: "deg2rad", math.degrees: "rad2deg", math.isnan: "isnan", math.isinf: "isinf",
    math.isfinite: "isfinite", float: "float", int: "integer", bool: "truth", round: "round",
    np.float64: "float", np.float32: "float32", np.int64: "integer", np.intp: "integer", np.bool_: "truth",
    np.negative: "negative", np.positive: "positive", np.add: "add", np.subtract: "subtract",
    np.multiply: "multiply", np.divide: "divide", np.power: "power", np.remainder: "remainder",
    np.floor_divide: "floor_divide", np.maximum: "maximum", np.minimum: "minimum", np.where: "select",
    np.square: "square", np.logical_and: "both", np.logical_or: "either", np.logical_not: "not",
    np.degrees: "rad2deg", np.radians: "deg2rad",
    **{getattr(np, n): n for n in (
        "exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh "
        "cbrt sqrt deg2rad rad2deg hypot arctan2 logaddexp logaddexp2 fmod copysign floor ceil trunc rint sign fmax "
        "fmin isnan isinf isfinite"
    ).split()},
}  # fmt: skip
if hasattr(math, "exp2"):
    NAMES[math.exp2] = "exp2"
if hasattr(math, "cbrt"):
    NAMES[math.cbrt] = "cbrt"
OPERATORS: dict[str, str] = {
    "Add": "add", "Sub": "subtract", "Mult": "multiply", "Div": "divide", "Pow": "power", "FloorDiv": "floor_divide",
    "Mod": "remainder", "LShift": "left_shift", "RShift": "right_shift", "BitAnd": "and", "BitOr": "or",
    "BitXor": "xor",
}  # fmt: skip
COMPARISONS: dict[str, str] = {
    "Lt": "lt", "LtE": "le", "Gt": "gt", "GtE": "ge", "Eq": "eq", "NotEq": "ne", "Is": "eq", "IsNot": "ne",
}  # fmt: skip
