"""Plugins: found by entry point, loaded at the first meeting, broken ones named and harmless."""

import sys
import types

import pytest

from dispatchml.dispatch import Layer, Plugin, add_layer, is_layer, operation, plugins
from dispatchml.dispatch.errors import NoMethodError, PluginError, PluginWarning, RegistrationError


class Point:
    """An entry point for tests."""

    dist = None

    def __init__(self, name, found):
        self.name, self.found, self.value = name, found, f"{name}_package:plugin"

    def load(self):
        if isinstance(self.found, BaseException):
            raise self.found
        return self.found


@pytest.fixture
def install(monkeypatch):
    def install(*points):
        monkeypatch.setattr(plugins, "ENTRIES", {p.name: plugins.Entry(p) for p in points})
        monkeypatch.setattr(plugins, "MET", set())

    return install


@pytest.fixture
def f():
    @operation
    def f(x):
        """One."""

    return f


def foreign(name="Quantity", module="units_package.core"):
    return type(name, (), {"__module__": module})


def test_a_plugin_is_loaded_when_one_of_its_types_meets_an_operation(f, install):
    Quantity = foreign()
    calls = []

    def register():
        calls.append("registered")
        add_layer(Layer(Quantity, "meaning"))
        f.layer(Quantity)(lambda x: "quantity")

    install(Point("units", Plugin("units", ("units_package",), register)))
    with pytest.raises(NoMethodError):
        f(foreign("Other", "other_package")())
    assert calls == []
    assert f(type("Sub", (Quantity,), {})()) == "quantity"  # through a base of the class
    assert f(Quantity()) == "quantity"
    assert calls == ["registered"]


def test_a_plugin_is_loaded_when_code_of_its_package_is_met(install):
    calls = []
    install(Point("units", Plugin("units", ("units_package.parts",), lambda: calls.append("registered"))))
    plugins.meet_module("units_package.other")
    assert calls == []
    plugins.meet_module("units_package.parts.inner")
    plugins.meet_module("units_package.parts.inner")
    assert calls == ["registered"]


def test_which_and_is_layer_load_plugins_too(f, install):
    Quantity = foreign()
    install(Point("units", Plugin("units", "units_package", lambda: add_layer(Layer(Quantity, "meaning")))))
    assert is_layer(Quantity())
    Other = foreign("Other", "late_units")

    def register():
        add_layer(Layer(Other, "meaning"))
        f.layer(Other)(rule)

    def rule(x):
        return "rule"

    install(Point("late", Plugin("late", "late_units", register)))
    assert f.which(Other) is rule


def test_register_by_name(install, f):
    module = types.ModuleType("rules_of_units")
    module.register = lambda: f.register(lambda x: "here", Quantity)
    Quantity = foreign()
    sys.modules["rules_of_units"] = module
    try:
        install(Point("units", Plugin("units", ("units_package",), "rules_of_units:register")))
        assert f(Quantity()) == "here"
    finally:
        del sys.modules["rules_of_units"]


def test_requirements_come_first_and_missing_ones_are_named(install, f):
    order = []
    install(
        Point("b", Plugin("b", ("units_package",), lambda: order.append("b"), requires=("a",))),
        Point("a", Plugin("a", ("elsewhere",), lambda: order.append("a"))),
    )
    with pytest.raises(NoMethodError):
        f(foreign()())
    assert order == ["a", "b"]
    install(Point("c", Plugin("c", ("chain_package",), lambda: None, requires=("nothing",))))
    with pytest.raises(PluginError, match="requires the plugin 'nothing'.*pip install dispatchml-nothing"):
        f(foreign(module="chain_package")())


def test_a_broken_plugin_is_named_and_hurts_nobody_else(install, f, check_text):
    def fail():
        raise ValueError("no such unit")

    install(
        Point("broken", Plugin("broken", ("broken_package",), fail)),
        Point("units", Plugin("units", ("units_package",), lambda: f.register(lambda x: "fine", Quantity))),
    )
    Quantity = foreign()
    assert f(Quantity()) == "fine"
    Broken = foreign("Thing", "broken_package")
    for _ in range(2):
        with pytest.raises(PluginError) as caught:
            f(Broken())
        assert isinstance(caught.value.__cause__, ValueError)
    check_text(caught.value, "broken_plugin")
    assert f(type("Other", (Quantity,), {})()) == "fine"


