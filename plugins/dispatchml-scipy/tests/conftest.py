"""The plugin is loaded, as by a first traced value."""

from dispatchml.dispatch.plugins import meet_module

meet_module("scipy.special")
