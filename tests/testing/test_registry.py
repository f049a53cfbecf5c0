"""check_registry passes what may be registered, and names each thing that may not."""

import sys
import textwrap

import pytest

from dispatchml.dispatch.layers import EXPECTED
from dispatchml.testing import RegistryError, check_registry

COUNT = iter(range(1000))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Writes a module with this source, under a name of its own, and returns the name."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def write(source):
        name = f"stranger_{next(COUNT)}"
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        made.append(name)
        return name

    yield write
    for name in made:
        sys.modules.pop(name, None)


def finding(name, match):
    with pytest.raises(RegistryError, match=match):
        check_registry(name)


GOOD = '''
    """A package of a stranger."""
    from dispatchml import ops
    from dispatchml.dispatch import operation, register_type
    from dispatchml.rules import rule

    __all__ = ["Own", "double"]

    class Own:
        """A type."""

    register_type(Own, slot="structure", payload=lambda x: 0.0, rebuild=lambda x, p: x)

    @ops.add.layer(Own)
    def add(a, b):
        return a

    @ops.multiply.register
    def multiply(a: Own, b: Own):
        return a

    @operation
    def double(x):
        """2 x."""

    @rule(double).jvp
    def double_jvp(y, tangents, x):
        return double(tangents[0])

    @rule(double).vjp
    def double_vjp(y, x, *, needs):
        return lambda ct: (double(ct),)
'''


def test_a_package_that_registers_its_own_passes(package):
    check_registry(package(GOOD))


def test_dispatchml_itself_passes():
    check_registry("dispatchml")


def test_a_method_on_somebody_elses_operation_and_types(package):
    name = package(
        """
        import decimal
        from dispatchml import ops
        @ops.subtract.register
        def subtract(a: decimal.Decimal, b: slice): return a
        """
    )
    finding(name, r"piracy: subtract\(decimal.Decimal, slice\) at .*:4")
    remove("subtract", name)


def remove(operation, module):
    from dispatchml import ops

    op = getattr(ops, operation)
    for method in list(op.methods):
        if method.function.__module__ == module:
            op.unregister(*method.hints)


def test_a_layer_made_of_somebody_elses_type(package):
    name = package(
        """
        import collections
        from dispatchml.dispatch import register_type
        register_type(collections.Counter, slot="meaning", payload=lambda x: 0.0, rebuild=lambda x, p: x)
        """
    )
    finding(name, "piracy: collections.Counter was made a layer")


def test_a_layer_rule_on_somebody_elses_layer(package):
    own = package(GOOD)
    name = package(f"from dispatchml import ops\nimport {own}\n@ops.cos.layer({own}.Own)\ndef cos(x): return x\n")
    finding(name, rf"piracy: cos.layer\({own}.Own\)")


def test_a_derivative_of_somebody_elses_operation(package):
    own = package(GOOD.replace("@rule(double)", "@rule(double, replace=True)", 1))
    name = package(
        f"""
        from dispatchml.rules import rule, batch
        from {own} import double
        @batch(double)
        def batched(arguments, flags, size): return arguments[0]
        @rule(double, replace=True).jvp
        def jvp(y, tangents, x): return y
        """
    )
    finding(name, "(?s)piracy: the derivative of .*double.*piracy: the batch rule of .*double")


def test_half_a_derivative(package):
    name = package(
        '''
        from dispatchml.dispatch import operation
        from dispatchml.rules import rule
        @operation
        def half(x):
            """x / 2."""
        @rule(half).jvp
        def half_jvp(y, tangents, x): return y
        '''
    )
    finding(name, "half a derivative: half has a jvp .* and no vjp")


def test_ambiguous_methods(package):
    name = package(
        '''
        from dispatchml.dispatch import operation
        class A: pass
        class B(A): pass
        @operation
        def meet(a, b):
            """Two of them."""
        @meet.register
        def one(a: A, b: B): return 1
        @meet.register
        def other(a: B, b: A): return 2
        '''
    )
    finding(name, "ambiguous: meet")


def test_undocumented_names(package):
    name = package(
        """
        from dispatchml.dispatch import operation
        __all__ = ["f", "gone"]
        def f(): pass
        @operation
        def silent(x): ...
        """
    )
    finding(name, "(?s)f has no docstring.*'gone', which is not there.*silent has no docstring")


THREAD = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
EAGER = "import colorsys, dispatchml\nplugin = dispatchml.Plugin('c', ('colorsys',), register=lambda: None)"


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("print('hello')", "it prints 'hello'"),
        ("import warnings; warnings.simplefilter('ignore')", "changes the filters of warnings"),
        ("import numpy; numpy.seterr(all='raise')", "changes numpy's error state"),
        ("import numpy; numpy.set_printoptions(precision=3)", "changes numpy's print options"),
        (THREAD, "changes running threads"),
        (EAGER, "imports colorsys"),
    ],
)  # fmt: skip
def test_what_an_import_does_besides(source, what, package, monkeypatch):
    import numpy as np

    with np.errstate(), np.printoptions():
        import warnings

        with warnings.catch_warnings():
            finding(package(source), f"import: it .*{what}|import: {what}")


def test_a_plugin_speaks_for_the_packages_it_serves(package):
    name = package(
        """
        from dispatchml import Plugin
        def register():
            import ipaddress
            from dispatchml import ops
            ops.tan.register(ipaddress.IPv4Address)(lambda x: x)
        plugin = Plugin("addresses", ("ipaddress",), register=register)
        """
    )
    check_registry(name)
    from ipaddress import IPv4Address

    from dispatchml import ops

    ops.tan.unregister(IPv4Address)


def test_a_method_that_others_take_every_call_from(package):
    finding(
        package(
            """
            "A stranger."
            from dispatchml.dispatch import operation
            class One: "One."
            class Other: "Other."
            @operation
            def single(x): "x."
            single.register(lambda x: 0, One | Other)
            single.register(lambda x: 1, One)
            single.register(lambda x: 2, Other)
            """
        ),
        r"1 finding\n  unreachable: single\(.*One \| .*Other\).*every call that fits it goes to another method",
    )


def test_a_method_for_a_class_that_is_not_there(package):
    finding(
        package(
            """
            "A stranger."
            from dispatchml.dispatch import operation
            @operation
            def single(x): "x."
            single.register(lambda x: 0, "fractions:Fractoin")
            import fractions
            """
        ),
        r"unreachable: single\(fractions:Fractoin\) at .*names fractions:Fractoin, which there is not",
    )


def test_a_layer_for_a_class_that_is_not_there(package):
    name = package(
        """
        "A stranger."
        import fractions
        from dispatchml import Plugin
        from dispatchml.dispatch import register_type
        def register():
            "Declare."
            register_type("fractions:Fractoin", slot="scalar", payload=lambda x: x, rebuild=lambda x, p: p)
        plugin = Plugin("fractoin", ("fractions",), register)
        """
    )
    try:
        finding(name, r"unreachable: register_type\('fractions:Fractoin'\) at .*fractions has no such class")
    finally:
        EXPECTED.pop("fractions:Fractoin", None)


def test_open_methods_are_reachable(package):
    check_registry(
        package(
            """
            "A stranger."
            from collections.abc import Sequence
            from dispatchml.dispatch import operation
            class One: "One."
            @operation
            def single(x): "x."
            single.register(lambda x: 0, object)
            single.register(lambda x: 1, Sequence)
            single.register(lambda x: 2, One)
            single.register(lambda x: 3, One | float)
            """
        )
    )
