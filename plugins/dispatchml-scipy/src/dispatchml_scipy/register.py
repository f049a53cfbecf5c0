"""Everything that the plugin declares, when the first traced value meets a function of SciPy."""

from importlib import import_module

#: The parts of SciPy that are served, each a package here: its modules declare their functions when they are imported.
TOPICS = (
    "special",
    "linalg",
    "fft",
    "signal",
    "ndimage",
    "spatial",
    "cluster",
    "stats",
    "optimize",
    "integrate",
    "interpolate",
    "sparse_linalg",
    "steps",
    "selections",
)


def register() -> None:
    """Import what declares the functions of each part."""
    for topic in TOPICS:
        import_module(f"{__package__}.{topic}")
