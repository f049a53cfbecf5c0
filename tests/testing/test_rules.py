"""check_rule finds what is wrong with a rule, and says where."""

import subprocess
import sys

import numpy as np
import pytest

from dispatchml import ops
from dispatchml.dispatch import operation
from dispatchml.rules import batch, elementwise, linear, rule
from dispatchml.testing import RuleCheckError, check_rule

X = np.array([[0.4, -0.7, 1.2], [0.9, 0.2, -1.1]])


def cube_operation(family="elementwise"):
    """A new operation a**3 without a rule."""

    @operation(family=family)
    def cube(a):
        """a**3."""

    cube.register(lambda a: a * a * a, np.ndarray)
    cube.register(lambda a: a * a * a, float)
    return cube


def with_functions(jvp=None, vjp=None, family="shaping"):
    """The cube with function rules, one of them another than the right one."""
    op = cube_operation(family)
    slope = lambda a: ops.multiply(3, ops.square(a))  # noqa: E731
    rule(op).jvp(jvp or (lambda y, tangents, a: ops.multiply(tangents[0], slope(a))))
    rule(op).vjp(vjp or (lambda y, a, needs: lambda ct: (ops.multiply(ct, slope(a)),)))
    return op


def test_right_rules_pass():
    op = cube_operation()
    elementwise(op, "3*a*a")
    check_rule(op, X, reference=lambda a: a**3)
    check_rule(with_functions(), X)


def test_a_wrong_text_is_named_by_argument_index_and_values():
    op = cube_operation()
    elementwise(op, "2*a*a")
    with pytest.raises(RuleCheckError) as found:
        check_rule(op, X)
    text = str(found.value)
    assert text.startswith("cube: the forward derivative in argument 0 at index (0, 0): got ")
    assert "expected" in text
    assert "(6 of 6 are off)" in text
    assert "Reproduce: check_rule(ops.cube, np.array([[ 0.4" in text


def test_one_wrong_element_is_found():
    def vjp(y, a, needs):
        weights = np.array([[3.0, 3.0, 3.0], [3.0, 2.9, 3.0]])
        return lambda ct: (ops.multiply(ops.multiply(ct, weights), ops.square(a)),)

    with pytest.raises(RuleCheckError, match=r"reverse derivative in argument 0 at index \(1, 1\)"):
        check_rule(with_functions(vjp=vjp), X)


def test_modes_can_be_checked_alone():
    op = with_functions(vjp=lambda y, a, needs: lambda ct: (ops.multiply(ct, a),))
    check_rule(op, X, modes=("forward",))
    with pytest.raises(RuleCheckError, match=r"reverse derivative.*\n.*modes=\('reverse', \)"):
        check_rule(op, X, modes=("reverse",))


def test_a_wrong_second_derivative_is_found():
    def vjp(y, a, needs):
        slope = 3 * np.square(primal(a))  # right in value, but a constant to an outer derivative
        return lambda ct: (ops.multiply(ct, slope),)

    def primal(a):
        while hasattr(a, "_level_number"):
            a = a._value
        return a

    with pytest.raises(RuleCheckError, match="the second derivative"):
        check_rule(with_functions(vjp=vjp), X, without=("batch",))


def test_writing_into_a_cotangent_is_found():
    def vjp(y, a, needs):
        def pullback(ct):
            if isinstance(ct, np.ndarray):
                ct *= 1.0
            return (ops.multiply(ct, ops.multiply(3, ops.square(a))),)

        return pullback

    with pytest.raises(ValueError, match="read-only"):
        check_rule(with_functions(vjp=vjp), X)


def test_state_between_runs_is_found():
    calls = []

    def vjp(y, a, needs):
        calls.append(1)
        return lambda ct: (ops.multiply(ops.multiply(ct, 3 + 1e-9 * len(calls)), ops.square(a)),)

    with pytest.raises(RuleCheckError, match="a second run gives another result"):
        check_rule(with_functions(vjp=vjp), X)


