"""The checks of `dispatchml.testing` as fixtures, loaded by pytest itself. Imports nothing until a test asks for one.

def test_my_type(check_array_type): check_array_type(MyType, make)
def test_my_plugin(check_registry): check_registry("dispatchml_mine")
def test_my_rule(check_rule): check_rule(my_operation, 0.5)
def test_my_device(check_device): check_device(to_device, to_host)
"""

from typing import Any

import pytest

__all__ = ["check_array_type", "check_device", "check_registry", "check_rule"]


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker that keeps our own frames in tracebacks."""
    config.addinivalue_line("markers", "dispatchml_frames: show dispatchml's own frames in the tracebacks of this test")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Any:
    """Shorten the traceback of a failed check to the line of the test."""
    try:
        return (yield)
    except AssertionError as error:
        module = type(error).__module__
        if module.startswith("dispatchml.testing") and item.get_closest_marker("dispatchml_frames") is None:
            from dispatchml.dispatch.errors import without_our_frames

            error.__traceback__ = without_our_frames(error.__traceback__)
        raise


@pytest.fixture(scope="session")
def check_rule() -> Any:
    """dispatchml.testing.check_rule: a derivative rule is right in both modes, to second order, in every layout."""
    from dispatchml.testing import check_rule

    return check_rule


@pytest.fixture(scope="session")
def check_array_type() -> Any:
    """dispatchml.testing.check_array_type: a registered type keeps what every array type promises."""
    from dispatchml.testing import check_array_type

    return check_array_type


@pytest.fixture(scope="session")
def check_registry() -> Any:
    """dispatchml.testing.check_registry: a package registers what it may, and its import does nothing else."""
    from dispatchml.testing import check_registry

    return check_registry


@pytest.fixture(scope="session")
def check_device() -> Any:
    """dispatchml.testing.check_device: values, gradients and zeros stay on the device where their inputs were."""
    from dispatchml.testing import check_device

    return check_device
