"""Tests of what kernels refuse: the line, what it is, and what to write instead."""

import collections
import math
import random

import numpy as np
import pytest

import dispatchml as dm

Pair = collections.namedtuple("Pair", "a b")
GENERATOR = np.random.default_rng(1)


class Settings:
    k = 2.0

    def scaled(self, x):
        return self.k * x


SETTINGS, TABLE = Settings(), {"a": 1.0}


def prints(x):
    print(x)
    return x


def tries(x):
    try:
        return x[0]
    except IndexError:
        return 0.0


def draws(x):
    return x * np.random.rand()  # noqa: NPY002


def draws_from_generator(x):
    return x * GENERATOR.normal()


def draws_in_python(x):
    return x * random.random()


def ignores(x):
    with np.errstate(all="ignore"):
        return x / 2


def walrus(x):
    return y if (y := x * x) > 1 else x


def generates(x):
    return sum(v * v for v in x)


def of_object(x):
    return x * SETTINGS.k + SETTINGS.scaled(x)


def of_table(x):
    return x * TABLE["a"]


def differentiates(x):
    return dm.grad(lambda t: t * t * x)(x)


def sometimes(x):
    if x > 0:
        return x


def text(x):
    return "a"


def calls(x):
    return math.fmod(x, 2.0)


def of_dictionary(x):
    d = {"a": x}
    return d["a"]


def of_empty_dictionary(x):
    d = dict()  # noqa: C408
    d[1] = x
    return d[1]


def of_set(x):
    return x * len({1, 2})


def of_text(x):
    return x * len(f"{x}")


def of_str(x):
    return x * len(str(x))


CASES = [
    (of_dictionary, 1.0, "it has a dictionary; use an array or a tuple"),
    (of_empty_dictionary, 1.0, "it has a dictionary; use an array or a tuple"),
    (of_set, 1.0, "it has a set; use an array or a tuple"),
    (of_text, 1.0, "it makes a text of numbers; return the numbers"),
    (of_str, 1.0, "it makes a text of numbers; return the numbers"),
    (prints, 1.0, "it prints; return what you want to see"),
    (tries, np.ones(2), "it has a try statement; test with if"),
    (draws, 1.0, "draws random numbers by np.random.rand, .* hand them over as an array"),
    (draws_from_generator, 1.0, "draws random numbers by GENERATOR"),
    (draws_in_python, 1.0, "draws random numbers by random.random"),
    (ignores, 1.0, "it has a with statement"),
    (walrus, 1.0, "write the assignment before it"),
    (generates, np.ones(2), "write a loop, or a list"),
    (of_object, 1.0, "a value of class `.*Settings` from outside.* Hand over its numbers"),
    (of_table, 1.0, "a value of class `dict` from outside"),
    (differentiates, 1.0, "uses `x`, which changes. Write that function outside, with `x` as an argument"),
    (sometimes, 1.0, "a value at some of its returns and None at others"),
    (text, 1.0, "it returns unicode_type"),
    (calls, 1.0, "`fmod` does not take such arguments in compiled code. Write it as a function of your own"),
]


@pytest.mark.parametrize(("f", "x", "words"), CASES, ids=[c[0].__name__ for c in CASES])
def test_refusals_say_what_where_and_what_instead(f, x, words):
    with pytest.raises(TypeError, match=words) as caught:
        dm.kernel(f)(x)
    said = str(caught.value)
    assert f.__name__ in said
    assert "test_refusing.py:" in said
    assert "Numba says" not in said


@dm.kernel
def total(x, y):
    return x + y


@dm.kernel
def put(x):
    y = np.zeros(4)
    y[:2] = x
    return y


def test_arguments_that_are_missing_or_too_many():
    for given, keywords in (((1.0,), {}), ((1.0, 2.0, 3.0), {}), ((1.0,), {"z": 2.0})):
        with pytest.raises(TypeError, match=r"^total\(x, y\): .* \(at .*test_refusing.py:\d+\)\.$"):
            total(*given, **keywords)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        ({"a": 1.0}, "not dict .*Hand over a tuple of its values"),
        ([1.0], "not list .*Hand over an array"),
        (Pair(1.0, 2.0), "not a .*Pair .*Hand over tuple"),
        ((1.0, [2.0]), "not a tuple with list .*Hand over its numbers"),
        (np.array(["a"]), "not an array of <U1 .*Hand over an array of floats"),
    ],
    ids=["dict", "list", "namedtuple", "nested", "texts"],
)
def test_arguments_that_no_kernel_takes(x, words):
    with pytest.raises(TypeError, match=words):
        total(x, 1.0)


def test_shapes_that_do_not_fit():
    for call in (lambda: total(np.ones(2), np.ones(3)), lambda: put(np.ones(3))):
        with pytest.raises(ValueError, match=r"shapes that do not fit together \(at .*test_refusing.py:\d+\)\.$"):
            call()


@dm.kernel
def of_complex(z):
    return (z * z + 1).real


@pytest.mark.parametrize("take", [dm.grad, lambda f: lambda z: dm.jvp(f, (z,), (z,))], ids=["grad", "jvp"])
def test_derivatives_by_complex_arguments_are_refused(take):
    assert of_complex(1 + 2j) == -2.0
    with pytest.raises(TypeError, match=r"by complex arguments \(.*test_refusing.py:\d+\).*the real and the imaginary"):
        take(of_complex)(1 + 2j)
