"""These tests have a command of their own, `make test-torch`: torch is large, and `make test` does not install it."""

import os

ASKED = os.environ.get("DISPATCHML_TEST_TORCH") == "1"
collect_ignore_glob = [] if ASKED else ["test_*.py"]


def pytest_terminal_summary(terminalreporter):
    """Say that they were left out, and why."""
    if not ASKED:
        terminalreporter.write_line(
            "dispatchml-torch: left out, because torch is large and no part of what `make test` installs. "
            "Run `make test-torch`."
        )
