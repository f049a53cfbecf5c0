"""primitive: rules of the user's own in both modes, batches, texts, and what is checked."""

import pickle

import numpy as np
import pytest

import dispatchml as dm
from dispatchml import ops
from dispatchml.dispatch.errors import NoRuleError, RegistrationError, TangentMismatchError


@dm.primitive
def cube(x, *, n=3):
    """x to a power."""
    return x**n


@cube.defjvp
def cube_jvp(y, tangents, x, *, n):
    return tangents[0] * n * x ** (n - 1)


@cube.defvjp
def cube_vjp(y, x, *, n):
    return lambda ct: ct * n * x ** (n - 1)


@dm.primitive
def both(a, b):
    return a * b, a + b


@both.defjvp
def both_jvp(y, tangents, a, b):
    da, db = (0.0 * v if t is None else t for t, v in zip(tangents, (a, b), strict=True))
    return da * b + a * db, da + db


@both.defvjp
def both_vjp(y, a, b, needs):
    def both_pullback(ct):
        product, total = ct
        return (product * b + total if needs[0] else None), (product * a + total if needs[1] else None)

    return both_pullback


def test_rules_of_ones_own_in_every_mode():
    x = np.array([1.0, 2.0])
    assert dm.grad(cube)(2.0) == 12.0
    assert dm.grad(cube)(2.0, n=4) == 32.0
    assert dm.derivative(cube)(2.0) == 12.0
    assert dm.grad(dm.grad(cube))(2.0) == 12.0
    np.testing.assert_allclose(dm.hessian(lambda x: ops.sum(cube(x, n=4)))(x), np.diag(12 * x**2))
    np.testing.assert_allclose(dm.jacfwd(cube)(x), np.diag(3 * x**2))
    np.testing.assert_allclose(dm.vmap(cube)(x), x**3)
    np.testing.assert_allclose(dm.vmap(dm.grad(cube))(x), 3 * x**2)
    assert type(cube(2.0)) is float
    assert cube.__doc__ == "x to a power."
    assert pickle.loads(pickle.dumps(cube)) is cube


def test_several_results_and_arguments():
    def f(a, b):
        p, s = both(a, b)
        return p * s

    assert dm.grad(f, (0, 1))(2.0, 3.0) == (21.0, 16.0)
    assert dm.grad(f)(2.0, 3.0) == 21.0
    assert dm.jacfwd(f, (0, 1))(2.0, 3.0) == (21.0, 16.0)
    assert dm.hessian(f)(2.0, 3.0) == 6.0
    assert dm.grad(lambda a: both(a, 3.0)[0])(2.0) == 3.0


def test_the_function_gets_payloads():
    seen = []

    @dm.primitive
    def look(x):
        seen.append(type(x))
        return x * 2.0

    look.elementwise("2")
    dm.grad(lambda x: ops.sum(look(x)))(np.ones(2))
    dm.derivative(look)(1.0)
    assert seen == [np.ndarray, float]
    assert dm.grad(look)(1.0) == 2.0


def test_elementwise_texts_of_a_function():
    @dm.primitive
    def hypotenuse(a, b):
        return np.sqrt(a * a + b * b)

    hypotenuse.elementwise("a/y", "b/y")
    a, b = np.array([3.0, 5.0]), np.array([[4.0], [12.0]])
    found = dm.grad(lambda a, b: ops.sum(hypotenuse(a, b)), (0, 1))(a, b)
    y = np.sqrt(a * a + b * b)
    np.testing.assert_allclose(found[0], np.sum(a / y, axis=0))
    np.testing.assert_allclose(found[1], np.sum(b / y, axis=1, keepdims=True))
    np.testing.assert_allclose(dm.vmap(hypotenuse, (0, None))(a, b)[0], hypotenuse(3.0, b))


def test_an_operation_from_a_formula():
    softclip = dm.primitive(ops.operation("softclip", arity=1))
    softclip.elementwise("a/(1+abs(a))", "1/(1+abs(a))**2")
    x = np.array([-2.0, 0.5, 3.0])
    np.testing.assert_allclose(softclip(x), x / (1 + np.abs(x)))
    assert softclip(x.astype(np.float32)).dtype == np.float32
    assert type(softclip(2.0)) is float
    np.testing.assert_allclose(dm.grad(lambda x: ops.sum(softclip(x)))(x), 1 / (1 + np.abs(x)) ** 2)
    assert dm.derivative(softclip)(1.0) == 0.25
    assert dm.hessian(softclip)(1.0) == pytest.approx(-0.25)
    np.testing.assert_allclose(dm.vmap(dm.grad(softclip))(x), 1 / (1 + np.abs(x)) ** 2)


def test_a_formula_of_three_arguments_with_a_ratio():
    mix = dm.primitive(ops.operation("mix", arity=3))
    mix.elementwise("a*b + (1/2)*where(a > b, c, exp(c))", "b", "a", "(1/2)*where(a > b, 1, exp(c))")
    assert mix(2.0, 1.0, 3.0) == 3.5
    assert dm.grad(mix, (0, 1, 2))(2.0, 1.0, 3.0) == (1.0, 2.0, 0.5)
    assert dm.grad(mix, 2)(1.0, 2.0, 0.0) == 0.5


