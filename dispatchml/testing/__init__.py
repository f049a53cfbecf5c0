"""Checks for those who write rules, types, plugins and devices. Nothing here is imported by `import dispatchml`."""

from .array_quantities import ArrayQuantityError, check_array_quantities
from .array_types import ArrayTypeError, check_array_type
from .composition import PLAIN, Expected, Probe, Subject
from .devices import DeviceCheckError, check_device
from .library_functions import LibraryFunctionError, check_library_functions, quantities
from .loading import LoadingError, check_loading
from .registry import RegistryError, check_registry
from .rules import RuleCheckError, check_rule
from .scenarios import Scenario, ScenarioError, scenarios
from .uncertain import check_uncertain_numbers
from .units import UnitCheckError, check_units
from .writing import WritingError, check_writing

__all__ = [
    "PLAIN",
    "ArrayQuantityError",
    "ArrayTypeError",
    "DeviceCheckError",
    "Expected",
    "Probe",
    "LibraryFunctionError",
    "LoadingError",
    "RegistryError",
    "RuleCheckError",
    "Scenario",
    "ScenarioError",
    "Subject",
    "UnitCheckError",
    "WritingError",
    "check_array_quantities",
    "check_array_type",
    "check_device",
    "check_library_functions",
    "check_loading",
    "check_registry",
    "check_rule",
    "check_uncertain_numbers",
    "check_units",
    "check_writing",
    "quantities",
    "scenarios",
]
