"""Every pass gives a program that means the same: on random programs, to the bit where it promises so."""

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.compile.graph import Literal, evaluate
from dispatchml.compile.passes import expanded, optimised, simplified, without_dead, without_repeats

from ..programs import assert_alike, random_program, traced

X = np.random.default_rng(0).normal(size=(6, 5))


def names(program):
    """The operations of a program, in order."""
    return [node.op.name for node in program.nodes]


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("change", [without_dead, without_repeats, simplified, expanded, optimised])
def test_random_programs_mean_the_same(change, seed):
    program, arguments = random_program(seed, [(4, 5), (7,), (2, 1, 3), (), (0, 2)][seed % 5])
    changed = change(program)
    with np.errstate(all="ignore"):
        expected, found = evaluate(program, arguments), evaluate(changed, arguments)
    exact = change not in (expanded, optimised)
    for x, y in zip(found, expected, strict=True):
        assert_alike(x, y, 0.0 if exact else 1e-5)


def test_what_no_result_needs_is_left_out():
    program = traced(lambda x: (ops.exp(ops.sin(x)), ops.cos(x))[1], X)
    assert names(without_dead(program)) == ["cos"]


def test_constants_that_nothing_needs_are_left_out():
    program = traced(lambda x: (ops.add(x, np.ones((6, 5))), x)[1], X)
    assert not without_dead(program).constants


def test_equal_operations_are_one():
    program = without_repeats(traced(lambda x: ops.add(ops.exp(x), ops.exp(x)), X))
    assert names(program) == ["exp", "add"]


@pytest.mark.parametrize(("a", "b"), [(0.0, -0.0), (1, True), (1, 1.0), (2.0, np.float32(2.0))])
def test_numbers_that_compare_equal_are_told_apart(a, b):
    program = without_repeats(traced(lambda x: (ops.multiply(x, a), ops.multiply(x, b)), X))
    assert names(program) == ["multiply", "multiply"]


def test_keywords_are_compared_by_content():
    def f(x):
        places = [np.array([0, 2]), np.array([0, 2]), np.array([0, 3])]
        return tuple(ops.getitem(x, index=p) for p in places)

    assert names(without_repeats(traced(f, X))) == ["getitem", "getitem"]


GONE = {
    "times 1": lambda x: ops.multiply(1.0, ops.multiply(x, 1)),
    "over 1": lambda x: ops.divide(x, 1.0),
    "minus 0": lambda x: ops.subtract(x, 0.0),
    "twice negative": lambda x: ops.negative(ops.negative(x)),
    "there and back": lambda x: ops.transpose(ops.transpose(x)),
    "turned round": lambda x: ops.transpose(ops.transpose(x, axes=(1, 0)), axes=(-1, 0)),
    "the same shape": lambda x: ops.broadcast_to(ops.reshape(x, shape=(6, 5)), shape=(6, 5)),
    "the same dtype": lambda x: ops.astype(x, dtype=np.dtype(float)),
    "real parts of reals": lambda x: ops.real(ops.conj(x)),
    "times ones": lambda x: ops.multiply(ops.ones_like(x), x),
    "strongly times 1": lambda x: ops.strong_multiply(1.0, x),
}


@pytest.mark.parametrize("name", GONE)
def test_what_changes_nothing_is_left_out(name):
    program = without_dead(simplified(traced(GONE[name], X)))
    rest = [n for n in names(program) if n not in ("expand_dims", "sum")]
    assert rest == []


KEPT = {
    "a sum makes 0.0 of -0.0": lambda x: ops.sum(ops.expand_dims(ops.multiply(x, -0.0), axis=0), axis=0),
    "plus 0 makes 0.0 of -0.0": lambda x: ops.add(x, 0.0),
    "minus -0.0 does so, too": lambda x: ops.subtract(x, -0.0),
    "times 1.0 of whole numbers": lambda x: ops.multiply(ops.astype(x, dtype=np.dtype(int)), 1.0),
    "over 1 of whole numbers": lambda x: ops.divide(ops.astype(x, dtype=np.dtype(int)), 1),
    "a sum in another dtype": lambda x: ops.sum(ops.less(ops.expand_dims(x, axis=0), 0), axis=0),
    "times a wider one": lambda x: ops.multiply(ops.astype(x, dtype=np.dtype("f4")), np.float64(1)),
    "times ones that broadcast": lambda x: ops.multiply(x, ops.ones_of(x, shape=(2, 6, 5))),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_changes_something_stays(name):
    program = traced(KEPT[name], X)
    changed = simplified(program)
    assert_alike(evaluate(changed, [X])[0], evaluate(program, [X])[0], 0.0)
    assert len(without_dead(changed).nodes) > 0


def test_division_by_a_power_of_two_is_a_product():
    assert names(simplified(traced(lambda x: ops.divide(x, 8), X))) == ["multiply"]
    assert names(simplified(traced(lambda x: ops.divide(x, 3.0), X))) == ["divide"]
    whole = X.astype(int)
    assert names(simplified(traced(lambda x: ops.divide(x, 8), whole)))[-1] in ("divide", "multiply")
    assert_alike(evaluate(simplified(traced(lambda x: ops.divide(x, 8), whole)), [whole])[0], whole / 8, 0.0)


def test_numbers_that_are_known_are_computed_once():
    def f(x):
        one = ops.one_like(ops.getitem(x, index=(0, 0)))
        return ops.multiply(x, ops.exp(ops.negative(one)))

    program = without_dead(simplified(traced(f, X)))
    assert names(program)[-1] == "multiply"
    assert any(isinstance(a, Literal) and a.value == np.exp(-1.0) for a in program.nodes[-1].inputs)


@pytest.mark.parametrize("dtype", ["f8", "f4", "i8", "?"])
@pytest.mark.parametrize("axis", [None, 0, -1, (0, 1)])
@pytest.mark.parametrize("keepdims", [False, True])
def test_larger_operations_in_smaller_ones(axis, keepdims, dtype):
    x = (X * 3).astype(dtype)
    x[0] = x[1]

    def f(x):
        rest = {"axis": axis, "keepdims": keepdims}
        made = [ops.mean(x, **rest), ops.var(x, ddof=1, **rest), ops.std(x, **rest), ops.logsumexp(x, **rest)]
        made += [ops.vector_norm(x, ord=o, **rest) for o in (1, 2, np.inf)]
        return [*made, ops.softmax(x, axis=axis), ops.log_softmax(x, axis=axis)]

    if dtype == "?":
        program = traced(lambda x: ops.mean(x, axis=axis, keepdims=keepdims), x)
    else:
        program = traced(f, x)
    changed = without_dead(expanded(program))
    assert not {"mean", "var", "std", "logsumexp", "softmax", "log_softmax", "vector_norm"} & set(names(changed))
    for found, expected in zip(evaluate(changed, [x]), evaluate(program, [x]), strict=True):
        assert_alike(found, expected, 1e-12 if dtype != "f4" else 1e-5)


@pytest.mark.parametrize("row", [[-np.inf] * 3, [np.inf, 0, 1], [np.nan, 0, 1], [-np.inf, 0, 1], [800.0, 0, -800]])
def test_exponentials_at_the_edge(row):
    x = np.array([row, [1.0, 2, 3]], float)

    def f(x):
        return [g(x, axis=1) for g in (ops.softmax, ops.log_softmax, ops.logsumexp)]

    program = traced(f, x)
    with np.errstate(all="ignore"):
        for found, expected in zip(evaluate(expanded(program), [x]), evaluate(program, [x]), strict=True):
            assert_alike(found, expected, 1e-12)