def test_a_broken_plugin_beside_a_good_one_for_the_same_types_is_a_warning(install, f):
    def fail():
        raise ValueError("no such unit")

    Quantity = foreign()
    install(
        Point("broken", Plugin("broken", ("units_package",), fail)),
        Point("units", Plugin("units", ("units_package",), lambda: f.register(lambda x: "fine", Quantity))),
    )
    with pytest.warns(PluginWarning, match="'broken' could not be loaded: ValueError: no such unit"):
        assert f(Quantity()) == "fine"
    with pytest.raises(NoMethodError, match="'broken' could not be loaded"), pytest.warns(PluginWarning):
        f(foreign("Other")())


def test_a_plugin_that_cannot_even_be_imported_is_named_in_errors_of_foreign_classes(install, f, check_text):
    install(Point("lost", ImportError("No module named 'lost_package'")), Point("odd", "not a plugin"))
    with pytest.raises(NoMethodError) as caught:
        f(foreign()())
    check_text(caught.value, "unimportable_plugin")
    with pytest.raises(NoMethodError) as caught:
        f("text")
    assert "lost" not in str(caught.value)


def test_a_plugin_that_ends_the_process_is_broken(install, f):
    def register():
        sys.exit(3)

    good = foreign("Good", "good_package")
    install(
        Point("leaving", SystemExit(3)),
        Point("late", Plugin("late", ("late_package",), register)),
        Point("good", Plugin("good", ("good_package",), lambda: f.register(lambda x: "good", good))),
    )
    assert f(good()) == "good"
    with pytest.raises(PluginError, match="'late' could not be loaded: SystemExit: 3"):
        f(foreign("Late", "late_package")())


def test_an_interrupted_plugin_is_tried_again(install, f):
    answers = [KeyboardInterrupt(), None]

    def register():
        answer = answers.pop(0)
        if answer is not None:
            raise answer
        f.register(lambda x: "fine", Quantity)

    Quantity = foreign()
    install(Point("units", Plugin("units", ("units_package",), register)))
    with pytest.raises(KeyboardInterrupt):
        f(Quantity())
    assert f(Quantity()) == "fine"


# ---- the object ------------------------------------------------------------------------------------------------------


def test_plugins_are_frozen_equal_by_contents_and_pickle():
    import copy
    import pickle

    one = Plugin(name="pint", triggers=["pint"], register="dispatchml_pint.rules:register")
    same = Plugin("pint", "pint", "dispatchml_pint.rules:register", ())
    assert one == same
    assert hash(one) == hash(same)
    assert one != Plugin("pint", "pint", "dispatchml_pint.rules:other")
    assert one != "pint"
    assert pickle.loads(pickle.dumps(one)) == copy.deepcopy(one) == one
    assert repr(one) == (
        "Plugin(name='pint', triggers=('pint',), requires=(), register='dispatchml_pint.rules:register')"
    )
    with pytest.raises(AttributeError, match="frozen"):
        one.name = "other"
    with pytest.raises(AttributeError, match="frozen"):
        del one.name


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("", "a", "a:b"), "the name must be a text"),
        ((3, "a", "a:b"), "the name must be a text"),
        (("a", (), "a:b"), "no triggers"),
        (("a", ("a.",), "a:b"), "not the name of a module"),
        (("a", (3,), "a:b"), "triggers must be texts"),
        (("a", ("a",), "a.b"), "package.module:function"),
        (("a", ("a",), 3), "register must be a function"),
        (("a", ("a",), "a:b", (3,)), "requires must be texts"),
    ],
)
def test_arguments_of_another_kind_are_refused(arguments, what):
    with pytest.raises(RegistrationError, match=what):
        Plugin(*arguments)


def test_a_part_of_a_package_is_a_trigger(install, f):
    loaded = []
    install(Point("part", Plugin("part", ("units_package.part",), lambda: loaded.append(1))))
    inside, beside = (type("Quantity", (), {"__module__": f"units_package.{name}"}) for name in ("part.core", "other"))
    for cls in (beside, inside):
        with pytest.raises(NoMethodError):
            f(cls())
        assert loaded == ([1] if cls is inside else [])
