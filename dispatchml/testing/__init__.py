"""Checks for those who write rules and types. Nothing here is imported by `import dispatchml`."""

from .rules import RuleCheckError, check_rule

__all__ = ["RuleCheckError", "check_rule"]