def test_a_zero_cotangent_must_give_zero():
    op = cube_operation("shaping")
    rule(op).jvp(lambda y, tangents, a: ops.multiply(tangents[0], ops.divide(y, ops.divide(a, 3))))
    rule(op).vjp(lambda y, a, needs: lambda ct: (ops.multiply(ct, ops.divide(y, ops.divide(a, 3))),))
    check_rule(op, X)
    with pytest.raises(RuleCheckError, match="a zero tangent at .* got nan, expected 0.0"):
        check_rule(op, X, at_singular=[(np.zeros(2),)])


def test_widening_single_precision_is_found():
    op = with_functions(
        jvp=lambda y, tangents, a: ops.multiply(tangents[0], ops.multiply(np.array([[3.0]]), ops.square(a)))
    )
    op.register(lambda a: np.asarray(a * a * a, dtype=np.float64), np.ndarray, replace=True)
    with pytest.raises(RuleCheckError, match="the value of single-precision arguments is float64"):
        check_rule(op, X)


def test_a_wrong_batch_rule_is_found():
    op = with_functions()
    batch(op)(lambda arguments, batched, size: ops.flip(arguments[0] ** 3, axis=0))
    with pytest.raises(RuleCheckError, match="a batch, element 0"):
        check_rule(op, X)


def test_a_rule_wrong_in_one_keyword_is_found():
    @operation(family="reductions")
    def total(x, *, axis=None, keepdims=False):
        """The sum."""

    total.register(lambda x, axis, keepdims: np.sum(x, axis=axis, keepdims=keepdims), np.ndarray)
    linear(total, lambda ct, like, axis, keepdims: ops.broadcast_to(ct, shape=like.shape))
    check_rule(total, X)
    check_rule(total, X, axis=0)
    with pytest.raises((RuleCheckError, ValueError)):
        check_rule(total, X, axis=1)


def test_a_dropped_derivative_in_one_argument_is_found():
    @operation(family="elementwise")
    def scaled(a, b):
        """a * b."""

    scaled.register(lambda a, b: a * b, np.ndarray, np.ndarray)
    scaled.register(lambda a, b: a * b, float, float)
    elementwise(scaled, "b", None)
    with pytest.raises(RuleCheckError, match="derivative in argument 1"):
        check_rule(scaled, X, X + 2)
    check_rule(scaled, X, X + 2, argnums=(0,))


def test_complex_pullbacks_are_adjoints():
    op = cube_operation("shaping")
    rule(op).jvp(lambda y, tangents, a: ops.multiply(tangents[0], ops.multiply(3, ops.square(a))))
    rule(op).vjp(lambda y, a, needs: lambda ct: (ops.multiply(ct, ops.multiply(3, ops.square(a))),))
    check_rule(op, X)
    with pytest.raises(RuleCheckError, match="reverse derivative in argument 0 at index .*(real|imaginary) part"):
        check_rule(op, X + 1j)


def test_outside_its_domain_an_operation_must_raise():
    with pytest.raises(
        RuleCheckError, match=r"outside its domain, at \(\[-1.\]\), the forward derivative does not raise"
    ):
        check_rule(ops.log, np.array([0.5]), outside=[(np.array([-1.0]),)])
    check_rule(ops.reshape, X, shape=(6,), outside=[(np.ones(4),)])


def test_a_kink_is_named_as_such():
    with pytest.raises(RuleCheckError, match="differences do not settle"):
        check_rule(ops.absolute, np.array([1e-4]))


def test_a_wrong_reference_is_found():
    with pytest.raises(RuleCheckError, match="the value against the reference"):
        check_rule(ops.sin, X, reference=np.cos)


def test_mistakes_in_the_call():
    with pytest.raises(ValueError, match="names no check"):
        check_rule(ops.sin, X, without=("speed",))
    with pytest.raises(ValueError, match="give 'forward', 'reverse' or both"):
        check_rule(ops.sin, X, modes=("sideways",))
    with pytest.raises(RuleCheckError, match="neither a rule nor a decomposition"):
        check_rule(cube_operation(), X)


def test_importing_the_package_does_not_import_its_checks():
    code = "import sys, dispatchml; sys.exit('dispatchml.testing' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
