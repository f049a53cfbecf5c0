"""The console script `dispatchml`. Its commands are in `dispatchml.commands.line` and need the extra `cli`."""

from __future__ import annotations

import sys

INSTALL = "The command line of dispatchml needs typer and rich. Install them with: pip install 'dispatchml[cli]'"


def main() -> None:
    """Run the command line, or say how to install what it needs; errors are one line, and the exit status is 1."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ImportError as error:
        print(f"{INSTALL} ({error.name} is missing)", file=sys.stderr)
        raise SystemExit(1) from None
    from .commands.line import run
    from .dispatch.errors import DispatchmlError

    try:
        run()
    except (DispatchmlError, FileNotFoundError) as error:
        print(f"dispatchml: {error}", file=sys.stderr)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main()
