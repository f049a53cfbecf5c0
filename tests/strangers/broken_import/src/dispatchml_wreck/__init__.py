"""A plugin that cannot even be imported."""

raise RuntimeError("the keel is missing")
