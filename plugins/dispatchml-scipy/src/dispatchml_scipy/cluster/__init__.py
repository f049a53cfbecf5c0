"""Hierarchies of clusters: which clusters merge is a constant, how far apart they are is not."""

from . import hierarchy as hierarchy