@pytest.mark.parametrize(
    ("transform", "mode", "tool"), [(dm.grad, "reverse", "defvjp"), (dm.derivative, "forward", "defjvp")]
)
def test_a_missing_rule_raises(transform, mode, tool):
    @dm.primitive
    def bare(x):
        return x * 2.0

    assert bare(2.0) == 4.0
    with pytest.raises(
        NoRuleError, match=rf"bare\(float\) has no rule for {mode} mode.*test_user_primitives.py.*@bare.{tool}"
    ):
        transform(bare)(2.0)


def test_rules_given_later_take_effect_and_replace():
    @dm.primitive
    def late(x):
        return x * 2.0

    with pytest.raises(NoRuleError):
        dm.grad(late)(1.0)
    late.defvjp(lambda y, x: lambda ct: ct * 2.0)
    assert dm.grad(late)(1.0) == 2.0
    late.defvjp(lambda y, x: lambda ct: ct * 5.0)
    assert dm.grad(late)(1.0) == 5.0
    with pytest.raises(NoRuleError):
        dm.derivative(late)(1.0)
    late.elementwise("7")
    assert dm.grad(late)(1.0) == 7.0
    assert dm.derivative(late)(1.0) == 7.0


WRONG_PULLBACKS = [
    (lambda ct: np.ones(2), r"cotangent of shape \(3,\) for argument 0, not numpy.ndarray\[float64, shape \(2,\)\]"),
    (lambda ct: 1.0, r"cotangent of shape \(3,\) for argument 0, not float"),
    (lambda ct: None, r"cotangent of shape \(3,\) for argument 0, not None"),
    (lambda ct: (ct, ct), "1 cotangents, one for each argument"),
]


@pytest.mark.parametrize(("pullback", "text"), WRONG_PULLBACKS)
def test_wrong_cotangents_name_the_rule(pullback, text):
    @dm.primitive
    def twice(x):
        return x * 2.0

    def twice_vjp(y, x):
        return pullback

    twice.defvjp(twice_vjp)
    place = rf"The vjp of twice \(twice_vjp, .*test_user_primitives.py:{twice_vjp.__code__.co_firstlineno}\)"
    with pytest.raises(TangentMismatchError, match=f"{place} must return .*{text}"):
        dm.grad(lambda x: ops.sum(twice(x)))(np.ones(3))


def test_a_rule_that_returns_no_pullback():
    @dm.primitive
    def twice(x):
        return x * 2.0

    twice.defvjp(lambda y, x: 2.0)
    with pytest.raises(TangentMismatchError, match="a pullback, a function of the cotangent, not float"):
        dm.grad(twice)(1.0)


@pytest.mark.parametrize("tangent", [np.ones(2), None, 1.0, (np.ones(3),)])
def test_wrong_tangents_name_the_rule(tangent):
    @dm.primitive
    def twice(x):
        return x * 2.0

    twice.defjvp(lambda y, tangents, x: tangent)
    with pytest.raises(TangentMismatchError, match=r"The jvp of twice .*tangent of shape \(3,\) for output 0"):
        dm.jvp(twice, (np.ones(3),), (np.ones(3),))


def test_a_batch_rule():
    runs = []

    @dm.primitive
    def total(x):
        runs.append(np.shape(x))
        return np.sum(x)

    assert dm.vmap(total)(np.ones((4, 3))).tolist() == [3.0] * 4
    assert runs == [(3,)] * 4
    runs.clear()

    @total.defbatch
    def total_batch(arguments, batched, size):
        return ops.sum(arguments[0], axis=-1)

    assert dm.vmap(total)(np.ones((4, 3))).tolist() == [3.0] * 4
    assert runs == []


def test_signatures_that_no_operation_can_have():
    with pytest.raises(RegistrationError, match="n has a default, so it is a setting"):
        dm.primitive(lambda x, n=2: x)
    with pytest.raises(RegistrationError, match=r"has \*xs"):
        dm.primitive(lambda *xs: xs)
    with pytest.raises(RegistrationError, match="setting n needs a default"):
        dm.primitive(lambda x, *, n: x)
    with pytest.raises(RegistrationError, match="takes a function or an operation"):
        dm.primitive(3)


def test_texts_that_do_not_fit():
    bare = dm.primitive(ops.operation("bare", arity=2))
    with pytest.raises(RegistrationError, match="2 arguments, but 1 partial"):
        bare.elementwise("a*b", "b")
    with pytest.raises(RegistrationError, match="uses 'q'"):
        bare.elementwise("a*q", "b", "a")
    with pytest.raises(RegistrationError, match="first text is the formula"):
        bare.elementwise()


WRONG_SIGNATURES = [
    (
        "defjvp",
        lambda y, da, db, a, b: y,
        r"missing a required argument.*rule\(y, tangents, a, b, n=1\), where .tangents.",
    ),
    ("defvjp", lambda y, a: y, r"too many positional.*rule\(y, a, b, n=1\)"),
    ("defvjp", lambda y, a, b: y, "unexpected keyword argument 'n'"),
    ("defbatch", lambda arguments: 0, r"rule\(arguments, batched, size, n=1\)"),
    ("defvjp", 3, "takes a function, not 3"),
]


@pytest.mark.parametrize(("tool", "rule", "text"), WRONG_SIGNATURES, ids=range(len(WRONG_SIGNATURES)))
def test_rules_that_cannot_be_called_are_refused(tool, rule, text):
    @dm.primitive
    def product(a, b, *, n=1):
        return a * b

    with pytest.raises(RegistrationError, match=rf"product\.{tool}.*{text}"):
        getattr(product, tool)(rule)
