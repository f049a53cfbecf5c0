"""check_rule over every operation that has a derivative; what has none, and why, is checked to be said somewhere."""

import collections

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoRuleError
from dispatchml.rules.registry import RULES, rule_of
from dispatchml.testing import check_rule

from .cases import elementwise, linalg, reductions, shaping, special, transforms

TABLES = (elementwise, special, reductions, shaping, linalg, transforms)
CASES = [row for table in TABLES for row in table.CASES]

OPERATIONS = {name: op for name, op in vars(ops).items() if hasattr(op, "info") and op.__name__ == name}
DIFFERENTIABLE = {
    name: rule_of(op.info).kind
    for name, op in OPERATIONS.items()
    if rule_of(op.info) is not None and rule_of(op.info).kind != "nondifferentiable"
}
#: Keywords that the derivative does not depend on, or that only one value can be given for in a case.
UNTRIED = {("einsum", "optimize"), ("sort", "kind"), ("unique", "size")}


@pytest.mark.parametrize("row", CASES, ids=repr)
def test_rule(row):
    check_rule(getattr(ops, row.name), *row.arguments, **row.options, **row.keywords)


@pytest.mark.parametrize(("name", "arguments"), special.REFUSED, ids=[name for name, _ in special.REFUSED])
def test_no_derivative_where_none_is_known(name, arguments):
    op, rest = getattr(ops, name), arguments[1:]
    with pytest.raises(NoRuleError, match=f"{name} has no derivative in"):
        dm.jvp(lambda a: op(a, *rest), arguments[:1], arguments[:1])
    with pytest.raises(NoRuleError, match=f"{name} has no derivative in"):
        dm.grad(lambda a: ops.sum(op(a, *rest)))(arguments[0])


def test_every_operation_with_a_derivative_has_a_case():
    made = {name for name, op in OPERATIONS.items() if op.info.decomposition is not None and name not in RULES}
    missing = (set(DIFFERENTIABLE) | made) - {row.name for row in CASES}
    assert not missing, f"no case for: {', '.join(sorted(missing))}"


def test_every_operation_says_how_it_is_differentiated():
    silent = {
        name
        for name, op in OPERATIONS.items()
        if rule_of(op.info) is None and op.info.decomposition is None and "transform" not in op.info.strips
    }
    assert not silent, (
        f"neither a rule, nor a decomposition, nor declared nondifferentiable: {', '.join(sorted(silent))}"
    )


def test_every_keyword_is_given_in_some_case():
    tried = collections.defaultdict(set)
    for row in CASES:
        tried[row.name] |= set(row.keywords)
    forgotten = {
        (name, keyword)
        for name in tried
        for keyword in OPERATIONS[name].info.keywords
        if keyword not in tried[name] and (name, keyword) not in UNTRIED
    }
    assert not forgotten, f"keywords never given: {sorted(forgotten)}"


def test_nondifferentiable_operations_have_zero_derivatives():
    x = np.array([0.3, 1.7])
    for name, op in OPERATIONS.items():
        rule = rule_of(op.info)
        if rule is None or rule.kind != "nondifferentiable" or op.info.arity != 1 or op.info.variadic:
            continue
        try:
            plain = op(x)
        except TypeError:
            continue  # for whole numbers only
        if not isinstance(plain, np.ndarray):
            continue
        found = dm.grad(lambda v, op=op: ops.sum(v * 0) + ops.sum(op(v) * 1.0))(x)
        assert (found == 0).all(), name


def test_count_of_primitives(record_property):
    by_family = collections.Counter(OPERATIONS[name].info.family for name in DIFFERENTIABLE)
    total = sum(by_family.values())
    made = sum(op.info.decomposition is not None for op in OPERATIONS.values())
    families = ", ".join(f"{count} {family}" for family, count in by_family.most_common())
    text = f"{total} primitives with derivatives ({families}), {made} made of others, {len(CASES)} cases"
    record_property("summary", text)
    print(text)
    assert total >= 190
