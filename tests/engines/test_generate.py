"""Generated source is right for any name: of an operation, of its arguments and of its keywords."""

import keyword
import re

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.dispatch.errors import NoRuleError, RegistrationError
from dispatchml.engines import reverse_linear, reverse_rules
from dispatchml.rules import linear, rule

X = np.array([1.0, 2.0])
#: Words of the templates themselves, and of the engines' own functions.
WORDS = sorted(
    {w for t in (reverse_rules.FUNCTION, reverse_linear.LINEAR, reverse_rules.CONTRIBUTION, reverse_linear.VIEW)
     for w in re.findall(r"(?<![\w.{])[A-Za-z_]\w*(?![\w}])", t)}
    | {"x0", "a0", "slot0", "space0", "settle", "keep", "current", "table", "miss", "method", "type", "level"}
    | {"x", "shape", "axis", "index", "keywords", "operation", "elements", "arguments", "active", "tangents"}
)  # fmt: skip
SAFE = [w for w in WORDS if not keyword.iskeyword(w) and w != "needs"]


def made(source, **scope):
    exec(source, scope)
    return scope["f"]


@pytest.mark.parametrize("name", SAFE)
def test_keywords_of_any_name(name):
    f = dm.primitive(made(f"def f(p, q, *, {name}=2.0, other=1.0): return p * q * {name} * other"))
    f.defvjp(
        made(
            f"def f(p_y, p, q, *, {name}, other):\n"
            f"    return lambda c: (c * q * {name} * other, c * p * {name} * other)"
        )
    )
    f.defjvp(
        made(
            f"def f(p_y, p_d, p, q, *, {name}, other):\n"
            f"    one, two = p_d\n"
            f"    return ((0 if one is None else one * q) + (0 if two is None else p * two)) * {name} * other"
        )
    )
    given = {name: 3.0}
    assert dm.grad(lambda v: f(v, 2.0, **given))(5.0) == 6.0
    assert dm.grad(lambda v: f(v, v, **given, other=2.0))(5.0) == 60.0
    assert dm.grad(lambda v: f(v, v))(5.0) == 20.0
    assert dm.derivative(lambda v: f(v, 2.0, **given))(5.0) == 6.0
    assert dm.derivative(dm.grad(lambda v: f(v, v, **given)))(5.0) == 6.0
    np.testing.assert_allclose(dm.vmap(lambda v: f(v, 2.0, **given))(X), 6.0 * X)


@pytest.mark.parametrize("name", SAFE)
def test_keywords_of_linear_operations(name):
    others = "" if name == "index" else ", index=0"
    f = operation(view=True)(made(f"def f(p, *, {name}=0{others}): 'The elements from one on.'"))
    f.register(made(f"def f(p, *, {name}{others}): return p[{name}:]"), np.ndarray)
    linear(f, transpose=lambda ct, like, /, **words: ops.pad_constant(ct, pad_width=((words[name], 0),)))
    np.testing.assert_array_equal(dm.grad(lambda v: ops.sum(f(v, **{name: 1})))(X), [0.0, 1.0])
    np.testing.assert_array_equal(dm.jacfwd(lambda v: f(v, **{name: 1}))(X), [[0.0, 1.0]])

    def written(v):
        part = f(v, **{name: 1})
        v[1] = 7.0
        return ops.sum(part)

    assert dm.value_and_grad(written)(X)[0] == 7.0


@pytest.mark.parametrize("name", [w for w in SAFE if w != "other"])
def test_arguments_of_any_name(name):
    f = dm.primitive(made(f"def f({name}, *, other=2.0): return {name} * other"))
    f.defvjp(lambda y, x, *, other: lambda ct: ct * other)
    assert f(3.0) == 6.0
    assert dm.grad(f)(3.0) == 2.0
    total = operation(variadic=True)(made(f"def f({name}, *, other=2.0): 'The sum of arrays.'"))
    total.register(lambda xs, *, other: sum(xs) * other, np.ndarray)
    np.testing.assert_array_equal(total([X, X]), 4.0 * X)


def test_functions_without_a_name():
    identity = dm.primitive(lambda x: x)
    with pytest.raises(NoRuleError, match=r"@f\.defvjp"):
        dm.grad(identity)(1.0)
    with pytest.raises(NoRuleError, match=r"@f\.defjvp"):
        dm.derivative(identity)(1.0)
    identity.defvjp(lambda y, x: lambda ct: ct)
    identity.defjvp(lambda y, tangents, x: tangents[0])
    assert dm.grad(identity)(2.0) == 1.0
    assert dm.derivative(identity)(2.0) == 1.0
    square = dm.primitive(lambda a: a * a)
    square.elementwise("2*a")
    assert dm.grad(square)(3.0) == 6.0
    assert dm.derivative(square)(3.0) == 6.0
    np.testing.assert_array_equal(dm.grad(lambda v: ops.sum(square(v)))(X), 2 * X)


def test_an_operation_with_the_name_of_another_is_itself():
    def multiply(a, b):
        return 10.0 * a * b

    f = dm.primitive(multiply)
    f.elementwise("10*b", "10*a")
    for transform in (dm.value_and_grad, lambda g: lambda v: dm.jvp(g, (v,), (1.0,))):
        assert transform(lambda v: f(v, 3.0))(2.0) == (60.0, 30.0)
        assert transform(lambda v: f(v, v))(2.0) == (40.0, 40.0)
        assert transform(lambda v: f(3.0, v))(2.0) == (60.0, 30.0)
    assert dm.grad(dm.grad(lambda v: f(v, v)))(2.0) == 20.0
    np.testing.assert_array_equal(dm.grad(lambda v: ops.sum(f(v, v)))(X), 20 * X)
    np.testing.assert_array_equal(dm.jacfwd(lambda v: f(v, v))(X), np.diag(20 * X))


@pytest.mark.parametrize("name", ["keep", "current", "kind", "made", "tape", "settle", "level", "dtype", "like", "y"])
def test_an_operation_with_the_name_of_a_word_of_the_source(name):
    f = dm.primitive(ops.operation(name, arity=1))
    f.elementwise("a*a", "2*a")
    assert dm.value_and_grad(f)(3.0) == (9.0, 6.0)
    assert dm.jvp(f, (3.0,), (1.0,)) == (9.0, 6.0)
    np.testing.assert_array_equal(dm.grad(lambda v: ops.sum(f(v)))(X), 2 * X)


def test_names_that_are_refused():
    with pytest.raises(RegistrationError, match="needs"):
        dm.primitive(made("def f(x, *, needs=1): return x"))
    with pytest.raises(RegistrationError, match="needs"):
        rule(operation(made("def f(x, *, needs=1): 'Nothing.'"))).vjp(lambda y, x: None)
    with pytest.raises(RegistrationError, match="no name"):
        ops.operation("class")
