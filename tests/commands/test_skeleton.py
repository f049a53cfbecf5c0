"""A plugin that `dispatchml new-plugin` wrote can be installed and passes its own tests at once."""

import pytest

from dispatchml.commands.skeleton import NewPluginError, write
from dispatchml.testing import scenarios


@pytest.mark.parametrize(("name", "cls"), [("survey", "Array")])
def test_a_new_plugin_passes_its_own_tests(name, cls, environment, tmp_path):
    write(name, cls, tmp_path)
    folder = tmp_path / f"dispatchml-{name}"
    environment.install(folder)
    done = environment.run("-m", "pytest", "-q", "-p", "no:cacheprovider", folder=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{10 + len(scenarios())} passed" in done.stdout


def test_names_fill_every_template(tmp_path):
    files = write("star-map", "Chart", tmp_path)
    assert {f.relative_to(tmp_path).as_posix() for f in files} >= {
        "dispatchml-star-map/pyproject.toml",
        "dispatchml-star-map/src/dispatchml_star_map/register.py",
        "dispatchml-star-map/tests/test_star_map.py",
        "dispatchml-star-map/tests/stand_in/star_map.py",
    }
    for file in files:
        text = file.read_text()
        assert "@LIBRARY@" not in text
        assert "@CLASS@" not in text
        if file.suffix == ".py":
            compile(text, file, "exec")
    assert "class Chart:" in (tmp_path / "dispatchml-star-map/tests/stand_in/star_map.py").read_text()


def test_nothing_is_overwritten(tmp_path):
    write("survey", folder=tmp_path)
    with pytest.raises(NewPluginError, match="is there already"):
        write("survey", folder=tmp_path)


@pytest.mark.parametrize("name", ["Survey", "2d", "class", "a b", "", "../up"])
def test_names_that_are_none(name, tmp_path):
    with pytest.raises(NewPluginError, match="cannot be the name of a plugin"):
        write(name, folder=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "text"), [("json", "would take its place"), ("numpy", "would take"), ("cupy", "already")]
)
def test_names_that_are_taken(name, text, tmp_path):
    with pytest.raises(NewPluginError, match=text):
        write(name, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_class_must_be_a_name(tmp_path):
    with pytest.raises(NewPluginError, match="cannot be the name of a class"):
        write("survey", "no class", tmp_path)
