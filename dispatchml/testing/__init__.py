"""Checks for those who write rules and types. Nothing here is imported by `import dispatchml`."""

from .array_types import ArrayTypeError, check_array_type
from .registry import RegistryError, check_registry
from .rules import RuleCheckError, check_rule

__all__ = ["ArrayTypeError", "RegistryError", "RuleCheckError", "check_array_type", "check_registry", "check_rule"]
