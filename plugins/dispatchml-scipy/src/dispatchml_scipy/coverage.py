"""What the plugin covers, as a page: made from what is declared."""

from __future__ import annotations

from dispatchml.dispatch.plugins import meet_module
from dispatchml.lift.replacing import REPLACEMENTS

#: How the parts of SciPy are called on the page.
HEADINGS = {
    "special": "Special functions", "linalg": "Linear algebra", "fft": "Fourier, cosine and sine transforms",
    "signal": "Signals", "ndimage": "Images", "spatial": "Distances and shapes",
    "cluster": "Clusters", "stats": "Statistics",
    "integrate": "Integrals and differential equations", "optimize": "Roots and minima",
    "interpolate": "Interpolation", "sparse": "Sparse linear algebra",
}  # fmt: skip


def page() -> str:
    """Tables in Markdown: ufuncs with the arguments in which they have derivatives, and the functions of each part."""
    meet_module("scipy")
    lines: list[str] = []
    parts: dict[str, list[str]] = {}
    for name in REPLACEMENTS:
        package, _, rest = name.partition(".")
        if package == "scipy":
            parts.setdefault(rest.partition(".")[0], []).append(name)
    for part in sorted(parts, key=lambda p: list(HEADINGS).index(p) if p in HEADINGS else len(HEADINGS)):
        lines += [f"## {HEADINGS.get(part, part)}", ""]
        if part == "special":
            lines += ufuncs()
        lines += functions(parts[part])
    return "\n".join(lines)


def functions(names: list[str]) -> list[str]:
    """The functions of a part: those with derivatives, and those that raise, with the way out."""
    given, refused = [], {}
    for name in sorted(names):
        way_out = getattr(REPLACEMENTS[name].function, "refuses", None)
        if way_out is None:
            given.append(f"`{name}`")
        else:
            refused.setdefault(way_out, []).append(f"`{name}`")
    lines = [f"With derivatives: {', '.join(given)}.", ""] if given else []
    for way_out, found in refused.items():
        lines += [f"These raise: {', '.join(found)}. {way_out}", ""]
    return lines


def ufuncs() -> list[str]:
    """The ufuncs of scipy.special, private ones of which SciPy's own code makes use included."""
    from .special.partials import DECLARED
    from .special.ufuncs import CORE

    lines = [
        f"Operations of dispatchml itself: {', '.join(f'`{n}`' for n in sorted(CORE))}.",
        "",
        "| ufunc | derivative in | raises in |",
        "|---|---|---|",
    ]
    for name, arguments in sorted(DECLARED.items(), key=lambda item: item[0].lstrip("_")):
        known = ", ".join(a for a, text in arguments.items() if text is not None) or "none"
        missing = ", ".join(a for a, text in arguments.items() if text is None) or "-"
        lines.append(f"| `{name}({', '.join(arguments)})` | {known} | {missing} |")
    return [*lines, ""]
