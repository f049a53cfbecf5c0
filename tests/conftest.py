"""What all tests share: the comparison of error messages with the texts that are kept beside the tests.

`check_text(error, "name")` compares the message of an error (or any text) with `texts/name.txt` in the folder of the
test file, character by character; `FILE:LINE` stands for every place in a file and `0x...` for every address. To write
or rewrite the texts, run the tests with the environment variable DISPATCHML_WRITE_TEXTS=1 and read the difference
before committing it.
"""

import os
import re
from pathlib import Path

import pytest

PLACE = re.compile(r"[^\s(]+\.py:\d+")
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


def masked(text):
    """A message without what differs between two machines."""
    return ADDRESS.sub("0x...", PLACE.sub("FILE:LINE", text))


@pytest.fixture
def check_text(request):
    """A function (error, name) that compares an error's message with the text of that name."""
    folder = Path(request.path).parent / "texts"

    def check(error, name):
        path = folder / f"{name}.txt"
        text = masked(str(error)).rstrip() + "\n"
        if os.environ.get("DISPATCHML_WRITE_TEXTS"):
            folder.mkdir(exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"{path} is not there; run the test with DISPATCHML_WRITE_TEXTS=1 to write it:\n{text}"
        assert text == path.read_text()

    return check


def pytest_terminal_summary(terminalreporter):
    """Print what tests have recorded as record_property("summary", text), such as the number of primitives."""
    for reports in terminalreporter.stats.values():
        for report in reports:
            for name, text in getattr(report, "user_properties", ()):
                if name == "summary" and report.when == "call":
                    terminalreporter.write_line(text)
