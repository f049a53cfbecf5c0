"""What is compared with live objects before machine code reads them."""

import pytest

from dispatchml.backends.native import layout
from dispatchml.compile import probes


@pytest.fixture
def ask():
    """The question asked anew, before and after."""
    probes.reason_against.cache_clear()
    yield probes.reason_against
    probes.reason_against.cache_clear()


def test_here_everything_is_where_it_should_be(ask):
    assert ask() == layout.reason_against()


@pytest.mark.skipif(bool(layout.reason_against()), reason="layouts are unknown here")
@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("LIST_ITEMS", 32, "lists"),
        ("TUPLE_ITEMS", tuple.__basicsize__ + 8, "tuples"),
        ("SIZE", 8, "lists"),
        ("DESCR_KIND", 25, "dtypes"),
        ("SCALARS", "g", "scalars"),
    ],
)
def test_what_is_elsewhere_is_noticed(ask, name, value, says, monkeypatch):
    if name == "SCALARS":
        monkeypatch.setattr(layout, "reason_against", lambda: "")
        monkeypatch.setattr(probes, "scalar_as_described", lambda character: False)
    else:
        monkeypatch.setattr(probes, name, value)
    assert says in ask()
