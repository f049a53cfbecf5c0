"""How the documentation is built (`make docs`). `{{ operations }}` and `{{ conventions }}` are filled from the code."""

import inspect
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

import dispatchml
from dispatchml import ops
from dispatchml.rules import conventions, rule_of

project = "dispatchml"
author = "dispatchml developers"
version = release = dispatchml.__version__

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build"]
default_role = "code"
myst_heading_anchors = 3
numpydoc_show_class_members = False
autodoc_typehints = "none"
autodoc_member_order = "bysource"
add_module_names = False
suppress_warnings = ["myst.xref_missing"]  # README's links, seen through the changelog

html_theme = "alabaster"
html_static_path = ["_static"]
html_css_files = ["style.css"]
html_theme_options = {"description": "Derivatives for everybody's array types", "page_width": "1100px"}
html_show_sphinx = html_show_copyright = False


def kind_of(operation):
    """The kind of rule that an operation has, in one word."""
    rule = rule_of(operation.info)
    if rule is not None:
        return "constant" if rule.kind == "nondifferentiable" else rule.kind
    return "derived" if operation.info.decomposition is not None else "none"


def first_line(operation):
    """What an operation does, in its own words."""
    text = inspect.cleandoc(operation.__doc__ or "").partition("\n\n")[0]
    return plain_stars(" ".join(text.split()).replace("|", "\\|"))


def operations_page():
    """All operations as tables, one for each family."""
    families = {}
    for name in dir(ops):
        operation = getattr(ops, name)
        if hasattr(operation, "info") and not name.startswith("_"):
            families.setdefault(operation.info.family or "other", {})[name] = operation
    differentiable = sum(
        kind_of(o) in ("elementwise", "linear", "function") for f in families.values() for o in f.values()
    )
    total = sum(map(len, families.values()))
    lines = [f"There are {total} operations, {differentiable} of them with a derivative rule of their own."]
    for family in sorted(families):
        lines += ["", f"## {family}", "", "| operation | rule | what it is |", "|---|---|---|"]
        for name, operation in sorted(families[family].items()):
            lines.append(f"| `{name}({parameters_of(operation)})` | {kind_of(operation)} | {first_line(operation)} |")
    return "\n".join(lines)


def parameters_of(operation):
    """The parameters of an operation as one writes them."""
    found, star = [], False
    for p in inspect.signature(operation).parameters.values():
        if p.kind is p.KEYWORD_ONLY and not star:
            found, star = [*found, "*"], True
        default = p.default.__name__ if isinstance(p.default, type) else repr(p.default)
        found.append(p.name if p.default is p.empty else f"{p.name}={default}")
    return ", ".join(found)


def plain_stars(line):
    """A line in which a star outside literals is a star, not emphasis."""
    return "`".join(p if n % 2 else p.replace("*", "\\*") for n, p in enumerate(line.split("`")))


def conventions_page():
    """The table of conventions; its rows are data of the code."""
    return "\n".join(map(plain_stars, conventions.page().splitlines()))


def scipy_page():
    """What dispatchml-scipy covers; where it is not installed, a line that says so."""
    try:
        from dispatchml_scipy.coverage import page
    except ImportError:
        return "The tables are made where `dispatchml-scipy` is installed."
    return "\n".join(map(plain_stars, page().splitlines()))


PAGES = {"operations": operations_page, "conventions": conventions_page, "scipy": scipy_page}


def fill(app, name, source):
    """Put a generated page in its place."""
    if name in PAGES:
        source[0] = source[0].replace("{{ " + name + " }}", PAGES[name]())


def escape_stars(app, what, name, thing, options, lines):
    """Docstrings are prose with signatures in it: a star is a star, except in literals and examples."""
    example = False
    for k, line in enumerate(lines):
        example = bool(line.strip()) and (example or line.lstrip().startswith(">>>"))
        if not example:
            lines[k] = plain_stars(line)


def setup(app):
    app.connect("source-read", fill)
    app.connect("autodoc-process-docstring", escape_stars)
