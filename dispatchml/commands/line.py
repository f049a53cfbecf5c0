"""The command line itself: what each command asks and prints. Imports typer and rich, which `cli` has checked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import installed, questions, skeleton

app = typer.Typer(
    name="dispatchml",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Look into the operations, types and plugins of dispatchml, and write new plugins.",
)
COLOURS = {"loaded": "green", "ready": "green", "no library": "yellow", "broken": "bold red"}


def console() -> Console:
    """Where tables go; wide where nobody looks at a terminal, so that nothing is cut."""
    return Console() if sys.stdout.isatty() else Console(width=160)


def table(*columns: str) -> Table:
    """An empty table without lines; long texts are folded, never cut."""
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


@app.command(short_help="List the installed plugins and their state.")
def plugins() -> None:
    """List the installed plugins: what they serve, and their state.

    ready: waits for the first of its types. no library: what it serves is not installed.
    """
    show_plugins(load=False)


def show_plugins(load: bool) -> list[installed.Status]:
    """Print the table of plugins; returns the broken ones."""
    found = installed.statuses(load)
    made = table("plugin", "package", "serves", "state")
    for s in found:
        serves = ", ".join(f"{m} {v}" if v is not None else f"{m} (not installed)" for m, v in s.libraries.items())
        made.add_row(s.name, s.package, serves, Text(s.state, style=COLOURS.get(s.state, "")))
    if found:
        console().print(made)
    else:
        print("No plugins are installed. They are packages with an entry point in the group dispatchml.plugins.")
    broken = [s for s in found if s.state == "broken"]
    for s in broken:
        print(f"{s.name} is broken ({s.package}, entry point {s.entry}): {s.reason}")
    return broken


@app.command(short_help="Say what is installed, loaded, broken, and why.")
def doctor() -> None:
    """Say what is installed, loaded, broken, and why; which versions and devices there are.

    Loads every plugin whose library is there. The exit status is 1 if anything is wrong.
    """
    facts = {**installed.versions(), **installed.devices()}
    width = max(map(len, facts))
    for name, text in facts.items():
        print(f"{name:{width}}  {text}")
    broken = show_plugins(load=True)
    found = list(installed.findings())
    for line in found:
        print(line)
    number = len(broken) + len(found)
    if number:
        print(f"{number} finding{'s' if number > 1 else ''}. What is broken does not affect the other plugins.")
        raise typer.Exit(1)
    print("Nothing is wrong.")


OperationName = Annotated[str, typer.Argument(metavar="OPERATION", help="such as add, or package.module:name")]


def found_operation(name: str) -> Any:
    """An operation by its name; where dispatchml has none, a plugin may."""
    try:
        return questions.find_operation(name)
    except questions.UnknownNameError:
        installed.statuses(load=True)
        return questions.find_operation(name)


@app.command(short_help="List the methods, layers and derivative of an operation.")
def methods(operation: OperationName) -> None:
    """List what an operation has: methods, rules of layers, its decomposition, its derivative, and where each is."""
    op = found_operation(operation)
    installed.statuses(load=True)
    keywords = (f"{k}={v!r}" for k, v in op.keywords.items())
    print(f"{op.module}.{op.name}({', '.join([*op.arguments, *(['*'] if op.keywords else []), *keywords])})")
    made = table("kind", "what", "where")
    for row in questions.methods(op):
        made.add_row(*map(Text, row))
    console().print(made)


@app.command(short_help="Say which implementation a call gets.")
def which(
    operation: OperationName,
    types: Annotated[list[str], typer.Argument(metavar="TYPE...", help="such as float, ndarray, pint.Quantity")],
) -> None:
    """Say which implementation a call of an operation with arguments of these types gets.

    Example: dispatchml which add float pint.Quantity
    """
    op = found_operation(operation)
    installed.statuses(load=any("." not in name and ":" not in name for name in types))
    call, where = questions.which(op, types)
    print(f"{call}: {where}")


@app.command("new-plugin", short_help="Write a plugin that passes its own tests at once.")
def new_plugin(
    name: Annotated[str, typer.Argument(metavar="NAME", help="the library that it serves, such as survey")],
    cls: Annotated[str, typer.Option("--class", help="the library's class")] = "Array",
    folder: Annotated[Path, typer.Option(help="where the folder dispatchml-NAME is made")] = Path("."),
) -> None:
    """Write a plugin for a library: a package dispatchml-NAME that is installable and passes its own tests at once."""
    written = skeleton.write(name, cls, folder)
    for path in written:
        print(path)
    root = next(p for p in written if p.name == "pyproject.toml").parent
    print(f"\nNext:\n    cd {root}\n    pip install -e '.[dev]'\n    pytest")


compiled = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Look at the compiled code on disk, or delete it."
)
app.add_typer(compiled, name="cache", short_help="Look at the compiled code on disk, or delete it.")


@compiled.command(short_help="Say where it is and how much there is.")
def info() -> None:
    """Say where compiled code is kept, how much there is, and why it is not used, if it is not."""
    from ..compile import cache

    found = cache.info()
    print(f"folder  {found.folder or 'none'}")
    print(f"files   {found.files}")
    print(f"size    {found.size / 2**20:.1f} of at most {found.limit / 2**20:.0f} MiB")
    if found.problem:
        print(f"not used: {found.problem}")


@compiled.command(short_help="Delete all of it.")
def clear() -> None:
    """Delete every file of compiled code. Programs that run keep theirs; what is needed again is compiled again."""
    from ..compile import cache

    try:
        number = cache.clear()
    except OSError as error:
        print(f"dispatchml: nothing was deleted in {cache.folder()}: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"{number} file{'' if number == 1 else 's'} deleted")


@app.command(short_help="Run the matrix of types, transforms and pairs.")
def matrix(
    folder: Annotated[Path, typer.Option(help="where types/*.py and meaningless.py are")] = Path("tests/composition"),
    row: Annotated[str, typer.Option(help="rows to run, with * as in a shell")] = "*",
    program: Annotated[str, typer.Option(help="programs to run")] = "*",
    transform: Annotated[str, typer.Option(help="transforms to run")] = "*",
    html: Annotated[Path | None, typer.Option(help="write a page")] = None,
    png: Annotated[Path | None, typer.Option(help="write a picture")] = None,
) -> None:
    """Run every type with every transform, and every pair of types; print what came out.

    With --row, --program or --transform only these cells, each with what it says. The exit status is 1 if a cell is not
    as it should be.
    """
    for path in (html, png):
        if path is not None and not path.parent.is_dir():
            raise questions.UnknownNameError(f"{path} cannot be written: there is no folder {path.parent}.")
    from ..testing.composition import table as tables
    from ..testing.composition.matrix import matrix_at
    from ..testing.composition.page import page
    from ..testing.composition.picture import draw

    made = matrix_at(folder)
    cells = questions.chosen_cells(made.cells(), row=row, program=program, transform=transform)
    with Console(stderr=True).status(f"{len(cells)} cells"):
        made.run(cells.__contains__)
    if row == program == transform == "*":
        tables.show(made, console())
    else:
        for cell, verdict in made.verdicts.items():
            detail = f": {verdict.detail}" if verdict.detail else ""
            print(f"{cell.row}, {cell.program}, {cell.transform}: {verdict.status}{detail}")
    if html is not None:
        html.write_text(page(made), encoding="utf-8")
    if png is not None:
        draw(made, png)
    if made.bad():
        raise typer.Exit(1)


def run() -> Any:
    """Run the command line."""
    return app()
